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
  localparam [31:0] MULTIPLIER = 32'hD256D193;
  localparam [31:0] WEYL = 32'h9E3779B9;
  localparam ROUNDS = 10;

  wire [ROUNDS:0] on;
  wire [32*(ROUNDS+1)-1:0] left, right, round_key;
  wire [PAYLOAD*(ROUNDS+1)-1:0] load;
  assign on[0] = valid;
  assign left[31:0] = counter0;
  assign right[31:0] = counter1;
  assign round_key[31:0] = key;
  assign load[PAYLOAD-1:0] = payload;

  genvar r;
  generate
    for (r = 0; r < ROUNDS; r = r + 1) begin : round
      wire [63:0] product = {32'd0, MULTIPLIER} * {32'd0, left[32*r+:32]};
      reg on_q;
      reg [31:0] left_q, right_q, key_q;
      reg [PAYLOAD-1:0] load_q;
      always @(posedge clk) begin
        on_q <= on[r] & ~rst;
        left_q <= product[63:32] ^ round_key[32*r+:32] ^ right[32*r+:32];
        right_q <= product[31:0];
        key_q <= round_key[32*r+:32] + WEYL;
        load_q <= load[PAYLOAD*r+:PAYLOAD];
      end
      assign on[r+1] = on_q;
      assign left[32*(r+1)+:32] = left_q;
      assign right[32*(r+1)+:32] = right_q;
      assign round_key[32*(r+1)+:32] = key_q;
      assign load[PAYLOAD*(r+1)+:PAYLOAD] = load_q;
    end
  endgenerate

  assign valid_q = on[ROUNDS];
  assign draw = left[32*ROUNDS+:32];
  assign payload_q = load[PAYLOAD*ROUNDS+:PAYLOAD];
  wire unused = &{1'b0, right[32*ROUNDS+:32], round_key[32*ROUNDS+:32]};
endmodule
