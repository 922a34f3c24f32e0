// The second spikes of the burst-Poisson somas of one lane.
//
// An event of a soma draws: if philox(number, step, key) < gate[k], a second spike follows after
// delay + (philox(number, step, key ^ 1) jitter >> 32) steps; number is the soma's, key the
// dendrite's word of memory 22, {jitter, delay} the soma's word of memory 21, and
// k = 512 + (handed + half >> STATE) within 0 and 1023. Two draws take the random function for two
// clocks; a dendrite's row lies between two somas of a lane.
//
// Timing: the unit comes with `on` at clock t; done, fired and the new count at t + 12.
module burst_lane #(
    parameter STATE = 24,
    parameter ROW = 6
) (
    input wire clk,
    input wire rst,
    input wire load,
    input wire load_all,          // whatever the lane of its address
    input wire [4:0] load_memory,
    input wire [ROW-1:0] load_row,
    input wire [9:0] load_at,
    input wire [31:0] load_data,
    input wire clear,
    input wire [ROW-1:0] clear_row,
    input wire [ROW-1:0] row,     // three clocks before `on`
    input wire on,
    input wire soma,
    input wire dendrite,
    input wire fires,
    input wire [ROW-1:0] row_on,
    input wire [31:0] timing,
    input wire signed [STATE+25:0] handed,
    output wire draw_go,
    output wire [31:0] draw_number,
    output wire [31:0] draw_key,
    input wire [31:0] draw,       // ten clocks after draw_go
    output wire [31:0] wait_word, // one clock after row
    output reg done,
    output reg fired,
    output reg [ROW-1:0] done_row
);
  wire [31:0] number1, gate_q;
  wire [16:0] wait1;
  reg [31:0] number2, number3, key4, number5, key5;
  reg [16:0] wait2, wait3;
  reg second;

  ram #(.WIDTH(32), .ADDRESS(ROW)) number (
      .clk(clk), .write(load & (load_memory == 5'd22)), .write_at(load_row), .data(load_data),
      .read_at(row), .q(number1));

  // k, where the chance stands
  wire signed [STATE+25:0] half = {{(STATE + 25) {1'b0}}, 1'b1} <<< (STATE - 1);
  wire signed [STATE+25:0] away = (handed + half) >>> STATE;
  wire signed [STATE+25:0] edge_k = {{(STATE + 16) {1'b0}}, 10'd511};
  wire [9:0] k = away > edge_k ? 10'd1023 : away < -edge_k - 1 ? 10'd0 : away[9:0] + 10'd512;
  ram #(.WIDTH(32), .ADDRESS(10)) gate (
      .clk(clk), .write(load_all & (load_memory == 5'd24)), .write_at(load_at), .data(load_data),
      .read_at(k), .q(gate_q));

  // two draws
  wire first = on & soma;
  assign draw_go = first | second;
  assign draw_number = second ? number5 : number3;
  assign draw_key = second ? key5 : key4;

  // what waits for them
  wire again = soma & (wait3 == 17'd1);
  wire [16:0] fewer = wait3 == 17'd0 ? 17'd0 : wait3 - 17'd1;
  localparam LINE = 52 + ROW;
  reg [LINE-1:0] line[0:9];
  reg [31:0] chance[0:8];
  reg [9:0] there;
  wire [31:0] timing10, timing11;
  wire [16:0] fewer10;
  wire [ROW-1:0] row10;
  wire soma10, event10, out10;
  assign {out10, event10, soma10, row10, fewer10, timing10} = line[9];
  reg hit11, soma11, out11, there11, hit12, write12;
  reg [LINE-4:0] kept11;
  reg [ROW-1:0] row12;
  wire [ROW-1:0] row11;
  wire [16:0] fewer11;
  assign {row11, fewer11, timing11} = kept11;
  reg [16:0] fewer12;
  reg [15:0] delay12;
  reg [47:0] part12;
  integer i;
  always @(posedge clk) begin
    number2 <= number1;
    number3 <= number2;
    wait2 <= wait1;
    wait3 <= wait2;
    if (on & dendrite) key4 <= number3;
    second <= first & ~rst;
    number5 <= number3;
    key5 <= key4 ^ 32'd1;
    line[0] <= {fires | again, soma & fires, soma, row_on, fewer, timing};
    chance[0] <= gate_q;
    for (i = 1; i < 10; i = i + 1) line[i] <= line[i-1];
    for (i = 1; i < 9; i = i + 1) chance[i] <= chance[i-1];
    there <= rst ? 10'd0 : {there[8:0], on};
    hit11 <= event10 & (draw < chance[8]);
    soma11 <= soma10;
    out11 <= out10;
    kept11 <= {row10, fewer10, timing10};
    there11 <= there[9] & ~rst;
    hit12 <= hit11;
    write12 <= there11 & soma11 & ~rst;
    row12 <= row11;
    fewer12 <= fewer11;
    delay12 <= timing11[15:0];
    part12 <= {16'd0, draw} * {32'd0, timing11[31:16]};
    done <= there11 & ~rst;
    fired <= out11 & there11;
    done_row <= row11;
  end
  wire load_wait = load & (load_memory == 5'd23);
  ram #(.WIDTH(17), .ADDRESS(ROW)) waiting (
      .clk(clk), .write(load_wait | clear | write12),
      .write_at(load_wait ? load_row : clear ? clear_row : row12),
      .data(load_wait ? load_data[16:0] : clear ? 17'd0
          : hit12 ? {1'b0, delay12} + {1'b0, part12[47:32]} : fewer12),
      .read_at(row), .q(wait1));
  assign wait_word = {15'd0, wait1};
  wire unused = &{1'b0, away, part12[31:0]};
endmodule
