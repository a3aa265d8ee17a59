// Loads from a memory instead of a link: what engines reach when nothing else limits them.
//
// Purpose    Plays configuration and IRF once, then the histograms over and over until `fits` of them have begun, as fast as the engines
//            take them (signals ld_* as between dispatcher and engine, docs/design.md). Job n has sequence n.
// Formats    memory: for each load a header {14'd0, kind, words[15:0]}, then its words; the first header of kind 2 or 3 is where it goes
//            back to at a header of all ones
// Latency    3 clocks between a load's last word and the next one's begin
// Throughput a word a clock
// Overflow   none
// Does not   look at results, nor at ld_reject and ld_missing: the memory holds good loads
`default_nettype none
module replay_store #(
  // log2 of the memory's words
  parameter WORDS_LOG2 = 16
) (
  input  wire                  clk,
  input  wire                  rst,
  // to fill the memory, while in reset
  input  wire                  write,
  input  wire [WORDS_LOG2-1:0] write_address,
  input  wire [31:0]           write_word,
  input  wire [31:0]           fits,
  // loads
  output wire                  ld_begin_valid,
  input  wire                  ld_begin_ready,
  output reg  [1:0]            ld_kind,
  output reg  [31:0]           ld_seq,
  output wire [15:0]           ld_config,
  output wire                  ld_valid,
  input  wire                  ld_ready,
  output wire [31:0]           ld_word,
  output wire                  ld_commit
);
  localparam [2:0] R_HEAD = 3'd0, R_LOOK = 3'd1, R_BEGIN = 3'd2, R_WORD = 3'd3, R_COMMIT = 3'd4, R_DONE = 3'd5;

  reg [31:0]           words [0:(1<<WORDS_LOG2)-1];
  reg [31:0]           word;
  reg [WORDS_LOG2-1:0] at, first;  // of the memory; where the histograms begin
  reg                  first_known;
  reg [15:0]           left;
  reg [2:0]            state;
  wire                 counts = word[17];
  wire                 moves = ld_valid && ld_ready;
  wire [WORDS_LOG2-1:0] next = at + {{(WORDS_LOG2-1){1'b0}}, 1'b1};

  assign ld_begin_valid = state == R_BEGIN;
  assign ld_valid = state == R_WORD;
  assign ld_commit = state == R_COMMIT;
  assign ld_word = word;
  assign ld_config = 16'd1;

  always @(posedge clk) begin
    if (write) words[write_address] <= write_word;
    word <= words[moves ? next : at];
    case (state)
      R_HEAD: state <= R_LOOK;
      R_LOOK:
        if (&word) begin
          at <= first;
          state <= R_HEAD;
        end else begin
          ld_kind <= word[17:16];
          left <= word[15:0];
          if (counts && !first_known) begin
            first <= at;
            first_known <= 1'b1;
          end
          at <= next;
          state <= counts && ld_seq == fits ? R_DONE : R_BEGIN;
        end
      // no load is empty; its first word is read while the load begins
      R_BEGIN: if (ld_begin_ready) state <= R_WORD;
      R_WORD:
        if (moves) begin
          at <= next;
          left <= left - 16'd1;
          if (left == 16'd1) state <= R_COMMIT;
        end
      R_COMMIT: begin
        if (ld_kind[1]) ld_seq <= ld_seq + 32'd1;
        state <= R_HEAD;
      end
      default: ;
    endcase
    if (rst) begin
      at <= {WORDS_LOG2{1'b0}};
      first_known <= 1'b0;
      ld_seq <= 32'd0;
      state <= R_HEAD;
    end
  end
endmodule
`default_nettype wire
