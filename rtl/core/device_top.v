// A device: bytes in, bytes out, engines between.
//
// Purpose    link_rx -> dispatcher -> decay_farm, sclc_engine -> dispatcher -> link_tx. Whatever carries bytes (simulation, UART, USB)
//            attaches here; docs/protocol.md says what the bytes mean.
// Formats    bytes with valid/ready both ways: a byte moves in a clock in which both are high
// Latency    of a fit: told in its result
// Throughput one byte a clock both ways; with PACED one in two clocks from the host, one in three to it
// Overflow   none: what cannot be taken waits
// Does not   synchronise its inputs: everything belongs to clk; rst is synchronous
`default_nettype none
module device_top #(
  // which engine: 1 u16, 2 e18, 3 e20 (protocol.vh)
  parameter ENGINE = 1,
  // clock told to the host; 0: simulated
  parameter CLOCK_HZ = 0,
  // multiplier cells: "generic", "ice40" or "ecp5" (rtl/arith/multiply.v)
  parameter [55:0] TARGET = "generic",
  // the engine's pass and histograms in flight (rtl/decay/decay_engine.v)
  parameter PASS = "ring",
  parameter CONTEXTS = 4,
  // how many of them (rtl/core/decay_farm.v)
  parameter ENGINES = 1,
  // 1: PASS "serial" has its IRF in a single-port memory (rtl/decay/decay_engine.v)
  parameter SINGLE = 0,
  // which engines are there: for decays, for current-voltage sweeps, for transient absorption (words of e18 or e20)
  parameter WITH_DECAY = 1,
  // 0: with the photon front end only: frames of decays are counted, the fits are the host's (rtl/photon/photon_hold.v)
  parameter WITH_FIT = 1,
  parameter WITH_SCLC = ENGINE == 1 ? 0 : 1,
  parameter WITH_TA = ENGINE == 1 ? 0 : 1,
  // of transient absorption: 1: the columns of an evaluation are kept; 1: few multiplier cells (rtl/ta/ta_engine.v)
  parameter TA_KEEP = WITH_TA,
  parameter TA_FEW_CELLS = 0,
  // the photon front end of the engine for decays (rtl/photon/photon_unit.v)
  parameter WITH_PHOTON = ENGINE != 1 && WITH_DECAY != 0 ? 1 : 0,
  // its histograms of single bins; its pins' samples a clock, 0: it has no pins
  parameter WITH_RAW = 0,
  parameter PIN_SAMPLES = 0,
  parameter SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES,
  // 1: bytes that come and bytes that leave are told by registers, one in two clocks (rtl/link/link_rx.v, link_tx.v; a full part's clock)
  parameter PACED = TARGET == "ice40" && PASS != "ring" && WITH_DECAY != 0 && WITH_FIT != 0 ? 1 : 0,
  // 1: sequence and configuration's number of a header wait for the answer in a memory; with PACED, one engine for decays and nothing else
  parameter KEPT = PACED != 0 && ENGINES == 1 && CONTEXTS == 1 && WITH_SCLC == 0 && WITH_TA == 0 && WITH_PHOTON == 0 ? 1 : 0
) (
  input  wire       clk,
  input  wire       rst,
  // the fit's program where TARGET keeps it in RAM (rtl/fit/program_memory.v)
  input  wire [6:0]  program_write,
  input  wire [12:0] program_address,
  input  wire [15:0] program_word,
  // bytes from the host; rx_mark as in rtl/link/link_rx.v, 0 where the bytes' way loses none
  input  wire [7:0] rx_data,
  input  wire [1:0] rx_mark,
  input  wire       rx_valid,
  output wire       rx_ready,
  // bytes to the host
  output wire [7:0] tx_data,
  output wire       tx_valid,
  input  wire       tx_ready,
  // more than waiting for bytes
  output wire       busy,
  // one clock for each error that is answered
  output wire       fault,
  // SINGLE 2: who else uses the engine's single-port memory: {write, address, word}; {free, word} (decay_serial_single.v)
  // verilator lint_off UNUSEDSIGNAL
  input  wire [18:0] guest_asks,
  // verilator lint_on UNUSEDSIGNAL
  output wire [10:0] guest_gets,
  // photons at the pins, sampled (rtl/photon/edge_sampler_*.v)
  input  wire [SAMPLES_BITS-1:0] sync_samples,
  input  wire [SAMPLES_BITS-1:0] detector_samples,
  input  wire [SAMPLES_BITS-1:0] marker_samples
);
  wire        head_valid, head_ready, pay_valid, pay_ready, end_valid, end_ready;
  wire [7:0]  head_type, pay_data, end_code;
  wire [31:0] head_seq;
  wire [15:0] head_config;
  wire        keep, blank_seq, blank_all, kept_asked;
  wire [3:0]  keep_index, kept_index;
  wire [7:0]  kept_byte;

  link_rx #(.PACED(PACED), .KEPT(KEPT)) rx (
    .clk(clk), .rst(rst),
    .rx_data(rx_data), .rx_mark(rx_mark), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .head_valid(head_valid), .head_ready(head_ready), .head_type(head_type), .head_seq(head_seq), .head_config(head_config),
    .keep(keep), .keep_index(keep_index), .blank_seq(blank_seq), .blank_all(blank_all),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_data(pay_data),
    .end_valid(end_valid), .end_ready(end_ready), .end_code(end_code)
  );

  wire        msg_valid, msg_done, msg_empty, out_valid, out_ready, out_last;
  wire [7:0]  msg_type, out_data;
  wire [31:0] msg_seq;
  wire [15:0] msg_config;
  wire [17:0] msg_length;

  link_tx #(.PACED(PACED), .KEPT(KEPT)) tx (
    .clk(clk), .rst(rst),
    .msg_valid(msg_valid), .msg_done(msg_done), .msg_type(msg_type), .msg_seq(msg_seq), .msg_config(msg_config),
    .msg_length(msg_length), .msg_empty(msg_empty), .kept_asked(kept_asked), .kept_index(kept_index), .kept_byte(kept_byte),
    .pay_valid(out_valid), .pay_ready(out_ready), .pay_last(out_last), .pay_data(out_data),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready)
  );

  wire        ld_begin_valid, ld_begin_ready, ld_valid, ld_ready, ld_commit, ld_abort, ld_reject, ld_missing, ld_sclc, ld_ta, ld_frames, ld_busy;
  wire [1:0]  ld_kind;
  wire [31:0] ld_seq, ld_word;
  // verilator lint_off UNUSEDSIGNAL
  wire [10:0] ld_index;
  // verilator lint_on UNUSEDSIGNAL
  wire [15:0] ld_config, ld_expect;
  wire        rs_valid, rs_ready, rs_last, rs_sclc, rs_ta;
  wire [31:0] rs_word, rs_seq;
  wire [15:0] rs_config, rs_words;
  wire [1:0]  rs_frame;
  wire        working, frames_working;

  localparam PHOTON_RING_LOG2 = 9;
  // bits of the info word `photon`
  localparam PHOTON_FRONT = (WITH_FIT != 0 ? 1 : 0) + (PIN_SAMPLES != 0 ? 2 : 0) + (WITH_RAW != 0 ? 4 : 0) + 16 * PIN_SAMPLES;

  // words of the largest load: a whole u16 histogram in single bins, or anything
  localparam DECAY_ENGINE = ENGINE == 3 ? 2 : ENGINE;    // e20 fits decays as e18 does
  localparam EXPECT_BITS = ENGINE == 1 && WITH_SCLC == 0 && WITH_TA == 0 && WITH_PHOTON == 0 ? 11 : 16;

  dispatcher #(.EXPECT_BITS(EXPECT_BITS), .KEPT(KEPT), .ENGINE(ENGINE), .JOBS_IN_FLIGHT(CONTEXTS * ENGINES), .WITH_DECAY(WITH_DECAY), .WITH_FIT(WITH_FIT), .SCLC_POINTS(WITH_SCLC != 0 ? 512 : 0), .WITH_TA(WITH_TA), .TA_KEEP(TA_KEEP),
    .WITH_PHOTON(WITH_PHOTON), .PHOTON_FRONT(PHOTON_FRONT),
    .PHOTON_WORDS(WITH_FIT != 0 ? (1 << (PHOTON_RING_LOG2 - 1)) - 1 : 0), .CLOCK_HZ(CLOCK_HZ)) core (
    .clk(clk), .rst(rst),
    .head_valid(head_valid), .head_ready(head_ready), .head_type(head_type), .head_seq(head_seq), .head_config(head_config),
    .keep(keep), .keep_index(keep_index), .blank_seq(blank_seq), .blank_all(blank_all),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_data(pay_data),
    .end_valid(end_valid), .end_ready(end_ready), .end_code(end_code),
    .msg_valid(msg_valid), .msg_done(msg_done), .msg_type(msg_type), .msg_seq(msg_seq), .msg_config(msg_config),
    .msg_length(msg_length), .msg_empty(msg_empty), .kept_asked(kept_asked), .kept_index(kept_index), .kept_byte(kept_byte),
    .out_valid(out_valid), .out_ready(out_ready), .out_last(out_last), .out_data(out_data),
    .ld_begin_valid(ld_begin_valid), .ld_begin_ready(ld_begin_ready), .ld_kind(ld_kind), .ld_sclc(ld_sclc), .ld_ta(ld_ta), .ld_frames(ld_frames), .ld_seq(ld_seq), .ld_config(ld_config),
    .ld_expect(ld_expect), .ld_valid(ld_valid), .ld_ready(ld_ready), .ld_word(ld_word), .ld_index(ld_index),
    .ld_commit(ld_commit), .ld_abort(ld_abort), .ld_reject(ld_reject), .ld_missing(ld_missing), .ld_busy(ld_busy),
    .rs_valid(rs_valid), .rs_ready(rs_ready), .rs_last(rs_last), .rs_word(rs_word),
    .rs_seq(rs_seq), .rs_config(rs_config), .rs_words(rs_words), .rs_sclc(rs_sclc), .rs_ta(rs_ta), .rs_frame(rs_frame), .rs_working(frames_working),
    .busy(working), .fault(fault)
  );

  // ---- engines: each takes its own loads, their results take turns ----
  wire        decay_begin_ready, decay_ready, decay_reject, decay_missing;
  wire [15:0] decay_expect;
  wire        decay_valid, decay_taken, decay_last;
  wire [31:0] decay_word, decay_seq;
  wire [15:0] decay_config, decay_words;
  wire [1:0]  decay_frame;
  wire        sclc_begin_ready, sclc_ready, sclc_reject, sclc_missing;
  wire [15:0] sclc_expect;
  wire        sclc_valid, sclc_taken, sclc_last;
  wire [31:0] sclc_word, sclc_seq;
  wire [15:0] sclc_config, sclc_words;
  wire        ta_begin_ready, ta_ready, ta_reject, ta_missing;
  wire [15:0] ta_expect;
  wire        ta_valid, ta_taken, ta_last;
  wire [31:0] ta_word, ta_seq;
  wire [15:0] ta_config, ta_words;
  wire        ld_decay = !ld_sclc && !ld_ta;

  generate
    if (WITH_DECAY != 0) begin : g_decay
      // the photon front end or nothing between the dispatcher and the engine
      wire        en_begin_valid, en_begin_ready, en_valid, en_ready, en_commit, en_abort, en_reject, en_missing, st_valid;
      wire        er_valid, er_ready, er_last;
      wire [1:0]  en_kind;
      wire [5:0]  st_index;
      wire [15:0] en_config, en_expect, er_config, er_words;
      wire [31:0] en_seq, en_word, st_word, er_word, er_seq;

      if (WITH_FIT != 0) begin : g_fit
        decay_farm #(.ENGINES(ENGINES), .ENGINE(DECAY_ENGINE), .TARGET(TARGET), .PASS(PASS), .CONTEXTS(CONTEXTS), .SINGLE(SINGLE), .KEPT(KEPT)) farm (
          .clk(clk), .rst(rst), .guest_asks(guest_asks), .guest_gets(guest_gets),
          .program_write(program_write), .program_address(program_address), .program_word(program_word),
          .ld_begin_valid(en_begin_valid), .ld_begin_ready(en_begin_ready), .ld_kind(en_kind), .ld_seq(en_seq),
          .ld_config(en_config), .ld_expect(en_expect), .ld_valid(en_valid), .ld_ready(en_ready), .ld_word(en_word), .ld_index(ld_index),
          .ld_commit(en_commit), .ld_abort(en_abort), .ld_reject(en_reject), .ld_missing(en_missing),
          .st_valid(st_valid), .st_index(st_index), .st_word(st_word),
          .rs_valid(er_valid), .rs_ready(er_ready), .rs_last(er_last), .rs_word(er_word),
          .rs_seq(er_seq), .rs_config(er_config), .rs_words(er_words)
        );
      end else begin : g_hold
        wire engine_unused = &{program_write, program_address, program_word, en_kind[1], en_seq, st_valid, st_index, st_word, er_ready};
        assign {er_valid, er_last, er_word, er_seq, er_config, er_words} = 98'd0;
        assign guest_gets = 11'd0;
        photon_hold #(.ENGINE(DECAY_ENGINE)) hold (
          .clk(clk), .rst(rst),
          .ld_begin_valid(en_begin_valid), .ld_begin_ready(en_begin_ready), .ld_irf(en_kind[0]), .ld_config(en_config), .ld_expect(en_expect),
          .ld_valid(en_valid), .ld_ready(en_ready), .ld_word(en_word), .ld_commit(en_commit), .ld_abort(en_abort), .ld_reject(en_reject),
          .ld_missing(en_missing)
        );
      end
      if (WITH_PHOTON != 0) begin : g_photon
        photon_unit #(.ENGINE(DECAY_ENGINE), .FITS(WITH_FIT), .RING_LOG2(PHOTON_RING_LOG2), .PIN_SAMPLES(PIN_SAMPLES), .WITH_RAW(WITH_RAW)) photons (
          .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples),
          .clk(clk), .rst(rst),
          .ld_begin_valid(ld_begin_valid && ld_decay), .ld_begin_ready(decay_begin_ready), .ld_frames(ld_frames), .ld_kind(ld_kind),
          .ld_seq(ld_seq), .ld_config(ld_config), .ld_expect(decay_expect), .ld_valid(ld_valid && ld_decay), .ld_ready(decay_ready),
          .ld_word(ld_word), .ld_commit(ld_commit && ld_decay), .ld_abort(ld_abort && ld_decay), .ld_reject(decay_reject),
          .ld_missing(decay_missing), .ld_busy(ld_busy),
          .en_begin_valid(en_begin_valid), .en_begin_ready(en_begin_ready), .en_kind(en_kind), .en_seq(en_seq), .en_config(en_config),
          .en_expect(en_expect), .en_valid(en_valid), .en_ready(en_ready), .en_word(en_word), .en_commit(en_commit),
          .en_abort(en_abort), .en_reject(en_reject), .en_missing(en_missing),
          .st_valid(st_valid), .st_index(st_index), .st_word(st_word),
          .er_valid(er_valid), .er_ready(er_ready), .er_last(er_last), .er_word(er_word), .er_seq(er_seq), .er_config(er_config),
          .er_words(er_words),
          .rs_valid(decay_valid), .rs_ready(decay_taken), .rs_last(decay_last), .rs_word(decay_word), .rs_seq(decay_seq),
          .rs_config(decay_config), .rs_words(decay_words), .rs_frame(decay_frame), .busy(frames_working)
        );
      end else begin : g_no_photon
        wire frames_unused = &{ld_frames, sync_samples, detector_samples, marker_samples};
        assign en_begin_valid = ld_begin_valid && ld_decay;
        assign en_valid = ld_valid && ld_decay;
        assign en_commit = ld_commit && ld_decay;
        assign en_abort = ld_abort && ld_decay;
        assign {en_kind, en_seq, en_config, en_word} = {ld_kind, ld_seq, ld_config, ld_word};
        assign {st_valid, st_index, st_word} = 39'd0;
        assign {decay_begin_ready, decay_ready, decay_reject, decay_missing, decay_expect} = {en_begin_ready, en_ready, en_reject, en_missing, en_expect};
        assign {decay_valid, decay_last, decay_word, decay_seq, decay_config, decay_words} = {er_valid, er_last, er_word, er_seq, er_config, er_words};
        assign er_ready = decay_taken;
        assign {ld_busy, decay_frame, frames_working} = 4'd0;
      end
    end else begin : g_no_decay
      wire program_unused = &{program_write, program_address, program_word, ld_kind, ld_decay, decay_taken, ld_frames, sync_samples, detector_samples, marker_samples};
      assign {ld_busy, decay_frame, frames_working} = 4'd0;
      assign guest_gets = 11'd0;
      assign {decay_begin_ready, decay_ready, decay_reject, decay_missing, decay_valid, decay_last} = 6'd0;
      assign {decay_expect, decay_config, decay_words, decay_word, decay_seq} = 112'd0;
    end

    if (WITH_SCLC != 0) begin : g_sclc
      sclc_engine #(.TARGET(TARGET)) sclc (
        .clk(clk), .rst(rst),
        .ld_begin_valid(ld_begin_valid && ld_sclc), .ld_begin_ready(sclc_begin_ready), .ld_points(ld_kind[0]), .ld_seq(ld_seq),
        .ld_config(ld_config), .ld_expect(sclc_expect), .ld_valid(ld_valid && ld_sclc), .ld_ready(sclc_ready), .ld_word(ld_word),
        .ld_commit(ld_commit && ld_sclc), .ld_abort(ld_abort && ld_sclc), .ld_reject(sclc_reject), .ld_missing(sclc_missing),
        .rs_valid(sclc_valid), .rs_ready(sclc_taken), .rs_last(sclc_last), .rs_word(sclc_word),
        .rs_seq(sclc_seq), .rs_config(sclc_config), .rs_words(sclc_words)
      );
    end else begin : g_no_sclc
      wire taken_unused = sclc_taken;
      assign {sclc_begin_ready, sclc_ready, sclc_reject, sclc_missing, sclc_valid, sclc_last} = 6'd0;
      assign {sclc_expect, sclc_config, sclc_words, sclc_word, sclc_seq} = 112'd0;
    end

    if (WITH_TA != 0) begin : g_ta
      ta_engine #(.WORD_BITS(ENGINE == 3 ? 20 : 18), .TARGET(TARGET), .FEW_CELLS(TA_FEW_CELLS), .KEEP(TA_KEEP)) ta (
        .clk(clk), .rst(rst),
        .ld_begin_valid(ld_begin_valid && ld_ta), .ld_begin_ready(ta_begin_ready), .ld_kind(ld_kind), .ld_seq(ld_seq),
        .ld_config(ld_config), .ld_expect(ta_expect), .ld_valid(ld_valid && ld_ta), .ld_ready(ta_ready), .ld_word(ld_word),
        .ld_commit(ld_commit && ld_ta), .ld_abort(ld_abort && ld_ta), .ld_reject(ta_reject), .ld_missing(ta_missing),
        .rs_valid(ta_valid), .rs_ready(ta_taken), .rs_last(ta_last), .rs_word(ta_word),
        .rs_seq(ta_seq), .rs_config(ta_config), .rs_words(ta_words)
      );
    end else begin : g_no_ta
      wire ta_taken_unused = ta_taken;
      assign {ta_begin_ready, ta_ready, ta_reject, ta_missing, ta_valid, ta_last} = 6'd0;
      assign {ta_expect, ta_config, ta_words, ta_word, ta_seq} = 112'd0;
    end
  endgenerate

  wire        first_valid, first_taken, first_last, first_sclc;
  wire [31:0] first_word, first_seq;
  wire [15:0] first_config, first_words;

  result_choice #(.WITH_SECOND(WITH_SCLC)) choice (
    .clk(clk), .rst(rst),
    .a_valid(decay_valid), .a_ready(decay_taken), .a_last(decay_last), .a_word(decay_word), .a_seq(decay_seq),
    .a_config(decay_config), .a_words(decay_words),
    .b_valid(sclc_valid), .b_ready(sclc_taken), .b_last(sclc_last), .b_word(sclc_word), .b_seq(sclc_seq),
    .b_config(sclc_config), .b_words(sclc_words),
    .rs_valid(first_valid), .rs_ready(first_taken), .rs_last(first_last), .rs_word(first_word), .rs_seq(first_seq),
    .rs_config(first_config), .rs_words(first_words), .rs_second(first_sclc)
  );
  result_choice #(.WITH_SECOND(WITH_TA)) choice_ta (
    .clk(clk), .rst(rst),
    .a_valid(first_valid), .a_ready(first_taken), .a_last(first_last), .a_word(first_word), .a_seq(first_seq),
    .a_config(first_config), .a_words(first_words),
    .b_valid(ta_valid), .b_ready(ta_taken), .b_last(ta_last), .b_word(ta_word), .b_seq(ta_seq),
    .b_config(ta_config), .b_words(ta_words),
    .rs_valid(rs_valid), .rs_ready(rs_ready), .rs_last(rs_last), .rs_word(rs_word), .rs_seq(rs_seq),
    .rs_config(rs_config), .rs_words(rs_words), .rs_second(rs_ta)
  );
  assign rs_sclc = first_sclc;
  assign rs_frame = first_sclc || rs_ta ? 2'd0 : decay_frame;
  assign ld_begin_ready = ld_ta ? ta_begin_ready : ld_sclc ? sclc_begin_ready : decay_begin_ready;
  assign ld_ready = ld_ta ? ta_ready : ld_sclc ? sclc_ready : decay_ready;
  assign ld_expect = ld_ta ? ta_expect : ld_sclc ? sclc_expect : decay_expect;
  assign ld_reject = ld_ta ? ta_reject : ld_sclc ? sclc_reject : decay_reject;
  assign ld_missing = ld_ta ? ta_missing : ld_sclc ? sclc_missing : decay_missing;

  assign busy = working || tx_valid;
endmodule
