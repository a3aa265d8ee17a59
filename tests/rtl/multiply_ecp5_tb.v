// MULT18X18D's simulation model against integer arithmetic in all eight settings of its registers, and multiply.v with TARGET "ecp5"
// against the same: random and extreme operands, signs, gaps of the clock enable, resets of the cell.
// stubs: sim/cells
`default_nettype none
module multiply_ecp5_tb;
  localparam CLOCKS = 20000, DEEP = 4;
  reg         clk = 0, ce = 0, rst = 1, signed_a = 0, signed_b = 0;
  reg  [17:0] a = 0, b = 0;
  wire [35:0] p [0:7];
  wire        signed_p [0:7];
  wire [35:0] wide_p [0:3];
  wire [31:0] narrow_p [0:3];
  always #5 clk = !clk;

  genvar g;
  generate
    for (g = 0; g < 8; g = g + 1) begin : g_cell
      // verilator lint_off PINMISSING
      MULT18X18D #(
        .REG_INPUTA_CLK(g % 2 == 1 ? "CLK0" : "NONE"), .REG_INPUTB_CLK(g % 2 == 1 ? "CLK0" : "NONE"),
        .REG_PIPELINE_CLK((g / 2) % 2 == 1 ? "CLK0" : "NONE"), .REG_OUTPUT_CLK(g / 4 == 1 ? "CLK0" : "NONE")
      ) u_cell (
        .A0(a[0]), .A1(a[1]), .A2(a[2]), .A3(a[3]), .A4(a[4]), .A5(a[5]), .A6(a[6]), .A7(a[7]), .A8(a[8]),
        .A9(a[9]), .A10(a[10]), .A11(a[11]), .A12(a[12]), .A13(a[13]), .A14(a[14]), .A15(a[15]), .A16(a[16]), .A17(a[17]),
        .B0(b[0]), .B1(b[1]), .B2(b[2]), .B3(b[3]), .B4(b[4]), .B5(b[5]), .B6(b[6]), .B7(b[7]), .B8(b[8]),
        .B9(b[9]), .B10(b[10]), .B11(b[11]), .B12(b[12]), .B13(b[13]), .B14(b[14]), .B15(b[15]), .B16(b[16]), .B17(b[17]),
        .SIGNEDA(signed_a), .SIGNEDB(signed_b), .SOURCEA(1'b0), .SOURCEB(1'b0), .CLK0(clk), .CE0(ce), .RST0(rst),
        .P0(p[g][0]), .P1(p[g][1]), .P2(p[g][2]), .P3(p[g][3]), .P4(p[g][4]), .P5(p[g][5]), .P6(p[g][6]), .P7(p[g][7]),
        .P8(p[g][8]), .P9(p[g][9]), .P10(p[g][10]), .P11(p[g][11]), .P12(p[g][12]), .P13(p[g][13]), .P14(p[g][14]), .P15(p[g][15]),
        .P16(p[g][16]), .P17(p[g][17]), .P18(p[g][18]), .P19(p[g][19]), .P20(p[g][20]), .P21(p[g][21]), .P22(p[g][22]), .P23(p[g][23]),
        .P24(p[g][24]), .P25(p[g][25]), .P26(p[g][26]), .P27(p[g][27]), .P28(p[g][28]), .P29(p[g][29]), .P30(p[g][30]), .P31(p[g][31]),
        .P32(p[g][32]), .P33(p[g][33]), .P34(p[g][34]), .P35(p[g][35]),
        .SIGNEDP(signed_p[g])
      );
      // verilator lint_on PINMISSING
    end
    for (g = 0; g < 4; g = g + 1) begin : g_multiply
      multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(g % 2), .B_SIGNED(g / 2), .TARGET("ecp5"))
        u_wide (.clk(clk), .ce(ce), .a(a), .b(b), .p(wide_p[g]));
      multiply #(.WIDTH_A(15), .WIDTH_B(17), .A_SIGNED(g % 2), .B_SIGNED(g / 2), .TARGET("ecp5"))
        u_narrow (.clk(clk), .ce(ce), .a(a[14:0]), .b(b[16:0]), .p(narrow_p[g]));
    end
  endgenerate

  // What stood at the inputs in the last enabled clocks; `held` of them since the reset.
  reg  [17:0] a_then [0:DEEP-1], b_then [0:DEEP-1];
  reg         signed_a_then [0:DEEP-1], signed_b_then [0:DEEP-1];
  integer     held = 0, filled = 0, errors = 0, compared = 0, seed = 11, n, i, s, depth;
  reg  signed [63:0] x, y, product;
  reg         told;
  `include "tests/rtl/noise.vh"

  // a word of `bits` bits as a number
  function signed [63:0] number;
    input [17:0] word;
    input integer bits;
    input        is_signed;
    begin
      number = {46'd0, word} & ((64'd1 << bits) - 64'd1);
      if (is_signed && word[bits-1]) number = number - (64'd1 << bits);
    end
  endfunction

  function [17:0] operand;
    input integer how;
    case (how & 15)
      0: operand = 18'h00000;
      1: operand = 18'h3ffff;
      2: operand = 18'h20000;
      3: operand = 18'h1ffff;
      4: operand = 18'h00001;
      5: operand = 18'd1 << ((how >>> 4) & 15);
      default: operand = how[31:14];
    endcase
  endfunction

  task compare;
    input [35:0] got;
    input [35:0] expected;
    begin
      compared = compared + 1;
      if (got !== expected) begin
        errors = errors + 1;
        if (errors < 10) $display("FAIL clock %0d: %h, expected %h", n, got, expected);
      end
    end
  endtask

  integer how;
  initial begin
    for (n = 0; n < CLOCKS; n = n + 1) begin
      @(negedge clk);
      how = noise(1'b0);
      a = operand(how);
      how = noise(1'b0);
      b = operand(how);
      how = noise(1'b0);
      {signed_a, signed_b} = how[9:8];
      ce = how[3:0] != 4'd0;
      rst = n == 0 || how[31:24] == 8'd0;
      #1;
      for (s = 0; s < 8; s = s + 1) begin
        depth = (s % 2) + (s / 2) % 2 + s / 4;
        if (depth == 0) begin
          x = number(a, 18, signed_a);
          y = number(b, 18, signed_b);
          told = signed_a || signed_b;
        end else begin
          x = number(a_then[depth-1], 18, signed_a_then[depth-1]);
          y = number(b_then[depth-1], 18, signed_b_then[depth-1]);
          told = signed_a_then[depth-1] || signed_b_then[depth-1];
        end
        product = x * y;
        if (n > 0) begin
          if (depth <= held) begin
            compare(p[s], product[35:0]);
            if (signed_p[s] !== told) errors = errors + 1;
          end else if (s > 0) compare(p[s], 36'd0);
        end
      end
      // the form in multiply.v has no reset
      if (filled >= 2)
        for (s = 0; s < 4; s = s + 1) begin
          product = number(a_then[1], 18, s % 2 == 1) * number(b_then[1], 18, s / 2 == 1);
          compare(wide_p[s], product[35:0]);
          product = number(a_then[1], 15, s % 2 == 1) * number(b_then[1], 17, s / 2 == 1);
          compare({4'd0, narrow_p[s]}, {4'd0, product[31:0]});
        end
      if (ce) begin
        for (i = DEEP - 1; i > 0; i = i - 1) begin
          a_then[i] = a_then[i-1];
          b_then[i] = b_then[i-1];
          signed_a_then[i] = signed_a_then[i-1];
          signed_b_then[i] = signed_b_then[i-1];
        end
        a_then[0] = a;
        b_then[0] = b;
        signed_a_then[0] = signed_a;
        signed_b_then[0] = signed_b;
        filled = filled + 1;
        held = held + 1;
      end
      if (rst) held = 0;
    end
    if (errors == 0 && compared > 300000) $display("PASS %0d products", compared);
    else $display("FAIL %0d errors in %0d products", errors, compared);
    $finish;
  end
endmodule
`default_nettype wire
