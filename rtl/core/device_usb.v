// A device on USB: pins in, pins out, an engine between. Two clocks.
//
// Purpose    usb_device (48 MHz) <-> async_fifo, or word_crossing in small parts, both ways <-> device_top (clk). A link reset (bus reset,
//            configuration, interface, vendor request) crosses through reset_crossing: the engine forgets jobs, configuration and IRF, what
//            is on its way is dropped, and the bulk endpoints neither give nor take a byte until that is over (about 2 us at 24 MHz): no
//            byte from before comes after.
// Formats    full-speed USB on dp, dn; the board has the pins' cells and the pull-up
// Latency    5 clocks of the clock that reads in each FIFO; 3 of it and one of the other in a word_crossing
// Throughput to the engine a byte in two of its clocks, from it one a clock of the slower clock; through word_crossing a byte in 10 clocks of
//            48 MHz, and what the endpoint needs, where clk is half of it. The bus has one in 39.
// Overflow   none: what cannot be taken is held back on the bus (NAK)
// Does not   synchronise clk to clk_48: they may be anything, also the same clock. LEDs belong to either.
`default_nettype none
module device_usb #(
  // as device_top has them; CLOCK_HZ is clk's
  parameter ENGINE = 1,
  parameter CLOCK_HZ = 0,
  parameter [55:0] TARGET = "generic",
  parameter PASS = "ring",
  parameter CONTEXTS = 4,
  parameter ENGINES = 1,
  parameter WITH_DECAY = 1,
  parameter WITH_SCLC = ENGINE == 1 ? 0 : 1,
  parameter WITH_TA = ENGINE == 1 ? 0 : 1,
  parameter TA_KEEP = WITH_TA,
  parameter TA_FEW_CELLS = 0,
  parameter WITH_PHOTON = ENGINE != 1 && WITH_DECAY != 0 ? 1 : 0,
  parameter WITH_RAW = 0,
  parameter PIN_SAMPLES = 0,
  parameter SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES,
  // log2 of the bytes between the clocks, each way: 9 is one iCE40 block memory; 0: none (word_crossing)
  parameter FIFO_LOG2 = 9,
  // 1: as device_top has it
  parameter PACED = TARGET == "ice40" && PASS != "ring" && WITH_DECAY != 0 ? 1 : 0,
  // the serial number's 16 characters where they are known when built, the first in bits 127..120; 0: those of the port `serial`
  parameter [127:0] SERIAL = 128'd0
) (
  input  wire         clk_48,
  input  wire         rst_48,
  input  wire         clk,
  input  wire         rst,
  // the fit's program where TARGET keeps it in RAM (rtl/fit/program_memory.v), clk; a link reset leaves it
  input  wire [6:0]   program_write,
  input  wire [12:0]  program_address,
  input  wire [15:0]  program_word,
  // pins
  input  wire         usb_dp_in,
  input  wire         usb_dn_in,
  output wire         usb_dp_out,
  output wire         usb_dn_out,
  output wire         usb_output_enable,
  output wire         usb_pullup,
  // as SERIAL; constant
  input  wire [127:0] serial,
  // configured and not asleep; work is under way; an error was answered since the latest link reset
  output wire         led_link,
  output wire         led_busy,
  output reg          led_error,
  // photons at the pins, sampled by clk (rtl/photon/edge_sampler_*.v)
  input  wire [SAMPLES_BITS-1:0] sync_samples,
  input  wire [SAMPLES_BITS-1:0] detector_samples,
  input  wire [SAMPLES_BITS-1:0] marker_samples
);
  // ---- 48 MHz ----
  wire [7:0] out_data, in_data;
  wire       out_valid, out_ready, in_valid, in_ready, link_reset, configured, suspended;
  usb_device #(.SERIAL(SERIAL)) bus (
    .clk(clk_48), .rst(rst_48),
    .usb_dp_in(usb_dp_in), .usb_dn_in(usb_dn_in), .usb_dp_out(usb_dp_out), .usb_dn_out(usb_dn_out),
    .usb_output_enable(usb_output_enable), .usb_pullup(usb_pullup), .serial(serial),
    .rx_data(out_data), .rx_valid(out_valid), .rx_ready(out_ready),
    .tx_data(in_data), .tx_valid(in_valid), .tx_ready(in_ready),
    .link_reset(link_reset), .configured(configured), .suspended(suspended)
  );
  assign led_link = configured && !suspended;

  // ---- from clock to clock ----
  wire       rst_request, rst_engine, rst_fifo, drops, room;
  reg        rst_bus;
  wire [7:0] rx_data, tx_data;
  wire       rx_valid, rx_ready, tx_valid, tx_ready;
  reset_crossing both (
    .clk_a(clk_48), .a_request(rst_48 || link_reset), .rst_a(rst_request), .drop_a(drops),
    .clk_b(clk), .b_request(rst), .rst_b(rst_engine), .fifo_rst_b(rst_fifo)
  );
  // What lies between the clocks is emptied a clock after the endpoints, which is where nothing moves from link_reset's own clock on.
  initial rst_bus = 1'b0;
  always @(posedge clk_48) rst_bus <= rst_request;
  wire moves = !rst_bus && !link_reset;
  assign out_ready = room && moves;

  generate
    if (FIFO_LOG2 == 0) begin : g_words
      wire stands;
      word_crossing #(.WIDTH(8)) down (
        .wr_clk(clk_48), .wr_valid(out_valid && moves), .wr_ready(room), .wr_data(out_data),
        .rd_clk(clk), .drop(rst_fifo), .rd_valid(rx_valid), .rd_ready(rx_ready), .rd_data(rx_data)
      );
      word_crossing #(.WIDTH(8)) up (
        .wr_clk(clk), .wr_valid(tx_valid && !rst_engine), .wr_ready(tx_ready), .wr_data(tx_data),
        .rd_clk(clk_48), .drop(drops), .rd_valid(stands), .rd_ready(in_ready && moves), .rd_data(in_data)
      );
      assign in_valid = stands && moves;
      wire reset_unused = rst_request;
    end else begin : g_fifos
      wire       waits, fetches, stands, down_valid, down_ready, drops_unused;
      wire [7:0] down_data, up_data;
      assign drops_unused = drops;
      // On the way in a register stands before the endpoint: the endpoint's clock enables are then no further from the FIFO than from link_reset.
      assign in_valid = stands && !link_reset;
      stream_register #(.WIDTH(8)) next_in (
        .clk(clk_48), .rst(rst_request), .in_valid(waits), .in_ready(fetches), .in_data(up_data),
        .out_valid(stands), .out_ready(in_ready), .out_data(in_data)
      );
      async_fifo #(.WIDTH(8), .DEPTH_LOG2(FIFO_LOG2)) down (
        .wr_clk(clk_48), .wr_rst(rst_bus), .wr_valid(out_valid && moves), .wr_ready(room), .wr_data(out_data),
        .rd_clk(clk), .rd_rst(rst_fifo), .rd_valid(down_valid), .rd_ready(down_ready), .rd_data(down_data)
      );
      stream_register #(.WIDTH(8)) held (
        .clk(clk), .rst(rst_fifo), .in_valid(down_valid), .in_ready(down_ready), .in_data(down_data),
        .out_valid(rx_valid), .out_ready(rx_ready), .out_data(rx_data)
      );
      async_fifo #(.WIDTH(8), .DEPTH_LOG2(FIFO_LOG2)) up (
        .wr_clk(clk), .wr_rst(rst_fifo), .wr_valid(tx_valid && !rst_engine), .wr_ready(tx_ready), .wr_data(tx_data),
        .rd_clk(clk_48), .rd_rst(rst_bus), .rd_valid(waits), .rd_ready(fetches), .rd_data(up_data)
      );
    end
  endgenerate

  // ---- the engine's clock ----
  wire fault;
  // the serial pass is for a UP5K, whose fourth single-port RAM is its own here (with a UART the inbox is a guest there)
  wire [10:0] guest_unused;
  localparam SINGLE = PASS == "ring" ? 0 : 1;
  device_top #(
    .ENGINE(ENGINE), .CLOCK_HZ(CLOCK_HZ), .TARGET(TARGET), .PASS(PASS), .CONTEXTS(CONTEXTS), .ENGINES(ENGINES), .SINGLE(SINGLE), .PACED(PACED), .WITH_DECAY(WITH_DECAY), .WITH_SCLC(WITH_SCLC), .WITH_TA(WITH_TA), .TA_KEEP(TA_KEEP), .TA_FEW_CELLS(TA_FEW_CELLS), .WITH_PHOTON(WITH_PHOTON),
    .WITH_RAW(WITH_RAW), .PIN_SAMPLES(PIN_SAMPLES)
  ) device (
    .sync_samples(sync_samples), .detector_samples(detector_samples), .marker_samples(marker_samples),
    .clk(clk), .rst(rst_engine),
    .guest_asks(19'd0), .guest_gets(guest_unused),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .rx_data(rx_data), .rx_mark(2'd0), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready), .busy(led_busy), .fault(fault)
  );
  always @(posedge clk) led_error <= !rst_engine && (led_error || fault);
endmodule
