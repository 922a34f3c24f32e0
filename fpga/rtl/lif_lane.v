// The units of one lane: parameters, membrane, refractory count and their update, one row per
// clock. Row r of lane l is unit r * lanes + l.
//
//   v <- sat(leak + ((v - leak) decay + half >> DECAY_BITS) + drive);  fired = v > v_th
//   v <- sat(v + arrived) unless refractory;  v <- sat(v - amount) or amount if fired
//
// A dendrite (flag bit 17) never fires; m, its v before what arrives, is handed to the unit one row
// later: (m - v_th) slope, with the dendrite's v_th and slope (memory 21). A unit under context
// (bit 19) fires at v > max(floor, v_th - ((m - ..) slope + half >> 16)), floor the dendrite's amount.
//
// Timing: row and go at clock t; the membrane is written at t + 5, fired is valid then too.
module lif_lane #(
    parameter BITS = 16,
    parameter GUARD = 8,
    parameter DECAY_BITS = 16,
    parameter SUM_BITS = 24,
    parameter ROW = 6,
    parameter TWO_UNITS = 0,
    parameter STATE = BITS + GUARD
) (
    input wire clk,
    input wire rst,
    input wire load,
    input wire [4:0] load_memory,
    input wire [ROW-1:0] load_row,
    input wire [31:0] load_data,
    input wire clear,             // write the initial state of clear_row
    input wire [ROW-1:0] clear_row,
    input wire go,
    input wire [ROW-1:0] row,     // read address of the update, of a dump and of a clear
    input wire signed [SUM_BITS-1:0] arrived,  // valid one clock after row
    output wire [31:0] v_word,    // one clock after row, sign-extended
    output wire [31:0] left_word,
    output reg done,              // with fired and done_row
    output reg fired,
    output reg [ROW-1:0] done_row,
    output wire on_q,             // three clocks after go, with all below
    output wire soma_q,
    output wire dendrite_q,
    output wire fires_q,
    output wire [ROW-1:0] row_q,
    output wire [31:0] word_q,    // of memory 21
    output wire signed [STATE+25:0] handed
);
  localparam PRODUCT = STATE + DECAY_BITS + 2;
  localparam MOVED = STATE + 3;
  localparam WIDE = (STATE > SUM_BITS + GUARD ? STATE : SUM_BITS + GUARD) + 1;
  localparam signed [STATE-1:0] HIGH = {1'b0, {(STATE - 1) {1'b1}}};
  localparam signed [STATE-1:0] LOW = {1'b1, {(STATE - 1) {1'b0}}};

  wire [BITS-1:0] th_q, leak_q, amount_q, init_q;
  wire [19:0] flag_q;
  wire [DECAY_BITS:0] decay_q;
  wire [STATE-1:0] drive_q, v_q;
  wire [15:0] left_q;
  wire new_v;
  wire [ROW-1:0] new_row;
  wire [STATE-1:0] v_data;
  wire [15:0] left_data;

  ram #(.WIDTH(BITS), .ADDRESS(ROW)) v_th (
      .clk(clk), .write(load & (load_memory == 5'd0)), .write_at(load_row),
      .data(load_data[BITS-1:0]), .read_at(row), .q(th_q));
  ram #(.WIDTH(BITS), .ADDRESS(ROW)) v_leak (
      .clk(clk), .write(load & (load_memory == 5'd1)), .write_at(load_row),
      .data(load_data[BITS-1:0]), .read_at(row), .q(leak_q));
  ram #(.WIDTH(BITS), .ADDRESS(ROW)) amount (
      .clk(clk), .write(load & (load_memory == 5'd2)), .write_at(load_row),
      .data(load_data[BITS-1:0]), .read_at(row), .q(amount_q));
  ram #(.WIDTH(20), .ADDRESS(ROW)) flag (
      .clk(clk), .write(load & (load_memory == 5'd3)), .write_at(load_row),
      .data(load_data[19:0]), .read_at(row), .q(flag_q));
  ram #(.WIDTH(DECAY_BITS + 1), .ADDRESS(ROW)) decay (
      .clk(clk), .write(load & (load_memory == 5'd4)), .write_at(load_row),
      .data(load_data[DECAY_BITS:0]), .read_at(row), .q(decay_q));
  ram #(.WIDTH(BITS), .ADDRESS(ROW)) init (
      .clk(clk), .write(load & (load_memory == 5'd5)), .write_at(load_row),
      .data(load_data[BITS-1:0]), .read_at(row), .q(init_q));
  ram #(.WIDTH(STATE), .ADDRESS(ROW)) drive (
      .clk(clk), .write(load & (load_memory == 5'd6)), .write_at(load_row),
      .data(load_data[STATE-1:0]), .read_at(row), .q(drive_q));

  wire load_v = load & (load_memory == 5'd7);
  wire load_left = load & (load_memory == 5'd8);
  ram #(.WIDTH(STATE), .ADDRESS(ROW)) v (
      .clk(clk), .write(load_v | clear | new_v),
      .write_at(load_v ? load_row : clear ? clear_row : new_row),
      .data(load_v ? load_data[STATE-1:0] : clear ? scaled(init_q) : v_data),
      .read_at(row), .q(v_q));
  ram #(.WIDTH(16), .ADDRESS(ROW)) left (
      .clk(clk), .write(load_left | clear | new_v),
      .write_at(load_left ? load_row : clear ? clear_row : new_row),
      .data(load_left ? load_data[15:0] : clear ? 16'd0 : left_data),
      .read_at(row), .q(left_q));

  wire unused = &{1'b0, load_data, flag_q};

  // what cells of two units have more
  wire dendrite1, lowered1, soma1;
  wire [31:0] word1;
  generate
    if (TWO_UNITS != 0) begin : two
      assign {lowered1, soma1, dendrite1} = flag_q[19:17];
      ram #(.WIDTH(32), .ADDRESS(ROW)) word (
          .clk(clk), .write(load & (load_memory == 5'd21)), .write_at(load_row), .data(load_data),
          .read_at(row), .q(word1));
    end else begin : single
      assign {lowered1, soma1, dendrite1} = 3'd0;
      assign word1 = 32'd0;
    end
  endgenerate

  assign v_word = {{(33 - STATE) {v_q[STATE-1]}}, v_q[STATE-2:0]};
  assign left_word = {16'd0, left_q};

  function [STATE-1:0] scaled(input [BITS-1:0] value);
    scaled = {{(GUARD + 1) {value[BITS-1]}}, value[BITS-2:0]} << GUARD;
  endfunction

  function signed [STATE-1:0] fit_moved(input signed [MOVED-1:0] value);
    fit_moved = value[MOVED-1:STATE-1] == {(MOVED - STATE + 1) {value[MOVED-1]}}
        ? value[STATE-1:0] : value[MOVED-1] ? LOW : HIGH;
  endfunction

  function signed [STATE-1:0] fit_wide(input signed [WIDE-1:0] value);
    fit_wide = value[WIDE-1:STATE-1] == {(WIDE - STATE + 1) {value[WIDE-1]}}
        ? value[STATE-1:0] : value[WIDE-1] ? LOW : HIGH;
  endfunction

  // 1: memories answer. Difference times decay.
  reg on1, on2, on3, on4;
  reg [ROW-1:0] row1, row2, row3, row4;
  wire signed [STATE:0] leak_wide = {leak_q[BITS-1], scaled(leak_q)};
  wire signed [STATE:0] away = {v_q[STATE-1], v_q} - leak_wide;
  wire [15:0] waiting = left_q == 16'd0 | dendrite1 ? 16'd0 : left_q - 16'd1;
  // 2: product is there. Shift, add.
  reg signed [PRODUCT-1:0] product2;
  reg signed [STATE-1:0] leak2, drive2, v2, th2, amount2;
  reg signed [SUM_BITS-1:0] arrived2;
  reg [15:0] waiting2, refractory2;
  reg subtract2, dendrite2, lowered2, soma2;
  reg [31:0] word2;
  wire signed [PRODUCT-1:0] half = {{(PRODUCT - DECAY_BITS) {1'b0}}, 1'b1, {(DECAY_BITS - 1) {1'b0}}};
  wire signed [PRODUCT-1:0] rounded = product2 + half;
  wire signed [MOVED-1:0] shifted = {rounded[PRODUCT-1], rounded[PRODUCT-1:DECAY_BITS]};
  wire signed [MOVED-1:0] moved = shifted + {{3{leak2[STATE-1]}}, leak2}
      + {{3{drive2[STATE-1]}}, drive2};
  // 3: the membrane has moved. Threshold.
  reg signed [STATE-1:0] v3, th3, amount3;
  reg signed [SUM_BITS-1:0] arrived3;
  reg [15:0] waiting3, refractory3;
  reg subtract3, dendrite3, lowered3, soma3;
  reg [31:0] word3;
  reg signed [STATE+25:0] product4;
  reg signed [STATE-1:0] floor4;
  wire signed [STATE:0] above = {v3[STATE-1], v3} - {th3[STATE-1], th3};
  wire signed [STATE+25:0] product3 = $signed({{25{above[STATE]}}, above})
      * $signed({{(STATE + 1) {word3[24]}}, word3[24:0]});
  wire signed [STATE+25:0] half4 = {{(STATE + 9) {1'b0}}, 17'h08000};
  wire signed [STATE+25:0] lowers = (product4 + half4) >>> 16;
  wire signed [STATE+25:0] low = {{26{th3[STATE-1]}}, th3} - lowers;
  wire signed [STATE+25:0] bottom = {{26{floor4[STATE-1]}}, floor4};
  wire signed [STATE+25:0] level = ~lowered3 ? {{26{th3[STATE-1]}}, th3} : low > bottom ? low : bottom;
  wire signed [STATE+25:0] v_wide = {{26{v3[STATE-1]}}, v3};
  wire now = (v_wide > level) & (waiting3 == 16'd0) & ~dendrite3;
  wire [15:0] left3 = now ? refractory3 : waiting3;
  wire signed [WIDE-1:0] received = {{(WIDE - STATE) {v3[STATE-1]}}, v3}
      + ({{(WIDE - SUM_BITS) {arrived3[SUM_BITS-1]}}, arrived3} <<< GUARD);
  // 4: what arrived is in. Reset.
  reg signed [STATE-1:0] v4, amount4;
  reg [15:0] left4;
  reg subtract4, fired4;
  wire signed [WIDE-1:0] less = {{(WIDE - STATE) {v4[STATE-1]}}, v4}
      - {{(WIDE - STATE) {amount4[STATE-1]}}, amount4};

  always @(posedge clk) begin
    on1 <= go & ~rst;
    row1 <= row;
    on2 <= on1 & ~rst;
    row2 <= row1;
    product2 <= $signed({{(PRODUCT - STATE - 1) {away[STATE]}}, away})
        * $signed({{(PRODUCT - DECAY_BITS - 1) {1'b0}}, decay_q});
    leak2 <= scaled(leak_q);
    drive2 <= drive_q;
    v2 <= v_q;
    th2 <= scaled(th_q);
    amount2 <= scaled(amount_q);
    arrived2 <= arrived;
    waiting2 <= waiting;
    refractory2 <= flag_q[15:0];
    subtract2 <= flag_q[16];
    dendrite2 <= dendrite1;
    lowered2 <= lowered1;
    soma2 <= soma1;
    word2 <= word1;
    on3 <= on2 & ~rst;
    row3 <= row2;
    v3 <= waiting2 == 16'd0 ? fit_moved(moved) : v2;
    th3 <= th2;
    amount3 <= amount2;
    arrived3 <= arrived2;
    waiting3 <= waiting2;
    refractory3 <= refractory2;
    subtract3 <= subtract2;
    dendrite3 <= dendrite2;
    lowered3 <= lowered2;
    soma3 <= soma2;
    word3 <= word2;
    if (on3 & dendrite3) begin
      product4 <= product3;
      floor4 <= amount3;
    end
    on4 <= on3 & ~rst;
    row4 <= row3;
    v4 <= left3 == 16'd0 ? fit_wide(received) : v3;
    left4 <= left3;
    fired4 <= now;
    amount4 <= amount3;
    subtract4 <= subtract3;
    done <= on4 & ~rst;
    done_row <= row4;
    fired <= fired4 & on4;
  end

  assign on_q = on3;
  assign soma_q = soma3;
  assign dendrite_q = dendrite3;
  assign fires_q = now;
  assign row_q = row3;
  assign word_q = word3;
  assign handed = product4;
  assign new_v = on4;
  assign new_row = row4;
  assign v_data = ~fired4 ? v4 : subtract4 ? fit_wide(less) : amount4;
  assign left_data = left4;
endmodule
