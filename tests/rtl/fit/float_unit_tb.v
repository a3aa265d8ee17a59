// fit_float_unit under Icarus: vectors of the C model, one instruction a clock.
// Plus arguments: +vectors=FILE, lines of: op a b c in_value in_exponent expected (hexadecimal, as float_unit_tb writes them).
`default_nettype none
`timescale 1ns / 1ps

module float_unit_tb;
  parameter WORD_BITS = 16;
  localparam WIDTH = WORD_BITS + 11;
  localparam LAST = 9;

  reg clk = 1'b0;
  reg [4:0] op = 5'd0;
  reg [WIDTH-1:0] a_word, b_word, c_word;
  reg [53:0] in_value;
  reg [9:0] in_exponent;
  wire a_less;
  wire [WIDTH-1:0] result;
  wire [31:0] out_word;

  fit_float_unit #(
    .WORD_BITS(WORD_BITS)
  ) u_dut (
    .clk(clk),
    .op(op),
    .a_word(a_word),
    .b_word(b_word),
    .c_word(c_word),
    .in_value(in_value),
    .in_exponent(in_exponent),
    .a_less(a_less),
    .result(result),
    .out_word(out_word)
  );

  // history: clock t - n at place n
  reg [4:0] ops [0:LAST];
  reg [31:0] as [0:LAST];
  reg [31:0] bs [0:LAST];
  reg [31:0] cs [0:LAST];
  reg [53:0] values [0:LAST];
  reg [9:0] exponents [0:LAST];
  reg [31:0] answers [0:LAST];
  reg [LAST:0] valid = {(LAST + 1){1'b0}};

  reg [8*256-1:0] path;
  integer file, fields, i, passed, failed, draining;
  reg [31:0] got;
  initial begin
    passed = 0;
    failed = 0;
    draining = 0;
    if (!$value$plusargs("vectors=%s", path)) $finish;
    file = $fopen(path, "r");
    while (draining <= LAST) begin
      for (i = LAST; i > 0; i = i - 1) begin
        ops[i] = ops[i-1];
        as[i] = as[i-1];
        bs[i] = bs[i-1];
        cs[i] = cs[i-1];
        values[i] = values[i-1];
        exponents[i] = exponents[i-1];
        answers[i] = answers[i-1];
      end
      fields = $fscanf(file, "%h %h %h %h %h %h %h\n", ops[0], as[0], bs[0], cs[0], values[0], exponents[0], answers[0]);
      valid = {valid[LAST-1:0], fields == 7};
      if (fields != 7) draining = draining + 1;
      op = ops[0];
      a_word = as[1][WIDTH-1:0];
      b_word = bs[1][WIDTH-1:0];
      c_word = cs[1][WIDTH-1:0];
      in_value = values[3];
      in_exponent = exponents[3];
      #1;
      if (valid[LAST]) begin
        got = (ops[LAST] >= 5'd12) ? out_word : {{(32 - WIDTH){1'b0}}, result};
        if (got === answers[LAST]) passed = passed + 1;
        else begin
          failed = failed + 1;
          if (failed < 5) $display("op %0d: got %h, expected %h", ops[LAST], got, answers[LAST]);
        end
      end
      clk = 1'b1;
      #1 clk = 1'b0;
    end
    $display("float_unit %0d bits, Icarus: %0d passed, %0d failed", WORD_BITS, passed, failed);
    $finish;
  end
endmodule

`default_nettype wire
