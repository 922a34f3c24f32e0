// Philox2x32-10, one draw per clock, ten clocks deep; the payload travels along.
// Salmon et al. 2011, doi 10.1145/2063384.2063405.
module philox #(
    parameter PAYLOAD = 1
) (
    input wire clk,
    input wire rst,
    input wire valid,
    input wire [31:0] counter0,
    input wire [31:0] counter1,
    input wire [31:0] key,
    input wire [PAYLOAD-1:0] payload,
    output wire valid_q,
    output wire [31:0] draw,
    output wire [PAYLOAD-1:0] payload_q
);
  wire on1, on2, on3, on4, on5, on6, on7, on8, on9;
  wire [31:0] l1, r1, k1, l2, r2, k2, l3, r3, k3, l4, r4, k4, l5, r5, k5;
  wire [31:0] l6, r6, k6, l7, r7, k7, l8, r8, k8, l9, r9, k9, r10, k10;
  wire [PAYLOAD-1:0] p1, p2, p3, p4, p5, p6, p7, p8, p9;
  philox_round #(.PAYLOAD(PAYLOAD)) round0 (
      .clk(clk), .rst(rst), .on(valid), .left(counter0), .right(counter1), .key(key), .load(payload),
      .on_q(on1), .left_q(l1), .right_q(r1), .key_q(k1), .load_q(p1));
  philox_round #(.PAYLOAD(PAYLOAD)) round1 (
      .clk(clk), .rst(rst), .on(on1), .left(l1), .right(r1), .key(k1), .load(p1),
      .on_q(on2), .left_q(l2), .right_q(r2), .key_q(k2), .load_q(p2));
  philox_round #(.PAYLOAD(PAYLOAD)) round2 (
      .clk(clk), .rst(rst), .on(on2), .left(l2), .right(r2), .key(k2), .load(p2),
      .on_q(on3), .left_q(l3), .right_q(r3), .key_q(k3), .load_q(p3));
  philox_round #(.PAYLOAD(PAYLOAD)) round3 (
      .clk(clk), .rst(rst), .on(on3), .left(l3), .right(r3), .key(k3), .load(p3),
      .on_q(on4), .left_q(l4), .right_q(r4), .key_q(k4), .load_q(p4));
  philox_round #(.PAYLOAD(PAYLOAD)) round4 (
      .clk(clk), .rst(rst), .on(on4), .left(l4), .right(r4), .key(k4), .load(p4),
      .on_q(on5), .left_q(l5), .right_q(r5), .key_q(k5), .load_q(p5));
  philox_round #(.PAYLOAD(PAYLOAD)) round5 (
      .clk(clk), .rst(rst), .on(on5), .left(l5), .right(r5), .key(k5), .load(p5),
      .on_q(on6), .left_q(l6), .right_q(r6), .key_q(k6), .load_q(p6));
  philox_round #(.PAYLOAD(PAYLOAD)) round6 (
      .clk(clk), .rst(rst), .on(on6), .left(l6), .right(r6), .key(k6), .load(p6),
      .on_q(on7), .left_q(l7), .right_q(r7), .key_q(k7), .load_q(p7));
  philox_round #(.PAYLOAD(PAYLOAD)) round7 (
      .clk(clk), .rst(rst), .on(on7), .left(l7), .right(r7), .key(k7), .load(p7),
      .on_q(on8), .left_q(l8), .right_q(r8), .key_q(k8), .load_q(p8));
  philox_round #(.PAYLOAD(PAYLOAD)) round8 (
      .clk(clk), .rst(rst), .on(on8), .left(l8), .right(r8), .key(k8), .load(p8),
      .on_q(on9), .left_q(l9), .right_q(r9), .key_q(k9), .load_q(p9));
  philox_round #(.PAYLOAD(PAYLOAD)) round9 (
      .clk(clk), .rst(rst), .on(on9), .left(l9), .right(r9), .key(k9), .load(p9),
      .on_q(valid_q), .left_q(draw), .right_q(r10), .key_q(k10), .load_q(payload_q));
  wire unused = &{1'b0, r10, k10};
endmodule
