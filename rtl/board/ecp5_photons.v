// An ECP5 board's pins for photons: SYNC, DETECTOR and MARKER, each sampled by its own cell.
//
// Purpose    three edge_sampler_ecp5; with SAMPLES 0 the build has no use for the pins
// Formats    *_samples[0] is the earliest of its clock; SAMPLES 0: one bit, low
// Latency    3 clocks, the same for all three
// Throughput SAMPLES a clock
// Overflow   as edge_sampler_ecp5
// Does not   take analogue signals: comparators belong in front of SYNC and DETECTOR
`default_nettype none
module ecp5_photons #(
  parameter SAMPLES = 0,
  parameter BITS = SAMPLES == 0 ? 1 : SAMPLES
) (
  input  wire            clk,
  input  wire            edge_clk,
  input  wire            rst,
  input  wire            pin_sync,
  input  wire            pin_detector,
  input  wire            pin_marker,
  output wire [BITS-1:0] sync_samples,
  output wire [BITS-1:0] detector_samples,
  output wire [BITS-1:0] marker_samples
);
  generate
    if (SAMPLES == 0) begin : g_none
      wire pins_unused = &{clk, edge_clk, rst, pin_sync, pin_detector, pin_marker};
      assign {sync_samples, detector_samples, marker_samples} = 3'b000;
    end else begin : g_pins
      edge_sampler_ecp5 #(.SAMPLES(SAMPLES)) sync_sampler (.clk(clk), .edge_clk(edge_clk), .rst(rst), .pin(pin_sync), .samples(sync_samples));
      edge_sampler_ecp5 #(.SAMPLES(SAMPLES)) detector_sampler (
        .clk(clk), .edge_clk(edge_clk), .rst(rst), .pin(pin_detector), .samples(detector_samples)
      );
      edge_sampler_ecp5 #(.SAMPLES(SAMPLES)) marker_sampler (
        .clk(clk), .edge_clk(edge_clk), .rst(rst), .pin(pin_marker), .samples(marker_samples)
      );
    end
  endgenerate
endmodule
`default_nettype wire
