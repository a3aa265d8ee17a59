// The pass: one walk over the groups of a histogram for one set of coefficients. host/model/decay_pass.c gives the same bits.
//
//   mu_n = background + sum_k c_k[n],  J = (c_k, -v_k, sum_k rate_k c_k - shift input, 1)
//   pair sums  H = sum J_i J_j / mu,  gradient = sum J_i (y - mu) / mu,  chi2 = sum (y - mu)^2 / mu
//
// Purpose    decay_sequencer    which product when, step after step
//            decay_coefficients words of all contexts
//            decay_fir          input FIR, two multipliers
//            decay_recursion    states c, v: one multiplier in a ring
//            decay_mean         mu, binade, residual, scales for the next pass
//            decay_normaliser   J / mu and (y - mu) / mu, one multiplier
//            decay_lanes        pair sums, four multipliers
// Formats    states and mu: 2W bits signed, F fraction bits; operands W bits; sums ACCUMULATOR_BITS. W = WORD_BITS.
// Latency    `done` about 25 + pairs clocks behind the last step; used_* are valid with it, sums may be read from the 2nd clock behind it on, 2 clocks behind
//            acc_address.
// Throughput a step in max(8, 4K) clocks (lanes: 12 for K = 3, 19 for K = 4), of a single bin in max(that,
//            max(2, K) max(4, taps)) where its FIR sees the response (K = 4: 3 more). Another context's pass may start when `busy` is low again, before `done`; a context's
//            own next one behind its `done`. Measured clocks of a pass: tests/rtl/decay_pass.
// Overflow   as in the model: states, means and operands saturate, sums of lane 0 wrap
// Does not   check the layout or the coefficients (words as the fit processor gives them, y 2^F < 2^(2W-2), background >= 0,
//            IRF addresses within fine + 34 words). A context's sums are those of its last pass until its next one ends.
`default_nettype none
module decay_pass #(
  // W: 16 or 18
  parameter WORD_BITS = 16,
  parameter COMPONENTS_MAX = 3,
  parameter COUNT_BITS = 24,
  parameter FINE_MAX = 192,
  parameter GROUPS_MAX = 256,
  parameter ACCUMULATOR_BITS = 48,
  // bits of a context's number
  parameter CONTEXT_BITS = 1,
  // bits of a count of groups, of addresses
  parameter GROUPS_BITS = $clog2(GROUPS_MAX + 1),
  parameter INDEX_BITS = $clog2(GROUPS_MAX),
  parameter FINE_ADDRESS_BITS = $clog2(FINE_MAX + 34),
  parameter STEP_ADDRESS_BITS = $clog2(GROUPS_MAX + 8),
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                               clk,
  input  wire                               rst,
  // control
  input  wire                               start,
  input  wire [CONTEXT_BITS-1:0]            start_context,
  input  wire                               first,               // the job's first pass
  input  wire [5:0]                         fraction_bits,       // F, at most 22
  output reg                                busy,                // no pass can start
  input  wire                               whole,               // the words of groups are there, too; else the pass waits for them before the first group
  output reg                                done,
  output reg  [CONTEXT_BITS-1:0]            done_context,
  // layout, stable while busy
  input  wire [2:0]                         components,
  input  wire [3:0]                         taps,
  input  wire [3:0]                         shift_taps,
  input  wire [GROUPS_BITS-1:0]             pre,
  input  wire                               period,              // without, the words of the states before pre-groups are zeros
  input  wire [GROUPS_BITS-1:0]             fine,
  input  wire [95:0]                        octave_groups,       // width 2^o: bits 8 (o - 1) on
  input  wire [3:0]                         octaves,
  // counts
  output wire [CONTEXT_BITS-1:0]            y_context,
  output wire [INDEX_BITS-1:0]              y_address,
  input  wire [COUNT_BITS-1:0]              y_data,
  // IRF: fine response from bin -16 on, step sums
  output wire [FINE_ADDRESS_BITS-1:0]       fine_address,
  input  wire [WORD_BITS-1:0]               fine_data,
  input  wire [FINE_ADDRESS_BITS-1:0]       irf_rise,            // addresses of the first and last fine word that is not zero
  input  wire [FINE_ADDRESS_BITS-1:0]       irf_fall,
  output wire [STEP_ADDRESS_BITS-1:0]       step_address,
  input  wire [WORD_BITS-1:0]               step_data,
  // coefficients from the processor
  input  wire                               cf_write,
  input  wire [CONTEXT_BITS-1:0]            cf_context,
  input  wire [9:0]                         cf_address,
  input  wire [31:0]                        cf_word,
  // sums and scales to the processor
  input  wire [CONTEXT_BITS-1:0]            acc_context,
  input  wire [6:0]                         acc_address,
  output wire signed [ACCUMULATOR_BITS-1:0] acc_value,
  output reg  [5:0]                         used_residual_fine,       // of acc_context, a clock behind it
  output reg  signed [6:0]                  used_background_exponent
);
  localparam W = WORD_BITS, S = 2 * W;
  localparam [31:0] W_32 = W;
  localparam [5:0] W_6 = W_32[5:0];
  localparam [2:0] K_BACKGROUND = 3'd3, K_ANCHOR = 3'd4, K_NODE = 3'd5;
  // Behind the sequencer's end, in clocks: all residuals are in; their length is known; the last group is in the lanes.
  localparam [4:0] FINISH = 5'd10, LENGTH = 5'd15, SETTLE = 5'd28;
  // Behind a load's begin, which may be in the end of the pass before: that one's last count is taken; its last group's mean is out; lanes have its residual.
  localparam [5:0] TAKE_FRACTION = 6'd8, TAKE_MEAN = 6'd17, TAKE_RESIDUAL = 6'd38;

  // ---- control, scales: the head of a pass begins while the tail of the one before is still under way ----
  reg              waiting, next_first, first_pass, tail, settled;
  reg  [CONTEXT_BITS-1:0] fir_context, context_id, tail_context, drain_context;
  reg  [5:0]       head_clock, mean_fraction;
  reg  [4:0]       tail_clock;
  reg  [5:0]       residual_coarse;
  // of each context: for its next pass, and of its last one
  reg  [5:0]       coarse_of [0:(1<<CONTEXT_BITS)-1];
  reg  signed [6:0] exponent_of [0:(1<<CONTEXT_BITS)-1];
  reg  [5:0]       fine_used [0:(1<<CONTEXT_BITS)-1];
  reg  signed [6:0] exponent_used [0:(1<<CONTEXT_BITS)-1];
  wire             begins = start && !busy;
  wire             flushes, begun, ended, drained, lanes_busy;
  wire [5:0]       residual_length;
  wire signed [6:0] background_exponent, least_exponent;
  wire             far = residual_coarse > 6'd8;
  wire [5:0]       residual_fine = far ? residual_coarse - 6'd8 : 6'd0;
  wire [3:0]       residual_up = far ? 4'd8 : residual_coarse[3:0];
  wire [5:0]       next_coarse = residual_length + 6'd2 > W_6 ? residual_length + 6'd2 - W_6 : 6'd0;
  reg              take_mean, finish;
  wire             drain = settled && !lanes_busy;
  // the lanes have drained before the next pass's first group comes; a pass of few groups has its residuals' scale before the next one begins
  reg              scaled;
  wire             room = !ended && scaled && (!tail || tail_clock > {components, 2'b00} - 5'd2);

  assign y_context = context_id;

  always @(posedge clk) begin
    if (begins) begin
      busy <= 1'b1;
      waiting <= 1'b1;
      fir_context <= start_context;
      next_first <= first;
    end
    if (begun) waiting <= 1'b0;
    if (flushes) busy <= 1'b0;
    head_clock <= begun ? 6'd0 : head_clock == 6'd63 ? head_clock : head_clock + 6'd1;
    if (head_clock == TAKE_FRACTION) mean_fraction <= fraction_bits;
    take_mean <= head_clock == TAKE_MEAN;
    if (head_clock == TAKE_MEAN) begin
      context_id <= fir_context;
      first_pass <= next_first;
    end
    if (head_clock == TAKE_RESIDUAL) residual_coarse <= first_pass ? W_6 : coarse_of[context_id];
    scaled <= !begun && (scaled || head_clock == TAKE_RESIDUAL);

    tail_clock <= tail_clock + 5'd1;
    if (ended) begin
      tail <= 1'b1;
      tail_clock <= 5'd0;
      tail_context <= context_id;
    end
    finish <= tail && tail_clock == FINISH - 5'd1;
    if (finish) begin
      exponent_of[tail_context] <= least_exponent;
      fine_used[tail_context] <= residual_fine;
      exponent_used[tail_context] <= background_exponent;
    end
    if (tail && tail_clock == LENGTH) coarse_of[tail_context] <= next_coarse;
    used_residual_fine <= fine_used[acc_context];
    used_background_exponent <= exponent_used[acc_context];
    if (tail && tail_clock == SETTLE) begin
      tail <= 1'b0;
      settled <= 1'b1;
    end
    if (drain) begin
      settled <= 1'b0;
      drain_context <= tail_context;
    end
    done <= drained;
    if (drained) done_context <= drain_context;
    if (rst) begin
      busy <= 1'b0;
      done <= 1'b0;
      tail <= 1'b0;
      settled <= 1'b0;
      finish <= 1'b0;
      waiting <= 1'b0;
      context_id <= {CONTEXT_BITS{1'b0}};
      head_clock <= 6'd63;
      scaled <= 1'b1;
      take_mean <= 1'b0;
    end
  end

  // ---- sequencer, coefficients, FIR ----
  wire               fir_second, fir_first, fir_last, fir_float, fir_integer, fir_more, fir_other, fir_take;
  wire [1:0]         fir_place, fir_component;
  wire [3:0]         fir_index;
  wire [W+8:0]       fir_word, other_word;
  wire [W-1:0]       g;
  wire [2:0]         fir_kind, result_kind;
  wire               result_wide;
  wire signed [S-1:0] x, result;
  wire               frame, frame_first, frame_last, frame_load, frame_fine, frame_closes, frame_second, frame_rates, frame_norm;
  wire [1:0]         frame_component, frame_bank, rec_component;
  wire [3:0]         frame_octave, frame_width, rec_octave;
  wire               rec_second;
  wire [W+5:0]       rec_word;

  decay_sequencer #(
    .WORD_BITS(W), .GROUPS_BITS(GROUPS_BITS), .FINE_ADDRESS_BITS(FINE_ADDRESS_BITS), .STEP_ADDRESS_BITS(STEP_ADDRESS_BITS)
  ) sequencer (
    .clk(clk), .rst(rst), .start(waiting && room), .whole(whole), .next(waiting && scaled),
    .flushes(flushes), .begun(begun), .ended(ended),
    .components(components), .taps(taps), .shift_taps(shift_taps), .pre(pre), .earlier_pulses(period), .fine(fine),
    .octave_groups(octave_groups), .octaves(octaves), .irf_rise(irf_rise), .irf_fall(irf_fall),
    .anchor_valid(result_kind == K_ANCHOR), .node_valid(result_kind == K_NODE), .expanded(result[7:0]),
    .fine_address(fine_address), .fine_data(fine_data), .step_address(step_address), .step_data(step_data),
    .fir_place(fir_place), .fir_component(fir_component), .fir_index(fir_index), .fir_second(fir_second),
    .g(g), .fir_first(fir_first), .fir_last(fir_last), .fir_float(fir_float), .fir_integer(fir_integer), .fir_more(fir_more),
    .fir_kind(fir_kind), .fir_other(fir_other), .fir_take(fir_take),
    .frame(frame), .frame_component(frame_component), .frame_first(frame_first), .frame_last(frame_last),
    .frame_load(frame_load), .frame_fine(frame_fine), .frame_octave(frame_octave), .frame_closes(frame_closes),
    .frame_second(frame_second), .frame_rates(frame_rates), .frame_norm(frame_norm), .frame_width(frame_width),
    .frame_bank(frame_bank)
  );

  decay_coefficients #(.WORD_BITS(W), .COMPONENTS_MAX(COMPONENTS_MAX), .CONTEXT_BITS(CONTEXT_BITS)) coefficients (
    .clk(clk), .cf_write(cf_write), .cf_context(cf_context), .cf_address(cf_address), .cf_word(cf_word),
    .fir_context(fir_context), .rec_context(context_id),
    .fir_place(fir_place), .fir_component(fir_component), .fir_index(fir_index), .fir_second(fir_second), .fir_word(fir_word), .other_word(other_word),
    .rec_component(rec_component), .rec_octave(rec_octave), .rec_second(rec_second), .rec_word(rec_word)
  );

  decay_fir #(.WORD_BITS(W), .TARGET(TARGET)) fir (
    .clk(clk), .word(fir_word), .g(g), .first(fir_first), .last(fir_last), .as_float(fir_float),
    .scale(fir_integer ? 6'd0 : fraction_bits), .more(fir_more), .kind(fir_kind),
    .other_word(other_word), .with_other(fir_other), .take(fir_take), .state(x), .result(result), .result_wide(result_wide), .result_kind(result_kind)
  );

  // ---- recursion, mean ----
  wire [11:0]        at;
  wire               middle_first, middle_last, middle_rates, middle_norm, late_first, late_closes, late_norm;
  wire [1:0]         middle_component;
  wire signed [S-1:0] state, item, shift_item, residual;
  wire [5:0]         exponent;
  wire [7:0]         index;
  wire [W-1:0]       background_operand;
  wire [3:0]         width;

  decay_recursion #(.WORD_BITS(W), .TARGET(TARGET)) recursion (
    .clk(clk), .rst(rst),
    .frame(frame), .frame_component(frame_component), .frame_first(frame_first), .frame_last(frame_last),
    .frame_load(frame_load), .frame_fine(frame_fine), .frame_octave(frame_octave), .frame_closes(frame_closes),
    .frame_second(frame_second), .frame_rates(frame_rates), .frame_norm(frame_norm), .frame_bank(frame_bank),
    .x(x), .shift_x(result),
    .rec_component(rec_component), .rec_octave(rec_octave), .rec_second(rec_second), .rec_word(rec_word),
    .at(at), .middle_component(middle_component), .middle_first(middle_first), .middle_last(middle_last),
    .middle_rates(middle_rates), .middle_norm(middle_norm), .late_first(late_first), .late_closes(late_closes),
    .late_norm(late_norm), .state(state), .item(item), .shift_item(shift_item)
  );

  decay_mean #(.WORD_BITS(W), .COUNT_BITS(COUNT_BITS), .GROUPS_BITS(INDEX_BITS)) mean (
    .clk(clk), .load(begun), .start(take_mean), .finish(finish), .first_pass(first_pass), .fraction_bits(mean_fraction),
    .carried_exponent(exponent_of[context_id]),
    .eighth(pre != {GROUPS_BITS{1'b0}}),
    .background_valid(result_kind == K_BACKGROUND), .background(result), .background_wide(result_wide),
    .at(at), .early_first(frame_first), .early_norm(frame_norm), .early_second(frame_second), .early_width(frame_width),
    .middle_first(middle_first), .middle_rates(middle_rates), .middle_norm(middle_norm),
    .late_first(late_first), .late_closes(late_closes), .item(item),
    .y_address(y_address), .y_data(y_data),
    .exponent(exponent), .index(index), .residual(residual), .background_operand(background_operand), .width(width),
    .background_exponent(background_exponent), .least_exponent(least_exponent), .residual_length(residual_length)
  );

  // ---- pair sums ----
  wire         left_write, right_write, go, coarse, relative_coarse;
  wire [5:0]   left_address, right_address;
  wire [W-1:0] left, right, right_residual;
  wire [1:0]   go_group;

  decay_normaliser #(.WORD_BITS(W), .TARGET(TARGET)) normaliser (
    .clk(clk), .rst(rst), .components(components), .residual_fine(residual_fine), .residual_coarse(residual_coarse),
    .at(at), .early_first(frame_first), .early_norm(frame_norm), .early_component(frame_component),
    .middle_component(middle_component), .middle_first(middle_first), .middle_last(middle_last), .middle_norm(middle_norm),
    .late_norm(late_norm), .state(state), .shift_item(shift_item),
    .exponent(exponent), .index(index), .residual(residual), .background_operand(background_operand), .width(width),
    .left_write(left_write), .left_address(left_address), .left(left),
    .right_write(right_write), .right_address(right_address), .right(right),
    .go(go), .go_group(go_group), .right_residual(right_residual), .coarse(coarse), .relative_coarse(relative_coarse)
  );

  decay_lanes #(
    .WORD_BITS(W), .COMPONENTS_MAX(COMPONENTS_MAX), .GROUPS_MAX(GROUPS_MAX), .ACCUMULATOR_BITS(ACCUMULATOR_BITS), .CONTEXT_BITS(CONTEXT_BITS), .TARGET(TARGET)
  ) lanes (
    .clk(clk), .rst(rst), .components(components), .drain_context(tail_context),
    .drain(drain), .drained(drained), .busy(lanes_busy), .residual_up(residual_up),
    .left_write(left_write), .left_address(left_address), .left(left),
    .right_write(right_write), .right_address(right_address), .right(right),
    .go(go), .go_group(go_group), .right_residual(right_residual), .coarse(coarse), .relative_coarse(relative_coarse),
    .acc_context(acc_context), .acc_address(acc_address), .acc_value(acc_value)
  );
endmodule
`default_nettype wire
