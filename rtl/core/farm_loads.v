// One stream of loads to N engines: to all of them, or to one that has room.
//
// Purpose    Signals ld_* as between dispatcher and an engine (docs/design.md), the others the same for each engine, engine 0 lowest.
//              configuration, IRF   all engines: each begins when it is ready, the load has begun when all have
//              counts (ld_counts)   the first engine that is ready behind the one that had the latest counts
//            A word goes to each engine of the load when that takes it; meanwhile the one behind it may come and wait. What goes to the engines, and
//            whether a word may come, stands in registers, as these lie all over a large part.
//            At a begin the answers of the engines (expect, missing) are looked at a clock later and stand in registers.
// Formats    none of its own
// Latency    4 clocks from ready to ld_begin_ready, a word 1 clock, commit and abort 1, or more: not before all engines have the last word
// Throughput a word a clock; one load at a time
// Overflow   none: what cannot be taken waits
// Does not   look at kinds, words or configurations; engines that hold the same answer the same (the first one's expect is told).
`default_nettype none
module farm_loads #(
  // engines, 2 or more
  parameter N = 2
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
  output wire [N-1:0]    begin_valid,
  output reg  [1:0]      kind,
  output reg  [31:0]     seq,
  output reg  [15:0]     config_id,
  output reg  [31:0]     word,
  input  wire [N-1:0]    begin_ready,
  input  wire [16*N-1:0] expect_words,
  output reg  [N-1:0]    word_valid,
  input  wire [N-1:0]    word_ready,
  output reg  [N-1:0]    commit,
  output reg  [N-1:0]    abort,
  input  wire [N-1:0]    reject,
  input  wire [N-1:0]    missing
);
  localparam [1:0] L_CHOOSE = 2'd0, L_BEGIN = 2'd1, L_LOOK = 2'd2, L_TOLD = 2'd3;
  localparam [N-1:0] NONE = {N{1'b0}}, ALL = {N{1'b1}};

  reg [1:0]   state;
  reg [N-1:0] able;              // ready for counts a clock ago
  reg [N-1:0] members;           // engines of the load
  reg [N-1:0] to_begin;          // of these, that have not begun
  reg         singly;            // a word is taken from the dispatcher when all have it: whether they reject the load hangs on the words
  reg         told;              // all have it
  reg [31:0]  behind;            // the word behind the one at the engines
  reg         waits;             // it is there
  reg         closes;            // a commit follows the last word
  wire [N-1:0] next;
  wire        gone = (word_valid & ~word_ready) == NONE;
  wire        takes = ld_valid && (singly ? !told && word_valid == NONE : ld_ready);

  fit_turns #(.COUNT(N)) turns (.clk(clk), .rst(rst), .ask(able), .keep(state == L_CHOOSE && ld_begin_valid && ld_counts), .grant(next));

  assign begin_valid = to_begin;
  assign ld_begin_ready = state == L_TOLD;
  assign ld_ready = singly ? told : members != NONE && !waits;
  assign ld_reject = (reject & members) != NONE;

  reg [15:0] expected;
  integer n;
  always @* begin
    expected = 16'd0;
    for (n = N - 1; n >= 0; n = n - 1) if (members[n]) expected = expect_words[16*n +: 16];
  end

  always @(posedge clk) begin
    able <= begin_ready & {N{ld_begin_valid && ld_counts && state == L_CHOOSE && members == NONE}};
    case (state)
      L_CHOOSE:
        if (ld_begin_valid && members == NONE && (!ld_counts || able != NONE)) begin
          singly <= !ld_counts;
          members <= ld_counts ? next : ALL;
          to_begin <= ld_counts ? next : ALL;
          able <= NONE;
          state <= L_BEGIN;
        end
      L_BEGIN: begin
        to_begin <= to_begin & ~begin_ready;
        if (to_begin == NONE) state <= L_LOOK;
      end
      L_LOOK: begin
        ld_missing <= (missing & members) != NONE;
        ld_expect <= expected;
        state <= L_TOLD;
      end
      default: state <= L_CHOOSE;
    endcase
    kind <= ld_kind;
    seq <= ld_seq;
    config_id <= ld_config;
    told <= singly && gone && word_valid != NONE;
    if (gone) begin
      word <= waits ? behind : ld_word;
      word_valid <= waits || takes ? members : NONE;
      waits <= 1'b0;
    end else begin
      word_valid <= word_valid & ~word_ready;
      if (takes) waits <= 1'b1;
    end
    if (!waits) behind <= ld_word;
    if (ld_commit) closes <= 1'b1;
    commit <= NONE;
    if (closes && word_valid == NONE && !waits) begin
      commit <= members;
      members <= NONE;
      closes <= 1'b0;
    end
    abort <= {N{ld_abort}} & members;
    if (ld_abort) begin
      members <= NONE;
      word_valid <= NONE;
      waits <= 1'b0;
      told <= 1'b0;
    end
    if (rst) begin
      state <= L_CHOOSE;
      able <= NONE;
      members <= NONE;
      to_begin <= NONE;
      word_valid <= NONE;
      waits <= 1'b0;
      told <= 1'b0;
      closes <= 1'b0;
      commit <= NONE;
      abort <= NONE;
    end
  end
endmodule
`default_nettype wire
