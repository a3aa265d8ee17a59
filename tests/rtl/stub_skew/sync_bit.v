// sync_bit for benches: every bit reaches the first flip-flop a little later by chance, and not with its neighbours. SKEW time units at most
// (less than a period of the clock that the bits come from), so that what is not a Gray code is seen half changed.
`default_nettype none
module sync_bit #(
  parameter WIDTH = 1,
  parameter STAGES = 2,
  parameter SKEW = 12
) (
  input  wire             clk,
  input  wire [WIDTH-1:0] bit_in,
  output wire [WIDTH-1:0] bit_out
);
  reg [WIDTH*STAGES-1:0] chain = 0;
  reg [WIDTH-1:0]        last = 0, late = 0;
  integer                k;

  always @(bit_in) begin
    for (k = 0; k < WIDTH; k = k + 1)
      if (bit_in[k] != last[k]) late[k] <= #(1 + $unsigned($random) % SKEW) bit_in[k];
    last = bit_in;
  end
  always @(posedge clk) chain <= {chain[WIDTH*(STAGES-1)-1:0], late};
  assign bit_out = chain[WIDTH*STAGES-1 -: WIDTH];
endmodule
