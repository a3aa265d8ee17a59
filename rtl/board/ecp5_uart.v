// An ECP5 board with a UART: pins around device_uart.
//
// Purpose    PLL -> clk; device_uart. The fit's program is block RAM of the bitstream.
// Clocks     one: clk, CLOCK_HZ. Asynchronous: uart_rx (its own synchroniser)
// Resets     PLL lock -> reset_sync
// Formats    pins; parameters come from the board's description (constraints/), see docs/boards.md
// Latency    from configuration to the first answer: PLL lock
// Throughput the line's
// Overflow   as device_uart
// Does not   use the PLL's 48 MHz
`default_nettype none
module ecp5_uart #(
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
  parameter [23:0] UART_DIVIDER = 24'd4096,
  // link, busy, error: bits 0, 1, 2; lit when low
  parameter [2:0] LED_LOW = 3'b000
) (
  input  wire clk_in,
  input  wire uart_rx,
  output wire uart_tx,
  // photons, asynchronous (rtl/board/ecp5_photons.v)
  input  wire pin_sync,
  input  wire pin_detector,
  input  wire pin_marker,
  output wire led_link,
  output wire led_busy,
  output wire led_error
);
  wire clk, rst, clk_48_unused, rst_48_unused;
  ecp5_clock #(
    .IN_DIV(PLL_IN_DIV), .FB_DIV(PLL_FB_DIV), .OP_DIV(PLL_OP_DIV), .OP_PHASE(PLL_OP_PHASE), .OS_DIV(PLL_OS_DIV), .OS_PHASE(PLL_OS_PHASE),
    .OS2_DIV(PLL_OS2_DIV), .OS2_PHASE(PLL_OS2_PHASE)
  ) clocks (.clk_in(clk_in), .clk_48(clk_48_unused), .rst_48(rst_48_unused), .clk(clk), .rst(rst));

  localparam SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES;
  wire [SAMPLES_BITS-1:0] sync_samples, detector_samples, marker_samples;
  ecp5_photons #(.SAMPLES(PIN_SAMPLES)) photons (
    .clk(clk), .edge_clk(1'b0), .rst(rst), .pin_sync(pin_sync), .pin_detector(pin_detector), .pin_marker(pin_marker),
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples)
  );

  wire link, busy, error;
  device_uart #(
    .ENGINE(ENGINE), .CLOCK_HZ(CLOCK_HZ), .TARGET("ecp5"), .CONTEXTS(CONTEXTS), .ENGINES(ENGINES), .WITH_SCLC(WITH_SCLC), .WITH_TA(WITH_TA), .TA_KEEP(TA_KEEP), .TA_FEW_CELLS(TA_FEW_CELLS),
    .WITH_PHOTON(WITH_PHOTON), .WITH_RAW(WITH_RAW), .PIN_SAMPLES(PIN_SAMPLES), .UART_DIVIDER(UART_DIVIDER),
    .IDLE_CLOCKS(CLOCK_HZ / 50)
  ) device (
    .clk(clk), .rst(rst),
    .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .uart_rx(uart_rx), .uart_tx(uart_tx), .led_link(link), .led_busy(busy), .led_error(error),
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples)
  );
  assign {led_error, led_busy, led_link} = {error, busy, link} ^ LED_LOW;
endmodule
`default_nettype wire
