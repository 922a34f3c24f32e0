// Softmax over a population in place: scores in the outputs' memory become shares of 1.
//
// Pass 0 finds the largest score. Pass 1 turns each into the power 2**-t, t = (largest - score)
// times scale, shifted right by fraction + 8, halves up: eight bits of it read the table, the rest
// shift what it says; their sum is kept. Pass 2 divides each by the sum: (power << bits, plus half
// of the sum) / sum, one bit of the quotient per clock, nothing where the power is 0.
module cooperative_softmax #(
    parameter UNIT_BITS = 8
) (
    input wire clk,
    input wire rst,
    input wire load,
    input wire [7:0] load_at,
    input wire [16:0] load_data,
    input wire start,
    input wire [15:0] n,
    input wire [31:0] scale,
    input wire [3:0] fraction,
    input wire [4:0] bits,
    input wire signed [31:0] most,
    output wire [15:0] read_at,
    input wire signed [31:0] y,
    output wire write,
    output wire [15:0] write_at,
    output wire [31:0] data,
    output wire n_share,
    output wire done
);
  localparam [2:0] IDLE = 0, LARGEST = 1, POWERS = 2, READ = 3, TAKE = 4, DIVIDE = 5, SHARE = 6;
  localparam SUM = 17 + UNIT_BITS;
  reg [2:0] pass;
  reg [15:0] i;
  reg signed [31:0] top;
  reg [SUM-1:0] total;
  assign read_at = i;

  // pass 1, six clocks deep: y, difference, product, product again, t, power
  reg [5:1] v;
  reg [32:0] away;
  reg [62:0] product, again, t;
  reg [4:0] whole;
  reg far;
  wire [4:0] places = {1'b0, fraction} + 5'd8;
  wire [62:0] half = 63'd1 << (places - 5'd1);
  wire [16:0] entry;
  ram #(.WIDTH(17), .ADDRESS(8)) table_of_powers (
      .clk(clk), .write(load), .write_at(load_at), .data(load_data), .read_at(t[7:0]), .q(entry));
  wire [16:0] power = far ? 17'd0 : entry >> whole;
  reg [15:0] made;

  // pass 2
  reg [SUM+23:0] rest, divisor;
  reg [24:0] quotient;
  reg [4:0] left;
  wire fits = rest >= divisor;
  wire over = {7'd0, quotient} > most;
  wire [31:0] share = over ? most : {7'd0, quotient};

  wire power_write = pass == POWERS & v[5];
  assign write = power_write | pass == SHARE;
  assign write_at = pass == SHARE ? i : made;
  assign data = pass == SHARE ? share : {15'd0, power};
  assign n_share = pass == SHARE & share != 32'd0;
  wire over_last = i == n - 16'd1;
  assign done = (pass == TAKE & y == 32'sd0 & over_last) | (pass == SHARE & over_last);

  always @(posedge clk) begin
    away <= {top[31], top} - {y[31], y};
    product <= away * scale[29:0];
    again <= product;
    t <= (again + half) >> places;
    whole <= t[12:8];
    far <= |t[62:13];
    if (rst) begin
      pass <= IDLE;
      v <= 5'd0;
    end else begin
      v <= {v[4:1], pass == POWERS & i != 16'd0 & i <= n};
      case (pass)
        IDLE: begin
          i <= 16'd0;
          made <= 16'd0;
          total <= {SUM{1'b0}};
          top <= 32'sh80000000;
          if (start) pass <= LARGEST;
        end
        LARGEST: begin
          i <= i + 16'd1;
          if (i != 16'd0 & y > top) top <= y;
          if (i == n) begin
            i <= 16'd0;
            pass <= POWERS;
          end
        end
        POWERS: begin
          i <= i + 16'd1;
          if (power_write) begin
            made <= made + 16'd1;
            total <= total + {{UNIT_BITS{1'b0}}, power};
            if (made == n - 16'd1) begin
              i <= 16'd0;
              pass <= READ;
            end
          end
        end
        READ: pass <= TAKE;
        TAKE: begin
          rest <= ({{(SUM + 7) {1'b0}}, y[16:0]} << bits) + {25'd0, total[SUM-1:1]};
          divisor <= {24'd0, total} << bits;
          quotient <= 25'd0;
          left <= bits;
          if (y != 32'sd0) pass <= DIVIDE;
          else begin
            i <= i + 16'd1;
            pass <= over_last ? IDLE : READ;
          end
        end
        DIVIDE: begin
          left <= left - 5'd1;
          divisor <= divisor >> 1;
          quotient <= {quotient[23:0], fits};
          if (fits) rest <= rest - divisor;
          if (left == 5'd0) pass <= SHARE;
        end
        SHARE: begin
          i <= i + 16'd1;
          pass <= over_last ? IDLE : READ;
        end
        default: pass <= IDLE;
      endcase
    end
  end
  wire unused = &{1'b0, scale[31:30], y[31:17]};
endmodule
