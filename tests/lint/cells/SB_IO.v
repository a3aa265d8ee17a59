// Lint only: pins and parameters of the iCE40's pin cell that rtl/board names.
module SB_IO #(
  parameter PIN_TYPE = 6'b000000, PULLUP = 1'b0
) (
  inout  wire PACKAGE_PIN,
  input  wire OUTPUT_ENABLE, D_OUT_0,
  output wire D_IN_0
);
endmodule
