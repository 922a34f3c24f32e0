// T = R (1 + tanh(beta R C)) of one unit per clock, tanh by a table of 1,024 entries, 1/256 apart.
//
// p = R C held in 32 bits; q = p beta, shifted right by fraction, halves up, within +-edge;
// T = R + (R sign(q) tanh[|q|] + half >> 16) held in 32 bits. Other transfers pass along unchanged.
// Four clocks deep.
module cooperative_table (
    input wire clk,
    input wire load,
    input wire [9:0] load_at,
    input wire [15:0] load_data,
    input wire there,
    input wire closed,
    input wire chosen,            // this transfer, not the one that passes along
    input wire signed [31:0] t,
    input wire signed [31:0] theta,
    input wire signed [31:0] r,
    input wire signed [69:0] rc,
    input wire signed [15:0] beta,
    input wire [3:0] fraction,
    input wire [9:0] highest,
    output reg there_q,
    output reg closed_q,
    output wire signed [31:0] t_q,
    output wire signed [31:0] theta_q
);
  reg on1, on2, on3, closed1, closed2, closed3;
  reg signed [31:0] t1, t2, t3, t4, theta1, theta2, theta3, theta4, r1, r2, r3, r4, p1;
  reg signed [15:0] beta1;
  reg signed [47:0] q2, product4;
  reg negative3;
  wire [15:0] tanh3;
  wire signed [47:0] half = 48'sd1 <<< (fraction - 4'd1);
  wire signed [47:0] q = (q2 + half) >>> fraction;
  wire signed [47:0] most = {38'd0, highest};
  wire [47:0] size = q[47] ? -q : q;
  wire [9:0] place = q > most | q < -most ? highest : size[9:0];
  ram #(.WIDTH(16), .ADDRESS(10)) tanh (
      .clk(clk), .write(load), .write_at(load_at), .data(load_data), .read_at(place), .q(tanh3));
  wire signed [16:0] factor = negative3 ? -{1'b0, tanh3} : {1'b0, tanh3};
  wire signed [47:0] half4 = 48'sd32768;
  wire signed [47:0] more = (product4 + half4) >>> 16;
  wire signed [47:0] whole = {{16{r4[31]}}, r4} + more;
  wire signed [31:0] held = whole > 48'sh7FFFFFFF ? 32'sh7FFFFFFF
      : whole < -48'sh80000000 ? 32'sh80000000 : whole[31:0];
  assign t_q = chosen ? held : t4;
  assign theta_q = theta4;
  wire unused = &{1'b0, size[47:10]};
  always @(posedge clk) begin
    on1 <= there;
    on2 <= on1;
    on3 <= on2;
    there_q <= on3;
    closed1 <= closed;
    closed2 <= closed1;
    closed3 <= closed2;
    closed_q <= closed3;
    t1 <= t;
    t2 <= t1;
    t3 <= t2;
    t4 <= t3;
    theta1 <= theta;
    theta2 <= theta1;
    theta3 <= theta2;
    theta4 <= theta3;
    r1 <= r;
    r2 <= r1;
    r3 <= r2;
    r4 <= r3;
    p1 <= rc > 70'sh7FFFFFFF ? 32'sh7FFFFFFF : rc < -70'sh80000000 ? 32'sh80000000 : rc[31:0];
    beta1 <= beta;
    q2 <= p1 * beta1;
    negative3 <= q[47];
    product4 <= r3 * factor;
  end
endmodule
