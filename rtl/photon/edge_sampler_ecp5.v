// A pin's level as 2 or 4 samples a clock, by an ECP5's input cells.
//
// Purpose    What times edges. 2 samples: IDDRX1F; 4 samples: IDDRX2F on `edge_clk`, twice and in step with clk. Flip-flops behind the cell let
//            it settle.
// Formats    samples[0] is the earliest of its clock
// Latency    3 clocks
// Throughput SAMPLES a clock; the sample's time is that of the pin's cell: a duty cycle other than 1/2 shows as unequal bins (correct it by a
//            histogram of uncorrelated light, docs/photon.md)
// Overflow   a level shorter than a sample may be missed
// Does not   filter, nor terminate the line: the pin needs a clean digital level
`default_nettype none
module edge_sampler_ecp5 #(
  parameter SAMPLES = 2
) (
  input  wire               clk,
  input  wire               edge_clk,      // with 4 samples; else not used
  input  wire               rst,
  input  wire               pin,
  output wire [SAMPLES-1:0] samples
);
  wire [SAMPLES-1:0] taken;
  reg  [SAMPLES-1:0] first, second;
  generate
    if (SAMPLES == 4) begin : g_4
      IDDRX2F cell_io (.D(pin), .SCLK(clk), .ECLK(edge_clk), .RST(rst), .Q0(taken[0]), .Q1(taken[1]), .Q2(taken[2]), .Q3(taken[3]));
    end else begin : g_2
      wire unused = edge_clk;
      IDDRX1F cell_io (.D(pin), .SCLK(clk), .RST(rst), .Q0(taken[0]), .Q1(taken[1]));
    end
  endgenerate
  always @(posedge clk) begin
    first <= taken;
    second <= first;
  end
  assign samples = second;
endmodule
`default_nettype wire
