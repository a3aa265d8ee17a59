// Words of the fit processor become the integers of the pass.
//
//   address 0 X t0; 1 M B/s; 2 X offset; 3 W c0; 4 W c1; 8 + 4k: M k', M k'^2, W A_k     (docs/ta_engine.md)
//
// Purpose    t0 as an integer, offset with 22 fraction bits, k' with W - 2 and k'^2 with W fraction bits besides k' itself with its shift.
// Formats    W = WORD_BITS. X: f32x; M: {shift[29:24], mantissa[W-1:0]}; W: {shift[30:24], mantissa[W:0]}, see docs/fit_processor.md. t0 has W - 18
//            fraction bits
// Latency    4 clocks from cf_write. Throughput one word a clock.
// Overflow   t0 and offset saturate at 24 bits, k' at 4, k'^2 at 16.
// Does not   hold two sets: words must not change during a pass.
`default_nettype none
module ta_coefficients #(
  // 18 or 20
  parameter WORD_BITS = 18
) (
  input  wire               clk,
  input  wire               cf_write,
  input  wire [9:0]         cf_address,
  input  wire [31:0]        cf_word,
  // of the pass
  output reg  signed [23:0] t0,
  output reg  [WORD_BITS-1:0] inverse,
  output reg  [5:0]         inverse_shift,     // less 1
  output reg  signed [23:0] offset,
  output reg  signed [WORD_BITS:0] artefact,
  output reg  signed [WORD_BITS:0] slope,
  output reg  [5:0]         amplitude_shift,
  // of component k
  input  wire [1:0]         component,
  output reg  [WORD_BITS-1:0] k_mantissa,
  output reg  [5:0]         k_shift,           // less 1
  output reg  [WORD_BITS-1:0] k_fixed,
  output reg  [WORD_BITS+3:0] k_square,
  // of another
  input  wire [1:0]         amplitude_component,
  output reg  signed [WORD_BITS:0] amplitude,
  // of all, component 0 in the lowest bits
  output wire [4*WORD_BITS+3:0] amplitudes
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  localparam W = WORD_BITS, MORE = W - 18;
  localparam [31:0] MORE_32 = MORE;
  localparam [9:0]  T0_UP = MORE_32[9:0];
  localparam [5:0]  K_FROM = 6'd16 + MORE_32[5:0], SQUARE_FROM = 6'd14 + MORE_32[5:0];
  localparam [7:0]  AMPLITUDE_FROM = 8'd4 - MORE_32[7:0];

  // ---- f32x to an integer: m 2^e, e raised by the fraction bits ----
  reg                write_1, write_2;
  reg  [4:0]         at_1, at_2;
  reg  [31:0]        word_1, word_2;
  reg  signed [9:0]  exponent_1;
  reg  signed [47:0] wide_2;                   // with a bit below the point
  reg                gone_2;
  wire signed [9:0]  down = -exponent_1;
  wire signed [24:0] half = {word_1[23:0], 1'b0};
  wire signed [47:0] whole = {{23{word_1[23]}}, word_1[23:0], 1'b0};

  always @(posedge clk) begin
    write_1 <= cf_write && cf_address[9:5] == 5'd0;
    at_1 <= cf_address[4:0];
    word_1 <= cf_word;
    exponent_1 <= {{2{cf_word[31]}}, cf_word[31:24]} + (cf_address[4:0] == 5'd2 ? 10'sd22 : $signed(T0_UP));
    write_2 <= write_1;
    at_2 <= at_1;
    word_2 <= word_1;
    gone_2 <= exponent_1 < -10'sd24;
    if (exponent_1 > 10'sd0) wide_2 <= whole << (exponent_1 > 10'sd23 ? 5'd23 : exponent_1[4:0]);
    else wide_2 <= {{23{half[24]}}, half >>> down[4:0]};
  end
  // a shift by 23 saturates whatever is not zero, as does one by more
  wire signed [47:0] rounded = (wide_2 + 48'sd1) >>> 1;
  wire               fits = rounded[47:23] == {25{rounded[47]}};
  wire signed [23:0] integer_2 = gone_2 ? 24'sd0 : fits ? rounded[23:0] : {rounded[47], {23{~rounded[47]}}};

  // ---- M and W words ----
  wire [W-1:0] m = word_2[W-1:0];
  wire [5:0]  s = word_2[29:24];
  // (m >> (s - (W - 2))) and (m >> (s - W)), rounded, by a shift with one bit more
  wire [5:0]   fixed_down = s - K_FROM, square_down = s - SQUARE_FROM;
  wire signed [7:0] w_shift = {word_2[30], word_2[30:24]} - AMPLITUDE_FROM;
  reg               write_3, fixed_over, square_over;
  reg  [4:0]        at_3;
  reg  [W:0]        mantissa_3;
  reg  [5:0]        k_shift_3, inverse_shift_3, amplitude_shift_3;
  reg  [W:0]        fixed_wide;
  reg  [W+4:0]      square_wide;
  reg  signed [23:0] integer_3;
  wire [W-1:0] fixed = fixed_over ? {W{|mantissa_3[W-1:0]}} : fixed_wide[W:1] + {{(W-1){1'b0}}, fixed_wide[0]};
  wire [W+3:0] square = square_over ? {(W+4){|mantissa_3[W-1:0]}} : square_wide[W+4:1] + {{(W+3){1'b0}}, square_wide[0]};
  always @(posedge clk) begin
    write_3 <= write_2;
    at_3 <= at_2;
    mantissa_3 <= word_2[W:0];
    fixed_over <= s < K_FROM;
    square_over <= s < SQUARE_FROM;
    fixed_wide <= {m, 1'b0} >> fixed_down;
    square_wide <= {m, 5'd0} >> square_down;
    inverse_shift_3 <= s < 6'd17 ? 6'd0 : s - 6'd17;
    k_shift_3 <= s < 6'd3 ? 6'd0 : s - 6'd3;
    amplitude_shift_3 <= w_shift[7] ? 6'd0 : w_shift[5:0];
    integer_3 <= integer_2;
  end

  reg [W-1:0]       mantissas [0:3];
  reg [5:0]         shifts [0:3];
  reg [W-1:0]       fixeds [0:3];
  reg [W+3:0]       squares [0:3];
  reg signed [W:0]  sizes [0:3];
  wire [1:0] place = at_3[3:2] - 2'd2;

  always @(posedge clk) if (write_3) begin
    if (at_3[4:3] == 2'd0) begin
      case (at_3[2:0])
        3'd0: t0 <= integer_3;
        3'd1: begin
          inverse <= mantissa_3[W-1:0];
          inverse_shift <= inverse_shift_3;
        end
        3'd2: offset <= integer_3;
        3'd3: artefact <= mantissa_3;
        3'd4: slope <= mantissa_3;
        default: ;
      endcase
    end else begin
      case (at_3[1:0])
        2'd0: begin
          mantissas[place] <= mantissa_3[W-1:0];
          shifts[place] <= k_shift_3;
          fixeds[place] <= fixed;
        end
        2'd1: squares[place] <= square;
        2'd2: begin
          sizes[place] <= mantissa_3;
          if (place == 2'd0) amplitude_shift <= amplitude_shift_3;
        end
        default: ;
      endcase
    end
  end

  assign amplitudes = {sizes[3], sizes[2], sizes[1], sizes[0]};

  always @* begin
    k_mantissa = mantissas[component];
    k_shift = shifts[component];
    k_fixed = fixeds[component];
    k_square = squares[component];
    amplitude = sizes[amplitude_component];
  end
  // verilator lint_on UNUSEDSIGNAL
endmodule
`default_nettype wire
