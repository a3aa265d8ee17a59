// An engine for transient absorption: takes configuration, delays and traces as words, gives results as words.
//
// Purpose    The word level of docs/design.md around ta_pass and a fit_processor with its own program. One trace at a time: a load waits until
//            no fit runs and the result has left. Kinds: 0 configuration, 1 axis (delay, weight, delay, ...), 2 trace (start words, signals), 3 a start
//            alone, for signals of an earlier trace: they stay where `place` put them. With bit TA_BRIEF_BIT of `place` the result ends behind the gradient.
//            IN, OUT addresses: docs/ta_engine.md. host/model/ta_engine.c gives the same words.
// Formats    32-bit words (protocol.vh, sections ta_*); words of 18 or 20 bits (docs/ta_engine.md)
// Latency    of a fit: `cycles`, the last word of its result
// Throughput loads: a word a clock; results: a word 3 clocks
// Overflow   a weight above 65536 becomes 65536; a layout or a place beyond the build is rejected
// Does not   count words: exactly `ld_expect` of them must come before ld_commit
`default_nettype none
module ta_engine #(
  parameter COMPONENTS_MAX = 4,
  parameter DELAYS_MAX = 512,
  // 18 (signals of SNR 1000) or 20 (1e4)
  parameter WORD_BITS = 18,
  // multiplier cells: "generic" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic",
  // with "ecp5", 0: 11 multiplier cells; 1: 8, and adders instead of the others (some 2200 cells of logic): the same bits in the same clocks
  parameter FEW_CELLS = 0,
  // 1: the columns of an evaluation are kept for the other wavelengths' gradients (rtl/ta/ta_kept_pass.v): the same bits in fewer clocks
  parameter KEEP = 0
) (
  input  wire        clk,
  input  wire        rst,
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
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output reg         ld_missing,
  // results
  output wire        rs_valid,
  input  wire        rs_ready,
  output wire        rs_last,
  output reg  [31:0] rs_word,
  output reg  [31:0] rs_seq,
  output wire [15:0] rs_config,
  output wire [15:0] rs_words
);
  `include "protocol.vh"

  localparam N = $clog2(DELAYS_MAX);
  localparam S = $clog2(ENGINE_E18_TA_SIGNALS_MAX);
  localparam A = 54;
  localparam [1:0] KIND_CONFIG = 2'd0, KIND_AXIS = 2'd1;
  localparam [1:0] E_IDLE = 2'd0, E_BEGUN = 2'd1, E_WORDS = 2'd2, E_FIT = 2'd3;
  localparam [31:0] COMPONENTS_LIMIT = COMPONENTS_MAX, DELAYS_LIMIT = DELAYS_MAX, SIGNALS_LIMIT = ENGINE_E18_TA_SIGNALS_MAX;
  localparam [15:0] CONFIG_WORDS = TA_LAYOUT_WORDS + TA_CFG_WORDS, START_WORDS = TA_START_WORDS;
  localparam [15:0] HEAD_WORDS = TA_LAYOUT_WORDS;
  localparam [15:0] EVALUATIONS_COUNT = TA_LAYOUT_WORDS + TA_CFG_EVALUATIONS_MAX;
  localparam [5:0]  HEAD_WORDS_6 = HEAD_WORDS[5:0];
  localparam [15:0] PLACE_COUNT = TA_START_PLACE;
  localparam [6:0]  FIXED = TA_RES_FIXED_WORDS;

  // ---- loads ----
  reg  [1:0]   state;
  reg  [1:0]   kind;
  reg  [15:0]  config_id, count;
  reg          config_held, axis_held;
  reg  [31:0]  model_word, delays_word;
  reg          evaluations_bad;
  reg          once;                            // a trace is evaluated, not fitted
  reg  [2:0]   components;
  reg          extended;
  reg  [N:0]   delays;
  wire         begins = ld_begin_valid && ld_begin_ready;
  wire         in_words = state == E_WORDS;
  wire         takes = in_words && ld_valid;
  wire         is_config = kind == KIND_CONFIG;
  wire         is_axis = kind == KIND_AXIS;
  wire         is_trace = kind[1];
  wire         result_done, sent;
  reg          unsent;
  wire [31:0]  wanted = {24'd0, model_word[7:0]} + {31'd0, model_word[8]};
  wire         good = model_word[31:9] == 23'd0 && model_word[7:0] != 8'd0 && wanted <= COMPONENTS_LIMIT && delays_word >= 32'd2 &&
                      delays_word <= DELAYS_LIMIT && !evaluations_bad;
  reg          good_q;

  assign ld_begin_ready = state == E_IDLE && !unsent;
  assign ld_ready = in_words;
  // a trace's place: all its signals within the memory
  reg  [31:0]  place;
  reg          brief;                           // the answer has no Gram matrix
  wire         place_good = place <= SIGNALS_LIMIT && {1'b0, place[S:0]} + {{(S+1-N){1'b0}}, delays} <= SIGNALS_LIMIT[S+1:0];
  reg          place_good_q;
  assign ld_reject = (is_config && !good_q) || (is_trace && !place_good_q);

  always @(posedge clk) begin
    good_q <= good;
    place_good_q <= place_good;
    case (state)
      E_IDLE:
        if (begins) begin
          state <= E_BEGUN;
          kind <= ld_kind;
          count <= 16'd0;
          rs_seq <= ld_seq;
          ld_missing <= ld_kind != KIND_CONFIG && !(config_held && ld_config == config_id && (ld_kind == KIND_AXIS || axis_held));
          if (ld_kind == KIND_CONFIG) begin
            config_id <= ld_config;
            config_held <= 1'b0;
          end
        end
      E_BEGUN: begin
        if (!ld_missing && !is_trace) axis_held <= 1'b0;
        state <= ld_missing || ld_abort ? E_IDLE : E_WORDS;
      end
      E_WORDS: begin
        if (ld_valid) count <= count + 16'd1;
        if (ld_abort) state <= E_IDLE;
        else if (ld_commit) begin
          state <= is_trace && place_good_q ? E_FIT : E_IDLE;
          if (is_axis) axis_held <= 1'b1;
          if (is_config && good_q) begin
            config_held <= 1'b1;
            components <= model_word[2:0];
            extended <= model_word[8];
            delays <= delays_word[N:0];
          end
        end
      end
      default: if (result_done) state <= E_IDLE;
    endcase
    if (takes && is_config && count == 16'd0) model_word <= ld_word;
    if (takes && is_config && count == 16'd1) delays_word <= ld_word;
    if (takes && is_config && count == EVALUATIONS_COUNT) once <= ld_word[23:0] == 24'd0;
    if (takes && is_config && count == EVALUATIONS_COUNT) evaluations_bad <= ld_word[31:EVALUATIONS_BITS] != {(32-EVALUATIONS_BITS){1'b0}};
    if (takes && is_trace && count == PLACE_COUNT) {brief, place} <= {ld_word[TA_BRIEF_BIT], ld_word & ~(32'd1 << TA_BRIEF_BIT)};
    if (rst) begin
      state <= E_IDLE;
      config_held <= 1'b0;
      axis_held <= 1'b0;
    end
  end

  always @* begin
    case (kind)
      KIND_CONFIG: ld_expect = CONFIG_WORDS;
      KIND_AXIS: ld_expect = {{(14-N){1'b0}}, delays, 1'b0};
      default: ld_expect = START_WORDS + (kind[0] ? 16'd0 : {{(15-N){1'b0}}, delays});
    endcase
  end

  // ---- floats: configuration at 0, start at 32; samples ----
  (* no_rw_check *) reg [31:0] floats [0:63];
  wire         in_start = is_trace && count < START_WORDS;
  wire [5:0]   float_place = is_config ? count[5:0] - HEAD_WORDS_6 : count[5:0] + 6'd32;
  wire         float_write = takes && (is_config ? count >= HEAD_WORDS : in_start);
  reg  [31:0]  float_word;
  wire [N-1:0] signal_place = count[N-1:0] - START_WORDS[N-1:0];
  wire [N-1:0] t_address, weight_address, y_address;
  wire [31:0]  t;
  wire [16:0]  weight;
  wire         gone;
  wire [23:0]  y;

  // a clock late: the place may have come in the clock before the first signal
  reg          sample_write;
  reg  [1:0]   sample_which;
  reg  [N-1:0] sample_place;
  reg  [31:0]  sample_word;
  always @(posedge clk) begin
    sample_write <= takes && !is_config && !in_start && !rst;
    sample_which <= is_trace ? 2'd2 : {1'b0, count[0]};
    sample_place <= is_trace ? signal_place : count[N:1];
    sample_word <= ld_word;
  end

  ta_samples #(.ADDRESS_BITS(N), .SIGNAL_BITS(S)) samples (
    .clk(clk), .write(sample_write && (!sample_which[1] || place_good)), .which(sample_which),
    .write_address(sample_place), .write_data(sample_word), .place(place[S-1:0]),
    .t_address(t_address), .t(t), .weight_address(weight_address), .weight(weight), .gone(gone), .y_address(y_address), .y(y)
  );

  // ---- IN: request in clock t, address to the sums in t, to the floats in t + 1, out in t + 3 (fit_processor.v) ----
  wire                in_request_unused, in_context_unused, out_context_unused, pass_context_unused, result_context_unused, busy_unused;
  wire [9:0]          in_address;
  wire signed [A-1:0] acc_value;
  reg  [9:0]          in_address_1;
  reg                 of_pass, of_float;
  reg  [7:0]          small_value;
  reg  signed [9:0]   small_exponent;
  reg  signed [53:0]  in_value;
  reg  signed [9:0]   in_exponent;
  wire                immediate = in_address_1[9];
  wire [5:0]          float_address = in_address_1[5:0];

  always @(posedge clk) begin
    if (float_write) floats[float_place] <= ld_word;
    float_word <= floats[float_address];
    in_address_1 <= in_address;
    of_pass <= !immediate && !in_address_1[7];
    of_float <= !immediate && !in_address_1[6];
    small_value <= immediate ? (in_address_1[8] ? 8'd1 : in_address_1[7:0]) : in_address_1[1] ? {7'd0, brief} : in_address_1[0] ? {7'd0, extended} : {5'd0, components};
    small_exponent <= immediate && in_address_1[8] ? {{2{!in_address_1[7]}}, !in_address_1[7], in_address_1[6:0]} : 10'd0;
    if (of_pass) begin
      in_value <= acc_value;
      in_exponent <= 10'd0;
    end else if (of_float) begin
      in_value <= {{30{float_word[23]}}, float_word[23:0]};
      in_exponent <= {{2{float_word[31]}}, float_word[31:24]};
    end else begin
      in_value <= {46'd0, small_value};
      in_exponent <= small_exponent;
    end
  end

  // ---- the two halves ----
  wire        starts = in_words && ld_commit && is_trace && place_good_q && !ld_abort;
  wire        pass_start, pass_done, out_valid;
  wire [9:0]  out_address;
  wire [31:0] out_word;
  wire        out_result = out_address[9:8] == 2'b11;

  wire        outside_read_unused;
  wire [12:0] outside_address_unused;
  wire [9:0]  out_place_unused;
  fit_processor #(
    .WORD_BITS(WORD_BITS), .CONTEXTS(1), .PROGRAM_FILE("ta_program.hex"), .CONSTANTS_FILE(WORD_BITS == 18 ? "ta_constants_18.hex" : "ta_constants_20.hex"),
    .TARGET(TARGET), .MULTIPLIER(FEW_CELLS != 0 && TARGET == "ecp5" ? "adders" : TARGET)
  ) processor (
    .clk(clk), .rst(rst),
    .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .outside_read(outside_read_unused), .outside_address(outside_address_unused), .outside_word(41'd0),
    .job_start(starts), .pass_start(pass_start), .pass_context(pass_context_unused), .pass_done(pass_done),
    .result_done(result_done), .result_context(result_context_unused), .busy(busy_unused),
    .in_request(in_request_unused), .in_context(in_context_unused), .in_address(in_address), .in_value(in_value), .in_exponent(in_exponent),
    .out_valid(out_valid), .out_context(out_context_unused), .out_address(out_address), .out_place(out_place_unused), .out_word(out_word)
  );

  ta_pass #(.DELAYS_MAX(DELAYS_MAX), .WORD_BITS(WORD_BITS), .ACCUMULATOR_BITS(A), .TARGET(TARGET), .FEW_CELLS(FEW_CELLS), .KEEP(KEEP)) pass (
    .clk(clk), .rst(rst), .start(pass_start), .done(pass_done), .gradient(brief && once), .forget(in_words && !is_trace),
    .components(components), .extended(extended), .delays(delays),
    .t_address(t_address), .t(t), .weight_address(weight_address), .weight(weight), .gone(gone), .y_address(y_address), .y(y),
    .cf_write(out_valid && !out_result), .cf_address(out_address), .cf_word(out_word),
    .acc_address(in_address[6:0]), .acc_value(acc_value)
  );

  // ---- result ----
  localparam [1:0] R_IDLE = 2'd0, R_READ = 2'd1, R_TAKE = 2'd2, R_GIVE = 2'd3;
  (* no_rw_check *) reg [31:0] results [0:127];
  reg  [31:0] result_word, cycles;
  reg  [1:0]  sending;
  reg  [6:0]  index, words;
  wire [2:0]  columns = components + {2'd0, extended};
  wire        last = index == words;
  assign rs_valid = sending == R_GIVE;
  assign rs_last = last;
  assign rs_config = config_id;
  assign rs_words = {9'd0, words} + 16'd1;
  assign sent = rs_valid && rs_ready && last;

  always @(posedge clk) begin
    if (out_valid && out_result) results[out_address[6:0]] <= out_word;
    result_word <= results[index];
    words <= FIXED + (brief ? 7'd0 : columns == 3'd1 ? 7'd10 : columns == 3'd2 ? 7'd21 : columns == 3'd3 ? 7'd36 : 7'd55);
    if (starts) cycles <= 32'd0;
    else if (state == E_FIT) cycles <= cycles + 32'd1;
    if (result_done) unsent <= 1'b1;
    else if (sent) unsent <= 1'b0;
    case (sending)
      R_IDLE: begin
        index <= 7'd0;
        if (unsent) sending <= R_READ;
      end
      R_READ: sending <= R_TAKE;
      R_TAKE: begin
        rs_word <= last ? cycles : result_word;
        sending <= R_GIVE;
      end
      default:
        if (rs_ready) begin
          index <= index + 7'd1;
          sending <= last ? R_IDLE : R_READ;
        end
    endcase
    if (rst) begin
      sending <= R_IDLE;
      unsent <= 1'b0;
    end
  end
endmodule
`default_nettype wire
