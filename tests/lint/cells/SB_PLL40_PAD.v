// Lint only: pins and parameters of the iCE40's PLL that rtl/board names.
module SB_PLL40_PAD #(
  parameter FEEDBACK_PATH = "SIMPLE", DIVR = 4'd0, DIVF = 7'd0, DIVQ = 3'd0, FILTER_RANGE = 3'd0
) (
  input  wire PACKAGEPIN, RESETB, BYPASS,
  output wire PLLOUTGLOBAL, LOCK
);
endmodule
