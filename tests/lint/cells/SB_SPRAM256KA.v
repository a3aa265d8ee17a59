// Lint only: the UP5K's single-port RAM.
module SB_SPRAM256KA (
  input  wire        CLOCK, WREN, CHIPSELECT, STANDBY, SLEEP, POWEROFF,
  input  wire [13:0] ADDRESS,
  input  wire [15:0] DATAIN,
  input  wire [3:0]  MASKWREN,
  output wire [15:0] DATAOUT
);
endmodule
