// sync_bit for proofs: in the instant in which its clock ticks, the first flip-flop takes of every bit what is there or what was there an instant
// ago, by the solver's choice.
`default_nettype none
module sync_bit #(
  parameter WIDTH = 1,
  parameter STAGES = 2
) (
  input  wire             clk,
  input  wire [WIDTH-1:0] bit_in,
  output wire [WIDTH-1:0] bit_out
);
  reg [WIDTH*STAGES-1:0] chain = 0;
  reg [WIDTH-1:0]        past = 0;
  (* anyseq *) wire [WIDTH-1:0] late;
  (* gclk *) wire instant;
  always @(posedge instant) past <= bit_in;
  always @(posedge clk) chain <= {chain[WIDTH*(STAGES-1)-1:0], (late & past) | (~late & bit_in)};
  assign bit_out = chain[WIDTH*STAGES-1 -: WIDTH];
endmodule
