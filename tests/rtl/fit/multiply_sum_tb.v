// multiply_sum.v's forms, generic and ice40 (with the part's simulation models), against the sum worked out here: random and largest
// operands, signs, sums of every length, gaps.
`default_nettype none
`timescale 1ns / 1ps

module multiply_sum_tb;
  reg clk = 1'b0;
  reg [15:0] a, b;
  reg takes = 1'b0, more = 1'b0, minus = 1'b0;     // of the product whose operands stand
  reg takes_1, takes_2, more_1, minus_1, minus_2, more_2;
  reg [31:0] product_1, product_2;
  reg signed [35:0] sum;
  wire [31:0] generic_a, generic_b, ice40_a, ice40_b;
  wire [3:0] generic_high, ice40_high;
  integer i, passed, failed;

  multiply_sum #(.TARGET("generic")) u_generic (
    .clk(clk), .a(a), .b(b), .takes_next(takes_1), .more_next(more_1), .negative(minus_2), .low_a(generic_a), .low_b(generic_b), .high(generic_high)
  );
  multiply_sum #(.TARGET("ice40")) u_ice40 (
    .clk(clk), .a(a), .b(b), .takes_next(takes_1), .more_next(more_1), .negative(minus_2), .low_a(ice40_a), .low_b(ice40_b), .high(ice40_high)
  );

  always @(posedge clk) begin
    product_1 <= a * b;
    {takes_1, more_1, minus_1} <= {takes, more, minus};
    product_2 <= product_1;
    {takes_2, more_2, minus_2} <= {takes_1, more_1, minus_1};
    if (!takes_2) sum <= 36'd0;
    else sum <= (more_2 ? sum : 36'd0) + (minus_2 ? -{4'd0, product_2} : {4'd0, product_2});
  end

  initial begin
    passed = 0;
    failed = 0;
    for (i = 0; i < 40000; i = i + 1) begin
      a = $random;
      b = $random;
      if (i % 7 == 0) a = 16'h8000;
      if (i % 5 == 0) {a, b} = 32'hffffffff;
      if (i % 13 == 0) b = 16'd0;
      takes = i > 8 && $random % 8 != 0;
      // long sums, of one sign often
      more = i % 512 < 64 ? $random % 16 != 0 : $random;
      minus = i % 1024 < 256 ? i[9] ^ (i % 1024 < 128) : $random;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      #1;
      if (i > 8) begin
        if ({generic_high, generic_a | generic_b} === sum && {ice40_high, ice40_a | ice40_b} === sum && (!ice40_a || !ice40_b)) passed = passed + 1;
        else begin
          failed = failed + 1;
          if (failed < 5) $display("%0d: %h %h, expected %h", i, {generic_high, generic_a | generic_b}, {ice40_high, ice40_a | ice40_b}, sum);
        end
      end
    end
    $display("multiply_sum: %0d passed, %0d failed", passed, failed);
    $finish;
  end
endmodule

`default_nettype wire
