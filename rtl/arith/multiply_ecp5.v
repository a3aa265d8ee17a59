// One MULT18X18D of the ECP5 with its input and output registers on, for multiply.v.
//
//   p(t + 2) = a(t) * b(t)
//
// Purpose    yosys infers the multiplier but leaves the registers around it in the fabric, where an unregistered one costs 3.9 ns.
// Format     a, b of 18 bits, two's complement where A_SIGNED, B_SIGNED say so, else magnitudes; p of 36 bits, two's complement when
//            at least one of them is
// Latency    2 clocks (input registers, output register; the pipeline register between them is off). Throughput: one product a clock.
// Overflow   cannot happen
// Does not   reset its registers, use the cascades (SRIA, SRIB, ROA ...) or the third operand. sim/cells/MULT18X18D.v is its simulation model.
`default_nettype none

module multiply_ecp5 #(
  // 1: a is two's complement
  parameter A_SIGNED = 1,
  // 1: b is two's complement
  parameter B_SIGNED = 1
) (
  input  wire        clk,
  input  wire        ce,
  input  wire [17:0] a,
  input  wire [17:0] b,
  output wire [35:0] p
);
  localparam [0:0] SIGN_A = A_SIGNED != 0;
  localparam [0:0] SIGN_B = B_SIGNED != 0;

  // The cascades' ends are wires of their own, which the fabric cannot drive: they stay open.
  // verilator lint_off PINMISSING
  MULT18X18D #(
    .REG_INPUTA_CLK("CLK0"),
    .REG_INPUTA_CE("CE0"),
    .REG_INPUTA_RST("RST0"),
    .REG_INPUTB_CLK("CLK0"),
    .REG_INPUTB_CE("CE0"),
    .REG_INPUTB_RST("RST0"),
    .REG_INPUTC_CLK("NONE"),
    .REG_PIPELINE_CLK("NONE"),
    .REG_OUTPUT_CLK("CLK0"),
    .REG_OUTPUT_CE("CE0"),
    .REG_OUTPUT_RST("RST0"),
    .GSR("DISABLED"),
    .SOURCEB_MODE("B_SHIFT"),
    .MULT_BYPASS("DISABLED"),
    .RESETMODE("SYNC")
  ) u_mult (
    .A0(a[0]), .A1(a[1]), .A2(a[2]), .A3(a[3]), .A4(a[4]), .A5(a[5]), .A6(a[6]), .A7(a[7]), .A8(a[8]),
    .A9(a[9]), .A10(a[10]), .A11(a[11]), .A12(a[12]), .A13(a[13]), .A14(a[14]), .A15(a[15]), .A16(a[16]), .A17(a[17]),
    .B0(b[0]), .B1(b[1]), .B2(b[2]), .B3(b[3]), .B4(b[4]), .B5(b[5]), .B6(b[6]), .B7(b[7]), .B8(b[8]),
    .B9(b[9]), .B10(b[10]), .B11(b[11]), .B12(b[12]), .B13(b[13]), .B14(b[14]), .B15(b[15]), .B16(b[16]), .B17(b[17]),
    .C0(1'b0), .C1(1'b0), .C2(1'b0), .C3(1'b0), .C4(1'b0), .C5(1'b0), .C6(1'b0), .C7(1'b0), .C8(1'b0),
    .C9(1'b0), .C10(1'b0), .C11(1'b0), .C12(1'b0), .C13(1'b0), .C14(1'b0), .C15(1'b0), .C16(1'b0), .C17(1'b0),
    .SIGNEDA(SIGN_A), .SIGNEDB(SIGN_B), .SOURCEA(1'b0), .SOURCEB(1'b0),
    .CLK0(clk), .CLK1(1'b0), .CLK2(1'b0), .CLK3(1'b0),
    .CE0(ce), .CE1(1'b1), .CE2(1'b1), .CE3(1'b1),
    .RST0(1'b0), .RST1(1'b0), .RST2(1'b0), .RST3(1'b0),
    .P0(p[0]), .P1(p[1]), .P2(p[2]), .P3(p[3]), .P4(p[4]), .P5(p[5]), .P6(p[6]), .P7(p[7]), .P8(p[8]),
    .P9(p[9]), .P10(p[10]), .P11(p[11]), .P12(p[12]), .P13(p[13]), .P14(p[14]), .P15(p[15]), .P16(p[16]), .P17(p[17]),
    .P18(p[18]), .P19(p[19]), .P20(p[20]), .P21(p[21]), .P22(p[22]), .P23(p[23]), .P24(p[24]), .P25(p[25]), .P26(p[26]),
    .P27(p[27]), .P28(p[28]), .P29(p[29]), .P30(p[30]), .P31(p[31]), .P32(p[32]), .P33(p[33]), .P34(p[34]), .P35(p[35])
  );
  // verilator lint_on PINMISSING
endmodule

`default_nettype wire
