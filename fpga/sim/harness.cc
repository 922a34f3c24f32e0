// A core behind a plain C interface: AXI-Lite reads and writes, one packet over AXI-Stream with
// optional random gaps of source and sink. TOP is the class that CXXRTL made of the top module.
#include TOP_FILE

#include <cstdint>
#include <new>

namespace {

struct Simulation {
  cxxrtl_design::TOP top;
  uint64_t cycles = 0;
  uint64_t random = 1;

  bool chance(uint32_t of_256) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return ((random >> 32) & 255) < of_256;
  }
  void settle() {
    top.p_aclk.set<bool>(false);
    top.step();
  }
  void edge() {
    top.p_aclk.set<bool>(true);
    top.step();
    ++cycles;
  }
  void quiet() {
    top.p_s__axi__awvalid.set<bool>(false);
    top.p_s__axi__wvalid.set<bool>(false);
    top.p_s__axi__arvalid.set<bool>(false);
    top.p_s__axi__bready.set<bool>(true);
    top.p_s__axi__rready.set<bool>(true);
    top.p_s__axi__wstrb.set<uint32_t>(15u);
    top.p_s__axis__tvalid.set<bool>(false);
    top.p_s__axis__tlast.set<bool>(false);
    top.p_m__axis__tready.set<bool>(false);
  }
};

}  // namespace

extern "C" {

void *simulation_new() {
  Simulation *s = new (std::nothrow) Simulation;
  return s;
}

void simulation_delete(void *handle) { delete static_cast<Simulation *>(handle); }

// Hold aresetn low for some cycles.
void simulation_reset(void *handle, int cycles) {
  Simulation &s = *static_cast<Simulation *>(handle);
  s.quiet();
  s.top.p_aresetn.set<bool>(false);
  for (int i = 0; i < cycles; ++i) {
    s.settle();
    s.edge();
  }
  s.top.p_aresetn.set<bool>(true);
}

uint64_t simulation_cycles(void *handle) { return static_cast<Simulation *>(handle)->cycles; }

// Let the clock run without any transfer.
void simulation_idle(void *handle, int cycles) {
  Simulation &s = *static_cast<Simulation *>(handle);
  s.quiet();
  for (int i = 0; i < cycles; ++i) {
    s.settle();
    s.edge();
  }
}

// Returns 0, or 1 if the core did not answer.
int simulation_write(void *handle, uint32_t address, uint32_t data) {
  Simulation &s = *static_cast<Simulation *>(handle);
  s.quiet();
  s.top.p_s__axi__awaddr.set<uint32_t>(address);
  s.top.p_s__axi__wdata.set<uint32_t>(data);
  s.top.p_s__axi__awvalid.set<bool>(true);
  s.top.p_s__axi__wvalid.set<bool>(true);
  for (int i = 0; i < 16; ++i) {
    s.settle();
    bool taken = s.top.p_s__axi__awready.get<bool>() && s.top.p_s__axi__wready.get<bool>();
    s.edge();
    if (taken) {
      s.quiet();
      s.settle();
      bool answered = s.top.p_s__axi__bvalid.get<bool>();
      s.edge();
      return answered ? 0 : 1;
    }
  }
  return 1;
}

int simulation_read(void *handle, uint32_t address, uint32_t *data) {
  Simulation &s = *static_cast<Simulation *>(handle);
  s.quiet();
  s.top.p_s__axi__araddr.set<uint32_t>(address);
  s.top.p_s__axi__arvalid.set<bool>(true);
  for (int i = 0; i < 16; ++i) {
    s.settle();
    bool taken = s.top.p_s__axi__arready.get<bool>();
    s.edge();
    if (taken) {
      s.quiet();
      s.settle();
      if (!s.top.p_s__axi__rvalid.get<bool>()) return 1;
      *data = s.top.p_s__axi__rdata.get<uint32_t>();
      s.edge();
      return 0;
    }
  }
  return 1;
}

// Send words and collect words until TLAST comes back.
// Gaps are chances of 256 that the source has no word or the sink no room.
// Returns 0 after TLAST, 1 after max_cycles, 2 when the room for words is full.
int simulation_stream(void *handle, const uint32_t *words, uint64_t n, int last, uint32_t *out,
                      uint64_t room, uint64_t *taken, uint64_t *given, uint64_t max_cycles,
                      uint32_t source_gap, uint32_t sink_gap, uint64_t seed) {
  Simulation &s = *static_cast<Simulation *>(handle);
  s.quiet();
  s.random = seed * 2 + 1;
  uint64_t sent = 0, got = 0;
  bool offered = false;
  for (uint64_t i = 0; i < max_cycles; ++i) {
    // a word once offered stays until it is taken
    offered = offered || (sent < n && !s.chance(source_gap));
    bool ready = !s.chance(sink_gap);
    s.top.p_s__axis__tvalid.set<bool>(offered);
    if (offered) {
      s.top.p_s__axis__tdata.set<uint32_t>(words[sent]);
      s.top.p_s__axis__tlast.set<bool>(last && sent + 1 == n);
    }
    s.top.p_m__axis__tready.set<bool>(ready);
    s.settle();
    bool took = offered && s.top.p_s__axis__tready.get<bool>();
    bool gave = ready && s.top.p_m__axis__tvalid.get<bool>();
    uint32_t word = s.top.p_m__axis__tdata.get<uint32_t>();
    bool end = gave && s.top.p_m__axis__tlast.get<bool>();
    s.edge();
    if (took) {
      ++sent;
      offered = false;
    }
    if (gave) {
      if (got == room) {
        *taken = sent;
        *given = got;
        return 2;
      }
      out[got++] = word;
    }
    if (end) {
      *taken = sent;
      *given = got;
      s.quiet();
      return 0;
    }
  }
  *taken = sent;
  *given = got;
  s.quiet();
  return 1;
}
}
