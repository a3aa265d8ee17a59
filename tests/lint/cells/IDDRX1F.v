// Lint only: the ECP5's input register for both edges.
module IDDRX1F (
  input  wire D, SCLK, RST,
  output wire Q0, Q1
);
endmodule
