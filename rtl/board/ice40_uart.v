// An iCE40 UP5K board with a UART: pins around device_uart.
//
// Purpose    PLL -> clk; flash_loader fills the program's RAM (for decays), until then the device is in reset and the line idle; device_uart.
// Clocks     one: clk, CLOCK_HZ. Asynchronous: uart_rx (its own synchroniser); flash_in, which the flash gives in time (SCK = clk/2)
// Resets     PLL lock -> reset_sync -> flash_loader; its `done` -> device
// Formats    pins; parameters come from the board's description (constraints/), see docs/boards.md
// Latency    from power-up to the first answer: PLL lock and about 790 000 clocks of loading
// Throughput the line's
// Overflow   as device_uart
// Does not   run without its program: when flash_loader fails the error LED is lit and nothing answers
`default_nettype none
module ice40_uart #(
  // which engines: the small one for decays; for current-voltage sweeps (one or the other: the part holds no more);
  // PIN_SAMPLES 2: in the engine's place the photon front end, which counts the frames of its pins in single bins, and the host fits them
  parameter WITH_DECAY = 1,
  parameter WITH_SCLC = 0,
  parameter PIN_SAMPLES = 0,
  parameter CLOCK_HZ = 36000000,
  parameter PLL = 1,
  parameter [3:0] PLL_DIVR = 4'd0,
  parameter [6:0] PLL_DIVF = 7'd0,
  parameter [2:0] PLL_DIVQ = 3'd0,
  parameter [2:0] PLL_FILTER_RANGE = 3'd1,
  parameter [23:0] UART_DIVIDER = 24'd4096,
  parameter [23:0] FLASH_ADDRESS = 24'h020000,
  parameter [31:0] PROGRAM_CRC = 32'd0,
  // link, busy, error: bits 0, 1, 2 (ice40_leds)
  parameter [2:0] LED_RGB = 3'b000,
  parameter [2:0] LED_LOW = 3'b000
) (
  input  wire clk_in,
  input  wire uart_rx,
  output wire uart_tx,
  output wire flash_select_n,
  output wire flash_clock,
  output wire flash_out,
  input  wire flash_in,
  // photons, where PIN_SAMPLES is 2 (inputs)
  inout  wire pin_sync,
  inout  wire pin_detector,
  inout  wire pin_marker,
  output wire led_link,
  output wire led_busy,
  output wire led_error
);
  localparam WITH_FIT = WITH_DECAY != 0 && PIN_SAMPLES == 0 ? 1 : 0;

  wire clk, rst;
  // the device waits for the flash, much longer than block memories need; where nothing is loaded the clock's reset is that long
  ice40_clock #(
    .WAIT_LOG2(WITH_FIT != 0 ? 3 : 10), .PLL(PLL), .DIVR(PLL_DIVR), .DIVF(PLL_DIVF), .DIVQ(PLL_DIVQ), .FILTER_RANGE(PLL_FILTER_RANGE)
  ) clocks (.clk_in(clk_in), .clk(clk), .rst(rst));

  wire        loaded, failed;
  wire [6:0]  program_write;
  wire [12:0] program_address;
  wire [15:0] program_word;
  generate
    if (WITH_FIT != 0) begin : g_loader
      flash_loader #(.FLASH_ADDRESS(FLASH_ADDRESS), .PROGRAM_CRC(PROGRAM_CRC)) loader (
        .clk(clk), .rst(rst),
        .flash_select_n(flash_select_n), .flash_clock(flash_clock), .flash_out(flash_out), .flash_in(flash_in),
        .program_write(program_write), .program_address(program_address), .program_word(program_word),
        .done(loaded), .failed(failed)
      );
    end else begin : g_no_loader
      wire flash_in_unused = flash_in;
      assign {flash_select_n, flash_clock, flash_out} = 3'b100;
      assign {program_write, program_address, program_word} = 36'd0;
      assign {loaded, failed} = 2'b10;
    end
  endgenerate
  reg device_rst;
  always @(posedge clk) device_rst <= rst || !loaded;

  localparam SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES;
  wire [SAMPLES_BITS-1:0] sync_samples, detector_samples, marker_samples;
  ice40_photons #(.SAMPLES(PIN_SAMPLES)) photons (
    .clk(clk), .pin_sync(pin_sync), .pin_detector(pin_detector), .pin_marker(pin_marker),
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples)
  );

  wire link, busy, error;
  device_uart #(
    .ENGINE(1), .CLOCK_HZ(CLOCK_HZ), .TARGET("ice40"), .PASS("serial"), .CONTEXTS(1), .WITH_DECAY(WITH_DECAY), .WITH_FIT(WITH_FIT), .WITH_SCLC(WITH_SCLC),
    .WITH_PHOTON(PIN_SAMPLES != 0 ? 1 : 0), .WITH_RAW(PIN_SAMPLES != 0 ? 1 : 0), .PIN_SAMPLES(PIN_SAMPLES), .UART_DIVIDER(UART_DIVIDER), .IDLE_CLOCKS(CLOCK_HZ / 50)
  ) device (
    .clk(clk), .rst(device_rst),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .uart_rx(uart_rx), .uart_tx(uart_tx), .led_link(link), .led_busy(busy), .led_error(error),
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples)
  );

  ice40_leds #(.RGB(LED_RGB), .LOW(LED_LOW)) leds (.lit({error || failed, busy, link}), .pins({led_error, led_busy, led_link}));
endmodule
`default_nettype wire
