// Reset from anywhere: begins at once, ends with the clock.
//
// Purpose    For what has no clock of its own: a button, a PLL that has not locked. `rst` rises without a clock, so that a design whose
//            clock is not running yet is held; it falls STAGES clocks after `rst_async`, and all flip-flops see that in the same clock.
// Formats    active high
// Latency    begins at once; ends STAGES clocks after rst_async, one more by chance
// Throughput not applicable
// Overflow   none
// Does not   stretch: a pulse of any length gives at least STAGES - 1 clocks. Does not filter glitches.
`default_nettype none
module reset_sync #(
  // flip-flops, at least 2
  parameter STAGES = 3
) (
  input  wire clk,
  input  wire rst_async,
  output wire rst
);
  (* async_reg = "true", keep *) reg [STAGES-1:0] chain;

  always @(posedge clk or posedge rst_async)
    if (rst_async) chain <= {STAGES{1'b1}};
    else chain <= {chain[STAGES-2:0], 1'b0};
  assign rst = chain[STAGES-1];
endmodule
