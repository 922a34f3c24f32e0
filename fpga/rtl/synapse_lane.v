// The synapses of one lane and its part of the delay ring.
//
// A group that enters at clock t (go, group) is read, drawn if stochastic, and added to the ring
// at t + 4 (t + 14 with stochastic synapses). Back-to-back additions to one sum are forwarded.
// The random function serves burst cells (draw_go) while no group is under way.
module synapse_lane #(
    parameter BITS = 16,
    parameter SUM_BITS = 24,
    parameter ROW = 6,
    parameter SLOT = 6,
    parameter GROUP = 10,
    parameter STOCHASTIC = 1,
    parameter BURST = 0
) (
    input wire clk,
    input wire rst,
    input wire load,
    input wire [4:0] load_memory,
    input wire [GROUP-1:0] load_group,
    input wire [SLOT+ROW-1:0] load_sum,
    input wire [31:0] load_data,
    input wire go,
    input wire [GROUP-1:0] group,
    input wire [31:0] key,
    input wire [31:0] step,
    input wire [SLOT-1:0] slot,
    input wire [SLOT:0] slots,
    input wire wipe,                    // write 0 to the sum at wipe_at
    input wire [SLOT+ROW-1:0] wipe_at,
    input wire fetch,                   // read the sum at fetch_at instead of scattering
    input wire [SLOT+ROW-1:0] fetch_at,
    output wire signed [SUM_BITS-1:0] sum,
    output wire passed,
    output wire held,
    input wire draw_go,
    input wire [31:0] draw_number,
    input wire [31:0] draw_key,
    output wire [31:0] draw_q
);
  localparam AT = SLOT + ROW;

  wire [BITS-1:0] weight_q;
  wire [31:0] target_q, threshold, index;
  ram #(.WIDTH(BITS), .ADDRESS(GROUP)) weight (
      .clk(clk), .write(load & (load_memory == 5'd10)), .write_at(load_group),
      .data(load_data[BITS-1:0]), .read_at(group), .q(weight_q));
  // bit 31 there, bit 30 stochastic, 29..16 delay, 15..0 row
  ram #(.WIDTH(32), .ADDRESS(GROUP)) target (
      .clk(clk), .write(load & (load_memory == 5'd11)), .write_at(load_group),
      .data(load_data), .read_at(group), .q(target_q));

  // 1: memories answer
  reg on1;
  reg [31:0] key1;
  always @(posedge clk) begin
    on1 <= go & ~rst;
    key1 <= key;
  end
  wire there1 = on1 & target_q[31];
  wire [SLOT-1:0] delay1 = target_q[16+:SLOT];
  wire [SLOT:0] later = {1'b0, slot} + {1'b0, delay1};
  wire [SLOT:0] turned = later >= slots ? later - slots : later;
  wire [AT-1:0] at1 = {turned[SLOT-1:0], target_q[ROW-1:0]};

  wire there2, pass2;
  wire [AT-1:0] at2;
  wire [BITS-1:0] weight2;
  generate
    if (STOCHASTIC != 0) begin : stochastic
      ram #(.WIDTH(32), .ADDRESS(GROUP)) threshold_memory (
          .clk(clk), .write(load & (load_memory == 5'd12)), .write_at(load_group),
          .data(load_data), .read_at(group), .q(threshold));
      ram #(.WIDTH(32), .ADDRESS(GROUP)) index_memory (
          .clk(clk), .write(load & (load_memory == 5'd13)), .write_at(load_group),
          .data(load_data), .read_at(group), .q(index));
      wire [31:0] draw, threshold2;
      wire chance2, drawn2, mine2;
      philox #(.PAYLOAD(34 + AT + BITS)) random (
          .clk(clk), .rst(rst), .valid(there1 | draw_go), .counter0(draw_go ? draw_number : index),
          .counter1(step + (draw_go ? 32'd0 : {18'd0, target_q[29:16]})),
          .key(draw_go ? draw_key : key1),
          .payload({there1, target_q[30], threshold, at1, weight_q}),
          .valid_q(drawn2), .draw(draw), .payload_q({mine2, chance2, threshold2, at2, weight2}));
      assign there2 = drawn2 & mine2;
      assign pass2 = ~chance2 | (draw < threshold2);
      assign draw_q = draw;
    end else begin : sure
      assign threshold = 32'd0;
      assign index = 32'd0;
      assign there2 = there1;
      assign at2 = at1;
      assign weight2 = weight_q;
      assign pass2 = 1'b1;
      wire unused = &{1'b0, key1, step, threshold, index, target_q[30:16]};
      if (BURST != 0) begin : draws
        wire drawn, payload;
        philox random (
            .clk(clk), .rst(rst), .valid(draw_go), .counter0(draw_number), .counter1(step),
            .key(draw_key), .payload(1'b0), .valid_q(drawn), .draw(draw_q), .payload_q(payload));
        wire unused_drawn = &{1'b0, drawn, payload};
      end else assign draw_q = 32'd0;
      wire unused_draw = &{1'b0, draw_go, draw_number, draw_key};
    end
  endgenerate
  wire unused_bits = &{1'b0, turned[SLOT], target_q[30:16], target_q[15:ROW]};

  // 3: read the sum; 4: add and write
  reg on3, held3, on4, forward;
  reg [AT-1:0] at3, at4;
  reg [BITS-1:0] weight3, weight4;
  reg [SUM_BITS-1:0] previous;
  wire [SUM_BITS-1:0] q;
  wire [SUM_BITS-1:0] added = (forward ? previous : q)
      + {{(SUM_BITS - BITS) {weight4[BITS-1]}}, weight4};
  always @(posedge clk) begin
    on3 <= there2 & pass2 & ~rst;
    held3 <= there2 & ~pass2 & ~rst;
    at3 <= at2;
    weight3 <= weight2;
    on4 <= on3 & ~rst;
    at4 <= at3;
    weight4 <= weight3;
    forward <= on4 & on3 & (at4 == at3);
    previous <= added;
  end
  wire load_ring = load & (load_memory == 5'd9);
  ram #(.WIDTH(SUM_BITS), .ADDRESS(AT)) ring (
      .clk(clk), .write(load_ring | wipe | on4),
      .write_at(load_ring ? load_sum : wipe ? wipe_at : at4),
      .data(load_ring ? load_data[SUM_BITS-1:0] : wipe ? {SUM_BITS{1'b0}} : added),
      .read_at(fetch ? fetch_at : at3), .q(q));
  assign sum = q;
  assign passed = on3;
  assign held = held3;
endmodule
