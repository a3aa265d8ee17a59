// A pin's level as samples: 1, 2 or 4 a clock, synchronised.
//
// Purpose    What times edges. The first register is the pin's own cell where a clock has more than one sample:
//            "generic"  1 sample:  flip-flops (sync_bit)
//            "ice40"    2 samples: SB_IO with its DDR input registers (rising and falling edge)
//            "ecp5"     2 samples: IDDRX1F; 4 samples: IDDRX2F on `edge_clk`, twice and in step with clk
//            Flip-flops behind the cell let it settle.
// Formats    samples[0] is the earliest of its clock
// Latency    3 clocks
// Throughput SAMPLES a clock; the sample's time is that of the pin's cell: a duty cycle other than 1/2 shows as unequal bins (correct it by a
//            histogram of uncorrelated light, docs/photon.md)
// Overflow   a level shorter than a sample may be missed
// Does not   filter, nor terminate the line: the pin needs a clean digital level
`default_nettype none
module edge_sampler #(
  parameter [55:0] TARGET = "generic",
  parameter SAMPLES = 1
) (
  input  wire               clk,
  input  wire               edge_clk,      // "ecp5" with 4 samples; else not used
  input  wire               rst,
  input  wire               pin,
  output wire [SAMPLES-1:0] samples
);
  generate
    if (TARGET == "ice40" && SAMPLES == 2) begin : g_ice40
      wire       rising, falling;
      reg  [1:0] first, second;
      wire       unused = &{edge_clk, rst};
      SB_IO #(.PIN_TYPE(6'b000000), .PULLUP(1'b0)) cell_io (
        .PACKAGE_PIN(pin), .INPUT_CLK(clk), .CLOCK_ENABLE(1'b1), .D_IN_0(rising), .D_IN_1(falling)
      );
      always @(posedge clk) begin
        first <= {falling, rising};
        second <= first;
      end
      assign samples = second;
    end else if (TARGET == "ecp5" && SAMPLES == 2) begin : g_ecp5_2
      wire       rising, falling;
      reg  [1:0] first, second;
      wire       unused = edge_clk;
      IDDRX1F cell_io (.D(pin), .SCLK(clk), .RST(rst), .Q0(rising), .Q1(falling));
      always @(posedge clk) begin
        first <= {falling, rising};
        second <= first;
      end
      assign samples = second;
    end else if (TARGET == "ecp5" && SAMPLES == 4) begin : g_ecp5_4
      wire [3:0] four;
      reg  [3:0] first, second;
      IDDRX2F cell_io (.D(pin), .SCLK(clk), .ECLK(edge_clk), .RST(rst), .Q0(four[0]), .Q1(four[1]), .Q2(four[2]), .Q3(four[3]));
      always @(posedge clk) begin
        first <= four;
        second <= first;
      end
      assign samples = second;
    end else begin : g_generic
      wire level;
      wire unused = &{edge_clk, rst};
      sync_bit #(.WIDTH(1), .STAGES(3)) synchroniser (.clk(clk), .bit_in(pin), .bit_out(level));
      assign samples = {SAMPLES{level}};
    end
  endgenerate
endmodule
`default_nettype wire
