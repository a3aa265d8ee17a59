// An ECP5 board with USB on the fabric's pins: pins around device_usb.
//
// Purpose    PLL -> clk_48, clk; bidirectional pins; device_usb. The fit's program is block RAM of the bitstream.
// Clocks     clk_48 (bus), clk (engine, CLOCK_HZ); all crossings are in device_usb. Asynchronous: the bus's pins (usb_line synchronises them)
// Resets     PLL lock -> reset_sync in each clock; the bus is held until the serial number is read
// Formats    pins; parameters come from the board's description (constraints/), see docs/boards.md
// Latency    from configuration to the pull-up: PLL lock, then 0.1 ms
// Throughput the bus's
// Overflow   as device_usb
// Does not   use the board's differential receiver: full speed is received single-ended
`default_nettype none
module ecp5_usb #(
  parameter ENGINE = 1,
  parameter ENGINES = 1,
  parameter CONTEXTS = 4,
  parameter WITH_SCLC = 0,
  parameter WITH_TA = 0,
  parameter TA_KEEP = 0,
  parameter TA_FEW_CELLS = 0,
  // the photon front end; its histograms of single bins; samples a clock of its pins: 0 (no pins) or 2 (IDDRX1F)
  parameter WITH_PHOTON = ENGINE == 1 ? 0 : 1,
  parameter WITH_RAW = 0,
  parameter PIN_SAMPLES = 0,
  parameter CLOCK_HZ = 64000000,
  parameter PLL_IN_DIV = 1,
  parameter PLL_FB_DIV = 1,
  parameter PLL_OP_DIV = 1,
  parameter PLL_OP_PHASE = 0,
  parameter PLL_OS_DIV = 1,
  parameter PLL_OS_PHASE = 0,
  parameter PLL_OS2_DIV = 1,
  parameter PLL_OS2_PHASE = 0,
  // log2 of the bytes between the clocks, each way: 4 are lookup tables, 9 a block memory
  parameter FIFO_LOG2 = 4,
  // 16 characters, where the flash has no number of its own
  parameter [127:0] SERIAL = "0000000000000000",
  // link, busy, error: bits 0, 1, 2; lit when low
  parameter [2:0] LED_LOW = 3'b000
) (
  input  wire clk_in,
  inout  wire usb_dp,
  inout  wire usb_dn,
  output wire usb_pullup,
  // its clock is the configuration's
  output wire flash_select_n,
  output wire flash_out,
  input  wire flash_in,
  // photons, asynchronous (rtl/board/ecp5_photons.v)
  input  wire pin_sync,
  input  wire pin_detector,
  input  wire pin_marker,
  output wire led_link,
  output wire led_busy,
  output wire led_error
);
  wire clk_48, rst_48, clk, rst;
  ecp5_clock #(
    .IN_DIV(PLL_IN_DIV), .FB_DIV(PLL_FB_DIV), .OP_DIV(PLL_OP_DIV), .OP_PHASE(PLL_OP_PHASE), .OS_DIV(PLL_OS_DIV), .OS_PHASE(PLL_OS_PHASE),
    .OS2_DIV(PLL_OS2_DIV), .OS2_PHASE(PLL_OS2_PHASE)
  ) clocks (.clk_in(clk_in), .clk_48(clk_48), .rst_48(rst_48), .clk(clk), .rst(rst));

  wire         flash_clock, named;
  wire [127:0] serial;
  flash_serial #(.FALLBACK(SERIAL)) serial_number (
    .clk(clk_48), .rst(rst_48), .flash_select_n(flash_select_n), .flash_clock(flash_clock), .flash_out(flash_out), .flash_in(flash_in),
    .serial(serial), .done(named)
  );
  wire flash_clock_unused;
  USRMCLK flash_clock_pin (.USRMCLKI(flash_clock), .USRMCLKTS(1'b0), .USRMCLKO(flash_clock_unused));
  reg bus_rst;
  always @(posedge clk_48) bus_rst <= rst_48 || !named;

  wire dp_in, dn_in, dp_out, dn_out, output_enable;
  BB dp_pin (.I(dp_out), .T(!output_enable), .O(dp_in), .B(usb_dp));
  BB dn_pin (.I(dn_out), .T(!output_enable), .O(dn_in), .B(usb_dn));

  localparam SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES;
  wire [SAMPLES_BITS-1:0] sync_samples, detector_samples, marker_samples;
  ecp5_photons #(.SAMPLES(PIN_SAMPLES)) photons (
    .clk(clk), .edge_clk(1'b0), .rst(rst), .pin_sync(pin_sync), .pin_detector(pin_detector), .pin_marker(pin_marker),
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples)
  );

  wire link, busy, error;
  device_usb #(
    .ENGINE(ENGINE), .CLOCK_HZ(CLOCK_HZ), .TARGET("ecp5"), .CONTEXTS(CONTEXTS), .ENGINES(ENGINES), .WITH_SCLC(WITH_SCLC), .WITH_TA(WITH_TA), .TA_KEEP(TA_KEEP), .TA_FEW_CELLS(TA_FEW_CELLS),
    .WITH_PHOTON(WITH_PHOTON), .WITH_RAW(WITH_RAW), .PIN_SAMPLES(PIN_SAMPLES), .FIFO_LOG2(FIFO_LOG2)
  ) device (
    .clk_48(clk_48), .rst_48(bus_rst), .clk(clk), .rst(rst),
    .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .usb_dp_in(dp_in), .usb_dn_in(dn_in), .usb_dp_out(dp_out), .usb_dn_out(dn_out), .usb_output_enable(output_enable), .usb_pullup(usb_pullup),
    .serial(serial), .led_link(link), .led_busy(busy), .led_error(error),
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples)
  );
  assign {led_error, led_busy, led_link} = {error, busy, link} ^ LED_LOW;
endmodule
`default_nettype wire
