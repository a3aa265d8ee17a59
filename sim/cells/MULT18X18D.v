// Simulation model of the ECP5's 18 x 18 multiplier in the modes that rtl/arith uses; written from Lattice's "ECP5 and ECP5-5G sysDSP
// Usage Guide" (TN1267 / FPGA-TN-02205): the multiplier with its input, pipeline and output registers, each on or off.
//
//   P = A * B, read as two's complement or as a magnitude as SIGNEDA, SIGNEDB say; SIGNEDP is high when one of them is
//
// Purpose    RTL simulation with TARGET "ecp5" and netlists of yosys, which has this cell as a black box only.
// Formats    operands 18 bits, product 36 bits; SIGNEDA and SIGNEDB travel with the operands' registers
// Latency    the number of registers that are on: REG_INPUTA_CLK and REG_INPUTB_CLK (together), REG_PIPELINE_CLK, REG_OUTPUT_CLK
// Throughput one product a clock
// Overflow   cannot happen
// Does not   know the third operand, the cascades (SOURCEA, SOURCEB, SRI, SRO, ROA ... ROC), clocks and enables other than CLK0, CE0
//            and RST0, an asynchronous reset: what it is not made for stops the simulation at its start. A register starts as zero.
`default_nettype none

module MULT18X18D #(
  parameter REG_INPUTA_CLK = "NONE",
  parameter REG_INPUTA_CE = "CE0",
  parameter REG_INPUTA_RST = "RST0",
  parameter REG_INPUTB_CLK = "NONE",
  parameter REG_INPUTB_CE = "CE0",
  parameter REG_INPUTB_RST = "RST0",
  parameter REG_INPUTC_CLK = "NONE",
  // verilator lint_off UNUSEDPARAM
  parameter REG_INPUTC_CE = "CE0",
  parameter REG_INPUTC_RST = "RST0",
  // verilator lint_on UNUSEDPARAM
  parameter REG_PIPELINE_CLK = "NONE",
  parameter REG_PIPELINE_CE = "CE0",
  parameter REG_PIPELINE_RST = "RST0",
  parameter REG_OUTPUT_CLK = "NONE",
  parameter REG_OUTPUT_CE = "CE0",
  parameter REG_OUTPUT_RST = "RST0",
  // verilator lint_off UNUSEDPARAM
  parameter CLK0_DIV = "ENABLED",
  parameter CLK1_DIV = "ENABLED",
  parameter CLK2_DIV = "ENABLED",
  parameter CLK3_DIV = "ENABLED",
  // verilator lint_on UNUSEDPARAM
  parameter HIGHSPEED_CLK = "NONE",
  // verilator lint_off UNUSEDPARAM
  parameter GSR = "ENABLED",
  // verilator lint_on UNUSEDPARAM
  parameter CAS_MATCH_REG = "FALSE",
  parameter SOURCEB_MODE = "B_SHIFT",
  parameter MULT_BYPASS = "DISABLED",
  parameter RESETMODE = "SYNC"
) (
  input  wire A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17,
  input  wire B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17,
  // verilator lint_off UNUSEDSIGNAL
  input  wire C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,
  input  wire SRIA0, SRIA1, SRIA2, SRIA3, SRIA4, SRIA5, SRIA6, SRIA7, SRIA8,
  input  wire SRIA9, SRIA10, SRIA11, SRIA12, SRIA13, SRIA14, SRIA15, SRIA16, SRIA17,
  input  wire SRIB0, SRIB1, SRIB2, SRIB3, SRIB4, SRIB5, SRIB6, SRIB7, SRIB8,
  input  wire SRIB9, SRIB10, SRIB11, SRIB12, SRIB13, SRIB14, SRIB15, SRIB16, SRIB17,
  input  wire CLK1, CLK2, CLK3, CE1, CE2, CE3, RST1, RST2, RST3,
  // verilator lint_on UNUSEDSIGNAL
  input  wire SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
  input  wire CLK0, CE0, RST0,
  output wire SROA0, SROA1, SROA2, SROA3, SROA4, SROA5, SROA6, SROA7, SROA8,
  output wire SROA9, SROA10, SROA11, SROA12, SROA13, SROA14, SROA15, SROA16, SROA17,
  output wire SROB0, SROB1, SROB2, SROB3, SROB4, SROB5, SROB6, SROB7, SROB8,
  output wire SROB9, SROB10, SROB11, SROB12, SROB13, SROB14, SROB15, SROB16, SROB17,
  output wire ROA0, ROA1, ROA2, ROA3, ROA4, ROA5, ROA6, ROA7, ROA8, ROA9, ROA10, ROA11, ROA12, ROA13, ROA14, ROA15, ROA16, ROA17,
  output wire ROB0, ROB1, ROB2, ROB3, ROB4, ROB5, ROB6, ROB7, ROB8, ROB9, ROB10, ROB11, ROB12, ROB13, ROB14, ROB15, ROB16, ROB17,
  output wire ROC0, ROC1, ROC2, ROC3, ROC4, ROC5, ROC6, ROC7, ROC8, ROC9, ROC10, ROC11, ROC12, ROC13, ROC14, ROC15, ROC16, ROC17,
  output wire P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17,
  output wire P18, P19, P20, P21, P22, P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35,
  output wire SIGNEDP
);
  localparam WITH_INPUT = REG_INPUTA_CLK != "NONE";
  localparam WITH_PIPELINE = REG_PIPELINE_CLK != "NONE";
  localparam WITH_OUTPUT = REG_OUTPUT_CLK != "NONE";

  // operands with a sign bit of their own
  wire signed [18:0] a = {SIGNEDA & A17, A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
  wire signed [18:0] b = {SIGNEDB & B17, B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
  reg  signed [18:0] a_q = 19'd0, b_q = 19'd0;
  reg                sign_q = 1'b0, sign_pipeline_q = 1'b0, sign_output_q = 1'b0;
  reg  signed [37:0] pipeline_q = 38'd0, output_q = 38'd0;

  wire signed [18:0] a_in = WITH_INPUT ? a_q : a;
  wire signed [18:0] b_in = WITH_INPUT ? b_q : b;
  wire signed [37:0] product = a_in * b_in;
  wire signed [37:0] behind_pipeline = WITH_PIPELINE ? pipeline_q : product;
  // 36 bits hold every product
  // verilator lint_off UNUSEDSIGNAL
  wire signed [37:0] behind_output = WITH_OUTPUT ? output_q : behind_pipeline;
  // verilator lint_on UNUSEDSIGNAL
  wire               sign_in = WITH_INPUT ? sign_q : SIGNEDA | SIGNEDB;
  wire               sign_pipeline = WITH_PIPELINE ? sign_pipeline_q : sign_in;

  always @(posedge CLK0) begin
    if (RST0) begin
      a_q <= 19'd0;
      b_q <= 19'd0;
      sign_q <= 1'b0;
      pipeline_q <= 38'd0;
      sign_pipeline_q <= 1'b0;
      output_q <= 38'd0;
      sign_output_q <= 1'b0;
    end else if (CE0) begin
      a_q <= a;
      b_q <= b;
      sign_q <= SIGNEDA | SIGNEDB;
      pipeline_q <= product;
      sign_pipeline_q <= sign_in;
      output_q <= behind_pipeline;
      sign_output_q <= sign_pipeline;
    end
  end

  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9,
      P8, P7, P6, P5, P4, P3, P2, P1, P0} = behind_output[35:0];
  assign SIGNEDP = WITH_OUTPUT ? sign_output_q : sign_pipeline;
  assign {SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6, SROA5, SROA4, SROA3, SROA2, SROA1,
      SROA0} = 18'd0;
  assign {SROB17, SROB16, SROB15, SROB14, SROB13, SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4, SROB3, SROB2, SROB1,
      SROB0} = 18'd0;
  assign {ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4, ROA3, ROA2, ROA1, ROA0} = 18'd0;
  assign {ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8, ROB7, ROB6, ROB5, ROB4, ROB3, ROB2, ROB1, ROB0} = 18'd0;
  assign {ROC17, ROC16, ROC15, ROC14, ROC13, ROC12, ROC11, ROC10, ROC9, ROC8, ROC7, ROC6, ROC5, ROC4, ROC3, ROC2, ROC1, ROC0} = 18'd0;

  wire modelled =
    (REG_INPUTA_CLK == "NONE" || (REG_INPUTA_CLK == "CLK0" && REG_INPUTA_CE == "CE0" && REG_INPUTA_RST == "RST0")) &&
    (REG_INPUTB_CLK == "NONE" || (REG_INPUTB_CLK == "CLK0" && REG_INPUTB_CE == "CE0" && REG_INPUTB_RST == "RST0")) &&
    (REG_PIPELINE_CLK == "NONE" || (REG_PIPELINE_CLK == "CLK0" && REG_PIPELINE_CE == "CE0" && REG_PIPELINE_RST == "RST0")) &&
    (REG_OUTPUT_CLK == "NONE" || (REG_OUTPUT_CLK == "CLK0" && REG_OUTPUT_CE == "CE0" && REG_OUTPUT_RST == "RST0")) &&
    (REG_INPUTB_CLK == "NONE") == (REG_INPUTA_CLK == "NONE") && REG_INPUTC_CLK == "NONE" && HIGHSPEED_CLK == "NONE" &&
    CAS_MATCH_REG == "FALSE" && SOURCEB_MODE == "B_SHIFT" && MULT_BYPASS == "DISABLED" && RESETMODE == "SYNC";
  always @(posedge CLK0) begin
    if (!modelled || SOURCEA || SOURCEB) begin
      $display("FAIL MULT18X18D: a mode that the model does not have");
      $finish;
    end
  end
endmodule

`default_nettype wire
