// Plays packets from words.hex (one digit TLAST, eight digits data) with stalls on both sides and
// prints what comes back; any unknown bit on a word given back is told as "unknown".
// With COOPERATIVE defined it holds the cooperative core, else the spiking one.
`timescale 1ns / 1ps
module stream_tb;
  parameter BUILD = 0, REPLICAS = 1, BITS = 16, GUARD = 8, DECAY_BITS = 16, SUM_BITS = 24,
      LANE_BITS = 2, UNIT_BITS = 5, SYNAPSE_BITS = 9, SLOT_BITS = 4, SEGMENT_BITS = 7,
      ROW_BITS = 6, STOCHASTIC = 1, BURST = 0, CONTEXT = 0,
      TABLE = 0, MEMORY = 0, SOFTMAX = 0, OPTIONS = 0, ROWS = 1, SLOTS = 2, COUNT = 1;
  reg clk = 0, rstn = 0;
  always #5 clk = ~clk;

  reg [35:0] words[0:COUNT-1];
  integer at = 0, seed = 7;
  reg [11:0] awaddr, araddr;
  reg [31:0] wdata;
  reg awvalid = 0, arvalid = 0, tvalid = 0, tready = 0;
  wire awready, wready, bvalid, arready, rvalid, s_tready, m_tvalid, m_tlast;
  wire [31:0] rdata, m_tdata;
  wire [1:0] bresp, rresp;
  reg [35:0] word = 0;

`ifdef COOPERATIVE
  neuromorph_cooperative #(
      .BUILD(BUILD), .REPLICAS(REPLICAS), .BITS(BITS), .SUM_BITS(SUM_BITS), .LANE_BITS(LANE_BITS),
      .UNIT_BITS(UNIT_BITS), .SYNAPSE_BITS(SYNAPSE_BITS), .SEGMENT_BITS(SEGMENT_BITS),
      .ROW_BITS(ROW_BITS), .TABLE(TABLE), .MEMORY(MEMORY), .SOFTMAX(SOFTMAX)
  ) dut (
`else
  neuromorph_spiking #(
      .BUILD(BUILD), .REPLICAS(REPLICAS), .BITS(BITS), .GUARD(GUARD), .DECAY_BITS(DECAY_BITS),
      .SUM_BITS(SUM_BITS), .LANE_BITS(LANE_BITS), .UNIT_BITS(UNIT_BITS),
      .SYNAPSE_BITS(SYNAPSE_BITS), .SLOT_BITS(SLOT_BITS), .SEGMENT_BITS(SEGMENT_BITS),
      .ROW_BITS(ROW_BITS), .STOCHASTIC(STOCHASTIC), .BURST(BURST), .CONTEXT(CONTEXT)
  ) dut (
`endif
      .aclk(clk), .aresetn(rstn), .s_axi_awaddr(awaddr), .s_axi_awvalid(awvalid),
      .s_axi_awready(awready), .s_axi_wdata(wdata), .s_axi_wstrb(4'hF), .s_axi_wvalid(awvalid),
      .s_axi_wready(wready), .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(1'b1),
      .s_axi_araddr(araddr), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
      .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(1'b1),
      .s_axis_tdata(word[31:0]), .s_axis_tvalid(tvalid), .s_axis_tready(s_tready),
      .s_axis_tlast(word[32]), .m_axis_tdata(m_tdata), .m_axis_tvalid(m_tvalid),
      .m_axis_tready(tready), .m_axis_tlast(m_tlast));

  task store(input [11:0] address, input [31:0] value);
    begin
      @(negedge clk);
      awaddr = address;
      wdata = value;
      awvalid = 1;
      @(negedge clk);
      awvalid = 0;
      repeat (3) @(negedge clk);
    end
  endtask

  always @(posedge clk) if (rstn & m_tvalid & tready) begin
    if (^{m_tdata, m_tlast} === 1'bx) $display("unknown");
    $display("%08x", m_tdata);
  end
  always @(posedge clk) if (rstn) begin
    if ((^{s_tready, m_tvalid}) === 1'bx) $display("unknown");
  end

  // signals of the bench change on the falling edge
  task play;
    reg taken;
    begin
      while (at < COUNT) begin
        word = words[at];
        tvalid = ($random(seed) & 3) != 0;
        tready = ($random(seed) & 3) != 0;
        if (tvalid) begin
          taken = 0;
          while (!taken) begin
            #1 taken = s_tready;
            @(negedge clk);
            tready = ($random(seed) & 3) != 0;
          end
          at = at + 1;
          tvalid = 0;
        end else @(negedge clk);
      end
      tready = 1;
      while (dut.s_axis_tready !== 1'b1) @(negedge clk);
    end
  endtask

  initial begin
    $readmemh("words.hex", words);
    repeat (4) @(negedge clk);
    rstn = 1;
    store(12'h1C, ROWS);
    store(12'h20, SLOTS);
    store(12'h24, REPLICAS);
    store(12'h28, OPTIONS);
    play;
    repeat (4) @(negedge clk);
    araddr = 12'h30;
    arvalid = 1;
    @(negedge clk);
    arvalid = 0;
    $display("cycles=%0d", rdata);
    $finish;
  end
endmodule
