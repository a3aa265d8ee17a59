// An engine for decays: takes configuration, IRF and histograms as words, gives results as words.
//
// Purpose    The word level of docs/design.md around the two halves of a fit, decay_pass and
//            fit_processor. CONTEXTS fits are in flight: while one is in the pass, the processor
//            works for the others, and a context's counts are loaded while others are fitted.
//            Loads      configuration and IRF wait until no fit is in flight and every result
//                       has left; counts wait until a context has finished its fit. A context's
//                       next job may be loaded while its result still waits to be sent, and
//                       starts when that has left.
//            Passes     one pass machine; a context that asks while it is busy waits. A pass begins while the
//                       sums of the one before are still collected, and before its context has given the
//                       words of its groups.
//            IN, OUT    addresses of docs/fit_processor.md
//            Small      PASS "serial" takes decay_serial, about a third of the size; a pass takes five to
//                       seven times as long. It needs ENGINE 1, CONTEXTS 1. With one context only the words of a
//                       pass's groups overlap with it.
//            Program    for TARGET "ice40" it lies in RAM: program_* write it, before the first load
// Formats    32-bit words (protocol.vh); word lengths and limits by ENGINE
// Latency    of a fit: `cycles`, the last word of its result
// Throughput loads: decay_config, decay_loader, an IRF word a clock (SINGLE 2: in two); results: a word 3 clocks
// Overflow   counts saturate and the result tells it; a layout beyond the build is rejected
// Does not   give results in the order of the loads. Does not count words: exactly `ld_expect` of
//            them must come before ld_commit. IN addresses that docs/fit_processor.md does not name
//            give any value.
`default_nettype none
module decay_engine #(
  // which engine: 1 u16, 2 e18 (protocol.vh)
  parameter ENGINE = 1,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic",
  // the pass: "ring" (decay_pass) or "serial" (decay_serial; u16, CONTEXTS 1)
  parameter PASS = "ring",
  // histograms in flight: 1 to 4
  parameter CONTEXTS = 4,
  // 1: the program is read through outside_* (program_memory.v)
  parameter OUTSIDE = 0,
  // PASS "serial": 1: IRF and the counts' highest bits in a single-port memory (decay_serial_single.v); 2: guest_* may use it, too
  parameter SINGLE = 0,
  // 1: whoever gives the loads keeps their sequence numbers and counts their words: ld_seq is not used, rs_seq is zero, ld_index is a word's number,
  // and stays a clock longer than the word. PASS "serial"
  parameter KEPT = 0
) (
  input  wire        clk,
  input  wire        rst,
  // program (program_memory.v)
  input  wire [6:0]  program_write,
  input  wire [12:0] program_address,
  input  wire [15:0] program_word,
  // {write, address, word} of a clock in which guest_gets[10] tells that the memory is free; guest_gets[9:0]: word a clock later
  // verilator lint_off UNUSEDSIGNAL
  input  wire [18:0] guest_asks,
  // verilator lint_on UNUSEDSIGNAL
  output wire [10:0] guest_gets,
  output wire        outside_read,
  output wire [12:0] outside_address,
  input  wire [40:0] outside_word,
  // loads
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire [1:0]  ld_kind,
  input  wire [31:0] ld_seq,
  input  wire [15:0] ld_config,
  output reg  [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [10:0] ld_index,           // KEPT
  // verilator lint_on UNUSEDSIGNAL
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output reg         ld_missing,
  // a float of the configuration, changed while no fit is under way and no configuration loaded; before the counts' commit
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
  `include "protocol.vh"

  localparam E18 = ENGINE == ENGINE_E18;
  localparam SERIAL = PASS == "ring" ? 0 : 1;
  localparam WORD_BITS = E18 ? ENGINE_E18_WORD_BITS : ENGINE_U16_WORD_BITS;
  localparam ACCUMULATOR_BITS = E18 ? ENGINE_E18_ACCUMULATOR_BITS : ENGINE_U16_ACCUMULATOR_BITS;
  localparam COUNT_BITS = E18 ? ENGINE_E18_COUNT_BITS : ENGINE_U16_COUNT_BITS;
  localparam COMPONENTS_MAX = E18 ? ENGINE_E18_COMPONENTS_MAX : ENGINE_U16_COMPONENTS_MAX;
  localparam BINS_MAX = E18 ? ENGINE_E18_BINS_MAX : ENGINE_U16_BINS_MAX;
  localparam FINE_MAX = E18 ? ENGINE_E18_FINE_MAX : ENGINE_U16_FINE_MAX;
  localparam GROUPS_MAX = E18 ? ENGINE_E18_GROUPS_MAX : ENGINE_U16_GROUPS_MAX;

  localparam BINS_BITS = $clog2(BINS_MAX + 1);
  localparam GROUPS_BITS = $clog2(GROUPS_MAX + 1);
  localparam INDEX_BITS = $clog2(GROUPS_MAX);
  localparam IRF_BITS = $clog2(GROUPS_MAX + 44 + 1);         // 34 and ten steps more than groups
  localparam FINE_ADDRESS_BITS = $clog2(FINE_MAX + 34);
  localparam STEP_ADDRESS_BITS = $clog2(GROUPS_MAX + 8);
  localparam SUM_BITS = COUNT_BITS + INDEX_BITS;
  localparam MOMENT_BITS = SUM_BITS + BINS_BITS;             // 2^(BINS_BITS - 1) >= BINS_MAX
  localparam RESULT_BITS = COMPONENTS_MAX > 3 ? 7 : 6;
  localparam CONTEXT_BITS = CONTEXTS > 2 ? 2 : 1;            // as in fit_processor
  localparam N = 1 << CONTEXT_BITS;
  localparam [31:0] EXISTING_32 = (1 << CONTEXTS) - 1;
  localparam [N-1:0] EXISTING = EXISTING_32[N-1:0], NONE = {N{1'b0}}, ONE_HOT = {{(N-1){1'b0}}, 1'b1};

  function [CONTEXT_BITS-1:0] lowest;
    input [N-1:0] set;
    integer n;
    begin
      lowest = {CONTEXT_BITS{1'b0}};
      for (n = N - 1; n >= 0; n = n - 1) if (set[n]) lowest = n[CONTEXT_BITS-1:0];
    end
  endfunction

  localparam [1:0] KIND_CONFIG = 2'd0, KIND_IRF = 2'd1, KIND_RAW = 2'd2;
  localparam [1:0] E_IDLE = 2'd0, E_BEGUN = 2'd1, E_WORDS = 2'd2, E_START = 2'd3;

  // ---- configuration and IRF ----
  reg  [1:0]             state;
  reg  [1:0]             kind;
  reg  [15:0]            config_id;
  reg                    irf_held;
  wire                   config_held, config_bad, config_ready, float_write, octave_write;
  wire [5:0]             float_index;
  wire [3:0]             octave_index;
  wire [7:0]             config_byte;
  wire [2:0]             components;
  wire [3:0]             taps, shift_taps, octaves;
  wire                   period, compact;
  wire [GROUPS_BITS-1:0] pre, fine, group_count;
  wire [95:0]            octave_groups;
  wire [BINS_BITS-1:0]   bin_count;
  wire [IRF_BITS-1:0]    irf_words;

  wire begins = ld_begin_valid && ld_begin_ready;
  // Loads begin a clock later: kind and configuration's number are compared in the clock of `begins`, and whether an engine has room comes late.
  wire begins_config = state == E_BEGUN && kind == KIND_CONFIG;
  wire begins_counts = state == E_BEGUN && kind[1];
  wire in_words = state == E_WORDS;
  wire is_config = kind == KIND_CONFIG;
  wire is_irf = kind == KIND_IRF;
  wire is_counts = kind[1];
  wire commits = in_words && ld_commit;
  wire forgets = (in_words && ld_abort) || (state == E_BEGUN && (ld_missing || ld_abort));

  decay_config #(
    .COMPONENTS_MAX(COMPONENTS_MAX), .BINS_MAX(BINS_MAX), .FINE_MAX(FINE_MAX),
    .GROUPS_MAX(GROUPS_MAX),
    .BINS_BITS(BINS_BITS), .GROUPS_BITS(GROUPS_BITS), .IRF_BITS(IRF_BITS), .OCTAVE_MEMORY(SERIAL), .COUNTED(KEPT)
  ) configuration (
    .clk(clk), .rst(rst),
    .begin_load(begins_config), .commit(commits && is_config),
    .word_valid(in_words && is_config && ld_valid), .word_ready(config_ready), .word(ld_word), .word_index(ld_index[5:0]),
    .bad(config_bad), .held(config_held),
    .float_write(float_write), .float_index(float_index),
    .octave_write(octave_write), .octave_index(octave_index), .low_byte(config_byte),
    .components(components), .taps(taps), .shift_taps(shift_taps), .period(period), .compact(compact), .pre(pre),
    .fine(fine),
    .octave_groups(octave_groups), .octaves(octaves),
    .bin_count(bin_count), .group_count(group_count), .irf_words(irf_words)
  );

  // ---- loads ----
  reg  [CONTEXT_BITS-1:0] load_context;
  reg  [N-1:0]          free;            // no fit
  wire [N-1:0]          unsent;          // a result waits or is being sent
  reg  [N-1:0]          parity;          // of the context's present job
  wire                  loader_ready, loader_done;
  wire [4:0]            loader_fraction;
  wire                  loader_saturated;
  wire                  count_write;
  // a single context has no bit for it
  // verilator lint_off UNUSEDSIGNAL
  wire [CONTEXT_BITS+INDEX_BITS-1:0] count_address;
  // verilator lint_on UNUSEDSIGNAL
  wire [COUNT_BITS-1:0] count_data;
  wire                  loader_put, put_ready;
  wire [6:0]            loader_put_address;
  wire [3:0]            loader_octave, pass_octave;
  reg                   octave_read;         // the store shows an octave's groups: of the loader's octave, or of the pass's while that is busy
  wire [31:0]           loader_put_word;

  wire quiet = free == EXISTING && unsent == NONE;
  wire same = config_held && ld_config == config_id;
  wire starts = state == E_START && !unsent[load_context];

  assign ld_begin_ready = state == E_IDLE && (ld_kind[1] ? free != NONE : quiet);
  // The guest of the single-port memory has every second clock of an IRF's load: whether a word is there comes late.
  reg  irf_turn;
  always @(posedge clk) irf_turn <= SINGLE != 2 || rst || !irf_turn;
  /* verilator lint_off UNUSEDSIGNAL */ wire irf_comes = in_words && is_irf && irf_turn; /* verilator lint_on UNUSEDSIGNAL */
  assign ld_ready = in_words && (is_config ? config_ready : (is_irf && irf_turn) || loader_ready);
  assign ld_reject = is_config && config_bad;

  always @(posedge clk) begin
    case (state)
      E_IDLE:
        if (begins) begin
          state <= E_BEGUN;
          kind <= ld_kind;
          load_context <= lowest(free);
          ld_missing <= ld_kind != KIND_CONFIG && !(same && (ld_kind == KIND_IRF || irf_held));
          if (ld_kind == KIND_CONFIG) config_id <= ld_config;
        end
      E_BEGUN: state <= ld_missing || ld_abort ? E_IDLE : E_WORDS;
      E_WORDS: if (ld_abort || (ld_commit && !is_counts)) state <= E_IDLE;
               else if (loader_done) state <= E_START;
      default: if (starts) state <= E_IDLE;
    endcase
    if (rst) state <= E_IDLE;
  end

  always @(posedge clk) begin
    if (commits && is_irf) irf_held <= 1'b1;
    if ((state == E_BEGUN && !ld_missing && !is_counts) || rst) irf_held <= 1'b0;
  end

  always @* begin
    case (kind)
      KIND_CONFIG: ld_expect = LAYOUT_WORDS + CFG_WORDS;
      KIND_IRF: ld_expect = {{(16-IRF_BITS){1'b0}}, irf_words};
      KIND_RAW: ld_expect = {{(16-BINS_BITS){1'b0}}, bin_count};
      default: ld_expect = {{(16-GROUPS_BITS){1'b0}}, group_count};
    endcase
  end

  decay_loader #(
    .WORD_BITS(WORD_BITS), .COUNT_BITS(COUNT_BITS), .GROUPS_BITS(GROUPS_BITS),
    .INDEX_BITS(INDEX_BITS), .CONTEXT_BITS(CONTEXT_BITS), .SUM_BITS(SUM_BITS),
    .MOMENT_BITS(MOMENT_BITS), .OCTAVE_MEMORY(SERIAL), .KEPT(KEPT)
  ) loader (
    .clk(clk), .rst(rst),
    .begin_load(begins_counts), .take_seq(KEPT != 0 ? in_words && is_config : begins && ld_kind[1]), .raw(kind == KIND_RAW), .to_context(load_context),
    .parity(!parity[load_context]), .seq(KEPT != 0 ? {ld_word[31:8], config_byte} : ld_seq),
    .word_valid(in_words && is_counts && ld_valid), .word_ready(loader_ready), .word(ld_word),
    .commit(commits && is_counts), .forget(forgets), .done(loader_done),
    .fraction_bits(loader_fraction), .saturated(loader_saturated),
    .pre(pre), .fine(fine), .octave_groups(octave_groups), .octaves(octaves), .period(period),
    .octave_address(loader_octave), .octave_read(octave_read), .octave_data(stored[7:0]),
    .count_write(count_write), .count_address(count_address), .count_data(count_data),
    .put_valid(loader_put), .put_ready((SERIAL != 0 || put_ready) && !st_valid), .put_address(loader_put_address),
    .put_word(loader_put_word)
  );

  wire [CONTEXT_BITS-1:0] y_context;
  wire [INDEX_BITS-1:0] y_address;
  wire [COUNT_BITS-1:0] y_data;

  localparam COUNTS_BITS = CONTEXTS > 1 ? INDEX_BITS + CONTEXT_BITS : INDEX_BITS;
  // verilator lint_off UNUSEDSIGNAL
  wire [CONTEXT_BITS+INDEX_BITS-1:0] y_place = {y_context, y_address};
  // verilator lint_on UNUSEDSIGNAL

  // highest bits elsewhere
  localparam COUNTS_WIDTH = SINGLE != 0 ? COUNT_BITS - 1 : COUNT_BITS;
  wire [COUNTS_WIDTH-1:0] y_low;

  decay_counts #(.COUNT_BITS(COUNTS_WIDTH), .ADDRESS_BITS(COUNTS_BITS)) counts (
    .clk(clk),
    .write(count_write), .write_address(SERIAL != 0 ? y_place[COUNTS_BITS-1:0] : count_address[COUNTS_BITS-1:0]), .write_data(count_data[COUNTS_WIDTH-1:0]),
    .read_address(y_place[COUNTS_BITS-1:0]), .read_data(y_low)
  );

  // ---- jobs ----
  wire [N-1:0] load_mask = ONE_HOT << load_context;
  wire [N-1:0] job_start = starts ? load_mask : NONE;
  wire         result_done;
  wire [CONTEXT_BITS-1:0] result_context;
  wire [N-1:0] finished = result_done ? ONE_HOT << result_context : NONE;
  reg  [N-1:0] first;                    // the next pass is the job's first
  reg  [N-1:0] saturated;
  reg  [4:0]   fractions [0:N-1];
  wire [N-1:0] pass_done;

  always @(posedge clk) begin
    free <= ((free & ~job_start) | finished) & EXISTING;
    parity <= parity ^ job_start;
    first <= (first & ~pass_done) | job_start;
    saturated <= (saturated & ~job_start) | (job_start & {N{loader_saturated}});
    if (starts) fractions[load_context] <= loader_fraction;
    if (rst) begin
      free <= EXISTING;
      parity <= NONE;
    end
  end

  // ---- passes ----
  wire                   out_valid;
  wire [CONTEXT_BITS-1:0] out_context;
  wire [9:0]             out_address;
  // what lies between a result word's index and the address's highest bits
  // verilator lint_off UNUSEDSIGNAL
  wire [9:0]             out_place;
  // verilator lint_on UNUSEDSIGNAL
  wire [31:0]            out_word;
  wire         pass_start, pass_ended, pass_busy;
  wire         processor_busy_unused;    // `free` tells it
  wire [CONTEXT_BITS-1:0] pass_context, pass_ended_context;
  reg  [N-1:0] asked;
  reg  [N-1:0] whole;                    // all words of the context's pass are there: they are behind PASS
  reg          pass_begin;
  reg  [CONTEXT_BITS-1:0] passing_context;
  // A pass may begin when the words up to the last single bin are there, and waits for the others: an OUT to this address tells. (The serial one
  // not with a period: it does not wait before pre-groups.)
  localparam [9:0] OUT_BEGIN = 10'd511;
  wire [N-1:0] early = out_valid && out_address == OUT_BEGIN && !(SERIAL != 0 && period) ? ONE_HOT << out_context : NONE;
  wire [N-1:0] ready = pass_start ? ONE_HOT << pass_context : NONE;
  wire         pass_go = !pass_busy && !pass_begin && asked != NONE;
  // in turn: the contexts behind the one whose pass began last go first
  wire [N-1:0] behind = asked & ~((ONE_HOT << passing_context) - ONE_HOT | ONE_HOT << passing_context);
  wire [CONTEXT_BITS-1:0] pass_next = CONTEXTS > 1 ? lowest(behind != NONE ? behind : asked) : {CONTEXT_BITS{1'b0}};

  assign pass_done = pass_ended ? ONE_HOT << pass_ended_context : NONE;

  always @(posedge clk) begin
    pass_begin <= pass_go;
    asked <= (asked & ~(pass_go ? ONE_HOT << pass_next : NONE)) | (ready & whole) | early;
    whole <= (whole | ready) & ~early;
    if (pass_go) passing_context <= pass_next;
    if (rst) begin
      asked <= NONE;
      whole <= {N{1'b1}};
      passing_context <= {CONTEXT_BITS{1'b0}};
      pass_begin <= 1'b0;
    end
  end

  // ---- IN: request in clock t, address to the sums in t, to the store in t + 1, out in t + 3 ----
  localparam [3:0] IN_COMPONENTS = 4'd0, IN_TAPS = 4'd1, IN_SHIFT_TAPS = 4'd2, IN_OCTAVES = 4'd3;
  localparam [3:0] IN_FRACTION = 4'd4, IN_RESIDUAL = 4'd5, IN_BACKGROUND = 4'd6;
  localparam [3:0] IN_SATURATED = 4'd11, IN_FRACTION_DOWN = 4'd12;

  wire                               in_request;
  wire [CONTEXT_BITS-1:0]            in_context;
  wire [9:0]                         in_address;
  wire signed [ACCUMULATOR_BITS-1:0] acc_value;
  wire [31:0]                        stored;
  wire [5:0]                         residual_fine;              // of in_context_q
  wire signed [6:0]                  background_exponent;

  reg               in_read;
  reg  [CONTEXT_BITS-1:0] in_context_q;
  reg  [9:0]        in_address_q;
  reg               of_pass, of_store;
  reg  signed [7:0] small_exponent;
  reg  [7:0]        small_value;
  reg  signed [53:0] in_value;
  reg  signed [9:0]  in_exponent;

  wire       immediate = in_address_q[9];
  wire [3:0] special = in_address_q[3:0];
  // With one context what the loader found stands as long as its fit.
  wire [4:0] fraction = SERIAL != 0 ? loader_fraction : fractions[in_context_q];

  // an exponent or its negative: -x = ~(x - 1)
  wire       negative = special == IN_BACKGROUND || special == IN_FRACTION_DOWN;
  reg  [7:0] scale;
  wire [7:0] turned = (scale + {8{negative}}) ^ {8{negative}};
  always @* case (special)
    IN_FRACTION, IN_FRACTION_DOWN: scale = {3'd0, fraction};
    IN_RESIDUAL: scale = {2'd0, residual_fine};
    IN_BACKGROUND: scale = {background_exponent[6], background_exponent};
    default: scale = 8'd0;
  endcase

  always @(posedge clk) begin
    in_read <= in_request;
    in_context_q <= in_context;
    in_address_q <= in_address;

    of_pass <= !immediate && !in_address_q[7];
    of_store <= !immediate && (!in_address_q[6] || (special >= 4'd7 && special <= 4'd10));
    if (immediate) small_value <= in_address_q[8] ? 8'd1 : in_address_q[7:0];
    else case (special)
      IN_COMPONENTS: small_value <= {5'd0, components};
      IN_TAPS: small_value <= {4'd0, taps};
      IN_SHIFT_TAPS: small_value <= {4'd0, shift_taps};
      IN_OCTAVES: small_value <= {4'd0, octaves};
      IN_SATURATED: small_value <= {7'd0, SERIAL != 0 ? loader_saturated : saturated[in_context_q]};
      default: small_value <= 8'd1;
    endcase
    if (immediate) small_exponent <= in_address_q[8] ? {!in_address_q[7], in_address_q[6:0]} : 8'd0;
    else small_exponent <= turned;

    if (of_pass) begin
      in_value <= {{(54-ACCUMULATOR_BITS){acc_value[ACCUMULATOR_BITS-1]}}, acc_value};
      in_exponent <= 10'd0;
    end else if (of_store) begin
      in_value <= {{30{stored[23]}}, stored[23:0]};
      in_exponent <= {{2{stored[31]}}, stored[31:24]};
    end else begin
      in_value <= {46'd0, small_value};
      in_exponent <= {{2{small_exponent[7]}}, small_exponent};
    end
  end

  // ---- OUT, store ----
  wire                   out_result = out_place[9:8] == 2'b11;
  // With one context nothing is put while its fit runs, and nothing else goes out.
  wire                   out_turn = SERIAL != 0 ? !free[0] : out_valid && out_result;
  wire                   send_read, send_grant;
  wire [CONTEXT_BITS+RESULT_BITS:0] send_address;

  wire [1:0]             of_context = {{(2-CONTEXT_BITS){1'b0}}, in_context_q};
  wire [1:0]             in_place = in_address_q[6] ? of_context : in_address_q[5:4];

  // With one context neither IN nor the sender reads while the pass is busy, and nothing is loaded.
  always @(posedge clk) octave_read <= !in_read && !send_read;
  // The configuration's words: floats, in a small engine the octaves' groups. With KEPT they go to the store a clock later, by way of the loader's
  // register, which follows the word in every clock: its multiplexer has room for that, and whether a word is there comes late.
  reg        config_puts, config_octave;
  always @(posedge clk) begin
    config_puts <= KEPT != 0 && (float_write || octave_write) && !rst;
    config_octave <= octave_write;
  end
  wire       is_octave = KEPT != 0 ? config_octave : SERIAL != 0 && octave_write;
  wire [6:0] config_address = is_octave ? {3'b110, octave_index} : {1'b0, float_index};
  wire       put_by_config = KEPT != 0 ? config_puts : float_write || (SERIAL != 0 && octave_write);
  wire [31:0] config_word = KEPT != 0 ? {ld_word[31:23], loader_put_word[22:0]} : {ld_word[31:8], config_byte};

  decay_store #(.RESULT_BITS(RESULT_BITS), .CONTEXT_BITS(CONTEXT_BITS), .OCTAVES(SERIAL)) store (
    .clk(clk),
    .out_turn(out_turn), .out_write(out_valid && out_result), .out_address({out_context, out_place[RESULT_BITS-1:0]}),
    .out_word(out_word),
    .put_valid(put_by_config || loader_put || st_valid), .put_ready(put_ready),
    .put_address(st_valid ? {1'b0, st_index} : is_config ? config_address : loader_put_address),
    .put_word(st_valid ? st_word : is_config ? config_word : loader_put_word),
    .in_read(in_read),
    .in_address({in_address_q[6], in_place, in_address_q[3:0]}),
    .send_read(send_read), .send_grant(send_grant), .send_address(send_address),
    .octave_address(pass_busy ? pass_octave : loader_octave),
    .data(stored)
  );

  // ---- results ----
  reg        committed;                  // the load's words are complete, its job has not started
  wire [N-1:0] idle = free & ~({N{committed}} & load_mask);

  always @(posedge clk) begin
    if (commits && is_counts) committed <= 1'b1;
    if (starts || rst) committed <= 1'b0;
  end

  decay_results #(.CONTEXT_BITS(CONTEXT_BITS), .CONTEXTS(CONTEXTS), .RESULT_BITS(RESULT_BITS), .KEPT(KEPT)) results (
    .clk(clk), .rst(rst),
    .idle(idle), .finished(finished), .parity(parity), .unsent(unsent),
    .components(components), .compact(compact), .config_id(config_id),
    .read(send_read), .read_grant(send_grant), .read_address(send_address), .read_data(stored),
    .rs_valid(rs_valid), .rs_ready(rs_ready), .rs_last(rs_last), .rs_word(rs_word),
    .rs_seq(rs_seq), .rs_config(rs_config),
    .rs_words(rs_words)
  );

  // ---- the two halves ----
  fit_processor #(.WORD_BITS(WORD_BITS), .CONTEXTS(CONTEXTS), .TARGET(TARGET), .OUTSIDE(OUTSIDE), .SMALL(SERIAL)) processor (
    .clk(clk), .rst(rst),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .outside_read(outside_read), .outside_address(outside_address), .outside_word(outside_word),
    .job_start(job_start[CONTEXTS-1:0]), .pass_start(pass_start), .pass_context(pass_context),
    .pass_done(pass_done[CONTEXTS-1:0]),
    .result_done(result_done), .result_context(result_context), .busy(processor_busy_unused),
    .in_request(in_request), .in_context(in_context), .in_address(in_address), .in_value(in_value),
    .in_exponent(in_exponent),
    .out_valid(out_valid), .out_context(out_context), .out_address(out_address), .out_place(out_place), .out_word(out_word)
  );

generate
    if (PASS == "ring") begin : g_ring
      assign pass_octave = 4'd0;
      assign guest_gets = 11'd0;
      assign y_data = y_low;
      wire [FINE_ADDRESS_BITS-1:0] fine_address, irf_rise, irf_fall;
      wire [STEP_ADDRESS_BITS-1:0] step_address;
      wire [WORD_BITS-1:0]         fine_data, step_data;

      decay_irf #(
        .WORD_BITS(WORD_BITS), .GROUPS_BITS(GROUPS_BITS), .FINE_ADDRESS_BITS(FINE_ADDRESS_BITS),
        .STEP_ADDRESS_BITS(STEP_ADDRESS_BITS)
      ) irf (
        .clk(clk),
        .begin_load(state == E_BEGUN), .write(in_words && is_irf && ld_valid),
        .word(ld_word[WORD_BITS-1:0]), .fine(fine),
        .fine_address(fine_address), .fine_data(fine_data), .rise(irf_rise), .fall(irf_fall),
        .step_address(step_address), .step_data(step_data)
      );

      decay_pass #(
        .WORD_BITS(WORD_BITS), .COMPONENTS_MAX(COMPONENTS_MAX), .COUNT_BITS(COUNT_BITS),
        .FINE_MAX(FINE_MAX), .GROUPS_MAX(GROUPS_MAX),
        .ACCUMULATOR_BITS(ACCUMULATOR_BITS), .CONTEXT_BITS(CONTEXT_BITS), .TARGET(TARGET)
      ) pass (
        .clk(clk), .rst(rst),
        .start(pass_begin), .start_context(passing_context), .done(pass_ended),
        .done_context(pass_ended_context), .busy(pass_busy), .whole(whole[passing_context]),
        .components(components), .taps(taps), .shift_taps(shift_taps), .pre(pre), .period(period), .fine(fine),
        .octave_groups(octave_groups),
        .octaves(octaves), .fraction_bits({1'b0, fractions[passing_context]}),
        .first(first[passing_context]),
        .y_context(y_context), .y_address(y_address), .y_data(y_data),
        .fine_address(fine_address), .fine_data(fine_data), .irf_rise(irf_rise), .irf_fall(irf_fall),
        .step_address(step_address), .step_data(step_data),
        .cf_write(out_valid && !out_result), .cf_context(out_context), .cf_address(out_address),
        .cf_word(out_word),
        .acc_context(in_context), .acc_address(in_address[6:0]), .acc_value(acc_value),
        .used_residual_fine(residual_fine), .used_background_exponent(background_exponent)
      );
    end else begin : g_serial
      wire [IRF_BITS-1:0] irf_address;
      wire [15:0]         irf_data;

      wire                y_looks, irf_looks;
      if (SINGLE != 0) begin : g_single
        wire y_high;
        decay_serial_single #(.IRF_BITS(IRF_BITS), .INDEX_BITS(INDEX_BITS), .COUNTED(KEPT), .SHARED(SINGLE == 2 ? 1 : 0), .TARGET(TARGET)) irf (
          .clk(clk), .needs(irf_looks), .guest_write(guest_asks[18]), .guest_address(guest_asks[17:10]), .guest_word(guest_asks[9:0]), .free(guest_gets[10]),
          .begin_load(state == E_BEGUN), .loads(irf_comes), .write(irf_comes && ld_valid), .word(ld_word[15:0]), .word_index(ld_index[IRF_BITS-1:0]),
          .count_write(count_write), .count_bit(count_data[COUNT_BITS-1]),
          .address(irf_address), .data(irf_data), .looks(y_looks), .count_address(y_address), .count_high(y_high)
        );
        assign y_data = {y_high, y_low};
        assign guest_gets[9:0] = irf_data[9:0];
      end else begin : g_dual
        wire looks_unused = y_looks && irf_looks;
        assign guest_gets = 11'd0;
        decay_serial_irf #(.IRF_BITS(IRF_BITS), .COUNTED(KEPT)) irf (
          .clk(clk),
          .begin_load(state == E_BEGUN), .write(in_words && is_irf && ld_valid), .word(ld_word[15:0]), .word_index(ld_index[IRF_BITS-1:0]),
          .address(irf_address), .data(irf_data)
        );
        assign y_data = y_low;
      end

      decay_serial #(
        .COUNT_BITS(COUNT_BITS), .GROUPS_MAX(GROUPS_MAX), .ACCUMULATOR_BITS(ACCUMULATOR_BITS),
        .TARGET(TARGET)
      ) pass (
        .clk(clk), .rst(rst),
        .start(pass_begin), .done(pass_ended), .busy(pass_busy), .whole(whole[0]),
        .components(components), .taps(taps), .shift_taps(shift_taps),
        .octave_address(pass_octave), .octave_read(octave_read), .octave_groups(stored[7:0]), .octaves(octaves), .fraction_bits({1'b0, loader_fraction}),
        .first(first[passing_context]),
        .y_address(y_address), .y_data(y_data), .load_begins(begins_counts), .load_moves(count_write), .y_looks(y_looks), .irf_looks(irf_looks),
        .irf_address(irf_address), .irf_data(irf_data),
        .cf_write(out_valid && !out_result), .cf_address(out_address), .cf_word(out_word),
        .acc_address(in_address[6:0]), .acc_value(acc_value),
        .used_residual_fine(residual_fine), .used_background_exponent(background_exponent)
      );
      assign pass_ended_context = {CONTEXT_BITS{1'b0}};
      assign y_context = {CONTEXT_BITS{1'b0}};
    end
  endgenerate
endmodule
`default_nettype wire
