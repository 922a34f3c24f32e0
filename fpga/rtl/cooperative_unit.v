// Transfer, threshold and gate of one unit per clock, four clocks deep (eight with TABLE).
//
// code: 0 R, 1 R + C, 2 R (1 + C), 3 R C, 4 R^2 + 2 R + C (1 + |R|), 5 by table; products are
// shifted right by fraction, halves up, and T is held in 32 bits. gate: 0 and 3 linear, 1 between 0
// and top, 2 sign.
module cooperative_unit #(
    parameter SUM_BITS = 48,
    parameter TABLE = 0
) (
    input wire clk,
    input wire rst,
    input wire go,
    input wire signed [SUM_BITS-1:0] r_sum,
    input wire signed [SUM_BITS-1:0] c_sum,
    input wire signed [31:0] theta,
    input wire [2:0] code,
    input wire skips,
    input wire [3:0] fraction,
    input wire [1:0] gate,
    input wire signed [6:0] shift,
    input wire signed [31:0] top,
    input wire load_table,
    input wire [9:0] load_at,
    input wire [15:0] load_data,
    input wire signed [15:0] beta,
    input wire [9:0] highest,
    output reg done,
    output reg signed [31:0] y
);
  localparam signed [SUM_BITS-1:0] MOST = 48'sh7FFFFFFF, LEAST = -48'sh80000000;
  wire signed [31:0] r_held = r_sum > MOST ? 32'sh7FFFFFFF
      : r_sum < LEAST ? 32'sh80000000 : r_sum[31:0];
  wire signed [31:0] c_held = c_sum > MOST ? 32'sh7FFFFFFF
      : c_sum < LEAST ? 32'sh80000000 : c_sum[31:0];
  wire signed [33:0] one = 34'sd1 <<< fraction;
  wire signed [69:0] half = 70'sd1 <<< (fraction - 4'd1);

  reg v1, v2, v3, closed1, closed2, closed3;
  reg signed [31:0] r1, c1, r2, theta1, theta2;
  reg signed [15:0] beta1, beta2;
  reg signed [33:0] gain1, sum2;
  reg signed [69:0] a2, b2;
  reg signed [32:0] u3;
  wire signed [33:0] r_wide = {{2{r1[31]}}, r1};
  wire signed [33:0] size = r1[31] ? -r_wide : r_wide;
  wire signed [33:0] spread = one + size;
  wire signed [33:0] factor = code == 3'd2 ? gain1 : code == 3'd3 | code == 3'd5 ? {{2{c1[31]}}, c1} : r_wide;
  wire signed [33:0] gain0 = (code == 3'd3 ? 34'sd0 : one) + {{2{c_held[31]}}, c_held};
  wire signed [69:0] a3 = (a2 + half) >>> fraction;
  wire signed [69:0] b3 = (b2 + half) >>> fraction;
  wire signed [69:0] t = {{36{sum2[33]}}, sum2} + (code > 3'd1 ? a3 : 70'sd0)
      + (code == 3'd4 ? b3 : 70'sd0);
  wire signed [31:0] t_held = t > 70'sh7FFFFFFF ? 32'sh7FFFFFFF
      : t < -70'sh80000000 ? 32'sh80000000 : t[31:0];
  wire there, shut;
  wire signed [31:0] t_out, theta_out;
  generate
    if (TABLE != 0) begin : tanh
      cooperative_table table_of (
          .clk(clk), .load(load_table), .load_at(load_at), .load_data(load_data), .there(v2),
          .closed(closed2), .chosen(code == 3'd5), .t(t_held), .theta(theta2), .r(r2), .rc(a3),
          .beta(beta2), .fraction(fraction), .highest(highest), .there_q(there), .closed_q(shut),
          .t_q(t_out), .theta_q(theta_out));
    end else begin : none
      assign {there, shut, t_out, theta_out} = {v2, closed2, t_held, theta2};
      wire unused = &{1'b0, load_table, load_at, load_data, beta2, highest, r2};
    end
  endgenerate
  wire signed [63:0] u_wide = {{31{u3[32]}}, u3};
  wire [6:0] back = -shift;
  wire signed [63:0] u_half = 64'sd1 <<< (shift - 7'sd1);
  wire signed [63:0] moved = shift > 7'sd0 ? (u_wide + u_half) >>> shift : u_wide <<< back;
  wire signed [63:0] limit = {{32{top[31]}}, top};

  always @(posedge clk) begin
    v1 <= go & ~rst;
    v2 <= v1 & ~rst;
    v3 <= there & ~rst;
    done <= v3 & ~rst;
    r1 <= r_held;
    c1 <= c_held;
    gain1 <= gain0;
    closed1 <= skips & gain0 <= 34'sd0;
    theta1 <= theta;
    a2 <= r1 * factor;
    b2 <= c1 * spread;
    sum2 <= code == 3'd0 ? r_wide : code == 3'd1 ? r_wide + {{2{c1[31]}}, c1}
        : code == 3'd4 ? r_wide <<< 1 : 34'sd0;
    closed2 <= closed1;
    theta2 <= theta1;
    r2 <= r1;
    beta1 <= beta;
    beta2 <= beta1;
    u3 <= {t_out[31], t_out} - {theta_out[31], theta_out};
    closed3 <= shut;
    if (closed3) y <= 32'sd0;
    else if (gate == 2'd2) y <= u3[32] ? -top : top;
    else if (gate == 2'd0 | gate == 2'd3)
      y <= u3 > 33'sh07FFFFFFF ? 32'sh7FFFFFFF : u3 < -33'sh080000000 ? 32'sh80000000 : u3[31:0];
    else y <= moved[63] ? 32'sd0 : moved > limit ? top : moved[31:0];
  end
endmodule
