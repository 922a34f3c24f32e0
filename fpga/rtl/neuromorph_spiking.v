// The spiking core as an IP: AXI-Lite control, AXI-Stream in and out, REPLICAS copies in
// lock-step of which the first one answers (the power of a copy is the slope over their number).
module neuromorph_spiking #(
    parameter [31:0] BUILD = 0,
    parameter REPLICAS = 1,
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
    (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK",
       X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axi:s_axis:m_axis, ASSOCIATED_RESET aresetn" *)
    input wire aclk,
    (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST",
       X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
    input wire aresetn,
    input wire [11:0] s_axi_awaddr,
    input wire s_axi_awvalid,
    output wire s_axi_awready,
    input wire [31:0] s_axi_wdata,
    input wire [3:0] s_axi_wstrb,
    input wire s_axi_wvalid,
    output wire s_axi_wready,
    output wire [1:0] s_axi_bresp,
    output wire s_axi_bvalid,
    input wire s_axi_bready,
    input wire [11:0] s_axi_araddr,
    input wire s_axi_arvalid,
    output wire s_axi_arready,
    output wire [31:0] s_axi_rdata,
    output wire [1:0] s_axi_rresp,
    output wire s_axi_rvalid,
    input wire s_axi_rready,
    input wire [31:0] s_axis_tdata,
    input wire s_axis_tvalid,
    output wire s_axis_tready,
    input wire s_axis_tlast,
    output wire [31:0] m_axis_tdata,
    output wire m_axis_tvalid,
    input wire m_axis_tready,
    output wire m_axis_tlast
);
  localparam [31:0] SHAPE = LANE_BITS | (UNIT_BITS << 4) | (SYNAPSE_BITS << 9)
      | (SLOT_BITS << 15) | (REPLICAS << 19) | (STOCHASTIC << 26) | (BURST << 27) | (CONTEXT << 28);
  localparam [31:0] WIDTHS = BITS | (GUARD << 5) | (DECAY_BITS << 10) | (SUM_BITS << 15)
      | (SEGMENT_BITS << 21) | (ROW_BITS << 26);

  wire core_rst, hold;
  wire [31:0] rows, slots, active, options;
  wire [REPLICAS-1:0] busy, bad_word, s_ready, m_valid, m_last, work, wait_in, wait_out;
  wire [REPLICAS-1:0] n_spike, n_update, differs;
  wire [32*REPLICAS-1:0] m_data, step;
  wire [8*REPLICAS-1:0] n_event, n_skipped;
  wire [5*REPLICAS-1:0] state_code;
  reg mismatch;

  shell #(
      .ID(32'h4E4D5350), .BUILD(BUILD), .SHAPE(SHAPE), .WIDTHS(WIDTHS)
  ) registers (
      .clk(aclk), .rst(~aresetn),
      .s_axi_awaddr(s_axi_awaddr), .s_axi_awvalid(s_axi_awvalid), .s_axi_awready(s_axi_awready),
      .s_axi_wdata(s_axi_wdata), .s_axi_wstrb(s_axi_wstrb), .s_axi_wvalid(s_axi_wvalid),
      .s_axi_wready(s_axi_wready), .s_axi_bresp(s_axi_bresp), .s_axi_bvalid(s_axi_bvalid),
      .s_axi_bready(s_axi_bready), .s_axi_araddr(s_axi_araddr), .s_axi_arvalid(s_axi_arvalid),
      .s_axi_arready(s_axi_arready), .s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp),
      .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready),
      .core_rst(core_rst), .hold(hold), .rows(rows), .slots(slots), .active(active),
      .options(options), .busy(busy[0]), .bad_word(bad_word[0]), .mismatch(mismatch),
      .state_code(state_code[4:0]), .step(step[31:0]), .work(work[0]), .wait_in(wait_in[0]),
      .wait_out(wait_out[0]), .n_event(n_event[7:0]), .n_skipped({9'd0, n_skipped[7:0]}),
      .n_spike(n_spike[0]), .n_update(n_update[0]));

  assign s_axis_tready = s_ready[0];
  assign m_axis_tdata = m_data[31:0];
  assign m_axis_tvalid = m_valid[0];
  assign m_axis_tlast = m_last[0];

  genvar i;
  generate
    for (i = 0; i < REPLICAS; i = i + 1) begin : replica
      wire mine = i == 0 | active > i;
      (* DONT_TOUCH = "yes" *)
      spiking_core #(
          .BITS(BITS), .GUARD(GUARD), .DECAY_BITS(DECAY_BITS), .SUM_BITS(SUM_BITS),
          .LANE_BITS(LANE_BITS), .UNIT_BITS(UNIT_BITS), .SYNAPSE_BITS(SYNAPSE_BITS),
          .SLOT_BITS(SLOT_BITS), .SEGMENT_BITS(SEGMENT_BITS), .ROW_BITS(ROW_BITS),
          .STOCHASTIC(STOCHASTIC), .BURST(BURST), .CONTEXT(CONTEXT)
      ) core (
          .clk(aclk), .rst(core_rst), .hold(hold), .rows(rows), .slots(slots),
          .s_tdata(s_axis_tdata),
          .s_tvalid(mine & s_axis_tvalid & (i == 0 | s_ready[0])), .s_tready(s_ready[i]),
          .s_tlast(s_axis_tlast), .m_tdata(m_data[32*i+:32]), .m_tvalid(m_valid[i]),
          .m_tready(m_axis_tready), .m_tlast(m_last[i]), .busy(busy[i]), .bad_word(bad_word[i]),
          .state_code(state_code[5*i+:5]), .step(step[32*i+:32]), .work(work[i]),
          .wait_in(wait_in[i]), .wait_out(wait_out[i]), .n_event(n_event[8*i+:8]),
          .n_skipped(n_skipped[8*i+:8]), .n_spike(n_spike[i]), .n_update(n_update[i]));
      assign differs[i] = mine & ((m_valid[i] != m_valid[0]) | (s_ready[i] != s_ready[0])
          | (m_valid[0] & ({m_last[i], m_data[32*i+:32]} != {m_last[0], m_data[31:0]})));
    end
  endgenerate
  always @(posedge aclk)
    if (core_rst) mismatch <= 1'b0;
    else if (|differs) mismatch <= 1'b1;
  wire unused = &{1'b0, options, busy, bad_word, work, wait_in, wait_out, n_spike, n_update,
                  n_event, n_skipped, state_code, step};
endmodule
