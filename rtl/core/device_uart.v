// A device on a UART: pins in, pins out, an engine between.
//
// Purpose    uart_rx -> uart_inbox -> device_top -> uart_tx. A break on the line is the link's reset: the engine forgets jobs,
//            configuration and IRF, the framing hunts afresh and nothing received before is kept; docs/link.md says what a host does.
// Formats    8N1, CLOCK_HZ / baud = UART_DIVIDER / 256; the host's clock may be 2.5 % off
// Latency    a character and a few clocks each way
// Throughput the line's, both ways at once. An answer leaves straight from the engine: a result holds its context until it is sent.
// Overflow   A host that keeps to `jobs_in_flight` cannot fill the FIFO. What is lost all the same is answered by an error.
// Does not   use flow-control lines. Does not cut the character that it sends when a break comes: the host drops what arrives until
//            its break is over.
`default_nettype none
module device_uart #(
  // as device_top has them
  parameter ENGINE = 1,
  parameter CLOCK_HZ = 0,
  parameter [55:0] TARGET = "generic",
  parameter PASS = "ring",
  parameter CONTEXTS = 2,
  parameter ENGINES = 1,
  parameter WITH_DECAY = 1,
  parameter WITH_FIT = 1,
  parameter WITH_SCLC = ENGINE == 1 ? 0 : 1,
  parameter WITH_TA = ENGINE == 1 ? 0 : 1,
  parameter TA_KEEP = WITH_TA,
  parameter TA_FEW_CELLS = 0,
  parameter WITH_PHOTON = ENGINE != 1 && WITH_DECAY != 0 ? 1 : 0,
  parameter WITH_RAW = 0,
  parameter PIN_SAMPLES = 0,
  parameter SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES,
  // clocks a bit x 256, at least 4 x 256: 4096 is 3 Mbaud at 48 MHz
  parameter [23:0] UART_DIVIDER = 24'd4096,
  // log2 of the bytes that wait for the engine: 8 is one iCE40 block memory
  parameter FIFO_LOG2 = 8,
  // 1: they wait in the engine's single-port memory (decay_serial_single.v): a UP5K for decays has its block memories in the engine. FIFO_LOG2 8
  parameter SHARED = TARGET == "ice40" && WITH_DECAY != 0 && WITH_FIT != 0 ? 1 : 0,
  // clocks of silence that end a message
  parameter IDLE_CLOCKS = 960000
) (
  input  wire        clk,
  input  wire        rst,
  // the fit's program where TARGET keeps it in RAM (rtl/fit/program_memory.v); a link reset leaves it
  input  wire [6:0]  program_write,
  input  wire [12:0] program_address,
  input  wire [15:0] program_word,
  // pins
  input  wire        uart_rx,
  output wire        uart_tx,
  // since the latest break: something was answered; work is under way; an error was answered
  output reg         led_link,
  output wire        led_busy,
  output reg         led_error,
  // photons at the pins, sampled by clk (rtl/photon/edge_sampler_*.v)
  input  wire [SAMPLES_BITS-1:0] sync_samples,
  input  wire [SAMPLES_BITS-1:0] detector_samples,
  input  wire [SAMPLES_BITS-1:0] marker_samples
);
  localparam SINGLE = SHARED != 0 ? 2 : 0;
  localparam [5:0] HOLD = 6'd32;         // clocks of reset: more than any pipeline of the engine is long

  wire [7:0] line_data;
  wire       line_valid, line_bad, line_break;
  uart_rx #(.DIVIDER(UART_DIVIDER)) receiver (
    .clk(clk), .rst(rst), .uart_rx(uart_rx), .data(line_data), .valid(line_valid), .bad(line_bad), .line_break(line_break)
  );

  reg       link_rst;
  reg [5:0] hold;
  always @(posedge clk) begin
    link_rst <= rst || line_break || hold != 6'd0;
    if (rst || line_break) hold <= HOLD;
    else if (hold != 6'd0) hold <= hold - 6'd1;
  end

  wire [7:0] rx_data, tx_data;
  wire [1:0] rx_mark;
  wire       rx_valid, rx_ready, tx_valid, tx_ready, fault;
  wire [7:0] in_data, out_data;
  wire [1:0] in_mark;
  wire       in_valid, in_ready, out_valid, out_ready, working;
  wire [FIFO_LOG2+10:0] inbox_asks;
  wire [18:0] guest_asks = SHARED != 0 ? inbox_asks[18:0] : 19'd0;
  wire [10:0] guest_gets;
  uart_inbox #(.FIFO_LOG2(FIFO_LOG2), .SHARED(SHARED), .IDLE_CLOCKS(IDLE_CLOCKS)) inbox (
    .mem_asks(inbox_asks), .mem_gives(guest_gets),
    .clk(clk), .rst(link_rst), .valid(line_valid), .data(line_data), .bad(line_bad),
    .rx_valid(in_valid), .rx_ready(in_ready), .rx_data(in_data), .rx_mark(in_mark)
  );

  generate
    if (ENGINES > 2) begin : g_far
      // the pins may be far from the link: a register each way. The inbox then counts silence while the link holds back, too: between bytes
      // of a message that is silence all the same, between messages its mark is nothing.
      stream_register #(.WIDTH(10)) coming (
        .clk(clk), .rst(link_rst), .in_valid(in_valid), .in_ready(in_ready), .in_data({in_mark, in_data}),
        .out_valid(rx_valid), .out_ready(rx_ready), .out_data({rx_mark, rx_data})
      );
      stream_register #(.WIDTH(8)) going (
        .clk(clk), .rst(link_rst), .in_valid(tx_valid), .in_ready(tx_ready), .in_data(tx_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
      );
    end else begin : g_near
      assign {rx_valid, rx_mark, rx_data, in_ready} = {in_valid, in_mark, in_data, rx_ready};
      assign {out_valid, out_data, tx_ready} = {tx_valid, tx_data, out_ready};
    end
  endgenerate
  assign led_busy = working || out_valid;

  device_top #(
    .ENGINE(ENGINE), .CLOCK_HZ(CLOCK_HZ), .TARGET(TARGET), .PASS(PASS), .CONTEXTS(CONTEXTS), .ENGINES(ENGINES), .SINGLE(SINGLE), .WITH_DECAY(WITH_DECAY), .WITH_FIT(WITH_FIT), .WITH_SCLC(WITH_SCLC), .WITH_TA(WITH_TA), .TA_KEEP(TA_KEEP), .TA_FEW_CELLS(TA_FEW_CELLS), .WITH_PHOTON(WITH_PHOTON),
    .WITH_RAW(WITH_RAW), .PIN_SAMPLES(PIN_SAMPLES)
  ) device (
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples),
    .clk(clk), .rst(link_rst), .guest_asks(guest_asks), .guest_gets(guest_gets),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .rx_data(rx_data), .rx_mark(rx_mark), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready), .busy(working), .fault(fault)
  );

  uart_tx #(.DIVIDER(UART_DIVIDER)) transmitter (
    .clk(clk), .rst(rst), .tx_data(out_data), .tx_valid(out_valid && !link_rst), .tx_ready(out_ready), .uart_tx(uart_tx)
  );

  always @(posedge clk) begin
    led_link <= !link_rst && (led_link || tx_valid);
    led_error <= !link_rst && (led_error || fault);
  end
endmodule
