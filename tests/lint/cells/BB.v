// Lint only: the ECP5's bidirectional pin.
module BB (
  input  wire I, T,
  output wire O,
  inout  wire B
);
endmodule
