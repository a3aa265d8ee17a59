// Lint only: the ECP5's access to the clock of its configuration flash.
module USRMCLK (
  input  wire USRMCLKI, USRMCLKTS,
  output wire USRMCLKO
);
endmodule
