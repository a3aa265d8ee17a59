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
  output wire led_link,
  output wire led_busy,
  output wire led_error
);
  wire clk, rst, clk_48_unused, rst_48_unused;
  ecp5_clock #(
    .IN_DIV(PLL_IN_DIV), .FB_DIV(PLL_FB_DIV), .OP_DIV(PLL_OP_DIV), .OP_PHASE(PLL_OP_PHASE), .OS_DIV(PLL_OS_DIV), .OS_PHASE(PLL_OS_PHASE),
    .OS2_DIV(PLL_OS2_DIV), .OS2_PHASE(PLL_OS2_PHASE)
  ) clocks (.clk_in(clk_in), .clk_48(clk_48_unused), .rst_48(rst_48_unused), .clk(clk), .rst(rst));

  wire link, busy, error;
  device_uart #(
    .ENGINE(ENGINE), .CLOCK_HZ(CLOCK_HZ), .TARGET("ecp5"), .CONTEXTS(CONTEXTS), .ENGINES(ENGINES), .WITH_SCLC(WITH_SCLC), .WITH_TA(WITH_TA), .UART_DIVIDER(UART_DIVIDER),
    .IDLE_CLOCKS(CLOCK_HZ / 50)
  ) device (
    .clk(clk), .rst(rst),
    .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .uart_rx(uart_rx), .uart_tx(uart_tx), .led_link(link), .led_busy(busy), .led_error(error),
    .sync_samples(1'b0), .detector_samples(1'b0), .marker_samples(1'b0)
  );
  assign {led_error, led_busy, led_link} = {error, busy, link} ^ LED_LOW;
endmodule
`default_nettype wire
