// Bits from another clock, or from a pin: a chain of flip-flops.
//
// Purpose    The first flip-flop may become metastable; the others give it whole clocks to settle. Several bits only when they are
//            independent of each other or a Gray code: each may arrive a clock earlier or later than its neighbour.
// Formats    bits; what lasts shorter than a period of clk may be missed
// Latency    STAGES clocks of clk, one less or more by chance
// Throughput every clock
// Overflow   none
// Does not   filter. Does not reset: zero from power-up, its input STAGES clocks after the clock runs.
`default_nettype none
module sync_bit #(
  // bits
  parameter WIDTH = 1,
  // flip-flops a bit, at least 2
  parameter STAGES = 2
) (
  input  wire             clk,
  input  wire [WIDTH-1:0] bit_in,    // any clock
  output wire [WIDTH-1:0] bit_out
);
  (* async_reg = "true", keep *) reg [WIDTH*STAGES-1:0] chain;
  initial chain = {WIDTH * STAGES{1'b0}};

  always @(posedge clk) chain <= {chain[WIDTH*(STAGES-1)-1:0], bit_in};
  assign bit_out = chain[WIDTH*STAGES-1 -: WIDTH];
endmodule
