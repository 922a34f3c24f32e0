// Registers and counters of a core behind AXI-Lite; offsets in registers.vh.
`include "registers.vh"
module shell #(
    parameter [31:0] ID = 0,
    parameter [31:0] BUILD = 0,
    parameter [31:0] SHAPE = 0,
    parameter [31:0] WIDTHS = 0
) (
    input wire clk,
    input wire rst,
    input wire [11:0] s_axi_awaddr,
    input wire s_axi_awvalid,
    output wire s_axi_awready,
    input wire [31:0] s_axi_wdata,
    input wire [3:0] s_axi_wstrb,
    input wire s_axi_wvalid,
    output wire s_axi_wready,
    output wire [1:0] s_axi_bresp,
    output reg s_axi_bvalid,
    input wire s_axi_bready,
    input wire [11:0] s_axi_araddr,
    input wire s_axi_arvalid,
    output wire s_axi_arready,
    output reg [31:0] s_axi_rdata,
    output wire [1:0] s_axi_rresp,
    output reg s_axi_rvalid,
    input wire s_axi_rready,
    output reg core_rst,
    output reg hold,
    output reg [31:0] rows,
    output reg [31:0] slots,
    output reg [31:0] active,
    output reg [31:0] options,
    input wire busy,
    input wire bad_word,
    input wire mismatch,
    input wire [4:0] state_code,
    input wire [31:0] step,
    input wire work,
    input wire wait_in,
    input wire wait_out,
    input wire [7:0] n_event,
    input wire [16:0] n_skipped,
    input wire n_spike,
    input wire n_update
);
  reg [63:0] cycles, stall_in, stall_out, events, skipped, spikes, updates;
  reg clear;

  wire write = s_axi_awvalid & s_axi_wvalid & ~s_axi_bvalid;
  assign s_axi_awready = write;
  assign s_axi_wready = write;
  assign s_axi_bresp = 2'b00;
  assign s_axi_rresp = 2'b00;
  assign s_axi_arready = ~s_axi_rvalid;
  wire [31:0] status = {19'd0, state_code, 5'd0, mismatch, bad_word, busy};
  wire unused = &{1'b0, s_axi_wstrb, s_axi_awaddr[1:0], s_axi_araddr[1:0], s_axi_awaddr[11:8],
                  s_axi_araddr[11:8]};

  always @(posedge clk) begin
    core_rst <= rst;
    clear <= rst;
    if (rst) begin
      s_axi_bvalid <= 1'b0;
      hold <= 1'b0;
      rows <= 32'd1;
      slots <= 32'd2;
      active <= 32'd1;
      options <= 32'd0;
    end else begin
      if (s_axi_bvalid & s_axi_bready) s_axi_bvalid <= 1'b0;
      if (write) begin
        s_axi_bvalid <= 1'b1;
        case (s_axi_awaddr[7:2])
          `REG_CONTROL: begin
            core_rst <= s_axi_wdata[`BIT_CONTROL_RESET];
            clear <= s_axi_wdata[`BIT_CONTROL_CLEAR];
            hold <= s_axi_wdata[`BIT_CONTROL_HOLD];
          end
          `REG_ROWS: rows <= s_axi_wdata;
          `REG_SLOTS: slots <= s_axi_wdata;
          `REG_ACTIVE: active <= s_axi_wdata;
          `REG_OPTIONS: options <= s_axi_wdata;
          default: ;
        endcase
      end
    end
  end

  always @(posedge clk) begin
    if (rst) s_axi_rvalid <= 1'b0;
    else if (s_axi_arvalid & ~s_axi_rvalid) begin
      s_axi_rvalid <= 1'b1;
      case (s_axi_araddr[7:2])
        `REG_ID: s_axi_rdata <= ID;
        `REG_VERSION: s_axi_rdata <= `INTERFACE_VERSION;
        `REG_BUILD: s_axi_rdata <= BUILD;
        `REG_SHAPE: s_axi_rdata <= SHAPE;
        `REG_WIDTHS: s_axi_rdata <= WIDTHS;
        `REG_CONTROL: s_axi_rdata <= {29'd0, hold, 2'd0};
        `REG_STATUS: s_axi_rdata <= status;
        `REG_ROWS: s_axi_rdata <= rows;
        `REG_SLOTS: s_axi_rdata <= slots;
        `REG_ACTIVE: s_axi_rdata <= active;
        `REG_OPTIONS: s_axi_rdata <= options;
        `REG_STEP: s_axi_rdata <= step;
        `REG_CYCLES: s_axi_rdata <= cycles[31:0];
        `REG_CYCLES + 1: s_axi_rdata <= cycles[63:32];
        `REG_STALL_IN: s_axi_rdata <= stall_in[31:0];
        `REG_STALL_IN + 1: s_axi_rdata <= stall_in[63:32];
        `REG_STALL_OUT: s_axi_rdata <= stall_out[31:0];
        `REG_STALL_OUT + 1: s_axi_rdata <= stall_out[63:32];
        `REG_EVENTS: s_axi_rdata <= events[31:0];
        `REG_EVENTS + 1: s_axi_rdata <= events[63:32];
        `REG_SKIPPED: s_axi_rdata <= skipped[31:0];
        `REG_SKIPPED + 1: s_axi_rdata <= skipped[63:32];
        `REG_SPIKES: s_axi_rdata <= spikes[31:0];
        `REG_SPIKES + 1: s_axi_rdata <= spikes[63:32];
        `REG_UPDATES: s_axi_rdata <= updates[31:0];
        `REG_UPDATES + 1: s_axi_rdata <= updates[63:32];
        default: s_axi_rdata <= 32'd0;
      endcase
    end else if (s_axi_rready) s_axi_rvalid <= 1'b0;
  end

  always @(posedge clk) begin
    if (clear) begin
      cycles <= 64'd0;
      stall_in <= 64'd0;
      stall_out <= 64'd0;
      events <= 64'd0;
      skipped <= 64'd0;
      spikes <= 64'd0;
      updates <= 64'd0;
    end else begin
      cycles <= cycles + {63'd0, work};
      stall_in <= stall_in + {63'd0, wait_in};
      stall_out <= stall_out + {63'd0, wait_out};
      events <= events + {56'd0, n_event};
      skipped <= skipped + {47'd0, n_skipped};
      spikes <= spikes + {63'd0, n_spike};
      updates <= updates + {63'd0, n_update};
    end
  end
endmodule
