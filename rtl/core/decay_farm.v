// Several decay engines behind the ports of one.
//
// Purpose    Between dispatcher and engines (signals as between these, docs/design.md).
//            Configuration, IRF   go to all engines: each begins when its own fits are done and their results have left, words move on
//                                 when all have taken them, so that all always hold the same
//            Counts               go to one engine that has room, in turn; none waits for a full one while another has room
//            Results              one engine's whole result after the other's, in turn
//            Program              a memory with two ports for each two engines, or for a single one (program_pair.v: what is chosen is chosen behind
//                                 registers); TARGET "ice40": each its own
//            ENGINES 1 is the engine itself, without a clock more.
// Formats    32-bit words (protocol.vh)
// Latency    of a load's begin 4 clocks more than the engine's, of a word 1, of a result 2; with more than two engines 1 more each way, a word to the engine 2 (farm_port.v), and
//            registers between here and the dispatcher (farm_entry.v: 2 of a begin, 1 of a word; 1 of a result)
// Throughput to the engines a word a clock, with more than two engines counts 2 words in 5, others a word in 5; from them in 2; one load at a time
// Overflow   none: what cannot be taken waits
// Does not   give results in the order of the loads. Counts on engines that, once ready for a kind of load, stay so until it begins; on a
//            word that stays until it is taken; on rs_seq, rs_config, rs_words that stay from a result's first word to its last.
`default_nettype none
module decay_farm #(
  // engines behind the ports
  parameter ENGINES = 1,
  // of each (decay_engine.v)
  parameter ENGINE = 1,
  parameter [55:0] TARGET = "generic",
  parameter PASS = "ring",
  parameter CONTEXTS = 4,
  parameter SINGLE = 0,
  parameter KEPT = 0
) (
  input  wire        clk,
  input  wire        rst,
  // program (program_memory.v), the same for all
  input  wire [6:0]  program_write,
  input  wire [12:0] program_address,
  input  wire [15:0] program_word,
  // who else uses the single-port memory of a single engine (decay_engine.v)
  // verilator lint_off UNUSEDSIGNAL
  input  wire [18:0] guest_asks,
  // verilator lint_on UNUSEDSIGNAL
  output wire [10:0] guest_gets,
  // loads
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire [1:0]  ld_kind,
  input  wire [31:0] ld_seq,
  input  wire [15:0] ld_config,
  output wire [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [10:0] ld_index,     // KEPT
  // verilator lint_on UNUSEDSIGNAL
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output wire        ld_missing,
  // a float of the configuration of all, changed while no load and no fit is under way
  input  wire        st_valid,
  input  wire [5:0]  st_index,
  input  wire [31:0] st_word,
  // results
  output wire        rs_valid,
  input  wire        rs_ready,
  output wire        rs_last,
  output wire [31:0] rs_word,
  output wire [31:0] rs_seq,
  output wire [15:0] rs_config,
  output wire [15:0] rs_words
);
  localparam N = ENGINES;
  // single-port RAM serves one engine
  localparam PAIRS = TARGET == "ice40" ? 0 : 1;
  // more than two lie all over a part
  localparam FAR = N > 2 ? 1 : 0;

  generate
    if (N == 1) begin : g_one
      wire        fetch;
      wire [12:0] fetch_address;
      wire [40:0] fetched;
      decay_engine #(.ENGINE(ENGINE), .TARGET(TARGET), .PASS(PASS), .CONTEXTS(CONTEXTS), .OUTSIDE(PAIRS), .SINGLE(SINGLE), .KEPT(KEPT)) engine (
        .clk(clk), .rst(rst), .guest_asks(guest_asks), .guest_gets(guest_gets),
        .program_write(program_write), .program_address(program_address), .program_word(program_word),
        .outside_read(fetch), .outside_address(fetch_address), .outside_word(fetched),
        .ld_begin_valid(ld_begin_valid), .ld_begin_ready(ld_begin_ready), .ld_kind(ld_kind), .ld_seq(ld_seq), .ld_config(ld_config),
        .ld_expect(ld_expect), .ld_valid(ld_valid), .ld_ready(ld_ready), .ld_word(ld_word), .ld_index(ld_index),
        .ld_commit(ld_commit), .ld_abort(ld_abort), .ld_reject(ld_reject), .ld_missing(ld_missing),
        .st_valid(st_valid), .st_index(st_index), .st_word(st_word),
        .rs_valid(rs_valid), .rs_ready(rs_ready), .rs_last(rs_last), .rs_word(rs_word),
        .rs_seq(rs_seq), .rs_config(rs_config), .rs_words(rs_words)
      );
      if (PAIRS != 0) begin : g_rows
        // its second port is nobody's
        wire [40:0] word_unused;
        program_pair #(.LATENCY(CONTEXTS == 1 ? 1 : 2)) memory (
          .clk(clk), .read_a(fetch), .address_a(fetch_address), .word_a(fetched), .read_b(1'b0), .address_b(13'd0), .word_b(word_unused)
        );
      end else begin : g_own
        wire fetch_unused = &{fetch, fetch_address};
        assign fetched = 41'd0;
      end
    end else begin : g_many
      assign guest_gets = 11'd0;
      wire [N-1:0]    begin_phase, begun_phase, word_phase, taken_phase, commit, abort, room, reject, missing;
      wire [16*N-1:0] expect_words;
      wire [N-1:0]    result_valid, result_ready, result_last;
      wire [32*N-1:0] result_word, result_seq;
      wire [16*N-1:0] result_config, result_words;
      wire [N-1:0]    fetch;
      wire [13*N-1:0] fetch_address;
      wire [41*N-1:0] fetched;
      wire [1:0]      kind;
      wire [31:0]     seq, word;
      wire [15:0]     config_id;

      genvar e;
      for (e = 0; e < N; e = e + 1) begin : g_engine
        wire        en_rst, en_begin_valid, en_begin_ready, en_valid, en_ready, en_commit, en_abort, en_reject, en_missing, en_st_valid;
        wire        en_rs_valid, en_rs_ready, en_rs_last;
        wire [10:0] guest_unused;
        wire [1:0]  en_kind;
        wire [5:0]  en_st_index;
        wire [15:0] en_config, en_expect, en_rs_config, en_rs_words;
        wire [31:0] en_seq, en_word, en_st_word, en_rs_word, en_rs_seq;

        farm_port #(.FAR(FAR)) port (
          .clk(clk), .rst(rst),
          .begin_phase(begin_phase[e]), .kind(kind), .seq(seq), .config_id(config_id), .word_phase(word_phase[e]), .word(word),
          .commit(commit[e]), .abort(abort[e]), .room(room[e]), .begun_phase(begun_phase[e]), .expect_words(expect_words[16*e +: 16]), .missing(missing[e]),
          .taken_phase(taken_phase[e]), .reject(reject[e]), .st_valid(st_valid), .st_index(st_index), .st_word(st_word),
          .result_valid(result_valid[e]), .result_ready(result_ready[e]), .result_last(result_last[e]), .result_word(result_word[32*e +: 32]),
          .result_seq(result_seq[32*e +: 32]), .result_config(result_config[16*e +: 16]), .result_words(result_words[16*e +: 16]),
          .en_rst(en_rst), .en_begin_valid(en_begin_valid), .en_begin_ready(en_begin_ready), .en_kind(en_kind), .en_seq(en_seq), .en_config(en_config),
          .en_expect(en_expect), .en_valid(en_valid), .en_ready(en_ready), .en_word(en_word), .en_commit(en_commit), .en_abort(en_abort),
          .en_reject(en_reject), .en_missing(en_missing), .en_st_valid(en_st_valid), .en_st_index(en_st_index), .en_st_word(en_st_word),
          .en_rs_valid(en_rs_valid), .en_rs_ready(en_rs_ready), .en_rs_last(en_rs_last), .en_rs_word(en_rs_word), .en_rs_seq(en_rs_seq),
          .en_rs_config(en_rs_config), .en_rs_words(en_rs_words)
        );
        decay_engine #(.ENGINE(ENGINE), .TARGET(TARGET), .PASS(PASS), .CONTEXTS(CONTEXTS), .OUTSIDE(PAIRS != 0 && e / 2 * 2 + 1 < N ? 1 : 0), .SINGLE(SINGLE)) engine (
          .clk(clk), .rst(en_rst), .guest_asks(19'd0), .guest_gets(guest_unused),
          .program_write(program_write), .program_address(program_address), .program_word(program_word),
          .outside_read(fetch[e]), .outside_address(fetch_address[13*e +: 13]), .outside_word(fetched[41*e +: 41]),
          .ld_begin_valid(en_begin_valid), .ld_begin_ready(en_begin_ready), .ld_kind(en_kind), .ld_seq(en_seq), .ld_config(en_config),
          .ld_expect(en_expect), .ld_valid(en_valid), .ld_ready(en_ready), .ld_word(en_word), .ld_index(11'd0),
          .ld_commit(en_commit), .ld_abort(en_abort), .ld_reject(en_reject), .ld_missing(en_missing),
          .st_valid(en_st_valid), .st_index(en_st_index), .st_word(en_st_word),
          .rs_valid(en_rs_valid), .rs_ready(en_rs_ready), .rs_last(en_rs_last), .rs_word(en_rs_word),
          .rs_seq(en_rs_seq), .rs_config(en_rs_config), .rs_words(en_rs_words)
        );
      end

      for (e = 0; e < N; e = e + 2) begin : g_program
        if (PAIRS != 0 && e + 1 < N) begin : g_pair
          program_pair #(.LATENCY(CONTEXTS == 1 ? 1 : 2)) memory (
            .clk(clk), .read_a(fetch[e]), .address_a(fetch_address[13*e +: 13]), .word_a(fetched[41*e +: 41]),
            .read_b(fetch[e+1]), .address_b(fetch_address[13*(e+1) +: 13]), .word_b(fetched[41*(e+1) +: 41])
          );
        end else if (e + 1 < N) begin : g_own
          wire fetch_unused = &{fetch[e +: 2], fetch_address[13*e +: 26]};
          assign fetched[41*e +: 82] = 82'd0;
        end else begin : g_last
          wire fetch_unused = &{fetch[e], fetch_address[13*e +: 13]};
          assign fetched[41*e +: 41] = 41'd0;
        end
      end

      // between here and the dispatcher: registers when the engines are far
      wire        fl_begin_valid, fl_begin_ready, fl_valid, fl_ready, fl_commit, fl_abort, fl_reject, fl_missing, given, given_ready;
      wire [1:0]  fl_kind;
      wire [15:0] fl_config, fl_expect;
      wire [31:0] fl_seq, fl_word;
      wire [96:0] gift;
      if (FAR != 0) begin : g_far
        farm_entry entry (
          .clk(clk), .rst(rst),
          .ld_begin_valid(ld_begin_valid), .ld_begin_ready(ld_begin_ready), .ld_kind(ld_kind), .ld_seq(ld_seq), .ld_config(ld_config), .ld_expect(ld_expect),
          .ld_valid(ld_valid), .ld_ready(ld_ready), .ld_word(ld_word), .ld_commit(ld_commit), .ld_abort(ld_abort), .ld_reject(ld_reject), .ld_missing(ld_missing),
          .fl_begin_valid(fl_begin_valid), .fl_begin_ready(fl_begin_ready), .fl_kind(fl_kind), .fl_seq(fl_seq), .fl_config(fl_config), .fl_expect(fl_expect),
          .fl_valid(fl_valid), .fl_ready(fl_ready), .fl_word(fl_word), .fl_commit(fl_commit), .fl_abort(fl_abort), .fl_reject(fl_reject), .fl_missing(fl_missing)
        );
        stream_register #(.WIDTH(97)) leaving (
          .clk(clk), .rst(rst), .in_valid(given), .in_ready(given_ready), .in_data(gift),
          .out_valid(rs_valid), .out_ready(rs_ready), .out_data({rs_last, rs_word, rs_seq, rs_config, rs_words})
        );
      end else begin : g_near
        assign {fl_begin_valid, fl_kind, fl_seq, fl_config, fl_valid, fl_word, fl_commit, fl_abort} =
               {ld_begin_valid, ld_kind, ld_seq, ld_config, ld_valid, ld_word, ld_commit, ld_abort};
        assign {ld_begin_ready, ld_expect, ld_ready, ld_reject, ld_missing} = {fl_begin_ready, fl_expect, fl_ready, fl_reject, fl_missing};
        assign {rs_valid, rs_last, rs_word, rs_seq, rs_config, rs_words} = {given, gift};
        assign given_ready = rs_ready;
      end

      farm_loads #(.N(N), .AHEAD(FAR)) loads (
        .clk(clk), .rst(rst),
        .ld_begin_valid(fl_begin_valid), .ld_begin_ready(fl_begin_ready), .ld_counts(fl_kind[1]), .ld_kind(fl_kind), .ld_seq(fl_seq), .ld_config(fl_config),
        .ld_expect(fl_expect), .ld_valid(fl_valid), .ld_ready(fl_ready), .ld_word(fl_word), .ld_commit(fl_commit), .ld_abort(fl_abort), .ld_reject(fl_reject), .ld_missing(fl_missing),
        .begin_phase(begin_phase), .kind(kind), .seq(seq), .config_id(config_id), .word_phase(word_phase), .word(word), .commit(commit), .abort(abort),
        .room(room), .begun_phase(begun_phase), .expect_words(expect_words), .missing(missing), .taken_phase(taken_phase), .reject(reject)
      );
      farm_results #(.N(N)) results (
        .clk(clk), .rst(rst),
        .result_valid(result_valid), .result_ready(result_ready), .result_last(result_last), .result_word(result_word),
        .result_seq(result_seq), .result_config(result_config), .result_words(result_words),
        .rs_valid(given), .rs_ready(given_ready), .rs_last(gift[96]), .rs_word(gift[95:64]),
        .rs_seq(gift[63:32]), .rs_config(gift[31:16]), .rs_words(gift[15:0])
      );
    end
  endgenerate
endmodule
`default_nettype wire
