// An engine's end of the way to and from the farm's middle.
//
// Purpose    Between farm_loads.v, farm_results.v (signals as there, one engine's) and an engine (docs/design.md). A begin and a word wait for the
//            engine from a change of their phase on; when it takes them the phase comes back.
//            FAR 0: a word's phase comes back in the clock in which it is taken.
//            FAR 1: a register on each wire to the engine and from it, for engines that lie all over a large part; its reset has one, too. A word
//            goes on into a second register, where it stands until the engine takes it; one more may come and waits in the first.
// Formats    none of its own
// Latency    0, with FAR 1 1 clock each way, a word to the engine 2, a result's word 1
// Throughput what the two ends have; with FAR 1 a result's word in 2 clocks
// Overflow   none while at most two words are on their way (sent, and their phase has not come back; farm_loads.v): a third would take the second's place
// Does not   look at what it carries. With FAR 1 the engine leaves reset a clock late; `room` is what it was a clock ago.
`default_nettype none
module farm_port #(
  parameter FAR = 0
) (
  input  wire        clk,
  input  wire        rst,
  // farm_loads
  input  wire        begin_phase,
  input  wire [1:0]  kind,
  input  wire [31:0] seq,
  input  wire [15:0] config_id,
  input  wire        word_phase,
  input  wire [31:0] word,
  input  wire        commit,
  input  wire        abort,
  output wire        room,
  output wire        begun_phase,
  output wire [15:0] expect_words,
  output wire        missing,
  output wire        taken_phase,
  output wire        reject,
  // a float of the configuration
  input  wire        st_valid,
  input  wire [5:0]  st_index,
  input  wire [31:0] st_word,
  // farm_results
  output wire        result_valid,
  input  wire        result_ready,
  output wire        result_last,
  output wire [31:0] result_word,
  output wire [31:0] result_seq,
  output wire [15:0] result_config,
  output wire [15:0] result_words,
  // the engine
  output wire        en_rst,
  output wire        en_begin_valid,
  input  wire        en_begin_ready,
  output wire [1:0]  en_kind,
  output wire [31:0] en_seq,
  output wire [15:0] en_config,
  input  wire [15:0] en_expect,
  output wire        en_valid,
  input  wire        en_ready,
  output wire [31:0] en_word,
  output wire        en_commit,
  output wire        en_abort,
  input  wire        en_reject,
  input  wire        en_missing,
  output wire        en_st_valid,
  output wire [5:0]  en_st_index,
  output wire [31:0] en_st_word,
  input  wire        en_rs_valid,
  output wire        en_rs_ready,
  input  wire        en_rs_last,
  input  wire [31:0] en_rs_word,
  input  wire [31:0] en_rs_seq,
  input  wire [15:0] en_rs_config,
  input  wire [15:0] en_rs_words
);
  // in the order of the words below
  localparam DOWN = 2 + 32 + 16 + 6 + 32, UP = 16 + 3, RESULT = 1 + 32 + 32 + 16 + 16;

  wire            to_begin, to_take;     // the phases at this end
  reg             begun, took;           // the last that was answered
  wire [DOWN-1:0] down = {kind, seq, config_id, st_index, st_word};
  wire [UP-1:0]   up = {en_expect, en_missing, en_reject, en_begin_ready};
  wire [RESULT-1:0] result = {en_rs_last, en_rs_word, en_rs_seq, en_rs_config, en_rs_words};

  assign en_begin_valid = to_begin != begun;
  assign en_valid = to_take != took;

  always @(posedge clk)
    if (en_rst) begin
      begun <= 1'b0;
      took <= 1'b0;
    end else begin
      if (en_begin_ready) begun <= to_begin;
      if (en_ready) took <= to_take;
    end

  generate
    if (FAR != 0) begin : g_far
      reg              rst_behind;
      reg              begin_behind, word_behind, commit_behind, abort_behind, st_behind;
      reg [DOWN-1:0]   down_behind;
      reg [31:0]       word_arrived, word_stands;
      reg              stood;            // phase of the word that stands at the engine, or did
      reg [UP-1:0]     up_behind;
      reg              begun_behind, took_behind;
      reg              held;             // a result's word
      reg [RESULT-1:0] result_behind;

      always @(posedge clk) begin
        rst_behind <= rst;
        begin_behind <= begin_phase && !rst;
        word_behind <= word_phase && !rst;
        commit_behind <= commit && !rst;
        abort_behind <= abort && !rst;
        st_behind <= st_valid && !rst;
        down_behind <= down;
        word_arrived <= word;
        if (stood == took || en_ready) begin
          stood <= word_behind;
          word_stands <= word_arrived;
        end
        if (rst_behind) stood <= 1'b0;
        up_behind <= up;
        begun_behind <= begun && !rst_behind;
        took_behind <= took && !rst_behind;
        if (!held) result_behind <= result;
        held <= (held ? !result_ready : en_rs_valid) && !rst_behind;
      end

      assign en_rst = rst_behind;
      assign to_begin = begin_behind;
      assign to_take = stood;
      assign en_commit = commit_behind;
      assign en_abort = abort_behind;
      assign en_st_valid = st_behind;
      assign {en_kind, en_seq, en_config, en_st_index, en_st_word} = down_behind;
      assign en_word = word_stands;
      assign {expect_words, missing, reject, room} = up_behind;
      assign begun_phase = begun_behind;
      assign taken_phase = took_behind;
      assign result_valid = held;
      assign en_rs_ready = !held;
      assign {result_last, result_word, result_seq, result_config, result_words} = result_behind;
    end else begin : g_near
      assign en_rst = rst;
      assign to_begin = begin_phase;
      assign to_take = word_phase;
      assign en_commit = commit;
      assign en_abort = abort;
      assign en_st_valid = st_valid;
      assign {en_kind, en_seq, en_config, en_st_index, en_st_word} = down;
      assign en_word = word;
      assign {expect_words, missing, reject, room} = up;
      assign begun_phase = begun;
      assign taken_phase = en_ready ? to_take : took;
      assign result_valid = en_rs_valid;
      assign en_rs_ready = result_ready;
      assign {result_last, result_word, result_seq, result_config, result_words} = result;
    end
  endgenerate
endmodule
`default_nettype wire
