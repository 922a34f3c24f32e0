// The spiking core: one controller over LANES lanes of units and synapses.
//
// Words in (32 bits):
//   00 index           a source spike: row `index` of the unit table is sent
//   01 n               run n steps
//   10 memory address  load: next word is the count, then that many words of data
//   11 0...            clear the state: membranes, refractory counts, ring, step
//   11 1 which count   dump: 0 membrane, 1 refractory, 2 ring, 3 waiting second spikes; header and
//                      count words come back
// TLAST on the last word of a packet.
// Words out:
//   01 step            before the first spike of a step
//   00 unit            a spike
//   10 count           header of a dump, then count raw words
//   11 step            the end, with TLAST
//
// Memories: 0 v_th 1 v_leak 2 amount 3 {subtract, refractory} 4 decay 5 initial 6 drive
// 7 membrane 8 refractory count 9 ring, by unit; 10 weight 11 target 12 threshold 13 index, by
// group * LANES + lane; 16 unit table {none, first segment}; 17 first group, 18 {last, groups},
// 19 key, by segment; 20 step; by unit, of cells of two units, 21 slope or {jitter, delay}, 22 key or
// number, 23 steps to a second spike; 24 chances.
module spiking_core #(
    parameter BITS = 16,
    parameter GUARD = 8,
    parameter DECAY_BITS = 16,
    parameter SUM_BITS = 24,
    parameter LANE_BITS = 2,
    parameter UNIT_BITS = 8,
    parameter SYNAPSE_BITS = 12,
    parameter SLOT_BITS = 6,
    parameter SEGMENT_BITS = 10,
    parameter ROW_BITS = 9,
    parameter STOCHASTIC = 1,
    parameter BURST = 0,
    parameter CONTEXT = 0
) (
    input wire clk,
    input wire rst,
    input wire hold,
    input wire [31:0] rows,
    input wire [31:0] slots,
    input wire [31:0] s_tdata,
    input wire s_tvalid,
    output wire s_tready,
    input wire s_tlast,
    output wire [31:0] m_tdata,
    output wire m_tvalid,
    input wire m_tready,
    output wire m_tlast,
    output wire busy,
    output reg bad_word,
    output wire [4:0] state_code,
    output reg [31:0] step,
    output wire work,
    output wire wait_in,
    output wire wait_out,
    output reg [7:0] n_event,
    output reg [7:0] n_skipped,
    output wire n_spike,
    output wire n_update
);
  localparam LANES = 1 << LANE_BITS;
  localparam ROW = UNIT_BITS - LANE_BITS;
  localparam GROUP = SYNAPSE_BITS - LANE_BITS;
  localparam AT = SLOT_BITS + ROW;
  localparam [4:0] DRAIN = STOCHASTIC != 0 ? 5'd14 : 5'd4;
  localparam [4:0] TAIL = BURST != 0 ? 5'd16 : 5'd6;

  localparam [4:0] FETCH = 5'd0, LOAD_COUNT = 5'd1, LOAD_DATA = 5'd2, CLEAR = 5'd3,
      DUMP_HEAD = 5'd4, DUMP_READ = 5'd5, DUMP_WORD = 5'd6, LOOK = 5'd7, UNIT = 5'd8,
      SEGMENT = 5'd9, SCATTER = 5'd10, START = 5'd11, UPDATE = 5'd12, POP = 5'd13, ROWS = 5'd14,
      MARK = 5'd15, EMIT = 5'd16, NEXT = 5'd17, FINAL = 5'd18;

  reg [4:0] state, goal, wait_left;
  reg in_packet, last, dirty, in_step, marked;
  reg [29:0] left_steps;
  reg [24:0] count;
  reg [24:0] at;            // of a load, a dump, a clear or an update
  reg [4:0] memory;
  reg [1:0] which;
  reg [SLOT_BITS-1:0] slot;
  reg [ROW_BITS-1:0] unit;
  reg [GROUP-1:0] group;
  reg [24:0] groups;
  reg [SEGMENT_BITS-1:0] segment;
  reg last_segment;
  reg [31:0] key;
  reg [LANES-1:0] mask;
  reg [ROW-1:0] mask_row;
  reg [ROW:0] fifo_in, fifo_out;

  wire [1:0] kind = s_tdata[31:30];
  wire take = s_tvalid & s_tready;
  wire give = m_tvalid & m_tready;
  wire open = (state == FETCH) | (state == LOAD_COUNT) | (state == LOAD_DATA);
  assign s_tready = open & ~hold & ~rst;
  assign busy = in_packet;
  assign state_code = state;
  assign wait_in = in_packet & s_tready & ~s_tvalid;
  assign wait_out = m_tvalid & ~m_tready;
  assign work = (in_packet | take) & ~wait_in & ~wait_out & ~(hold & open);

  // lowest set bit of the mask
  function [LANE_BITS:0] lowest(input [LANES-1:0] bits);
    integer i;
    begin
      lowest = {(LANE_BITS + 1) {1'b0}};
      for (i = LANES - 1; i >= 0; i = i - 1) if (bits[i]) lowest = i[LANE_BITS:0];
    end
  endfunction
  wire [LANE_BITS:0] lane_wide = lowest(mask);
  wire [UNIT_BITS-1:0] spiking_unit;
  generate
    if (LANE_BITS == 0) begin : one
      assign spiking_unit = mask_row;
    end else begin : many
      assign spiking_unit = {mask_row, lane_wide[LANE_BITS-1:0]};
    end
  endgenerate
  wire unused_lane = &{1'b0, lane_wide};
  wire [LANES-1:0] mask_rest = mask & (mask - 1'b1);

  // words out
  assign m_tvalid = (state == MARK) | (state == EMIT) | (state == DUMP_HEAD)
      | (state == DUMP_WORD) | (state == FINAL);
  assign m_tlast = state == FINAL;
  wire [31:0] dumped;
  assign m_tdata = state == MARK ? {2'd1, step[29:0]}
      : state == EMIT ? {{(32 - UNIT_BITS) {1'b0}}, spiking_unit}
      : state == DUMP_HEAD ? {7'b1000000, count}
      : state == DUMP_WORD ? dumped
      : {2'd3, step[29:0]};
  assign n_spike = (state == EMIT) & m_tready;

  // loads, one clock later
  reg load;
  reg [4:0] load_memory;
  reg [24:0] load_at;
  reg [31:0] load_data;
  always @(posedge clk) begin
    load <= (state == LOAD_DATA) & take;
    load_memory <= memory;
    load_at <= at;
    load_data <= s_tdata;
  end

  // the tables of who reaches what
  wire [31:0] unit_q, first_q, groups_q, key_q;
  wire [SEGMENT_BITS-1:0] segment_at = state == UNIT ? unit_q[SEGMENT_BITS-1:0] : segment;
  ram #(.WIDTH(32), .ADDRESS(ROW_BITS)) unit_table (
      .clk(clk), .write(load & (load_memory == 5'd16)), .write_at(load_at[ROW_BITS-1:0]),
      .data(load_data), .read_at(unit), .q(unit_q));
  ram #(.WIDTH(32), .ADDRESS(SEGMENT_BITS)) segment_first (
      .clk(clk), .write(load & (load_memory == 5'd17)), .write_at(load_at[SEGMENT_BITS-1:0]),
      .data(load_data), .read_at(segment_at), .q(first_q));
  ram #(.WIDTH(32), .ADDRESS(SEGMENT_BITS)) segment_groups (
      .clk(clk), .write(load & (load_memory == 5'd18)), .write_at(load_at[SEGMENT_BITS-1:0]),
      .data(load_data), .read_at(segment_at), .q(groups_q));
  ram #(.WIDTH(32), .ADDRESS(SEGMENT_BITS)) segment_key (
      .clk(clk), .write(load & (load_memory == 5'd19)), .write_at(load_at[SEGMENT_BITS-1:0]),
      .data(load_data), .read_at(segment_at), .q(key_q));
  wire unused_table = &{1'b0, unit_q[30:SEGMENT_BITS], first_q[31:GROUP], groups_q[30:25]};

  // update and clear
  wire update_go = (state == UPDATE) & (wait_left == TAIL);
  wire clear_go = state == CLEAR;
  wire [AT-1:0] sum_at = state == UPDATE ? {slot, at[ROW-1:0]} : dump_at[AT-1:0];
  wire [24:0] dump_at = clear_go ? at : at >> LANE_BITS;
  reg update_q, clear_q, clear_row_q;
  reg [AT-1:0] sum_at_q;
  always @(posedge clk) begin
    update_q <= update_go & ~rst;
    clear_q <= clear_go & ~rst;
    clear_row_q <= clear_go & (at[24:ROW] == {(25 - ROW) {1'b0}}) & ~rst;
    sum_at_q <= sum_at;
  end
  assign n_update = update_go;

  wire [LANES-1:0] passed, held, fired, done;
  wire [LANES*ROW-1:0] done_row;
  wire [32*LANES-1:0] v_word, left_word, sum_word, wait_word;
  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      wire signed [SUM_BITS-1:0] sum;
      wire mine;
      if (LANE_BITS == 0) assign mine = load;
      else assign mine = load & (load_at[LANE_BITS-1:0] == l);
      wire [24:0] load_row = load_at >> LANE_BITS;
      wire lif_done, lif_fired, on, soma, dendrite, fires, draw_go;
      wire [ROW-1:0] lif_row, row_on;
      wire [31:0] timing, draw_number, draw_key, draw;
      wire signed [BITS+GUARD+25:0] handed;
      lif_lane #(
          .BITS(BITS), .GUARD(GUARD), .DECAY_BITS(DECAY_BITS), .SUM_BITS(SUM_BITS), .ROW(ROW),
          .TWO_UNITS(BURST | CONTEXT)
      ) units (
          .clk(clk), .rst(rst), .load(mine), .load_memory(load_memory),
          .load_row(load_row[ROW-1:0]), .load_data(load_data), .clear(clear_row_q),
          .clear_row(sum_at_q[ROW-1:0]), .go(update_go),
          .row(state == UPDATE ? at[ROW-1:0] : dump_at[ROW-1:0]), .arrived(sum),
          .v_word(v_word[32*l+:32]), .left_word(left_word[32*l+:32]), .done(lif_done),
          .fired(lif_fired), .done_row(lif_row), .on_q(on), .soma_q(soma), .dendrite_q(dendrite),
          .fires_q(fires), .row_q(row_on), .word_q(timing), .handed(handed));
      if (BURST != 0) begin : burst
        burst_lane #(
            .STATE(BITS + GUARD), .ROW(ROW)
        ) spikes (
            .clk(clk), .rst(rst), .load(mine), .load_all(load), .load_memory(load_memory),
            .load_row(load_row[ROW-1:0]), .load_at(load_at[9:0]), .load_data(load_data),
            .clear(clear_row_q), .clear_row(sum_at_q[ROW-1:0]),
            .row(state == UPDATE ? at[ROW-1:0] : dump_at[ROW-1:0]), .on(on), .soma(soma),
            .dendrite(dendrite), .fires(fires), .row_on(row_on), .timing(timing),
            .handed(handed), .draw_go(draw_go), .draw_number(draw_number), .draw_key(draw_key),
            .draw(draw), .wait_word(wait_word[32*l+:32]), .done(done[l]), .fired(fired[l]),
            .done_row(done_row[ROW*l+:ROW]));
      end else begin : plain
        assign wait_word[32*l+:32] = 32'd0;
        assign done[l] = lif_done;
        assign fired[l] = lif_fired;
        assign done_row[ROW*l+:ROW] = lif_row;
        assign draw_go = 1'b0;
        assign draw_number = 32'd0;
        assign draw_key = 32'd0;
        wire unused_two = &{1'b0, on, soma, dendrite, fires, row_on, timing, handed};
      end
      synapse_lane #(
          .BITS(BITS), .SUM_BITS(SUM_BITS), .ROW(ROW), .SLOT(SLOT_BITS), .GROUP(GROUP),
          .STOCHASTIC(STOCHASTIC), .BURST(BURST)
      ) synapses (
          .clk(clk), .rst(rst), .load(mine), .load_memory(load_memory),
          .load_group(load_row[GROUP-1:0]), .load_sum(load_row[AT-1:0]), .load_data(load_data),
          .go(state == SCATTER), .group(group), .key(key), .step(step), .slot(slot),
          .slots(slots[SLOT_BITS:0]), .wipe(update_q | clear_q), .wipe_at(sum_at_q),
          .fetch((state == UPDATE) | (state == DUMP_READ) | (state == DUMP_WORD)), .fetch_at(sum_at), .sum(sum),
          .passed(passed[l]), .held(held[l]), .draw_go(draw_go), .draw_number(draw_number),
          .draw_key(draw_key), .draw_q(draw));
      assign sum_word[32*l+:32] = {{(33 - SUM_BITS) {sum[SUM_BITS-1]}}, sum[SUM_BITS-2:0]};
      wire unused = &{1'b0, load_row, draw, lif_done, lif_fired, lif_row};
    end
  endgenerate
  wire unused_row = &{1'b0, done, done_row, slots[31:SLOT_BITS+1], dump_at, rows[31:25]};

  // the word of a dump comes from the lane of its address
  reg [LANE_BITS:0] dump_lane;
  reg [31:0] dumped_now;
  integer d;
  always @* begin
    dumped_now = 32'd0;
    for (d = 0; d < LANES; d = d + 1)
      if (dump_lane == d[LANE_BITS:0])
        dumped_now = which == 2'd0 ? v_word[32*d+:32] : which == 2'd1 ? left_word[32*d+:32]
            : which == 2'd2 ? sum_word[32*d+:32] : wait_word[32*d+:32];
  end
  assign dumped = dumped_now;

  // rows with spikes wait here until the update is over
  wire push = done[0] & (|fired);
  wire [ROW+LANES-1:0] popped;
  ram #(.WIDTH(ROW + LANES), .ADDRESS(ROW)) spike_rows (
      .clk(clk), .write(push), .write_at(fifo_in[ROW-1:0]), .data({done_row[ROW-1:0], fired}),
      .read_at(fifo_out[ROW-1:0]), .q(popped));
  wire fifo_empty = fifo_in == fifo_out;

  // counts of lanes
  integer k;
  always @* begin
    n_event = 8'd0;
    n_skipped = 8'd0;
    for (k = 0; k < LANES; k = k + 1) begin
      n_event = n_event + {7'd0, passed[k]};
      n_skipped = n_skipped + {7'd0, held[k]};
    end
  end

  // what follows a word, and what follows a spike within a step
  wire [4:0] after_word = ~last ? FETCH : START;
  wire [4:0] after_spike = ~in_step ? after_word
      : mask != {LANES{1'b0}} ? EMIT : ~fifo_empty ? POP : NEXT;

  always @(posedge clk) begin
    if (rst) begin
      state <= FETCH;
      in_packet <= 1'b0;
      last <= 1'b0;
      dirty <= 1'b0;
      in_step <= 1'b0;
      bad_word <= 1'b0;
      step <= 32'd0;
      slot <= {SLOT_BITS{1'b0}};
      fifo_in <= {(ROW + 1) {1'b0}};
      fifo_out <= {(ROW + 1) {1'b0}};
    end else begin
      if (push) fifo_in <= fifo_in + 1'b1;
      if (load & (load_memory == 5'd20)) step <= load_data;
      case (state)
        FETCH:
        if (take) begin
          in_packet <= 1'b1;
          last <= s_tlast;
          in_step <= 1'b0;
          unit <= s_tdata[ROW_BITS-1:0];
          left_steps <= s_tdata[29:0];
          memory <= s_tdata[29:25];
          at <= kind == 2'd2 ? s_tdata[24:0] : 25'd0;
          which <= s_tdata[28:27];
          count <= s_tdata[24:0];
          dump_lane <= {(LANE_BITS + 1) {1'b0}};
          wait_left <= DRAIN;
          state <= kind == 2'd0 ? LOOK : START;
          goal <= kind == 2'd1 ? UPDATE : kind == 2'd2 ? LOAD_COUNT
              : s_tdata[29] ? DUMP_HEAD : CLEAR;
          if (kind == 2'd0 & s_tdata[29:ROW_BITS] != {(30 - ROW_BITS) {1'b0}}) bad_word <= 1'b1;
          if (kind == 2'd1 & s_tdata[29:0] == 30'd0) begin
            bad_word <= 1'b1;
            goal <= s_tlast ? FINAL : FETCH;
          end
          if (kind == 2'd2 & s_tlast) begin
            bad_word <= 1'b1;
            goal <= FINAL;
          end
        end
        START:
        if (dirty) begin
          wait_left <= wait_left - 5'd1;
          if (wait_left == 5'd1) dirty <= 1'b0;
        end else begin
          state <= (goal == LOAD_COUNT) | (goal == DUMP_HEAD) | (goal == CLEAR)
              | (goal == UPDATE) | (goal == FETCH) ? goal : FINAL;
          wait_left <= TAIL;
          marked <= 1'b0;
        end
        LOAD_COUNT:
        if (take) begin
          last <= s_tlast;
          count <= s_tdata[24:0];
          if (s_tlast | s_tdata[24:0] == 25'd0) begin
            bad_word <= 1'b1;
            state <= s_tlast ? FINAL : FETCH;
          end else state <= LOAD_DATA;
        end
        LOAD_DATA:
        if (take) begin
          last <= s_tlast;
          at <= at + 25'd1;
          count <= count - 25'd1;
          if (s_tlast | count == 25'd1) state <= s_tlast ? FINAL : FETCH;
          if (s_tlast & count != 25'd1) bad_word <= 1'b1;
        end
        CLEAR: begin
          step <= 32'd0;
          slot <= {SLOT_BITS{1'b0}};
          at <= at + 25'd1;
          if (at[24:ROW] == slots[24-ROW:0] - 1'b1 & (&at[ROW-1:0])) begin
            at <= 25'd0;
            state <= last ? FINAL : FETCH;
          end
        end
        DUMP_HEAD: if (give) state <= count == 25'd0 ? (last ? FINAL : FETCH) : DUMP_READ;
        DUMP_READ: state <= DUMP_WORD;
        DUMP_WORD:
        if (give) begin
          at <= at + 25'd1;
          dump_lane <= dump_lane == LANES[LANE_BITS:0] - 1'b1 ? {(LANE_BITS + 1) {1'b0}}
              : dump_lane + 1'b1;
          count <= count - 25'd1;
          state <= count != 25'd1 ? DUMP_READ : last ? FINAL : FETCH;
        end
        LOOK: state <= UNIT;
        UNIT: begin
          segment <= unit_q[SEGMENT_BITS-1:0];
          state <= unit_q[31] ? after_spike : SEGMENT;
          if (unit_q[31]) begin
            goal <= FINAL;
            wait_left <= DRAIN;
          end
        end
        SEGMENT: begin
          group <= first_q[GROUP-1:0];
          groups <= groups_q[24:0];
          last_segment <= groups_q[31];
          key <= key_q;
          segment <= segment + 1'b1;
          state <= SCATTER;
        end
        SCATTER: begin
          dirty <= 1'b1;
          group <= group + 1'b1;
          groups <= groups - 25'd1;
          if (groups == 25'd1) begin
            state <= last_segment ? after_spike : SEGMENT;
            goal <= FINAL;
            wait_left <= DRAIN;
          end
        end
        UPDATE:
        if (wait_left == TAIL) begin
          at <= at + 25'd1;
          if (at == rows[24:0] - 25'd1) wait_left <= TAIL - 5'd1;
        end else begin
          wait_left <= wait_left - 5'd1;
          in_step <= 1'b1;
          if (wait_left == 5'd0) state <= fifo_empty ? NEXT : POP;
        end
        POP: state <= ROWS;
        ROWS: begin
          fifo_out <= fifo_out + 1'b1;
          mask <= popped[LANES-1:0];
          mask_row <= popped[ROW+LANES-1:LANES];
          state <= marked ? EMIT : MARK;
        end
        MARK:
        if (give) begin
          marked <= 1'b1;
          state <= EMIT;
        end
        EMIT:
        if (give) begin
          unit <= {{(ROW_BITS - UNIT_BITS) {1'b0}}, spiking_unit};
          mask <= mask_rest;
          state <= LOOK;
        end
        NEXT: begin
          step <= step + 32'd1;
          slot <= {1'b0, slot} == slots[SLOT_BITS:0] - 1'b1 ? {SLOT_BITS{1'b0}} : slot + 1'b1;
          left_steps <= left_steps - 30'd1;
          at <= 25'd0;
          in_step <= 1'b0;
          wait_left <= DRAIN;
          goal <= left_steps != 30'd1 ? UPDATE : FINAL;
          state <= left_steps != 30'd1 | last ? START : FETCH;
        end
        FINAL:
        if (give) begin
          state <= FETCH;
          in_packet <= 1'b0;
        end
        default: state <= FETCH;
      endcase
    end
  end
endmodule
