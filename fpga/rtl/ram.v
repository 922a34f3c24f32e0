// One write port, one read port, both on the rising edge; a read of the word being written
// gives the old word.
module ram #(
    parameter WIDTH = 16,
    parameter ADDRESS = 8
) (
    input wire clk,
    input wire write,
    input wire [ADDRESS-1:0] write_at,
    input wire [WIDTH-1:0] data,
    input wire [ADDRESS-1:0] read_at,
    output reg [WIDTH-1:0] q
);
  reg [WIDTH-1:0] memory[0:(1<<ADDRESS)-1];
  always @(posedge clk) begin
    if (write) memory[write_at] <= data;
    q <= memory[read_at];
  end
endmodule
