// One round of Philox2x32, one clock; the payload travels along.
// Salmon et al. 2011, doi 10.1145/2063384.2063405.
module philox_round #(
    parameter PAYLOAD = 1
) (
    input wire clk,
    input wire rst,
    input wire on,
    input wire [31:0] left,
    input wire [31:0] right,
    input wire [31:0] key,
    input wire [PAYLOAD-1:0] load,
    output reg on_q,
    output reg [31:0] left_q,
    output reg [31:0] right_q,
    output reg [31:0] key_q,
    output reg [PAYLOAD-1:0] load_q
);
  localparam [31:0] MULTIPLIER = 32'hD256D193;
  localparam [31:0] WEYL = 32'h9E3779B9;
  wire [63:0] product = {32'd0, MULTIPLIER} * {32'd0, left};
  always @(posedge clk) begin
    on_q <= on & ~rst;
    left_q <= product[63:32] ^ key ^ right;
    right_q <= product[31:0];
    key_q <= key + WEYL;
    load_q <= load;
  end
endmodule
