// The sender of results, and the clock counters of the contexts.
//
// Purpose    When a context's result stands in the store, reads its sequence number, then its
//            words, and gives them; the last word, if not compact, is `cycles`: clocks from the job's commit
//            (from the end of the result before, should that not have left yet) to result_done.
// Formats    32-bit words; rs_words = 15 + n(n+1)/2 + 1, n = 2 components + 2. compact: without `evaluations`, the words of components that are not there
//            and what stands behind the background, 4 + 2 components
// Latency    6 clocks from `finished` to the first word when the store is free
// Throughput a word 3 clocks
// Overflow   cycles counts modulo 2^32
// Does not   give results in the order of their jobs: the lower context goes first when both wait
`default_nettype none
module decay_results #(
  // bits of a context's number
  parameter CONTEXT_BITS = 1,
  // contexts that there are, at most 2^CONTEXT_BITS; the others' inputs mean nothing
  parameter CONTEXTS = 1 << CONTEXT_BITS,
  // bits of a result word's index
  parameter RESULT_BITS = 6,
  // 1: there are no sequence numbers; rs_seq is zero
  parameter KEPT = 0,
  // not to be set
  parameter N = 1 << CONTEXT_BITS
) (
  input  wire                   clk,
  input  wire                   rst,
  // contexts
  input  wire [N-1:0]           idle,         // not committed yet: its counter stands at zero
  input  wire [N-1:0]           finished,     // pulse: the result stands in the store
  input  wire [N-1:0]           parity,       // of the job whose result it is
  output reg  [N-1:0]           unsent,       // the result has not left
  // configuration
  input  wire [2:0]             components,
  input  wire                   compact,
  input  wire [15:0]            config_id,
  // store
  output wire                   read,
  input  wire                   read_grant,
  output wire [CONTEXT_BITS+RESULT_BITS:0] read_address,
  input  wire [31:0]            read_data,
  // result
  output wire                   rs_valid,
  input  wire                   rs_ready,
  output wire                   rs_last,
  output reg  [31:0]            rs_word,
  output wire [31:0]            rs_seq,
  output wire [15:0]            rs_config,
  output wire [15:0]            rs_words        // of the configuration, three clocks behind it
);
  `include "protocol.vh"

  localparam [2:0] R_IDLE = 3'd0, R_SEQUENCE = 3'd1, R_NUMBER = 3'd2;
  localparam [2:0] R_READ = 3'd3, R_TAKE = 3'd4, R_GIVE = 3'd5;
  localparam [6:0] FIXED = RES_FIXED_WORDS, COMPACT_LAST = RES_BACKGROUND;

  localparam [CONTEXT_BITS-1:0] N_LAST = {CONTEXT_BITS{1'b1}};
  integer               n, m, i, absent, entry;
  reg [2:0]             state;
  reg [CONTEXT_BITS-1:0] of_context;
  reg [RESULT_BITS-1:0] index;
  reg [31:0]            cycles [0:N-1];

  // index of the last word: `cycles`, or the background; compact leaves out `evaluations` and what lies between the last component and the shift
  reg  [RESULT_BITS-1:0] last_at;
  function [6:0] last_of;
    input       without;
    input [2:0] of_components;
    last_of = without ? COMPACT_LAST : FIXED + (of_components == 3'd1 ? 7'd10 : of_components == 3'd2 ? 7'd21 : of_components == 3'd3 ? 7'd36 : 7'd55);
  endfunction
  // both of them by a table of the four bits: no sum in the gateware
  reg  [RESULT_BITS-1:0] last_table [0:15];
  reg  [6:0] words_table [0:15], entry_last;
  initial
    for (entry = 0; entry < 16; entry = entry + 1) begin
      entry_last = last_of(entry[3], entry[2:0]);
      last_table[entry] = entry_last[RESULT_BITS-1:0];
      words_table[entry] = entry_last + 7'd1 - (entry[3] ? 7'd9 - {3'd0, entry[2:0], 1'b0} : 7'd0);
    end
  always @(posedge clk) last_at <= last_table[{compact, components}];
  localparam [RESULT_BITS-1:0] SHIFT_AT = RES_SHIFT[RESULT_BITS-1:0];
  localparam [3:0] BEFORE_RATES = RES_AMPLITUDE_1[3:0] - 4'd1;
  reg  [3:0] leaves_at;            // index of the last component's rate
  always @(posedge clk) leaves_at <= {components[2:0], 1'b0} + BEFORE_RATES;
  wire       leaves = compact && index == {{(RESULT_BITS-4){1'b0}}, leaves_at};
  wire       at_status = compact && index == RES_STATUS[RESULT_BITS-1:0];
  wire       last = index == last_at;
  wire       gives_cycles = last && !compact;
  wire       sent = state == R_GIVE && rs_ready && last;

  assign read = (KEPT == 0 && state == R_SEQUENCE) || state == R_READ;
  wire [1:0] wide_context = {{(2-CONTEXT_BITS){1'b0}}, of_context};
  wire [6:0] sequence_at = {1'b1, wide_context, 3'd0, parity[of_context]};
  assign read_address = KEPT != 0 || state == R_READ ? {1'b1, of_context, index}
                                        : {{(CONTEXT_BITS+RESULT_BITS-6){1'b0}}, sequence_at};
  assign rs_valid = state == R_GIVE;
  assign rs_last = last;
  assign rs_config = config_id;
  reg  [6:0] words;
  always @(posedge clk) words <= words_table[{compact, components}];
  assign rs_words = {9'd0, words};

  generate
    if (KEPT != 0) begin : g_kept
      assign rs_seq = 32'd0;
    end else begin : g_seq
      reg [31:0] number;
      always @(posedge clk) if (state == R_NUMBER) number <= read_data;
      assign rs_seq = number;
    end
  endgenerate

  always @(posedge clk) begin
    case (state)
      R_IDLE: begin
        index <= {RESULT_BITS{1'b0}};
        for (n = 0; n < N; n = n + 1) if (unsent[N-1-n]) of_context <= N_LAST - n[CONTEXT_BITS-1:0];
        if (unsent != {N{1'b0}}) state <= KEPT == 0 ? R_SEQUENCE : R_READ;
      end
      R_SEQUENCE: if (read_grant) state <= R_NUMBER;
      R_NUMBER: state <= R_READ;
      R_READ: if (gives_cycles || read_grant) state <= R_TAKE;
      R_TAKE: begin
        rs_word <= !gives_cycles ? read_data : cycles[of_context];
        state <= R_GIVE;
      end
      default:
        if (rs_ready) begin
          index <= leaves ? SHIFT_AT : at_status ? RES_CHI2[RESULT_BITS-1:0] : index + {{(RESULT_BITS-1){1'b0}}, 1'b1};
          state <= last ? R_IDLE : R_READ;
        end
    endcase
    if (rst) state <= R_IDLE;
  end

  always @(posedge clk) begin
    if (sent) unsent[of_context] <= 1'b0;
    for (m = 0; m < N; m = m + 1) if (finished[m]) unsent[m] <= 1'b1;
    if (rst) unsent <= {N{1'b0}};
    for (absent = CONTEXTS; absent < N; absent = absent + 1) unsent[absent] <= 1'b0;
  end

  // A counter stands still while its result has not left.
  always @(posedge clk) begin
    for (i = 0; i < N; i = i + 1)
      if (i >= CONTEXTS || (idle[i] && !unsent[i]) || (sent && of_context == i[CONTEXT_BITS-1:0])) cycles[i] <= 32'd0;
      else if (!unsent[i]) cycles[i] <= cycles[i] + 32'd1;
  end
endmodule
`default_nettype wire
