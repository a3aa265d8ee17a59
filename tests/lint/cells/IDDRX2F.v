// Lint only: the ECP5's input gearing by four.
module IDDRX2F (
  input  wire D, SCLK, ECLK, RST,
  output wire Q0, Q1, Q2, Q3
);
endmodule
