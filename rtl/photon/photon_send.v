// A closed frame's way in a device without fits: its single bins out, its facts out, the bank zeroed. photon_fit without an engine.
//
// Purpose    For each closed frame, in order: `frame_raw` where it was asked for, then `frame` (no result words), while the bank is zeroed.
// Formats    words (protocol.vh); rs_frame: 1 `frame`, 3 `frame_raw`
// Latency    a few clocks from `closed` to the first word
// Throughput a word in 2 clocks; one frame at a time
// Overflow   none: a frame that cannot be sent waits, and its bank with it
// Does not   count, nor know when a frame ends. Facts stand until release_bank
`default_nettype none
module photon_send #(
  parameter COUNT_BITS = 17,
  parameter BINS_BITS = 10
) (
  input  wire                  clk,
  input  wire                  rst,
  output wire                  idle,
  // measurement
  input  wire                  send_raw,
  input  wire [BINS_BITS:0]    bin_count,
  // the closed frame
  input  wire                  closed,           // and no photon of it is on its way
  output reg                   release_bank,
  input  wire                  saturated,
  input  wire [31:0]           facts_number,
  input  wire [31:0]           facts_photons,
  input  wire [31:0]           facts_outside,
  input  wire [31:0]           facts_lost,
  input  wire [31:0]           facts_syncs,
  input  wire [63:0]           facts_start,
  input  wire [63:0]           facts_end,
  input  wire [1:0]            facts_reason,
  input  wire                  facts_extended,
  input  wire [31:0]           now,
  // its counts
  output wire [BINS_BITS-1:0]  read_bin,
  input  wire [COUNT_BITS-1:0] read_raw,
  output wire                  zero_bin,
  output wire [BINS_BITS-1:0]  zero_address,
  // messages
  output wire                  rs_valid,
  input  wire                  rs_ready,
  output wire                  rs_last,
  output wire [31:0]           rs_word,
  output wire [15:0]           rs_words,
  output wire [1:0]            rs_frame
);
  `include "protocol.vh"

  localparam [1:0] S_IDLE = 2'd0, S_RAW = 2'd1, S_FACTS = 2'd2, S_ZERO = 2'd3;
  localparam [BINS_BITS:0] ZERO = {(BINS_BITS+1){1'b0}}, ONE = {{BINS_BITS{1'b0}}, 1'b1};

  reg  [1:0]         state;
  reg  [BINS_BITS:0] at;               // bin or word
  reg                fresh;            // the bin that is read, the fact that is chosen, is that of `at`
  reg                at_last;
  reg  [31:0]        latency, fact;
  wire               in_raw = state == S_RAW;
  wire               in_facts = state == S_FACTS;
  wire               sent = rs_valid && rs_ready;
  wire [BINS_BITS:0] last_at = in_facts ? FRAME_WORDS[BINS_BITS:0] - ONE : bin_count - ONE;
  wire               ends = at_last && (sent || state == S_ZERO);

  assign idle = state == S_IDLE && !closed;
  assign read_bin = at[BINS_BITS-1:0];
  assign zero_bin = state == S_ZERO && fresh;
  assign zero_address = at[BINS_BITS-1:0];
  assign rs_valid = (in_raw || in_facts) && fresh;
  assign rs_last = at_last;
  assign rs_word = in_facts ? fact : {{(32-COUNT_BITS){1'b0}}, read_raw};
  assign rs_words = in_facts ? FRAME_WORDS[15:0] : {{(15-BINS_BITS){1'b0}}, bin_count};
  assign rs_frame = in_facts ? 2'd1 : 2'd3;

  always @(posedge clk) begin
    case (at[3:0])
      FRAME_NUMBER: fact <= facts_number;
      FRAME_PHOTONS: fact <= facts_photons;
      FRAME_OUTSIDE: fact <= facts_outside;
      FRAME_FACTS: fact <= {25'd0, 3'b100, saturated, facts_extended, facts_reason};     // not fitted
      FRAME_LOST: fact <= facts_lost;
      FRAME_SYNCS: fact <= facts_syncs;
      FRAME_START_LOW: fact <= facts_start[31:0];
      FRAME_START_HIGH: fact <= facts_start[63:32];
      FRAME_END_LOW: fact <= facts_end[31:0];
      FRAME_END_HIGH: fact <= facts_end[63:32];
      FRAME_LATENCY: fact <= latency;
      default: fact <= 32'd0;                      // groups are not counted, nothing was warm
    endcase
  end

  // ---- steps: a word moves every second clock, a bin is zeroed every second one ----
  wire moves = sent || (state == S_ZERO && fresh);
  always @(posedge clk) begin
    release_bank <= 1'b0;
    fresh <= state != S_IDLE && !moves;
    at_last <= at == last_at;
    if (moves) at <= ends ? ZERO : at + ONE;
    if (!in_facts) latency <= now - facts_end[31:0];
    case (state)
      S_IDLE: if (closed && !release_bank) state <= send_raw ? S_RAW : S_FACTS;
      S_RAW: if (ends) state <= S_FACTS;
      S_FACTS: if (ends) state <= S_ZERO;
      default: if (ends && fresh) begin
        state <= S_IDLE;
        release_bank <= 1'b1;
      end
    endcase
    if (state == S_IDLE) at <= ZERO;
    if (rst) begin
      state <= S_IDLE;
      release_bank <= 1'b0;
    end
  end
endmodule
`default_nettype wire
