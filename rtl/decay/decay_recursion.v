// Leaky recursion of every component's states, as a ring around one multiplier.
//
//   single bin   c += x - eps c,    v += eps (c_old + x/2 - v)
//   wide step    c += x - e c,      v += kappa c_old - e v
//   every step   sum_k rate_k c_k of the state before it (the shift column of the group that ended there)
//   load         c = x, v = the next x
// Operands are W-bit windows of (state + what the last operand left over): shifts 0, W/2, W, the smallest that fits.
//
// Formats    states, x: signed, 2W bits, F fraction bits; coefficients {magnitude[W-1:0], shift[5:0]}; product shifts below
//            -4 count as -4
// Frames     one a component and step, at least 4 clocks apart, a component's 8 or more (10 after frame_second). Clock b is
//            the one in which `frame` is high. x must stand in b + 1, a load's v in b + 3. In clock b + ...
//              0..3   state addresses c, v, and (for the normaliser) c, v of the step before: data one clock later
//              2..5   multiplier operands kappa c, e c, e v, rate c
//              6..9   their sums; states are written in 8 and 9 (frame_second: again in 10 and 11)
//              10, 11 c, v of the group on `item`; the shift column is ready behind clock 10 of the last frame
// Throughput a frame in 4 clocks, one multiplier.
// Overflow   operands, states and sums of two steps saturate.
// Does not   keep more than the last three steps' states.
`default_nettype none
module decay_recursion #(
  // W; states have twice as many bits
  parameter WORD_BITS = 16,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                          clk,
  input  wire                          rst,
  // frames
  input  wire                          frame,
  input  wire [1:0]                    frame_component,
  input  wire                          frame_first,
  input  wire                          frame_last,
  input  wire                          frame_load,
  input  wire                          frame_fine,
  input  wire [3:0]                    frame_octave,
  input  wire                          frame_closes,
  input  wire                          frame_second,
  input  wire                          frame_rates,
  input  wire                          frame_norm,
  input  wire [1:0]                    frame_bank,
  // inputs of the recursion and of the shift column
  input  wire signed [2*WORD_BITS-1:0] x,
  input  wire signed [2*WORD_BITS-1:0] shift_x,           // in clock b + 9 of a step's first frame
  // coefficients, one clock behind the address
  output wire [1:0]                    rec_component,
  output wire [3:0]                    rec_octave,
  output wire                          rec_second,
  input  wire [WORD_BITS+5:0]          rec_word,
  // clocks, and what holds in 4 .. 7 (middle) and 8 .. 11 (late)
  output wire [11:0]                   at,                // clock b + 0 .. b + 11 of a frame
  output wire [1:0]                    middle_component,
  output wire                          middle_first,
  output wire                          middle_last,
  output wire                          middle_rates,
  output wire                          middle_norm,
  output wire                          late_first,        // 8 .. 11
  output wire                          late_closes,
  output wire                          late_norm,
  output wire signed [2*WORD_BITS-1:0] state,             // as read
  output wire signed [2*WORD_BITS-1:0] item,
  output reg  signed [2*WORD_BITS-1:0] shift_item
);
  localparam W = WORD_BITS, S = 2 * W, H = W / 2;
  localparam P = S + 5;                    // product, 4 bits up, and a bit to round by
  localparam SUM = S + 7;
  localparam [31:0] W_32 = W, H_32 = H;
  localparam signed [8:0] CUT_FULL = W_32[8:0], CUT_HALF = H_32[8:0];

  // ---- frames under way ----
  reg [11:1] at_q;
  assign at = {at_q, frame};
  always @(posedge clk) at_q <= rst ? 11'd0 : {at_q[10:1], frame};

  reg [1:0] middle_bank, late_bank;
  reg       middle_load, middle_fine, middle_closes, middle_second, late_second, late_rates;
  reg [1:0] component_m, component_l;
  reg       first_m, last_m, rates_m, norm_m, first_l, last_l, load_l, closes_l, norm_l;
  always @(posedge clk) begin
    if (at_q[3]) begin
      component_m <= frame_component;
      first_m <= frame_first;
      last_m <= frame_last;
      rates_m <= frame_rates;
      norm_m <= frame_norm;
      middle_bank <= frame_bank;
      middle_load <= frame_load;
      middle_fine <= frame_fine;
      middle_closes <= frame_closes;
      middle_second <= frame_second;
    end
    if (at_q[7]) begin
      component_l <= component_m;
      first_l <= first_m;
      last_l <= last_m;
      load_l <= middle_load;
      closes_l <= middle_closes;
      late_bank <= middle_bank;
      late_second <= middle_second;
      late_rates <= rates_m;
      norm_l <= norm_m;
    end
  end
  assign middle_component = component_m;
  assign middle_first = first_m;
  assign middle_last = last_m;
  assign middle_rates = rates_m;
  assign middle_norm = norm_m;
  assign late_first = first_l;
  assign late_closes = closes_l;
  assign late_norm = norm_l;

  // ---- states and what operands left over ----
  (* ram_style = "block", no_rw_check *) reg [S-1:0] states [0:31];
  (* ram_style = "block", no_rw_check *) reg [W-1:0] rests [0:7];
  reg  [W-1:0]        rest;
  // a load multiplies what stands here by zero
  integer n;
  initial begin
    for (n = 0; n < 32; n = n + 1) states[n] = {S{1'b0}};
    for (n = 0; n < 8; n = n + 1) rests[n] = {W{1'b0}};
  end
  reg  signed [S-1:0] state_read, step_q;
  reg                 state_new;
  wire                write_step = at_q[8] || at_q[9];
  wire                write_sum = (at_q[10] || at_q[11]) && late_second;
  wire signed [S-1:0] stepped, doubled;
  wire [1:0]          read_bank = at_q[2] || at_q[3] ? frame_bank - 2'd1 : frame_bank;
  wire [4:0]          write_at = {late_bank + 2'd1, component_l, at_q[9] || at_q[11]};
  wire [4:0]          read_at = {read_bank, frame_component, at_q[1] || at_q[3]};
  // steps of 8 clocks, 10 behind two steps, read a state in the clock that writes it
  assign state = state_new ? step_q : state_read;
  always @(posedge clk) begin
    state_read <= states[read_at];
    state_new <= (write_step || write_sum) && read_at == write_at;
    if (write_step || write_sum) states[write_at] <= at_q[10] || at_q[11] ? doubled : stepped;
  end

  wire [W-1:0] left_over;
  always @(posedge clk) begin
    rest <= rests[{frame_component, at_q[2]}];
    if (at_q[2] || at_q[4]) rests[{at_q[4] ? component_m : frame_component, at_q[4]}] <= left_over;
  end

  // ---- operand ----
  reg  signed [S-1:0] c_old, v_old, source, x_held;
  reg  signed [S:0]   half, with_x, t;
  wire signed [S+1:0] difference = {half[S], half} - {{2{state[S-1]}}, state};
  wire                difference_over = difference[S+1:S-1] != {3{difference[S+1]}};
  wire signed [S-1:0] addend = at_q[1] ? state : source;
  wire [W-1:0]        added = at_q[4] ? {W{1'b0}} : rest;

  always @(posedge clk) begin
    if (at_q[1]) begin
      c_old <= state;
      x_held <= x;
      half <= {state[S-1], state} + {{2{x[S-1]}}, x[S-1:1]};
    end
    if (at_q[2]) with_x <= (frame_load ? {(S+1){1'b0}} : {c_old[S-1], c_old}) + {x_held[S-1], x_held};
    if (at_q[2] || (at_q[3] && frame_load)) v_old <= at_q[3] ? x : state;
    if (at_q[3]) source <= c_old;
    else if (!frame_fine) source <= state;
    else source <= difference_over ? {difference[S+1], {(S-1){!difference[S+1]}}} : difference[S-1:0];
    if (at_q[1] || at_q[3] || at_q[4]) t <= {addend[S-1], addend} + {{(S-W+1){1'b0}}, added};
  end

  wire over = t[S:S-1] == 2'b01;
  wire fits_low = t[S:W-1] == {(S-W+2){t[S]}};
  wire fits_half = t[S:W+H-1] == {(S-W-H+2){t[S]}};
  wire [W-1:0] operand = over ? {1'b0, {(W-1){1'b1}}} : fits_low ? t[W-1:0] : fits_half ? t[W+H-1:H] : t[S-1:W];
  wire [W-1:0] leaves = over ? {W{1'b1}} : fits_low ? {W{1'b0}} : fits_half ? {{(W-H){1'b0}}, t[H-1:0]} : t[W-1:0];
  assign left_over = (at_q[4] ? middle_load : frame_load) ? {W{1'b0}} : leaves;
  wire signed [8:0] cut = fits_low ? 9'sd0 : fits_half ? CUT_HALF : CUT_FULL;

  // ---- product, shift ----
  // addresses in clock b + 0 .. 3, words in 1 .. 4, held for 2 .. 5
  assign rec_component = frame_component;
  assign rec_octave = at_q[3] ? 4'd0 : frame_octave;
  assign rec_second = at[0] || at_q[3];
  reg [W+5:0] coefficient;
  always @(posedge clk) coefficient <= rec_word;

  wire none = (at_q[2] && (frame_fine || frame_load)) || (at_q[3] && frame_load) || (at_q[4] && middle_load);
  wire signed [S-1:0] product;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(0), .TARGET(TARGET)) multiplier (
    .clk(clk), .ce(1'b1), .a(operand), .b(none ? {W{1'b0}} : coefficient[W+5:6]), .p(product)
  );

  reg signed [8:0]   amount;
  reg [5:0]          down;
  reg [2:0]          down_fine;
  reg signed [P-1:0] coarse, shifted;
  wire signed [P-1:0] shifted_next = coarse >>> down_fine;
  always @(posedge clk) begin
    amount <= {3'd0, coefficient[5:0]} - cut + 9'sd4;
    down <= amount < 9'sd0 ? 6'd0 : amount > 9'sd63 ? 6'd63 : amount[5:0];
    coarse <= $signed({product, 5'd0}) >>> {down[5:3], 3'd0};
    down_fine <= down[2:0];
    shifted <= at_q[6] || (at_q[7] && !middle_fine) ? ~shifted_next : shifted_next;
  end

  // ---- sums ----
  reg signed [SUM-1:0] base, sum, rate_sum;
  reg signed [S+1:0]   shift_input;        // negative, of the steps of the present group; in a step's first clocks still that of the one before
  wire                 shift_over = at_q[5] && first_m && !middle_second;
  wire signed [SUM-1:0] sum_next = base + {{(SUM-P+1){shifted[P-1]}}, shifted[P-1:1]} + {{(SUM-1){1'b0}}, shifted[0]};
  wire sum_over = sum[SUM-1:S-1] != {(SUM-S+1){sum[SUM-1]}};
  assign stepped = sum_over ? {sum[SUM-1], {(S-1){!sum[SUM-1]}}} : sum[S-1:0];

  reg signed [S-1:0] c_before, v_before;
  reg signed [S:0]   double_sum;
  wire double_over = double_sum[S] != double_sum[S-1];
  assign doubled = double_over ? {double_sum[S], {(S-1){!double_sum[S]}}} : double_sum[S-1:0];
  assign item = doubled;
  wire signed [S-1:0] old_state = !late_second ? {S{1'b0}} : at_q[9] ? c_before : v_before;

  always @(posedge clk) begin
    if (at_q[5]) base <= {{(SUM-S){v_old[S-1]}}, v_old};
    else if (at_q[6]) base <= {{(SUM-S-1){with_x[S]}}, with_x};
    else if (at_q[7]) base <= sum;
    else base <= rate_sum;
    sum <= sum_next;
    step_q <= at_q[10] || at_q[11] ? doubled : stepped;
    // the last frame's sum is not needed here, and the next step's first frame may be on its way
    if (at_q[5] && first_m) rate_sum <= {{(SUM-S-2){shift_input[S+1]}}, shift_input};
    else if (at_q[10] && !last_l) rate_sum <= sum;
    if (at_q[10] && last_l && late_rates) shift_item <= stepped;
    if (at_q[5]) c_before <= c_old;
    if (at_q[6]) v_before <= v_old;
    double_sum <= {step_q[S-1], step_q} + {old_state[S-1], old_state};
    // a step that goes on with a group keeps its sum
    if (shift_over) shift_input <= {(S+2){1'b0}};
    else if (at_q[9] && first_l && !load_l) shift_input <= shift_input - {{2{shift_x[S-1]}}, shift_x};
  end
endmodule
`default_nettype wire
