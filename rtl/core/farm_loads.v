// One stream of loads to N engines: to all of them, or to one that has room.
//
// Purpose    Signals ld_* as between dispatcher and an engine (docs/design.md), the others the same for each engine's farm_port.v, engine 0 lowest.
//              configuration, IRF   all engines: each begins when it is ready, the load has begun when all have
//              counts (ld_counts)   the first engine that has room behind the one that had the latest counts
//            While the engines of the load take a word the one behind it may come and wait.
//            A begin or a word is told by a change of the engine's phase, and was taken when the phase that comes back is the same: so any number of
//            registers may lie on the way. Commit and abort leave when the last word was taken.
//            AHEAD 1: counts' words go when no more than one is on its way (farm_port.v, FAR 1, holds both). How many are: one where the phases
//            differ, else none or two, which `both` tells.
//            At a begin the answers of the engines (expect, missing) come with the phase that comes back; they are kept in registers.
// Formats    none of its own
// Latency    5 clocks from room to ld_begin_ready and the way there and back, commit and abort 2 and the way
// Throughput a word a clock, with registers on the way as many more as these; AHEAD 1: two words of counts in that time; one load at a time
// Overflow   none: what cannot be taken waits
// Does not   look at kinds, words or configurations; engines that hold the same answer the same (the first one's expect is told). Counts on a load
//            whose last word makes no ld_reject (a configuration's layout comes first) and that ends (ld_commit, ld_abort; none is needed where ld_missing) before the next one begins.
`default_nettype none
module farm_loads #(
  // engines, 2 or more
  parameter N = 2,
  // 1: two words of counts on their way at once
  parameter AHEAD = 0
) (
  input  wire            clk,
  input  wire            rst,
  // from the dispatcher
  input  wire            ld_begin_valid,
  output wire            ld_begin_ready,
  input  wire            ld_counts,
  input  wire [1:0]      ld_kind,
  input  wire [31:0]     ld_seq,
  input  wire [15:0]     ld_config,
  output reg  [15:0]     ld_expect,
  input  wire            ld_valid,
  output wire            ld_ready,
  input  wire [31:0]     ld_word,
  input  wire            ld_commit,
  input  wire            ld_abort,
  output wire            ld_reject,
  output reg             ld_missing,
  // to the engines
  output reg  [N-1:0]    begin_phase,
  output reg  [1:0]      kind,
  output reg  [31:0]     seq,
  output reg  [15:0]     config_id,
  output reg  [N-1:0]    word_phase,
  output reg  [31:0]     word,
  output reg  [N-1:0]    commit,
  output reg  [N-1:0]    abort,
  // from the engines
  input  wire [N-1:0]    room,
  input  wire [N-1:0]    begun_phase,
  input  wire [16*N-1:0] expect_words,
  input  wire [N-1:0]    missing,
  input  wire [N-1:0]    taken_phase,
  input  wire [N-1:0]    reject
);
  localparam [1:0] L_CHOOSE = 2'd0, L_BEGIN = 2'd1, L_LOOK = 2'd2, L_TOLD = 2'd3;
  localparam [N-1:0] NONE = {N{1'b0}}, ALL = {N{1'b1}};

  reg [1:0]   state;
  reg [N-1:0] able;              // had room for counts a clock ago
  reg [N-1:0] members;           // engines of the load, from its begin until its end was told or it is missing
  reg [31:0]  behind;            // the word behind the one at the engines
  reg         waits;             // it is there
  reg         to_commit, to_abort;
  reg         alone;             // the load is of counts, of one engine
  reg         both;              // two words may be on their way: they are when the phases are the same
  wire [N-1:0] next;

  wire choosing = state == L_CHOOSE && ld_begin_valid && members == NONE && !to_abort;
  wire gone = taken_phase == word_phase && !both;
  wire lone = AHEAD != 0 && ^(taken_phase ^ word_phase);      // of counts one word is on its way
  wire free = gone || (alone && lone);
  wire comes = ld_valid && ld_ready;
  wire sends = free && (waits || comes);
  wire closes = gone && !waits;

  fit_turns #(.COUNT(N)) turns (.clk(clk), .rst(rst), .ask(able), .keep(choosing && ld_counts), .grant(next));

  assign ld_begin_ready = state == L_TOLD;
  assign ld_ready = members != NONE && !waits;
  assign ld_reject = (reject & members) != NONE;

  reg [15:0] expected;
  integer n;
  always @* begin
    expected = 16'd0;
    for (n = N - 1; n >= 0; n = n - 1) if (members[n]) expected = expect_words[16*n +: 16];
  end

  always @(posedge clk) begin
    able <= room & {N{choosing && ld_counts}};
    case (state)
      L_CHOOSE:
        if (choosing && (!ld_counts || able != NONE)) begin
          members <= ld_counts ? next : ALL;
          alone <= ld_counts;
          begin_phase <= begin_phase ^ (ld_counts ? next : ALL);
          able <= NONE;
          state <= L_BEGIN;
        end
      L_BEGIN: if (begun_phase == begin_phase) state <= L_LOOK;
      L_LOOK: begin
        ld_missing <= (missing & members) != NONE;
        ld_expect <= expected;
        state <= L_TOLD;
      end
      default: begin
        if (ld_missing) members <= NONE;
        state <= L_CHOOSE;
      end
    endcase
    kind <= ld_kind;
    seq <= ld_seq;
    config_id <= ld_config;
    if (free) begin
      word <= waits ? behind : ld_word;
      if (sends) word_phase <= word_phase ^ members;
      waits <= 1'b0;
    end else if (comes) waits <= 1'b1;
    if (lone) both <= sends;
    if (!waits) behind <= ld_word;
    to_commit <= ld_commit || (to_commit && !closes);
    to_abort <= ld_abort || (to_abort && !closes);
    commit <= members & {N{to_commit && closes}};
    abort <= members & {N{to_abort && closes}};
    if ((to_commit || to_abort) && closes) members <= NONE;
    if (rst) begin
      state <= L_CHOOSE;
      able <= NONE;
      members <= NONE;
      begin_phase <= NONE;
      word_phase <= NONE;
      waits <= 1'b0;
      alone <= 1'b0;
      both <= 1'b0;
      to_commit <= 1'b0;
      to_abort <= 1'b0;
      commit <= NONE;
      abort <= NONE;
    end
  end
endmodule
`default_nettype wire
