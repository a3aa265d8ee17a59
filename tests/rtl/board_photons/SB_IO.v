// An iCE40's pin cell as an input, its level taken at both edges; nothing drives the pin. (Verilator has no pins of two directions at a top;
// tests/rtl/edge_sampler has the same sampler on yosys' model of the cell.)
`default_nettype none
module SB_IO #(
  parameter [5:0] PIN_TYPE = 6'b000000,
  parameter PULLUP = 1'b0
) (
  inout  wire PACKAGE_PIN,
  input  wire INPUT_CLK,
  input  wire CLOCK_ENABLE,
  input  wire OUTPUT_ENABLE,
  input  wire D_OUT_0,
  output reg  D_IN_0,
  output reg  D_IN_1
);
  initial if (PIN_TYPE != 6'b000000 || PULLUP != 1'b0) $stop;
  always @(posedge INPUT_CLK) D_IN_0 <= PACKAGE_PIN;
  always @(negedge INPUT_CLK) D_IN_1 <= PACKAGE_PIN;
  wire unused = &{CLOCK_ENABLE, OUTPUT_ENABLE, D_OUT_0};
endmodule
`default_nettype wire
