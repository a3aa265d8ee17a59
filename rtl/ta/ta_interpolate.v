// A function from a table of parabolas.
//
//   value = c0 + r c1 + r^2 c2 in the interval x[REST_BITS +: INDEX_BITS], r = x[REST_BITS-1:0] / 2^REST_BITS
//
// Purpose    2^-x, and the factors Phi and 1/2 erfcx of the basis (rtl/fit/program/ta_tables.py makes the tables).
// Formats    W = WORD_BITS: c0 unsigned W + 3 bits, c1 signed 17 (W 18) or 18, c2 signed 12, all with W + 2 fraction bits: a word {c0, c1, c2}.
//            Each product is rounded to the bits of its addend. value has W fraction bits and is clamped to [0, 1].
// Latency    8 clocks. Throughput one a clock, but for the second product, which is made outside.
// Overflow   clamped
// Does not   check the table.
`default_nettype none
module ta_interpolate #(
  parameter INDEX_BITS = 5,
  parameter REST_BITS = 13,
  // words of WORD_BITS + 32 or 33 bits, hexadecimal, one a line
  parameter TABLE_FILE = "ta_exp2_18.hex",
  // fraction bits of the value: 18 or 20
  parameter WORD_BITS = 18,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                            clk,
  input  wire [INDEX_BITS+REST_BITS-1:0] x,
  // r times the slope, four clocks behind x: the product two behind its operands
  output wire [14:0]                     rest,
  output wire signed [17:0]              slope,
  input  wire signed [32:0]              product,
  output reg  [WORD_BITS:0]              value
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  localparam R = REST_BITS, W = WORD_BITS;
  localparam C1 = W == 18 ? 17 : 18, WORD = W + 3 + C1 + 12;

  (* ram_style = "block", no_rw_check *) reg [WORD-1:0] parabolas [0:(1<<INDEX_BITS)-1];
  initial $readmemh(TABLE_FILE, parabolas);

  reg [WORD-1:0]    word_1, word_2, word_3;
  reg [R-1:0]       rest_1, rest_2, rest_3, rest_4;
  reg [W+2:0]       c0_4, c0_5, c0_6;
  reg signed [17:0] slope_4;
  wire [R+11:0]     square;
  reg signed [W+4:0] sum;

  // r c2 a clock behind x; few bits: without a cell
  multiply #(.WIDTH_A(R), .WIDTH_B(12), .A_SIGNED(0), .B_SIGNED(1), .TARGET(TARGET == "ecp5" ? "adders" : TARGET)) squares (
    .clk(clk), .ce(1'b1), .a(rest_1), .b(word_1[11:0]), .p(square)
  );
  wire [15:0] rest_up = {{(16-R){1'b0}}, rest_4};
  assign rest = rest_up[14:0];
  assign slope = slope_4;

  wire [17:0] square_up = {{6{square[R+11]}}, square[R+11:R]};
  wire [W+4:0] product_up = {{(W-13){product[R+17]}}, product[R+17:R]};
  wire [W+2:0] rounded = sum[W+4:2] + {{(W+2){1'b0}}, sum[1]};
  wire signed [17:0] c1 = {{(18-C1){word_3[C1+11]}}, word_3[C1+11:12]};

  always @(posedge clk) begin
    word_1 <= parabolas[x[R +: INDEX_BITS]];
    rest_1 <= x[R-1:0];
    word_2 <= word_1;
    rest_2 <= rest_1;
    word_3 <= word_2;
    rest_3 <= rest_2;
    slope_4 <= c1 + square_up + {17'd0, square[R-1]};
    rest_4 <= rest_3;
    c0_4 <= word_3[WORD-1:WORD-W-3];
    c0_5 <= c0_4;
    c0_6 <= c0_5;
    sum <= {2'b00, c0_6} + product_up + {{(W+4){1'b0}}, product[R-1]};
    value <= rounded[W+2] ? {(W+1){1'b0}} : (|rounded[W+1:W]) ? {1'b1, {W{1'b0}}} : rounded[W:0];
  end
  // verilator lint_on UNUSEDSIGNAL
endmodule
`default_nettype wire
