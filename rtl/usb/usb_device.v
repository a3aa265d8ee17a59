// USB 2.0 full-speed device: a byte stream each way over one vendor interface.
//
// Purpose    Endpoint 0 with all of chapter 9 that a host asks for, bulk OUT 0x01 and bulk IN 0x81 of 64 bytes, double-buffered
//            (docs/usb.md). Descriptors and requests: descriptors/usb.toml.
// Formats    bytes with valid/ready both ways: a byte moves in a clock in which both are high
// Latency    an OUT packet's first byte about 15 clocks after its EOP; an IN packet can go 4 clocks after its last byte
// Throughput rx a byte in 3 clocks, tx a byte in 2, the bus at most one in 39
// Overflow   none: a full OUT endpoint answers NAK, a full IN endpoint makes tx_ready low
// Does not   make remote wake-up; hold anything across link_reset: rx_valid falls with it without a byte having moved
`default_nettype none
module usb_device #(
  // clocks without a tx byte after which a packet is closed, 1 .. 63
  parameter FLUSH_CLOCKS = 48,
  // the serial number where it is known when built (usb_send_memory.v); 0: that of the port
  parameter [127:0] SERIAL = 128'd0
) (
  input  wire         clk,          // 48 MHz, 2500 ppm
  input  wire         rst,          // synchronous
  // pins
  input  wire         usb_dp_in,
  input  wire         usb_dn_in,
  output wire         usb_dp_out,
  output wire         usb_dn_out,
  output wire         usb_output_enable,
  output reg          usb_pullup,
  // sixteen ASCII characters, the first in 127:120; constant
  input  wire [127:0] serial,
  // bytes from the host
  output wire [7:0]   rx_data,
  output wire         rx_valid,
  input  wire         rx_ready,
  // bytes to the host
  input  wire [7:0]   tx_data,
  input  wire         tx_valid,
  output wire         tx_ready,
  // bus reset, SET_CONFIGURATION, SET_INTERFACE or the host's LINK_RESET: everything in flight is gone
  output wire         link_reset,
  output wire         configured,
  output wire         suspended
);
  wire transmitting, bit_strobe, bit_level, se0, turnaround, timeout, bus_reset;
  assign usb_output_enable = transmitting;
  usb_line line (
    .clk(clk), .rst(rst), .usb_dp_in(usb_dp_in), .usb_dn_in(usb_dn_in), .transmitting(transmitting),
    .bit_strobe(bit_strobe), .bit_level(bit_level), .se0(se0), .turnaround(turnaround), .timeout(timeout),
    .bus_reset(bus_reset), .suspended(suspended)
  );

  reg reset;
  always @(posedge clk) begin
    reset <= rst || bus_reset;
    usb_pullup <= !rst;
  end

  // ---- CRC-16: one for both directions, a clock behind ----
  wire rx_crc_clear, rx_crc_enable, rx_crc_data, tx_crc_clear, tx_crc_enable, tx_crc_shift, tx_crc_data, crc_next, crc_good;
  reg  crc_clear, crc_enable, crc_shift, crc_data;
  always @(posedge clk) begin
    crc_clear <= transmitting ? tx_crc_clear : rx_crc_clear;
    crc_enable <= transmitting ? tx_crc_enable : rx_crc_enable;
    crc_shift <= transmitting && tx_crc_shift;
    crc_data <= transmitting ? tx_crc_data : rx_crc_data;
  end
  usb_crc16 crc16 (
    .clk(clk), .clear(crc_clear), .enable(crc_enable), .shift(crc_shift), .data(crc_data), .next(crc_next), .good(crc_good)
  );

  // ---- packets received ----
  wire [6:0] address, byte_index;
  wire [7:0] byte_data;
  wire       receiving, byte_valid, packet_end, is_in, is_out, is_setup, is_data, is_ack, is_eight, data_toggle, token_endpoint, pending;
  usb_rx_packet rx (
    .clk(clk), .rst(rst), .ignore(transmitting),
    .bit_strobe(bit_strobe), .bit_level(bit_level), .se0(se0), .timeout(timeout), .address(address), .active(receiving),
    .crc_clear(rx_crc_clear), .crc_enable(rx_crc_enable), .crc_data(rx_crc_data), .crc16_match(crc_good),
    .byte_valid(byte_valid), .byte_data(byte_data), .byte_index(byte_index),
    .packet_end(packet_end), .is_in(is_in), .is_out(is_out), .is_setup(is_setup), .is_data(is_data), .is_ack(is_ack), .is_eight(is_eight),
    .data_toggle(data_toggle), .endpoint(token_endpoint), .pending(pending)
  );

  // ---- transactions ----
  wire       tx_start, tx_busy, endpoint, control_nak, control_stall, control_write, control_toggle, setup_begin, setup_taken, control_acked;
  wire       out_halted, out_room, out_toggle, out_taken, in_halted, in_ready, in_toggle, in_acked, expect_data, to_setup, to_out, quiet;
  wire [3:0] tx_pid;
  usb_transaction transaction (
    .clk(clk), .rst(reset),
    .packet_end(packet_end), .is_in(is_in), .is_out(is_out), .is_setup(is_setup), .is_data(is_data), .is_ack(is_ack), .is_eight(is_eight),
    .data_toggle(data_toggle), .token_endpoint(token_endpoint), .pending(pending), .timeout(timeout),
    .tx_start(tx_start), .tx_pid(tx_pid), .endpoint(endpoint), .tx_busy(tx_busy),
    .control_nak(control_nak), .control_stall(control_stall), .control_write(control_write), .control_toggle(control_toggle),
    .setup_begin(setup_begin), .setup_taken(setup_taken), .control_acked(control_acked),
    .enabled(configured), .out_halted(out_halted), .out_room(out_room), .out_toggle(out_toggle), .out_taken(out_taken),
    .in_halted(in_halted), .in_ready(in_ready), .in_toggle(in_toggle), .in_acked(in_acked),
    .expect_data(expect_data), .to_setup(to_setup), .to_out(to_out), .quiet(quiet)
  );

  // ---- endpoint 0 ----
  wire [8:0] control_base;
  wire [6:0] control_length;
  wire [2:0] setup_index;
  wire [7:0] receive_data;
  wire       clear_in, clear_out;
  usb_control control (
    .clk(clk), .rst(reset),
    .setup_begin(setup_begin), .setup_taken(setup_taken), .acked(control_acked), .quiet(quiet),
    .nak(control_nak), .stall(control_stall), .write(control_write), .toggle(control_toggle), .base(control_base), .length(control_length),
    .setup_index(setup_index), .setup_byte(receive_data),
    .address(address), .configured(configured), .in_halted(in_halted), .out_halted(out_halted),
    .clear_in(clear_in), .clear_out(clear_out), .link_reset(link_reset)
  );

  // ---- endpoint 1, OUT; receive memory: buffers 0 .. 255, SETUP 256 .. , what nobody reads 384 .. ----
  wire       out_select;
  wire [6:0] out_address;
  usb_out_endpoint out (
    .clk(clk), .rst(link_reset),
    .clear_toggle(clear_out), .toggle(out_toggle), .room(out_room), .write_select(out_select), .taken(out_taken), .taken_index(byte_index),
    .read_busy(control_nak), .read_address(out_address), .read_data(receive_data),
    .rx_data(rx_data), .rx_valid(rx_valid), .rx_ready(rx_ready)
  );
  usb_receive_memory receive_memory (
    .clk(clk), .write(byte_valid && expect_data), .write_address({!to_out, to_out ? out_select : !to_setup, byte_index}),
    .write_data(byte_data), .read_address(control_nak ? {6'b100000, setup_index} : {1'b0, out_address[6], 1'b0, out_address[5:0]}),
    .read_data(receive_data)
  );

  // ---- endpoint 1, IN; send memory: descriptors 0 .. 383, buffers 384 .. 511 ----
  wire       in_select, in_write;
  wire [6:0] in_length, in_address;
  usb_in_endpoint #(.FLUSH_CLOCKS(FLUSH_CLOCKS)) in (
    .clk(clk), .rst(link_reset),
    .clear_toggle(clear_in), .toggle(in_toggle), .ready(in_ready), .length(in_length), .read_select(in_select), .acked(in_acked),
    .write(in_write), .write_address(in_address), .tx_valid(tx_valid), .tx_ready(tx_ready)
  );
  wire [8:0] read_address;
  wire [7:0] read_data;
  usb_send_memory #(.SERIAL(SERIAL)) send_memory (
    .clk(clk), .serial(serial), .write(in_write), .write_address(in_address), .write_data(tx_data),
    .read_address(read_address), .read_data(read_data)
  );

  // ---- packets to send ----
  usb_tx_packet tx (
    .clk(clk), .rst(reset),
    .start(tx_start), .pid(tx_pid), .base(endpoint ? {2'b11, in_select, 6'd0} : control_base), .length(endpoint ? in_length : control_length),
    .turnaround(turnaround), .receiving(receiving), .busy(tx_busy),
    .read_address(read_address), .read_data(read_data),
    .crc_clear(tx_crc_clear), .crc_enable(tx_crc_enable), .crc_shift(tx_crc_shift), .crc_data(tx_crc_data), .crc_next(crc_next),
    .transmitting(transmitting), .dp_out(usb_dp_out), .dn_out(usb_dn_out)
  );
endmodule
`default_nettype wire
