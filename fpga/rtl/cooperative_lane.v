// One lane of the cooperative core: weights, tables and sums of every LANES-th unit of a layer.
//
// MACs take one listed input per clock; a weight of one bit is 1 (0) or -1 (1). With MEMORY, a sum u
// on the universal port moves m <- m + ((u - m) keep + half >> 16), all held in 32 bits, and m goes
// to the context: u at `fade_u`, the product a clock later, m another one later.
module cooperative_lane #(
    parameter BITS = 8,
    parameter SUM_BITS = 48,
    parameter ROW_BITS = 6,
    parameter WEIGHT_ROW = 8,
    parameter TABLE = 0,
    parameter MEMORY = 0
) (
    input wire clk,
    input wire load,
    input wire [4:0] load_memory,
    input wire [24:0] load_row,
    input wire [31:0] load_data,
    input wire [WEIGHT_ROW-1:0] weight_at,
    input wire [ROW_BITS-1:0] bias_at,
    input wire [ROW_BITS-1:0] shift_at,
    input wire [ROW_BITS-1:0] row,
    input wire [ROW_BITS-1:0] read_row,
    input wire init,
    input wire [ROW_BITS-1:0] init_row,
    input wire start,
    input wire mac,
    input wire signed [31:0] x,
    input wire write_r,
    input wire write_c,
    input wire fade_u,
    input wire write_m,
    input wire blank,             // m is still 0
    input wire [16:0] keep,
    output wire signed [15:0] beta,
    output wire signed [SUM_BITS-1:0] r,
    output wire signed [SUM_BITS-1:0] c,
    output wire [31:0] theta
);
  wire [BITS-1:0] stored;
  wire [31:0] bias, context_bias;
  wire signed [6:0] shift;
  wire signed [7:0] weight;
  reg signed [SUM_BITS-1:0] total;

  ram #(.WIDTH(BITS), .ADDRESS(WEIGHT_ROW)) weights (
      .clk(clk), .write(load & load_memory == 5'd1), .write_at(load_row[WEIGHT_ROW-1:0]),
      .data(load_data[BITS-1:0]), .read_at(weight_at), .q(stored));
  ram #(.WIDTH(32), .ADDRESS(ROW_BITS)) biases (
      .clk(clk), .write(load & load_memory == 5'd2), .write_at(load_row[ROW_BITS-1:0]),
      .data(load_data), .read_at(bias_at), .q(bias));
  ram #(.WIDTH(32), .ADDRESS(ROW_BITS)) context_biases (
      .clk(clk), .write(load & load_memory == 5'd3), .write_at(load_row[ROW_BITS-1:0]),
      .data(load_data), .read_at(bias_at), .q(context_bias));
  ram #(.WIDTH(32), .ADDRESS(ROW_BITS)) thetas (
      .clk(clk), .write(load & load_memory == 5'd4), .write_at(load_row[ROW_BITS-1:0]),
      .data(load_data), .read_at(bias_at), .q(theta));
  ram #(.WIDTH(7), .ADDRESS(ROW_BITS)) shifts (
      .clk(clk), .write(load & load_memory == 5'd5), .write_at(load_row[ROW_BITS-1:0]),
      .data(load_data[6:0]), .read_at(shift_at), .q(shift));

  generate
    if (BITS == 1) assign weight = stored[0] ? -8'sd1 : 8'sd1;
    else if (BITS == 8) assign weight = stored;
    else assign weight = {{(8 - BITS) {stored[BITS-1]}}, stored};
  endgenerate

  // the sum shifted right, halves up; left if the shift is negative
  wire right = shift > 7'sd0;
  wire [6:0] back = -shift;
  wire signed [SUM_BITS-1:0] half = right ? {{(SUM_BITS - 1) {1'b0}}, 1'b1} << (shift - 7'sd1)
      : {SUM_BITS{1'b0}};
  wire signed [SUM_BITS-1:0] raised = total + half;
  wire signed [SUM_BITS-1:0] moved = right ? raised >>> shift : total <<< back;

  // what fades
  wire signed [SUM_BITS-1:0] more_c;
  generate
    if (TABLE != 0) begin : slopes
      ram #(.WIDTH(16), .ADDRESS(ROW_BITS)) betas (
          .clk(clk), .write(load & load_memory == 5'd6), .write_at(load_row[ROW_BITS-1:0]),
          .data(load_data[15:0]), .read_at(bias_at), .q(beta));
    end else assign beta = 16'sd0;
    if (MEMORY != 0) begin : universal
      localparam signed [SUM_BITS-1:0] MOST = 48'sh7FFFFFFF, LEAST = -48'sh80000000;
      wire signed [31:0] held, old;
      reg signed [31:0] u;
      reg signed [50:0] product;
      wire signed [50:0] moves = (product + 51'sd32768) >>> 16;
      wire signed [50:0] now = {{19{old[31]}}, old} + moves;
      wire signed [31:0] fits = moved > MOST ? 32'sh7FFFFFFF
          : moved < LEAST ? 32'sh80000000 : moved[31:0];
      wire signed [31:0] m = now > 51'sh7FFFFFFF ? 32'sh7FFFFFFF
          : now < -51'sh80000000 ? 32'sh80000000 : now[31:0];
      wire signed [32:0] apart = {u[31], u} - {old[31], old};
      ram #(.WIDTH(32), .ADDRESS(ROW_BITS)) memories (
          .clk(clk), .write(write_m), .write_at(bias_at), .data(m), .read_at(bias_at), .q(held));
      assign old = blank ? 32'sd0 : held;
      assign more_c = write_m ? {{(SUM_BITS - 32) {m[31]}}, m} : moved;
      always @(posedge clk) begin
        if (fade_u) u <= fits;
        product <= apart * $signed({1'b0, keep});
      end
    end else begin : fixed
      assign more_c = moved;
      wire unused_fade = &{1'b0, fade_u, write_m, blank, keep};
    end
  endgenerate

  wire signed [SUM_BITS-1:0] wide = {{(SUM_BITS - 32) {bias[31]}}, bias};
  wire signed [SUM_BITS-1:0] wide_c = {{(SUM_BITS - 32) {context_bias[31]}}, context_bias};
  ram #(.WIDTH(SUM_BITS), .ADDRESS(ROW_BITS)) r_sums (
      .clk(clk), .write(init | write_r), .write_at(init ? init_row : row),
      .data(init ? wide : r + moved), .read_at(read_row), .q(r));
  ram #(.WIDTH(SUM_BITS), .ADDRESS(ROW_BITS)) c_sums (
      .clk(clk), .write(init | write_c), .write_at(init ? init_row : row),
      .data(init ? wide_c : c + more_c), .read_at(read_row), .q(c));

  wire signed [39:0] product = x * weight;
  always @(posedge clk)
    if (start) total <= {SUM_BITS{1'b0}};
    else if (mac) total <= total + {{(SUM_BITS - 40) {product[39]}}, product};
  wire unused = &{1'b0, load_row, load_data};
endmodule
