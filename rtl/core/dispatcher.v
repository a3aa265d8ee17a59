// Between messages and an engine: answers info, echo and errors, loads words into the engine, sends its results.
//
// Purpose    Requests come from link_rx (head_*, pay_*, end_*), answers go through link_tx (msg_*, out_*). Configuration, IRF and
//            histograms are handed to the engine word by word while they arrive (ld_*, docs/design.md); only when the message
//            has ended well is the load committed. Every load that began ends with one ld_commit or one ld_abort.
// Answers    what link_rx found wrong (header, length, crc, version), else
//            ERR_TYPE     unknown type
//            ERR_CONFIG   the engine said ld_missing; ERR_BUSY with ld_busy
//            ERR_LENGTH   not exactly ld_expect words, a word or number unfinished, a number beyond 32 bits, an echo of more
//                         than 64 bytes, an info request with payload
//            ERR_VALUE    ld_reject in the clock of ld_commit
//            else ack, info, echo; nothing for a histogram, points or a trace, whose answer is the result.
//            An answer repeats sequence and config of its message; a result those that the engine gives with it.
// Order      Answers and results take turns between whole messages; a result that waits goes first (they are bounded by the
//            requests, and requests wait for their answers, so that neither can starve).
// Formats    words little-endian, LEB128 in histograms
// Latency    a word reaches ld_* one clock after its last byte
// Throughput one byte a clock in, one clock more a word; one byte a clock out, two clocks a byte of echo and info
// KEPT       One engine, of decays, whose results come in the order of its histograms, three of which are under way at most: what an answer or
//            a result repeats of a header lies in the memory of the answers' bytes since it came; rs_seq and rs_config are not used.
// Overflow   none: a request whose answer cannot be sent yet holds rx back. Words beyond ld_expect never reach the engine.
// Does not   time out: a load that has begun holds the engine until its message ends. Does not check what words mean.
`default_nettype none
module dispatcher #(
  // which engine: 1 u16, 2 e18 (protocol.vh)
  parameter ENGINE = 1,
  // histograms the engine takes before it answers the first; told in `info`
  parameter JOBS_IN_FLIGHT = 2,
  // 1: there is an engine for decays; 0: its messages are unknown. Told in `info`
  parameter WITH_DECAY = 1,
  // 0: in its place is a photon_hold: histograms are unknown. Told in `info`
  parameter WITH_FIT = 1,
  // points of a sweep that the SCLC engine holds; 0: there is none, its messages are unknown. Told in `info`
  parameter SCLC_POINTS = 0,
  // 1: there is an engine for transient absorption; 0: its messages are unknown. Told in `info`
  parameter WITH_TA = 0,
  // 1: it keeps the columns of an evaluation. Told in `info`
  parameter TA_KEEP = 0,
  // 1: there is a photon front end for the engine for decays; words of a `photons` message. Told in `info`
  parameter WITH_PHOTON = 0,
  parameter PHOTON_WORDS = 255,
  parameter PHOTON_FRONT = 1,
  // told in `info`; 0: simulated
  parameter CLOCK_HZ = 0,
  // bits of the largest ld_expect, 11 or more
  parameter EXPECT_BITS = 16,
  parameter KEPT = 0
) (
  input  wire        clk,
  input  wire        rst,
  // from link_rx
  input  wire        head_valid,
  output wire        head_ready,
  input  wire [7:0]  head_type,
  input  wire [31:0] head_seq,
  input  wire [15:0] head_config,
  input  wire        keep,
  input  wire [3:0]  keep_index,
  input  wire        blank_seq,
  input  wire        blank_all,
  input  wire        pay_valid,
  output wire        pay_ready,
  input  wire [7:0]  pay_data,
  input  wire        end_valid,
  output wire        end_ready,
  input  wire [7:0]  end_code,
  // to link_tx
  output wire        msg_valid,
  input  wire        msg_done,
  output wire [7:0]  msg_type,
  output wire [31:0] msg_seq,
  output wire [15:0] msg_config,
  output wire [17:0] msg_length,
  output wire        msg_empty,
  input  wire        kept_asked,
  input  wire [3:0]  kept_index,
  output wire [7:0]  kept_byte,
  output wire        out_valid,
  input  wire        out_ready,
  output wire        out_last,
  output wire [7:0]  out_data,
  // engine: loads
  output wire        ld_begin_valid,
  input  wire        ld_begin_ready,
  output wire [1:0]  ld_kind,
  output wire        ld_sclc,     // for the SCLC engine (kinds 0 configuration, 1 points)
  output wire        ld_ta,       // for that of transient absorption (kinds 0 configuration, 1 axis, 2 trace, 3 trace held)
  output wire        ld_frames,   // for the photon front end (kinds 0 configuration, 1 photons, 2 close, 3 end)
  output wire [31:0] ld_seq,
  output wire [15:0] ld_config,
  input  wire [15:0] ld_expect,
  output wire        ld_valid,
  input  wire        ld_ready,
  output wire [31:0] ld_word,
  output wire [10:0] ld_index,    // words before it, modulo 2048
  output wire        ld_commit,
  output wire        ld_abort,
  input  wire        ld_reject,
  input  wire        ld_missing,
  input  wire        ld_busy,     // with ld_missing: it is there, but a measurement of photons is open
  // engine: results
  input  wire        rs_valid,
  output wire        rs_ready,
  input  wire        rs_last,
  input  wire [31:0] rs_word,
  input  wire [31:0] rs_seq,
  input  wire [15:0] rs_config,
  input  wire [15:0] rs_words,
  input  wire        rs_sclc,     // it is an `sclc_result`
  input  wire        rs_ta,       // it is a `ta_result`
  input  wire [1:0]  rs_frame,    // not 0: a frame's message (rtl/photon/photon_unit.v)
  input  wire        rs_working,  // the photon front end has work
  // state
  output wire        busy,       // more than waiting for bytes: a message is worked on, a fit runs or an answer leaves
  output wire        fault       // one clock for each error that is answered
);
  `include "protocol.vh"

  localparam [2:0] S_IDLE = 3'd0, S_BEGIN = 3'd1, S_LOOK = 3'd2, S_BODY = 3'd3, S_JUDGE = 3'd4, S_ANSWER = 3'd5;
  localparam [1:0] R_ACK = 2'd0, R_ERROR = 2'd1, R_INFO = 2'd2, R_ECHO = 2'd3;

  reg [2:0]  state;
  reg [7:0]  verdict;            // 0 or the error code
  reg [1:0]  reply;              // what kind of answer
  reg        missing;            // the engine does not hold what the load names
  reg        began;              // a load has begun for this message
  reg        wrong_length;
  reg [6:0]  count;              // bytes in the echo; then bytes of the answer still to go
  reg [5:0]  place;              // byte of the echo that comes; then byte of the answer that goes

  reg        sending;
  reg        from_engine;        // what is being sent is a result
  reg [1:0]  of_frame;           // and one of a frame

  wire in_idle = state == S_IDLE;
  wire in_body = state == S_BODY;
  wire in_judge = state == S_JUDGE;
  wire in_answer = state == S_ANSWER;

  // ---- what a type is: known long before the header's end ----
  reg is_info, is_echo, is_counts, is_load, is_sclc, is_ta, is_frames;
  wire counts = WITH_DECAY != 0 && WITH_FIT != 0 && (head_type == MSG_HISTOGRAM_RAW || head_type == MSG_HISTOGRAM_GROUPED);
  wire decay = counts || (WITH_DECAY != 0 && (head_type == MSG_CONFIG || head_type == MSG_IRF));
  wire sclc_points = SCLC_POINTS != 0 && head_type == MSG_SCLC_POINTS;
  wire sclc = sclc_points || (SCLC_POINTS != 0 && head_type == MSG_SCLC_CONFIG);
  wire trace = WITH_TA != 0 && (head_type == MSG_TA_TRACE || head_type == MSG_TA_AGAIN);
  wire ta = trace || (WITH_TA != 0 && (head_type == MSG_TA_CONFIG || head_type == MSG_TA_AXIS));
  wire frames = WITH_PHOTON != 0 && (head_type == MSG_FRAMES_CONFIG || (WITH_FIT != 0 && head_type == MSG_PHOTONS) || head_type == MSG_FRAME_CLOSE ||
                                     head_type == MSG_FRAMES_END);
  always @(posedge clk) begin
    is_frames <= frames;
    is_ta <= ta;
    is_sclc <= sclc;
    is_info <= head_type == MSG_INFO_REQUEST;
    is_echo <= head_type == MSG_ECHO_REQUEST;
    is_counts <= counts || sclc_points || trace;
    is_load <= decay || sclc || ta || frames;
  end

  // ---- payload to words ----
  reg  [EXPECT_BITS-1:0] got;    // words handed over
  reg         full;              // all words are there; a clock behind `got`, which moves every second clock at most
  reg         settled;           // no word is on its way
  wire        word_valid, word_partial, word_broken, word_byte_ready;
  wire        word_surplus = missing || full;
  wire        word_ready = ld_ready || word_surplus;

  word_reader reader (
    .clk(clk), .clear(in_idle), .numbers(head_type[2] && !head_type[5]),
    .byte_valid(pay_valid && is_load), .byte_ready(word_byte_ready), .byte_data(pay_data),
    .word_valid(word_valid), .word_ready(word_ready), .word(ld_word), .partial(word_partial), .broken(word_broken)
  );

  assign pay_ready = word_byte_ready || !is_load;
  assign ld_valid = word_valid && !word_surplus;
  assign ld_index = got[10:0];
  assign ld_begin_valid = state == S_BEGIN;
  assign ld_kind = {head_type[2], head_type[0]};
  assign ld_sclc = is_sclc;
  assign ld_ta = is_ta;
  assign ld_frames = is_frames;
  assign ld_seq = head_seq;
  assign ld_config = head_config;
  assign ld_commit = in_judge && is_load && verdict == 8'd0;
  assign ld_abort = in_judge && began && verdict != 8'd0;

  wire wrong_end = wrong_length || word_partial || word_broken || (is_load && !full);

  // ---- request ----
  wire accepted = verdict == 8'd0 && !(is_load && ld_reject);
  wire silent = in_judge && accepted && is_counts;
  assign head_ready = state == S_LOOK || (in_idle && head_valid && !is_load);
  reg  answered;                 // the answer's last byte went a clock ago, or there is none: what is accepted comes late
  assign end_ready = answered;

  always @(posedge clk) begin
    answered <= silent || (in_answer && msg_done && !from_engine);
    full <= {{(17-EXPECT_BITS){1'b0}}, got} == {1'b0, ld_expect};
    settled <= !word_valid;
    case (state)
      S_IDLE: begin
        began <= 1'b0;
        missing <= 1'b0;
        got <= {EXPECT_BITS{1'b0}};
        wrong_length <= 1'b0;
        verdict <= end_code;
        if (end_valid) state <= S_JUDGE;
        else if (head_valid) state <= is_load ? S_BEGIN : S_BODY;
      end
      S_BEGIN: if (ld_begin_ready) state <= S_LOOK;
      S_LOOK: begin
        began <= 1'b1;
        missing <= ld_missing;
        state <= S_BODY;
      end
      S_BODY: begin
        if (word_valid && word_ready) begin
          if (full) wrong_length <= 1'b1;
          else got <= got + {{(EXPECT_BITS-1){1'b0}}, 1'b1};
        end
        if (pay_valid && (is_info || (is_echo && count[6]))) wrong_length <= 1'b1;
        if (end_code != 8'd0) verdict <= end_code;
        else if (!is_load && !is_info && !is_echo) verdict <= ERR_TYPE;
        else if (missing) verdict <= ld_busy ? ERR_BUSY : ERR_CONFIG;
        else if (wrong_end) verdict <= ERR_LENGTH;
        else verdict <= 8'd0;
        if (end_valid && !word_valid && settled) state <= S_JUDGE;
      end
      S_JUDGE: begin
        if (verdict == 8'd0 && !accepted) verdict <= ERR_VALUE;
        reply <= !accepted ? R_ERROR : is_info ? R_INFO : is_echo ? R_ECHO : R_ACK;
        state <= S_ANSWER;
      end
      default: if (end_ready) state <= S_IDLE;
    endcase
    if (rst) state <= S_IDLE;
  end

  // ---- the answer's bytes ----
  wire       echo_write = in_body && is_echo && pay_valid && !count[6];
  reg        reply_fresh;        // the memory shows the byte at `place`
  wire       reply_valid = in_answer && reply_fresh;
  wire       reply_take = out_ready && reply_valid && !from_engine;
  wire [7:0] stored;

  reply_memory #(
    .ENGINE(ENGINE), .JOBS_IN_FLIGHT(JOBS_IN_FLIGHT), .WITH_DECAY(WITH_DECAY), .WITH_FIT(WITH_FIT), .SCLC_POINTS(SCLC_POINTS), .WITH_TA(WITH_TA), .TA_KEEP(TA_KEEP), .CLOCK_HZ(CLOCK_HZ),
    .WITH_PHOTON(WITH_PHOTON), .PHOTON_WORDS(PHOTON_WORDS), .PHOTON_FRONT(PHOTON_FRONT), .KEPT(KEPT)
  ) memory (
    .clk(clk), .write(store), .write_address(store_at), .write_data(pay_data),
    .read_address(read_at), .read_data(stored)
  );

  // the next histogram, and that whose result comes next
  reg  [1:0] slot, slot_back;
  localparam AT_BITS = KEPT != 0 ? 9 : 7;
  wire       store;
  wire [AT_BITS-1:0] store_at, read_at;
  generate
    if (KEPT != 0) begin : g_kept
      assign store = echo_write || keep;
      assign store_at = keep ? {3'b010, slot, keep_index} : {3'b000, place};
      assign read_at = kept_asked ? {!from_engine && (kept_index[3] ? blank_all : blank_seq), 2'b10, from_engine ? slot_back : slot, kept_index}
                                  : {2'b00, reply == R_INFO, place};
      wire   results_unused = &{rs_seq, rs_config, head_seq};
    end else begin : g_fields
      assign store = echo_write;
      assign store_at = {1'b0, place};
      assign read_at = {reply == R_INFO, place};
      wire   kept_unused = &{keep, keep_index, blank_seq, blank_all, kept_asked, kept_index};
    end
  endgenerate
  assign kept_byte = stored;

  localparam [6:0] INFO_BYTES = 4 * INFO_WORDS;
  wire [7:0] reply_byte = reply != R_ERROR ? stored : place == 6'd0 ? verdict : place == 6'd1 ? head_type : 8'd0;

  always @(posedge clk) begin
    reply_fresh <= in_answer && !reply_take && !(KEPT != 0 && kept_asked);
    if (in_idle) begin
      place <= 6'd0;
      count <= 7'd0;
    end else if (in_judge) begin
      place <= 6'd0;
      if (!accepted) count <= 7'd4;
      else if (is_info) count <= INFO_BYTES;
    end else if (echo_write) begin
      place <= place + 6'd1;
      count <= count + 7'd1;
    end else if (reply_take) begin
      place <= place + 6'd1;
      count <= count - 7'd1;
    end
  end

  // ---- results and answers take turns ----
  wire        result_valid, result_last, result_ready;
  wire [7:0]  result_byte;

  word_splitter splitter (
    .clk(clk), .rst(rst),
    .word_valid(rs_valid), .word_ready(result_ready), .word_last(rs_last), .word(rs_word),
    .byte_valid(result_valid), .byte_ready(out_ready && from_engine), .byte_last(result_last), .byte_data(result_byte)
  );
  assign rs_ready = result_ready;

  always @(posedge clk) begin
    if (!sending) begin
      from_engine <= rs_valid;
      of_frame <= rs_frame;
      sending <= rs_valid || (in_answer && !answered);
    end else if (msg_done) sending <= 1'b0;
    if (rst) sending <= 1'b0;
  end

  wire [7:0] reply_type = reply == R_INFO ? MSG_INFO : reply == R_ECHO ? MSG_ECHO : reply == R_ERROR ? MSG_ERROR : MSG_ACK;
  wire [7:0] frame_type = of_frame == 2'd1 ? MSG_FRAME : of_frame == 2'd2 ? MSG_FRAME_HISTOGRAM : MSG_FRAME_RAW;
  assign msg_valid = sending;
  assign msg_type = from_engine ? (of_frame != 2'd0 ? frame_type : rs_ta ? MSG_TA_RESULT : rs_sclc ? MSG_SCLC_RESULT : MSG_RESULT) : reply_type;
  assign msg_seq = KEPT != 0 ? 32'd0 : from_engine ? rs_seq : head_seq;
  assign msg_config = KEPT != 0 ? 16'd0 : from_engine ? rs_config : head_config;
  assign msg_length = from_engine ? {rs_words, 2'b00} : {11'd0, count};
  assign msg_empty = !from_engine && count == 7'd0;
  assign out_valid = from_engine ? result_valid : reply_valid;
  assign out_last = from_engine ? result_last : count == 7'd1;
  assign out_data = from_engine ? result_byte : reply_byte;

  // ---- fits in flight ----
  // an engine takes up to CONTEXTS jobs more than it told: those whose results wait
  localparam FITS_BITS = JOBS_IN_FLIGHT > 4 ? $clog2(2 * JOBS_IN_FLIGHT) + 1 : 4;
  reg [FITS_BITS-1:0] fits;              // not with KEPT: there the slots tell
  // a clock later: only `busy` asks
  reg       fit_begins, fit_ends;
  always @(posedge clk) fit_begins <= silent && !rst;
  always @(posedge clk) fit_ends <= sending && from_engine && msg_done && of_frame == 2'd0 && !rst;
  always @(posedge clk)
    if (rst) fits <= {FITS_BITS{1'b0}};
    else if (fit_begins && !fit_ends) fits <= fits + {{(FITS_BITS-1){1'b0}}, 1'b1};
    else if (fit_ends && !fit_begins) fits <= fits - {{(FITS_BITS-1){1'b0}}, 1'b1};

  always @(posedge clk)
    if (rst) {slot, slot_back} <= 4'd0;
    else begin
      if (fit_begins) slot <= slot + 2'd1;
      if (fit_ends) slot_back <= slot_back + 2'd1;
    end

  assign fault = in_judge && !accepted;
  assign busy = (KEPT != 0 ? slot != slot_back : fits != {FITS_BITS{1'b0}}) || fit_begins || rs_working || sending || end_valid || !(in_idle || in_body);
endmodule
