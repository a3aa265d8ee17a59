// A pin's level as 2 samples a clock, by an iCE40's pin cell.
//
// Purpose    What times edges: SB_IO with its DDR input registers (rising and falling edge). Flip-flops behind the cell let it settle.
// Formats    samples[0] is the earliest of its clock
// Latency    3 clocks
// Throughput 2 samples a clock; the sample's time is that of the pin's cell: a duty cycle other than 1/2 shows as unequal bins (correct it by a
//            histogram of uncorrelated light, docs/photon.md)
// Overflow   a level shorter than a sample may be missed
// Does not   filter, nor terminate the line: the pin needs a clean digital level
`default_nettype none
module edge_sampler_ice40 (
  input  wire       clk,
  inout  wire       pin,      // an input; the cell's own pin is bidirectional
  output wire [1:0] samples
);
  wire       rising, falling;
  reg  [1:0] first, second;
  SB_IO #(.PIN_TYPE(6'b000000), .PULLUP(1'b0)) cell_io (
    .PACKAGE_PIN(pin), .INPUT_CLK(clk), .CLOCK_ENABLE(1'b1), .OUTPUT_ENABLE(1'b0), .D_OUT_0(1'b0), .D_IN_0(rising), .D_IN_1(falling)
  );
  always @(posedge clk) begin
    first <= {falling, rising};
    second <= first;
  end
  assign samples = second;
endmodule
`default_nettype wire
