// The pass of transient absorption: one walk over the delays of a trace for one set of coefficients. host/model/ta_pass.c gives the same bits.
//
//   residual = y - offset - (sum_k A_k F_k + c0 Eg + c1 v Eg)
//   pair sums of weight x item x item over items 0 residual, 1 + 2k F_k, 2 + 2k W_k, (extended: v Eg, v^2 Eg,) Eg, 1
//
// Purpose    A delay is a frame: a slot every second clock for each component and the Gaussian (extended: one more) goes through ta_basis; its
//            two columns become items; the residual of the delay before comes behind them. Items times the weight are the left operands of
//            decay_lanes, which sums as it does for decays. With KEEP the columns are kept (ta_kept_pass); with `gradient` a pass whose lifetimes, t0
//            and width are those of the kept ones reads them: it makes the residual's sums alone and leaves the others as they are.
// Formats    items 16 fraction bits, 18 bits signed; residual 22 fraction bits, 26 bits, as operand of 18 bits 8 bits coarser where it
//            does not fit; weight 0..65536
// Latency    `done` about 85 + pairs clocks behind the last frame; sums 2 clocks behind acc_address
// Throughput a delay in 6, 8, 12, 20 clocks for K + extended = 1, 2, 3, 4; with kept columns in one
// Overflow   items and residual saturate
// Does not   check the layout. Coefficients must not be written while it runs.
`default_nettype none
module ta_pass #(
  parameter DELAYS_MAX = 512,
  // 18 (signals of SNR 1000) or 20 (1e4)
  parameter WORD_BITS = 18,
  parameter ACCUMULATOR_BITS = 54,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic",
  // see ta_engine.v
  parameter FEW_CELLS = 0,
  // 1: columns are kept, 16 multiplier cells more
  parameter KEEP = 0,
  parameter ADDRESS_BITS = $clog2(DELAYS_MAX)
) (
  input  wire                               clk,
  input  wire                               rst,
  // control
  input  wire                               start,
  output reg                                done,
  input  wire                               gradient,            // sums of the residual are all that is wanted
  input  wire                               forget,              // layout, delays or weights may be others
  // layout
  input  wire [2:0]                         components,
  input  wire                               extended,
  input  wire [ADDRESS_BITS:0]              delays,
  // trace
  output wire [ADDRESS_BITS-1:0]            t_address,
  input  wire [31:0]                        t,
  output wire [ADDRESS_BITS-1:0]            weight_address,
  input  wire [16:0]                        weight,
  input  wire                               gone,                // with the weight: it counts as 0
  output wire [ADDRESS_BITS-1:0]            y_address,
  input  wire [23:0]                        y,
  // coefficients from the processor
  input  wire                               cf_write,
  input  wire [9:0]                         cf_address,
  input  wire [31:0]                        cf_word,
  // sums to the processor
  input  wire [6:0]                         acc_address,
  output wire signed [ACCUMULATOR_BITS-1:0] acc_value
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  localparam N = ADDRESS_BITS, W = WORD_BITS, X = W - 18, A = ACCUMULATOR_BITS;
  localparam M = 41 + 2 * X;                    // of the model's sum
  localparam [1:0] COMPONENT = 2'd0, GAUSS = 2'd1, ARTEFACT = 2'd2;
  localparam [17:0] ONE = 18'h10000;

  wire [2:0] pairs_of = components + {2'd0, extended};    // components of decay_lanes

  // ---- columns that are kept: whole, and of the coefficients that stand? ----
  wire                kept_starts, kept_done, of_kept;
  wire [N-1:0]        kept_y_address, kept_weight_address;
  wire [4*W+3:0]      amplitudes;
  wire signed [A-1:0] lanes_value;
  wire                starts = start && !kept_starts;

  // ---- frames: slots in clocks 0, 2, .., the residual two clocks behind the last ----
  reg          running;
  reg  [N:0]   frame;
  reg  [4:0]   phase;
  reg  [4:0]   last_phase;
  wire         flush = frame == delays;
  wire [2:0]   slot = phase[3:1];
  wire         in_slots = phase[4:1] <= {1'b0, pairs_of};
  wire         frame_over = phase == last_phase;
  assign t_address = frame[N-1:0];

  always @(posedge clk) begin
    case (pairs_of)
      3'd1: last_phase <= 5'd5;
      3'd2: last_phase <= 5'd7;      // the lanes' residual must stand for as long
      3'd3: last_phase <= 5'd11;
      default: last_phase <= 5'd19;  // even, as the others: slots come in every second clock throughout
    endcase
    phase <= frame_over ? 5'd0 : phase + 5'd1;
    if (frame_over) frame <= frame + {{N{1'b0}}, 1'b1};
    if (frame_over && flush) running <= 1'b0;
    if (starts) begin
      running <= 1'b1;
      frame <= {(N+1){1'b0}};
      phase <= 5'd0;
    end
    if (rst) running <= 1'b0;
  end

  // ---- tags of the stages; stage 0 is the clock in which t stands ----
  reg        valid [0:34];
  reg        ends [0:34];                       // last slot of its delay
  reg        closes [0:34];                     // the residual's place
  reg  [1:0] kind [0:29];
  reg  [1:0] component [0:29];
  reg        turn;                              // a slot stands at stage 0, 2, ..
  integer    i;
  always @(posedge clk) begin
    turn <= !phase[0];
    valid[0] <= running && !flush && in_slots && !phase[0];
    ends[0] <= running && !flush && !phase[0] && slot == pairs_of;
    closes[0] <= running && !phase[0] && phase[4:1] == {1'b0, pairs_of} + 4'd1 && frame != {(N+1){1'b0}};
    kind[0] <= slot < components ? COMPONENT : slot == components ? GAUSS : ARTEFACT;
    component[0] <= slot[1:0];
    for (i = 1; i < 35; i = i + 1) begin
      valid[i] <= valid[i-1] && !rst;
      ends[i] <= ends[i-1] && !rst;
      closes[i] <= closes[i-1] && !rst;
    end
    for (i = 1; i < 30; i = i + 1) begin
      kind[i] <= kind[i-1];
      component[i] <= component[i-1];
    end
  end

  // ---- columns ----
  wire signed [23:0] t0, offset;
  wire [W-1:0]       inverse, k_mantissa, k_fixed, first_26;
  wire [5:0]         inverse_shift, amplitude_shift, k_shift;
  wire [W+3:0]       k_square;
  wire [1:0]         k_component;
  wire signed [W:0]  artefact, slope, amplitude;
  wire signed [23:0] second_27;

  ta_coefficients #(.WORD_BITS(W)) coefficients (
    .clk(clk), .cf_write(cf_write), .cf_address(cf_address), .cf_word(cf_word),
    .t0(t0), .inverse(inverse), .inverse_shift(inverse_shift), .offset(offset), .artefact(artefact), .slope(slope),
    .amplitude_shift(amplitude_shift),
    .component(k_component), .k_mantissa(k_mantissa), .k_shift(k_shift), .k_fixed(k_fixed), .k_square(k_square),
    .amplitude_component(component[26]), .amplitude(amplitude), .amplitudes(amplitudes)
  );

  ta_basis #(.WORD_BITS(W), .TARGET(TARGET), .FEW_CELLS(FEW_CELLS)) basis (
    .clk(clk), .turn(turn), .kind(kind[0]), .t(t), .component(component[0]),
    .t0(t0), .inverse(inverse), .inverse_shift(inverse_shift),
    .k_component(k_component), .k_mantissa(k_mantissa), .k_shift(k_shift), .k_fixed(k_fixed), .k_square(k_square),
    .model_a(size_a_27), .model_b(size_b_27), .model_product(product_29),
    .first(first_26), .second(second_27)
  );

  // ---- 27: operands of the model's products; 29: products; 30: sum ----
  reg  [18:0]         v_gauss;                  // of the delay's Gaussian; below 1 in size
  reg  [W-1:0]        size_a_27, size_b_27;
  reg                 minus_27, minus_28, minus_29;
  wire signed [W:0]   factor = kind[26] == COMPONENT ? amplitude : !extended ? {(W+1){1'b0}} : kind[26] == GAUSS ? artefact : slope;
  wire                of_v = kind[26] == ARTEFACT;
  wire [W:0]          factor_size = factor[W] ? -factor : factor;
  wire [18:0]         v_size = v_gauss[18] ? -v_gauss : v_gauss;
  wire [W:0]          v_wide = {v_size[17:0], {(X+1){1'b0}}};
  wire [W-1:0]        v_up = v_wide[W:1];
  wire [2*W-1:0]      product_29;
  reg  signed [M-1:0] sum_30;
  wire                begins_29 = kind[29] == COMPONENT && component[29] == 2'd0;
  always @(posedge clk) begin
    if (valid[27] && kind[27] == GAUSS) v_gauss <= second_27[18:0];
    size_a_27 <= factor_size[W-1:0];
    size_b_27 <= of_v ? v_up : first_26;
    minus_27 <= factor[W] ^ (of_v && v_gauss[18]);
    minus_28 <= minus_27;
    minus_29 <= minus_28;
    if (valid[29]) sum_30 <= (begins_29 ? {M{1'b0}} : sum_30) + (minus_29 ? -{5'd0, product_29} : {5'd0, product_29});
  end

  // ---- 31: shifted; 32: rounded; 33: residual; 34: operand; the one of the delay is held ----
  reg  signed [M:0]  wide_31;
  wire [M:0]         rounded_31 = wide_31 + {{M{1'b0}}, 1'b1};
  reg  signed [M-1:0] model_32;
  reg  signed [M:0]  difference_33;
  reg  signed [24:0] above;                     // y - offset
  reg  signed [25:0] residual_34;
  reg  [17:0]        residual;
  reg                coarse;
  reg  [N-1:0]       summed;                    // delay whose residual is made
  wire               difference_fits = difference_33[M:25] == {(M-24){difference_33[M]}};
  wire               fine = residual_34[25:17] == {9{residual_34[25]}};
  wire signed [26:0] lifted = {residual_34[25], residual_34} + 27'sd128;
  wire               lifted_over = !lifted[26] && lifted[25];
  assign y_address = of_kept ? kept_y_address : summed;
  always @(posedge clk) begin
    wide_31 <= $signed({sum_30, 1'b0}) >>> amplitude_shift;
    model_32 <= rounded_31[M:1];
    above <= {y[23], y} - {offset[23], offset};
    difference_33 <= {{(M-24){above[24]}}, above} - {model_32[M-1], model_32};
    residual_34 <= difference_fits ? difference_33[25:0] : {difference_33[M], {25{~difference_33[M]}}};
    if (ends[34]) begin
      residual <= fine ? residual_34[17:0] : lifted_over ? 18'h1ffff : lifted[25:8];
      coarse <= !fine;
    end
    if (ends[33]) summed <= summed + {{(N-1){1'b0}}, 1'b1};
    if (starts) summed <= {N{1'b0}};
  end

  // a frame's end without a residual: the first
  reg     passed [0:26];
  integer m;
  always @(posedge clk) begin
    passed[0] <= running && !phase[0] && phase[4:1] == {1'b0, pairs_of} + 4'd1 && frame == {(N+1){1'b0}};
    for (m = 1; m < 27; m = m + 1) passed[m] <= passed[m-1] && !rst;
  end

  // ---- 28: items ----
  reg  [N-1:0]       delay, delay_27, delay_28;  // of the columns that become items
  reg                write_28;
  reg  [3:0]         item_28;
  reg  [17:0]        value_28;
  reg  [W-1:0]       first_27;
  reg  signed [23:0] second_28;
  wire [3:0]         gauss_item = {pairs_of, 1'b1};
  wire [3:0]         component_27 = {1'b0, component[27], 1'b0};
  wire [3:0]         component_28 = {1'b0, component[28], 1'b0};
  wire [3:0]         artefact_item = {components, 1'b1};
  wire signed [23:0] second_now = kind[27] == ARTEFACT && valid[27] ? second_27 : second_28;
  wire signed [24:0] second_up = {second_now[23], second_now} + 25'sd2;
  wire               second_fits = second_up[24:19] == {6{second_up[24]}};
  wire [17:0]        second_item = second_fits ? second_up[19:2] : {second_up[24], {17{~second_up[24]}}};
  wire [W:0]         first_up = {1'b0, first_27} + {{17{1'b0}}, 1'b1, {(X+1){1'b0}}};
  wire               of_before = closes[26];
  wire [N-1:0]       items_of = of_before ? delay - {{(N-1){1'b0}}, 1'b1} : delay;
  reg  [17:0]        go_residual;
  reg                go_coarse;
  assign weight_address = of_kept ? kept_weight_address : items_of;
  always @(posedge clk) begin
    if (closes[26] || passed[26]) delay <= delay + {{(N-1){1'b0}}, 1'b1};
    if (starts) delay <= {N{1'b0}};
    delay_27 <= items_of;
    delay_28 <= delay_27;
    first_27 <= first_26;
    second_28 <= second_27;
    write_28 <= (valid[27] || valid[28] || closes[27]) && !rst;
    if (closes[27]) begin
      item_28 <= 4'd0;
      value_28 <= residual;
      go_residual <= residual;
      go_coarse <= coarse;
    end else if (valid[27]) begin
      item_28 <= kind[27] == COMPONENT ? component_27 + 4'd1 : kind[27] == GAUSS ? gauss_item : artefact_item + 4'd1;
      value_28 <= kind[27] == ARTEFACT ? second_item : {1'b0, first_up[W:2+X]};
    end else begin
      item_28 <= kind[28] == COMPONENT ? component_28 + 4'd2 : kind[28] == GAUSS && extended ? artefact_item : gauss_item + 4'd1;
      value_28 <= kind[28] == COMPONENT || (kind[28] == GAUSS && extended) ? second_item : ONE;
    end
  end

  // ---- times the weight; 33: the lanes go ----
  reg  [16:0]        weight_28;
  reg                gone_28, gone_29, gone_30; // what is kept has its weight: another trace may have a signal there
  wire signed [35:0] weighted_30;
  reg  [17:0]        left_31;
  reg                write_29, write_30, write_31;
  reg  [5:0]         place_29, place_30, place_31;
  reg                go;
  reg  [1:0]         go_group;
  wire [5:0]         place_28 = {delay_28[1:0], item_28};
  wire [17:0]        whole_30 = weighted_30[33:16] + {17'd0, weighted_30[15]};
  multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(1), .B_SIGNED(0), .TARGET(FEW_CELLS != 0 && TARGET == "ecp5" ? "adders" : TARGET)) weigher (
    .clk(clk), .ce(1'b1), .a(value_28), .b({1'b0, weight_28}), .p(weighted_30)
  );
  always @(posedge clk) begin
    weight_28 <= gone && KEEP == 0 ? 17'd0 : weight;
    gone_28 <= gone && KEEP != 0;
    gone_29 <= gone_28;
    gone_30 <= gone_29;
    write_29 <= write_28 && !rst;
    write_30 <= write_29 && !rst;
    write_31 <= write_30 && !rst;
    place_29 <= place_28;
    place_30 <= place_29;
    place_31 <= place_30;
    left_31 <= gone_30 ? 18'd0 : whole_30;
    go <= closes[32] && !rst;
    if (write_31 && place_31[3:0] == 4'd0) go_group <= place_31[5:4];
  end

  // ---- sums; behind the last group they are put in order ----
  reg        waiting, settled;
  reg  [5:0] settle;
  wire       drained, lanes_busy;
  wire       drain = settled && !lanes_busy;
  always @(posedge clk) begin
    if (running && frame_over && flush) waiting <= 1'b1;
    settle <= waiting ? settle + 6'd1 : 6'd0;
    if (waiting && settle == 6'd40) begin
      waiting <= 1'b0;
      settled <= 1'b1;
    end
    if (drain) settled <= 1'b0;
    done <= drained || kept_done;
    if (rst) begin
      waiting <= 1'b0;
      settled <= 1'b0;
      done <= 1'b0;
    end
  end

  decay_lanes #(.WORD_BITS(18), .COMPONENTS_MAX(4), .GROUPS_MAX(DELAYS_MAX), .ACCUMULATOR_BITS(ACCUMULATOR_BITS), .TARGET(TARGET)) lanes (
    .clk(clk), .rst(rst), .components(pairs_of),
    .drain(drain), .drain_context(1'b0), .drained(drained), .busy(lanes_busy), .residual_up(4'd8),
    .left_write(write_31), .left_address(place_31), .left(left_31),
    .right_write(write_28), .right_address(place_28), .right(value_28),
    .go(go), .go_group(go_group), .right_residual(go_residual), .coarse(go_coarse), .relative_coarse(go_coarse),
    .acc_context(1'b0), .acc_address(acc_address), .acc_value(lanes_value)
  );

  generate
    if (KEEP != 0) begin : g_keep
      // words of the last whole pass that the columns depend on
      reg  [31:0]         words [0:31];
      reg                 same, reads;
      reg  [N-1:0]        delay_29, delay_30;
      wire                of_columns = cf_address[9:5] == 5'd0 && (cf_address[4:3] == 2'd0 ? cf_address[2:1] == 2'd0 : cf_address[1:0] < 2'd2);
      wire signed [A-1:0] kept_value;
      wire                of_gradient;
      always @(posedge clk) begin
        if (cf_write) words[cf_address[4:0]] <= cf_word;
        if (cf_write && of_columns && words[cf_address[4:0]] != cf_word) same <= 1'b0;
        if (starts) same <= 1'b1;
        if (start) reads <= kept_starts;
        if (forget || rst) same <= 1'b0;
        if (rst) reads <= 1'b0;
        delay_29 <= delay_28;
        delay_30 <= delay_29;
      end
      assign kept_starts = start && gradient && same;
      assign of_kept = reads;
      assign acc_value = reads && of_gradient ? kept_value : lanes_value;
      ta_kept_pass #(.DELAYS_MAX(DELAYS_MAX), .WORD_BITS(W), .ACCUMULATOR_BITS(A), .TARGET(TARGET)) kept (
        .clk(clk), .rst(rst), .components(components), .extended(extended), .delays(delays),
        .value_write(valid[26] && kind[26] != ARTEFACT && (kind[26] == COMPONENT || extended)), .value_address(delay),
        .value_place(kind[26] == COMPONENT ? component[26] : 2'd3), .value(first_26),
        .slope_write(valid[27] && kind[27] == GAUSS), .slope_address(delay_27), .slope_value(second_27[18:0]),
        .left_write(write_30 && place_30[3:0] != 4'd0), .left_address(delay_30), .left_item(place_30[3:0]), .left(whole_30),
        .start(kept_starts), .done(kept_done), .y_address(kept_y_address), .y(y), .gone_address(kept_weight_address), .gone(gone),
        .offset(offset), .amplitude_shift(amplitude_shift), .amplitudes(amplitudes), .artefact(artefact), .slope(slope),
        .acc_address(acc_address), .acc_value(kept_value), .of_gradient(of_gradient)
      );
    end else begin : g_anew
      wire asked_unused = gradient || forget;
      assign {kept_starts, kept_done, of_kept} = 3'd0;
      assign {kept_y_address, kept_weight_address} = {(2*N){1'b0}};
      assign acc_value = lanes_value;
    end
  endgenerate
  // verilator lint_on UNUSEDSIGNAL
endmodule
`default_nettype wire
