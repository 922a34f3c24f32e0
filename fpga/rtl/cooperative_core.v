// Frame-based point and two-point layers, computed where inputs are not zero and units are open.
//
// Words in: 01 frames (then each frame's inputs), 10 memory[29:25] address[24:0] then a count then
// data, 11 clears the outputs and memories of the frame before. Words out: what a frame gives back,
// and at the end of each packet 11 and the frames done, with TLAST.
// Memories: 0 program, 1 weights, 2 biases, 3 context biases, 4 thresholds, 5 shifts, 6 beta, 7 tanh,
// 8 powers.
// A record of the program has four words; the first holds its kind in bits 2..0:
//   0 frame  {more inputs follow 8, fraction 7..4}, {first 31..16, inputs 15..0}, {number of its list}
//   1 layer  {code 6..4, skips 8}, {units 31..16, rows 15..0}, {first row of its tables}
//   2 wire   {keep 31..15, universal 6, context 5, lag 4}, {inputs 31..16, first input 15..0},
//            {first row of weights}, {number of the list 31..16, first row of shifts 15..0}
//   3 finish {gate 5..4, shift 14..8}, {number of its list 31..16, first output 15..0},
//            {largest output}, {largest entry of the table}
//   4 end    {more records follow 4}, {outputs given back 31..16, first 15..0}
//   5 share  {fraction bits 12..8}, {units 31..16, first output 15..0}, {scale}, {largest output}
// The last one, after a finish of gate 3 (scores), makes their softmax: SOFTMAX = 1.
// What is not 0 is listed as it comes, inputs and outputs alike; each row of LANES units with an
// open unit takes one listed input per clock.
module cooperative_core #(
    parameter BITS = 8,
    parameter SUM_BITS = 48,
    parameter LANE_BITS = 2,
    parameter UNIT_BITS = 8,
    parameter SYNAPSE_BITS = 12,
    parameter SEGMENT_BITS = 6,
    parameter ROW_BITS = 7,
    parameter TABLE = 0,
    parameter MEMORY = 0,
    parameter SOFTMAX = 0
) (
    input wire clk,
    input wire rst,
    input wire hold,
    input wire no_context,
    input wire dense,
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
    output reg [16:0] n_skipped,
    output wire n_spike,
    output wire n_update
);
  localparam LANES = 1 << LANE_BITS;
  localparam WEIGHT_ROW = SYNAPSE_BITS - LANE_BITS;
  localparam [15:0] DEPTH = TABLE != 0 ? 16'd9 : 16'd5;
  localparam [4:0] FETCH = 0, LOAD_COUNT = 1, LOAD_DATA = 2, ADDRESS = 4, DECODE = 5,
      INPUT = 6, INIT = 7, ROW_READ = 9, ROW_OPEN = 10, MAC = 11, WRITE = 12, UNIT = 13,
      OUT_READ = 14, OUT_WORD = 15, NEXT = 16, FINAL = 17, FADE = 18,
      REMEMBER = 19, SHARE = 20;

  reg [4:0] state;
  reg in_packet, last, bank, blank;
  reg [29:0] frames;
  reg [24:0] at, count;
  reg [4:0] memory;
  reg [SEGMENT_BITS-1:0] pc;
  reg [16:0] i;
  // fields of the records at work
  reg [3:0] fraction;
  reg [2:0] code;
  reg skips, lag, to_context, fades, more;
  reg [16:0] keep;
  reg [15:0] n_unit, n_row, n_source, first, out_first;
  reg [ROW_BITS-1:0] table_row, shift_row;
  reg [24:0] weight_row;
  reg [1:0] gate;
  reg signed [6:0] shift;
  reg signed [31:0] top;
  reg [9:0] highest;
  reg [15:0] row, listed;
  reg fresh;                // the wire's count comes with this clock

  wire takes = state == FETCH | state == LOAD_COUNT | state == LOAD_DATA | state == INPUT;
  wire gives = state == OUT_WORD | state == FINAL;
  assign s_tready = takes & ~hold & ~rst;
  wire take = s_tready & s_tvalid;
  assign m_tvalid = gives & ~rst;
  assign m_tlast = state == FINAL;
  wire give = m_tvalid & m_tready;
  assign busy = in_packet;
  assign state_code = state;
  assign wait_in = in_packet & takes & ~take;
  assign wait_out = gives & ~give;
  assign work = takes ? take : gives ? give : 1'b1;

  // program
  wire load = state == LOAD_DATA & take;
  wire [127:0] record;
  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : word
      ram #(.WIDTH(32), .ADDRESS(SEGMENT_BITS)) words (
          .clk(clk), .write(load & memory == 5'd0 & at[1:0] == g),
          .write_at(at[SEGMENT_BITS+1:2]), .data(s_tdata), .read_at(pc),
          .q(record[32*g+:32]));
    end
  endgenerate
  wire [2:0] kind = record[2:0];

  // outputs of this frame and the one before
  wire unit_done;
  wire signed [31:0] unit_y;
  reg [15:0] nth, n_listed;  // of the outputs written, and of those listed
  wire [31:0] y;
  wire share_write, share_counts, share_done;
  wire [15:0] share_read_at, share_write_at;
  wire [31:0] share_data;
  wire y_write = unit_done | (state == INPUT & take) | share_write;
  wire [31:0] y_data = share_write ? share_data : unit_done ? unit_y : s_tdata;
  wire [15:0] y_nth = share_write ? share_write_at : nth;
  wire [15:0] y_at = out_first + y_nth;
  wire [15:0] y_row = first + (state == SHARE ? share_read_at : i[15:0]);
  wire in_row = state == ROW_READ | state == ROW_OPEN | state == MAC | state == WRITE
      | state == REMEMBER;
  wire [UNIT_BITS:0] read_at = {bank ^ (in_row & lag), y_row[UNIT_BITS-1:0]};
  ram #(.WIDTH(32), .ADDRESS(UNIT_BITS + 1)) outputs (
      .clk(clk), .write(y_write), .write_at({bank, y_at[UNIT_BITS-1:0]}), .data(y_data),
      .read_at(read_at), .q(y));
  assign m_tdata = state == FINAL ? {2'b11, step[29:0]} : y;

  // lists of the outputs that are not 0, each from its population's first address on
  wire score = unit_done & gate == 2'd3;  // not an output yet
  wire list_write = share_counts | (y_write & y_data != 32'd0 & ~score & ~share_write);
  wire [15:0] list_at = out_first + n_listed;
  wire [UNIT_BITS-1:0] list_index;
  wire signed [31:0] list_x;
  ram #(.WIDTH(32 + UNIT_BITS), .ADDRESS(UNIT_BITS + 1)) list (
      .clk(clk), .write(list_write), .write_at({bank, list_at[UNIT_BITS-1:0]}),
      .data({y_nth[UNIT_BITS-1:0], y_data}), .read_at(read_at), .q({list_index, list_x}));
  reg [SEGMENT_BITS-1:0] list_number;
  reg list_ends;
  wire [15:0] count_q;
  ram #(.WIDTH(16), .ADDRESS(SEGMENT_BITS + 1)) counts (
      .clk(clk), .write(list_ends), .write_at({bank, list_number}), .data(n_listed),
      .read_at({bank ^ record[4], record[112+:SEGMENT_BITS]}), .q(count_q));
  wire unseen = lag & blank;
  reg signed [31:0] x;
  reg [UNIT_BITS-1:0] plain_index;
  always @(posedge clk) begin
    x <= unseen ? 32'sd0 : dense ? y : list_x;
    plain_index <= i[UNIT_BITS-1:0];
  end

  // lanes
  wire [15:0] unit_row = i[15:0] >> LANE_BITS;
  wire [15:0] lane_row = state == UNIT ? unit_row : row;
  wire steps = state == WRITE & ~fades | state == REMEMBER;  // on to the next row
  wire [15:0] read_row = steps ? row + 16'd1 : lane_row;
  wire [ROW_BITS-1:0] bias_row = table_row
      + (state == INIT ? i[ROW_BITS-1:0] : lane_row[ROW_BITS-1:0]);
  wire [UNIT_BITS-1:0] index = dense ? plain_index : list_index;
  wire [24:0] weight_at = weight_row + {{(25 - UNIT_BITS) {1'b0}}, index};
  wire [SUM_BITS*LANES-1:0] r_sum, c_sum;
  wire [32*LANES-1:0] theta;
  wire [16*LANES-1:0] beta;
  wire [LANES-1:0] there, open_now;
  reg [LANES-1:0] open;
  wire use_gate = skips & ~no_context;
  generate
    for (g = 0; g < LANES; g = g + 1) begin : lane
      wire mine;
      if (LANE_BITS == 0) assign mine = load;
      else assign mine = load & at[LANE_BITS-1:0] == g;
      wire signed [SUM_BITS-1:0] c = c_sum[SUM_BITS*g+:SUM_BITS];
      wire signed [SUM_BITS-1:0] edge_c = code == 3'd3 ? {SUM_BITS{1'b0}}
          : -({{(SUM_BITS - 1) {1'b0}}, 1'b1} <<< fraction);
      assign there[g] = ({16'd0, row} << LANE_BITS) + g < {16'd0, n_unit};
      assign open_now[g] = there[g] & (to_context | ~use_gate | c > edge_c);
      cooperative_lane #(
          .BITS(BITS), .SUM_BITS(SUM_BITS), .ROW_BITS(ROW_BITS), .WEIGHT_ROW(WEIGHT_ROW),
          .TABLE(TABLE), .MEMORY(MEMORY)
      ) units (
          .clk(clk), .load(mine), .load_memory(memory), .load_row(at >> LANE_BITS),
          .load_data(s_tdata), .weight_at(weight_at[WEIGHT_ROW-1:0]), .bias_at(bias_row),
          .shift_at(shift_row + row[ROW_BITS-1:0]), .row(row[ROW_BITS-1:0]),
          .read_row(read_row[ROW_BITS-1:0]),
          .init(state == INIT & i != 17'd0), .init_row(i[ROW_BITS-1:0] - 1'b1),
          .start(state == ROW_OPEN), .mac(state == MAC), .x(x),
          .write_r(state == WRITE & open[g] & ~to_context),
          .write_c((state == WRITE & open[g] & to_context & ~fades)
              | (state == REMEMBER & there[g])),
          .fade_u(state == WRITE), .write_m(state == REMEMBER & there[g]), .blank(blank),
          .keep(keep), .beta(beta[16*g+:16]),
          .r(r_sum[SUM_BITS*g+:SUM_BITS]), .c(c_sum[SUM_BITS*g+:SUM_BITS]),
          .theta(theta[32*g+:32]));
    end
  endgenerate

  // transfer, one unit per clock
  reg [LANE_BITS:0] lane_of;
  reg go;
  reg signed [SUM_BITS-1:0] r_one, c_one;
  reg [31:0] theta_one;
  reg [15:0] beta_one;
  integer k;
  always @* begin
    r_one = {SUM_BITS{1'b0}};
    c_one = {SUM_BITS{1'b0}};
    theta_one = 32'd0;
    beta_one = 16'd0;
    for (k = 0; k < LANES; k = k + 1)
      if (lane_of == k[LANE_BITS:0]) begin
        r_one = r_sum[SUM_BITS*k+:SUM_BITS];
        c_one = c_sum[SUM_BITS*k+:SUM_BITS];
        theta_one = theta[32*k+:32];
        beta_one = beta[16*k+:16];
      end
  end
  always @(posedge clk) begin
    go <= state == UNIT & i < {1'b0, n_unit} & ~rst;
    lane_of <= i[LANE_BITS:0] & (LANES[LANE_BITS:0] - 1'b1);
  end
  cooperative_unit #(.SUM_BITS(SUM_BITS), .TABLE(TABLE)) transfer (
      .clk(clk), .rst(rst), .go(go), .r_sum(r_one), .c_sum(c_one), .theta(theta_one),
      .code(no_context ? 3'd0 : code), .skips(use_gate), .fraction(fraction), .gate(gate),
      .shift(shift), .top(top), .load_table(load & memory == 5'd7), .load_at(at[9:0]),
      .load_data(s_tdata[15:0]), .beta(beta_one), .highest(highest), .done(unit_done), .y(unit_y));
  assign n_update = unit_done;
  assign n_spike = (unit_done & unit_y != 32'sd0 & ~score) | share_counts;

  // softmax
  reg [31:0] scale;
  reg [4:0] share_bits;
  generate
    if (SOFTMAX != 0) begin : with_softmax
      cooperative_softmax #(.UNIT_BITS(UNIT_BITS)) softmax (
          .clk(clk), .rst(rst), .load(load & memory == 5'd8), .load_at(at[7:0]),
          .load_data(s_tdata[16:0]), .start(state == DECODE & kind == 3'd5), .n(n_source),
          .scale(scale), .fraction(fraction), .bits(share_bits), .most(top),
          .read_at(share_read_at), .y(y), .write(share_write), .write_at(share_write_at),
          .data(share_data), .n_share(share_counts), .done(share_done));
    end else begin : without_softmax
      assign {share_read_at, share_write_at, share_data} = 64'd0;
      assign {share_write, share_counts, share_done} = 3'd0;
    end
  endgenerate

  wire unused = &{1'b0, record[127:103], record[7], record[3], y_row, y_at, y_nth, list_at, nth,
      lane_row, read_row, weight_at, share_done, scale, share_bits};

  // counts
  reg [7:0] n_there, n_open;
  always @* begin
    n_there = 8'd0;
    n_open = 8'd0;
    n_event = 8'd0;
    for (k = 0; k < LANES; k = k + 1) begin
      n_there = n_there + {7'd0, there[k]};
      n_open = n_open + {7'd0, open_now[k]};
      n_event = n_event + {7'd0, open[k] & state == MAC};
    end
    n_skipped = state == ROW_OPEN ? {1'b0, n_source} * {9'd0, n_there} - {1'b0, listed} * {9'd0, n_open}
        : 17'd0;
  end

  wire row_over = row == n_row - 16'd1;
  always @(posedge clk) begin
    if (rst) begin
      state <= FETCH;
      in_packet <= 1'b0;
      last <= 1'b0;
      bank <= 1'b0;
      blank <= 1'b1;
      list_ends <= 1'b0;
      bad_word <= 1'b0;
      step <= 32'd0;
    end else begin
      if (take) last <= s_tlast;
      if (y_write) nth <= nth + 16'd1;
      if (list_write) n_listed <= n_listed + 16'd1;
      list_ends <= 1'b0;
      case (state)
        FETCH:
        if (take) begin
          in_packet <= 1'b1;
          frames <= s_tdata[29:0];
          memory <= s_tdata[29:25];
          at <= s_tdata[24:0];
          i <= 17'd0;
          pc <= {SEGMENT_BITS{1'b0}};
          case (s_tdata[31:30])
            2'd1: state <= s_tlast ? FINAL : ADDRESS;
            2'd2: state <= s_tlast ? FINAL : LOAD_COUNT;
            2'd3: begin
              blank <= 1'b1;
              state <= s_tlast ? FINAL : FETCH;
            end
            default: state <= s_tlast ? FINAL : FETCH;
          endcase
          if (s_tdata[31:30] == 2'd0 | (s_tlast & s_tdata[31:30] != 2'd3)
              | (s_tdata[31:30] == 2'd1 & s_tdata[29:0] == 30'd0)) bad_word <= 1'b1;
          if (s_tdata[31:30] == 2'd1 & s_tdata[29:0] == 30'd0) state <= s_tlast ? FINAL : FETCH;
        end
        LOAD_COUNT:
        if (take) begin
          count <= s_tdata[24:0];
          state <= s_tlast ? FINAL : s_tdata[24:0] == 25'd0 ? FETCH : LOAD_DATA;
          if (s_tlast | s_tdata[24:0] == 25'd0) bad_word <= 1'b1;
        end
        LOAD_DATA:
        if (take) begin
          at <= at + 25'd1;
          count <= count - 25'd1;
          if (s_tlast | count == 25'd1) state <= s_tlast ? FINAL : FETCH;
          if (s_tlast & count != 25'd1) bad_word <= 1'b1;
        end
        ADDRESS: state <= DECODE;
        DECODE: begin
          pc <= pc + 1'b1;
          i <= 17'd0;
          row <= 16'd0;
          nth <= 16'd0;
          n_listed <= 16'd0;
          fresh <= 1'b1;
          case (kind)
            3'd0: begin
              fraction <= record[7:4];
              n_source <= record[47:32];
              out_first <= record[63:48];
              more <= record[8];
              list_number <= record[64+:SEGMENT_BITS];
              state <= INPUT;
            end
            3'd1: begin
              code <= record[6:4];
              skips <= record[8];
              n_row <= record[47:32];
              n_unit <= record[63:48];
              table_row <= record[64+:ROW_BITS];
              state <= INIT;
            end
            3'd2: begin
              lag <= record[4];
              to_context <= record[5] | record[6];
              fades <= record[6];
              keep <= record[31:15];
              first <= record[47:32];
              n_source <= record[63:48];
              weight_row <= record[88:64];
              shift_row <= record[96+:ROW_BITS];
              state <= (record[5] | record[6]) & no_context ? ADDRESS : ROW_READ;
            end
            3'd3: begin
              gate <= record[5:4];
              shift <= record[14:8];
              out_first <= record[47:32];
              list_number <= record[48+:SEGMENT_BITS];
              highest <= record[105:96];
              top <= record[95:64];
              state <= UNIT;
            end
            3'd4: begin
              more <= record[4];
              first <= record[47:32];
              n_source <= record[63:48];
              state <= record[63:48] != 16'd0 ? OUT_READ : record[4] ? ADDRESS : NEXT;
            end
            3'd5: begin
              share_bits <= record[12:8];
              first <= record[47:32];
              n_source <= record[63:48];
              scale <= record[95:64];
              top <= record[127:96];
              state <= SHARE;
              if (SOFTMAX == 0) begin
                bad_word <= 1'b1;
                state <= FINAL;
              end
            end
            default: begin
              bad_word <= 1'b1;
              state <= FINAL;
            end
          endcase
        end
        INPUT:
        if (take) begin
          i <= i + 17'd1;
          if (i[15:0] == n_source - 16'd1) begin
            state <= ADDRESS;
            list_ends <= 1'b1;
          end
          if (s_tlast & (i[15:0] != n_source - 16'd1 | frames != 30'd1 | more)) begin
            bad_word <= 1'b1;
            state <= FINAL;
          end
        end
        INIT: begin
          i <= i + 17'd1;
          if (i[15:0] == n_row) state <= ADDRESS;
        end
        // i is the place in the list that is read; its product is added two clocks later
        ROW_READ: begin
          i <= 17'd1;
          fresh <= 1'b0;
          if (fresh) listed <= dense ? n_source : unseen ? 16'd0 : count_q;
          state <= ROW_OPEN;
        end
        ROW_OPEN: begin
          open <= open_now;
          i <= 17'd0;
          if (open_now == {LANES{1'b0}} | (listed == 16'd0 & ~fades)) begin
            row <= row + 16'd1;
            weight_row <= weight_row + {9'd0, n_source};
            state <= row_over ? ADDRESS : ROW_READ;
          end else if (listed == 16'd0) state <= WRITE;
          else begin
            i <= 17'd2;
            state <= MAC;
          end
        end
        MAC: begin
          i <= i + 17'd1;
          if (i[15:0] == listed + 16'd1) begin
            i <= 17'd0;
            state <= WRITE;
          end
        end
        WRITE:
        if (fades) state <= FADE;
        else begin
          i <= 17'd1;
          row <= row + 16'd1;
          weight_row <= weight_row + {9'd0, n_source};
          state <= row_over ? ADDRESS : ROW_OPEN;
        end
        FADE: state <= REMEMBER;
        REMEMBER: begin
          i <= 17'd1;
          row <= row + 16'd1;
          weight_row <= weight_row + {9'd0, n_source};
          state <= row_over ? ADDRESS : ROW_OPEN;
        end
        UNIT: begin
          i <= i + 17'd1;
          if (i[15:0] == n_unit + DEPTH) begin
            list_ends <= 1'b1;
            state <= ADDRESS;
          end
        end
        SHARE:
        if (share_done) begin
          list_ends <= 1'b1;
          state <= ADDRESS;
        end
        OUT_READ: state <= OUT_WORD;
        OUT_WORD:
        if (give) begin
          i <= i + 17'd1;
          state <= i[15:0] != n_source - 16'd1 ? OUT_READ : more ? ADDRESS : NEXT;
        end
        NEXT: begin
          step <= step + 32'd1;
          bank <= ~bank;
          blank <= 1'b0;
          frames <= frames - 30'd1;
          pc <= {SEGMENT_BITS{1'b0}};
          state <= frames != 30'd1 ? ADDRESS : last ? FINAL : FETCH;
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
