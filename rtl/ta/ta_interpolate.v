// A function from a table of parabolas.
//
//   value = c0 + r c1 + r^2 c2 in the interval x[REST_BITS +: INDEX_BITS], r = x[REST_BITS-1:0] / 2^REST_BITS
//
// Purpose    2^-x, and the factors Phi and 1/2 erfcx of the basis (rtl/fit/program/ta_tables.py makes the tables).
// Formats    c0 unsigned 21 bits, c1 signed 17, c2 signed 12, all with 20 fraction bits: a word {c0, c1, c2}. Each product is rounded to the
//            bits of its addend. value has 18 fraction bits and is clamped to [0, 1].
// Latency    8 clocks. Throughput one every second clock: both products take turns in one multiplier.
// Overflow   clamped
// Does not   check the table.
`default_nettype none
module ta_interpolate #(
  parameter INDEX_BITS = 5,
  parameter REST_BITS = 13,
  // words of 50 bits, hexadecimal, one a line
  parameter TABLE_FILE = "ta_exp2.hex",
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                            clk,
  input  wire                            second,   // x stood an even number of clocks ago
  input  wire [INDEX_BITS+REST_BITS-1:0] x,
  output reg  [18:0]                     value
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  localparam R = REST_BITS;

  (* ram_style = "block", no_rw_check *) reg [49:0] parabolas [0:(1<<INDEX_BITS)-1];
  initial $readmemh(TABLE_FILE, parabolas);

  reg [49:0]        word_1, word_2, word_3;
  reg [R-1:0]       rest_1, rest_2, rest_3, rest_4;
  reg [20:0]        c0_4, c0_5, c0_6;
  reg signed [17:0] slope;
  wire [R+17:0]     product;
  wire [R+11:0]     square = product[R+11:0];
  reg signed [22:0] sum;

  // r c2 a clock behind x, r times the slope four
  multiply #(.WIDTH_A(R), .WIDTH_B(18), .A_SIGNED(0), .B_SIGNED(1), .TARGET(TARGET)) products (
    .clk(clk), .ce(1'b1), .a(second ? rest_4 : rest_1), .b(second ? slope : {{6{word_1[11]}}, word_1[11:0]}), .p(product)
  );

  wire [17:0] square_up = {{6{square[R+11]}}, square[R+11:R]};
  wire [22:0] product_up = {{5{product[R+17]}}, product[R+17:R]};
  // rounded to 18 fraction bits
  wire [20:0] rounded = sum[22:2] + {20'd0, sum[1]};

  always @(posedge clk) begin
    word_1 <= parabolas[x[R +: INDEX_BITS]];
    rest_1 <= x[R-1:0];
    word_2 <= word_1;
    rest_2 <= rest_1;
    word_3 <= word_2;
    rest_3 <= rest_2;
    slope <= {word_3[28], word_3[28:12]} + square_up + {17'd0, square[R-1]};
    rest_4 <= rest_3;
    c0_4 <= word_3[49:29];
    c0_5 <= c0_4;
    c0_6 <= c0_5;
    sum <= {2'b00, c0_6} + product_up + {22'd0, product[R-1]};
    value <= rounded[20] ? 19'd0 : (|rounded[19:18]) ? 19'h40000 : rounded[18:0];
  end
  // verilator lint_on UNUSEDSIGNAL
endmodule
`default_nettype wire
