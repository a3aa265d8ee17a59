// An iCE40 UP5K board with USB on the fabric's pins: pins around device_usb.
//
// Purpose    48 MHz (PLL or pin) -> clk_48, half of it -> clk; flash_loader fills the program's RAM (for decays), or flash_serial reads the flash's number;
//            until then the device is in reset and the pull-up off; device_usb.
// Clocks     clk_48 (bus), clk = clk_48 / 2 (engine); all crossings are in device_usb. Asynchronous: the bus's pins (usb_line synchronises
//            them); flash_in, which the flash gives in time (SCK = clk/2)
// Resets     PLL lock -> reset_sync in each clock -> flash_loader or flash_serial; its `done` -> device, both clocks
// Formats    pins; parameters come from the board's description (constraints/), see docs/boards.md
// Latency    from power-up to the pull-up: PLL lock and about 790 000 clocks of loading, 5 000 where nothing is loaded
// Throughput the bus's
// Overflow   as device_usb
// Does not   run without its program: when flash_loader fails the error LED is lit and the pull-up stays off; read the flash's number beside the loader
//            (there is no room): boards for decays have the number of their bitstream
`default_nettype none
module ice40_usb #(
  // which engines: the small one for decays; for current-voltage sweeps (one or the other: the part holds no more)
  parameter WITH_DECAY = 1,
  parameter WITH_SCLC = 0,
  parameter CLOCK_HZ = 24000000,
  parameter PLL = 1,
  parameter [3:0] PLL_DIVR = 4'd0,
  parameter [6:0] PLL_DIVF = 7'd0,
  parameter [2:0] PLL_DIVQ = 3'd0,
  parameter [2:0] PLL_FILTER_RANGE = 3'd1,
  parameter [23:0] FLASH_ADDRESS = 24'h020000,
  parameter [31:0] PROGRAM_CRC = 32'd0,
  // log2 of the bytes between the clocks, each way: 0 none, 9 a block memory
  parameter FIFO_LOG2 = 0,
  // 16 characters, where the flash's number is not read or there is none
  parameter [127:0] SERIAL = "0000000000000000",
  // link, busy, error: bits 0, 1, 2 (ice40_leds)
  parameter [2:0] LED_RGB = 3'b000,
  parameter [2:0] LED_LOW = 3'b000
) (
  input  wire clk_in,
  inout  wire usb_dp,
  inout  wire usb_dn,
  output wire usb_pullup,
  output wire flash_select_n,
  output wire flash_clock,
  output wire flash_out,
  input  wire flash_in,
  output wire led_link,
  output wire led_busy,
  output wire led_error
);
  wire clk_48, rst_48, rst;
  // the device waits for the flash, much longer than block memories need
  ice40_clock #(
    .WAIT_LOG2(3), .PLL(PLL), .DIVR(PLL_DIVR), .DIVF(PLL_DIVF), .DIVQ(PLL_DIVQ), .FILTER_RANGE(PLL_FILTER_RANGE)
  ) clocks (.clk_in(clk_in), .clk(clk_48), .rst(rst_48));
  reg clk;
  initial clk = 1'b0;
  always @(posedge clk_48) clk <= !clk;
  // what resets without a clock is no other flip-flop's data
  reg bus_runs;
  initial bus_runs = 1'b0;
  always @(posedge clk_48) bus_runs <= !rst_48;
  reset_sync engine_reset (.clk(clk), .rst_async(!bus_runs), .rst(rst));

  wire        loaded, failed;
  wire [6:0]  program_write;
  wire [12:0] program_address;
  wire [15:0] program_word;
  wire [127:0] serial;
  generate
    if (WITH_DECAY != 0) begin : g_loader
      flash_loader #(.FLASH_ADDRESS(FLASH_ADDRESS), .PROGRAM_CRC(PROGRAM_CRC)) loader (
        .clk(clk), .rst(rst),
        .flash_select_n(flash_select_n), .flash_clock(flash_clock), .flash_out(flash_out), .flash_in(flash_in),
        .program_write(program_write), .program_address(program_address), .program_word(program_word),
        .done(loaded), .failed(failed)
      );
      assign serial = 128'd0;
    end else begin : g_no_loader
      flash_serial #(.FALLBACK(SERIAL)) serial_number (
        .clk(clk), .rst(rst),
        .flash_select_n(flash_select_n), .flash_clock(flash_clock), .flash_out(flash_out), .flash_in(flash_in), .serial(serial), .done(loaded)
      );
      assign {program_write, program_address, program_word} = 36'd0;
      assign failed = 1'b0;
    end
  endgenerate
  wire loaded_48;
  reg  device_rst, bus_rst;
  sync_bit loaded_crossing (.clk(clk_48), .bit_in(loaded), .bit_out(loaded_48));
  always @(posedge clk) device_rst <= rst || !loaded;
  always @(posedge clk_48) bus_rst <= rst_48 || !loaded_48;

  wire dp_in, dn_in, dp_out, dn_out, output_enable;
  SB_IO #(.PIN_TYPE(6'b1010_01), .PULLUP(1'b0)) dp_pin (
    .PACKAGE_PIN(usb_dp), .OUTPUT_ENABLE(output_enable), .D_OUT_0(dp_out), .D_IN_0(dp_in)
  );
  SB_IO #(.PIN_TYPE(6'b1010_01), .PULLUP(1'b0)) dn_pin (
    .PACKAGE_PIN(usb_dn), .OUTPUT_ENABLE(output_enable), .D_OUT_0(dn_out), .D_IN_0(dn_in)
  );

  wire link, busy, error;
  device_usb #(
    .ENGINE(1), .CLOCK_HZ(CLOCK_HZ), .TARGET("ice40"), .PASS("serial"), .CONTEXTS(1), .WITH_DECAY(WITH_DECAY), .WITH_SCLC(WITH_SCLC), .FIFO_LOG2(FIFO_LOG2),
    .SERIAL(WITH_DECAY != 0 ? SERIAL : 128'd0)
  ) device (
    .clk_48(clk_48), .rst_48(bus_rst), .clk(clk), .rst(device_rst),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .usb_dp_in(dp_in), .usb_dn_in(dn_in), .usb_dp_out(dp_out), .usb_dn_out(dn_out), .usb_output_enable(output_enable), .usb_pullup(usb_pullup),
    .serial(serial), .led_link(link), .led_busy(busy), .led_error(error),
    .sync_samples(1'b0), .detector_samples(1'b0), .marker_samples(1'b0)
  );

  ice40_leds #(.RGB(LED_RGB), .LOW(LED_LOW)) leds (.lit({error || failed, busy, link}), .pins({led_error, led_busy, led_link}));
endmodule
`default_nettype wire
