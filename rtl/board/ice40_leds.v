// Three LEDs of an iCE40 UP5K board: on plain pins or on the part's LED driver.
//
// Purpose    A bit of RGB says that the LED hangs on the driver (RGB0, RGB1, RGB2 of the part for link, busy, error, whichever colours they have:
//            the constraints file says which pin), else it is a plain output, inverted where LOW has its bit.
// Formats    1: lit. Bits 0 link, 1 busy, 2 error. Driver: half current, 4 mA
// Latency    none
// Throughput not applicable
// Overflow   none
// Does not   stretch what is short
`default_nettype none
module ice40_leds #(
  parameter [2:0] RGB = 3'b000,
  parameter [2:0] LOW = 3'b000
) (
  input  wire [2:0] lit,
  output wire [2:0] pins
);
  genvar n;
  generate
    if (RGB != 3'b000) begin : g_driver
      wire [2:0] on = lit & RGB;
      wire [2:0] driven;
      wire       driven_unused = |(driven & ~RGB);
      SB_RGBA_DRV #(
        .CURRENT_MODE("0b1"), .RGB0_CURRENT("0b000001"), .RGB1_CURRENT("0b000001"), .RGB2_CURRENT("0b000001")
      ) driver (
        .CURREN(1'b1), .RGBLEDEN(1'b1), .RGB0PWM(on[0]), .RGB1PWM(on[1]), .RGB2PWM(on[2]), .RGB0(driven[0]), .RGB1(driven[1]), .RGB2(driven[2])
      );
      for (n = 0; n < 3; n = n + 1) begin : g_pin
        if (RGB[n]) assign pins[n] = driven[n];
        else assign pins[n] = lit[n] ^ LOW[n];
      end
    end else begin : g_plain
      assign pins = lit ^ LOW;
    end
  endgenerate
endmodule
`default_nettype wire
