// Lint only: as the SB_IO one folder up, with the pins of its input registers (a pin that is not connected is a warning).
module SB_IO #(
  parameter PIN_TYPE = 6'b000000, PULLUP = 1'b0
) (
  inout  wire PACKAGE_PIN,
  input  wire INPUT_CLK, CLOCK_ENABLE, OUTPUT_ENABLE, D_OUT_0,
  output wire D_IN_0, D_IN_1
);
endmodule
