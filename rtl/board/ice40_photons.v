// An iCE40 board's pins for photons: SYNC, DETECTOR and MARKER, each sampled by its own cell.
//
// Purpose    three edge_sampler_ice40; with SAMPLES 0 the build has no use for the pins
// Formats    *_samples[0] is the earliest of its clock; SAMPLES 0: one bit, low; else 2
// Latency    3 clocks, the same for all three
// Throughput SAMPLES a clock
// Overflow   as edge_sampler_ice40
// Does not   take analogue signals: comparators belong in front of SYNC and DETECTOR
`default_nettype none
module ice40_photons #(
  parameter SAMPLES = 0,
  parameter BITS = SAMPLES == 0 ? 1 : 2
) (
  input  wire            clk,
  // inputs; the part's pin cells are bidirectional
  inout  wire            pin_sync,
  inout  wire            pin_detector,
  inout  wire            pin_marker,
  output wire [BITS-1:0] sync_samples,
  output wire [BITS-1:0] detector_samples,
  output wire [BITS-1:0] marker_samples
);
  generate
    if (SAMPLES == 0) begin : g_none
      wire pins_unused = &{clk, pin_sync, pin_detector, pin_marker};
      assign {sync_samples, detector_samples, marker_samples} = 3'b000;
    end else begin : g_pins
      edge_sampler_ice40 sync_sampler (.clk(clk), .pin(pin_sync), .samples(sync_samples));
      edge_sampler_ice40 detector_sampler (.clk(clk), .pin(pin_detector), .samples(detector_samples));
      edge_sampler_ice40 marker_sampler (.clk(clk), .pin(pin_marker), .samples(marker_samples));
    end
  endgenerate
endmodule
`default_nettype wire
