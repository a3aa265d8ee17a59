// Packets from bits: SYNC, PID, bytes, CRC, EOP.
//
// Purpose    After five zeros and a one (the end of a SYNC) bits are a packet until SE0. `packet_end` comes once for each, a few clocks after
//            the bus has left SE0; what it was stands beside it: a token for this device, data, an ACK, or none of these (wrong PID check, CRC,
//            length or bit stuffing, other address, other kind). CRCs are looked at whenever a byte is complete: one bit more before the
//            EOP (dribble, USB 2.0, 7.1.9.1) changes nothing, two or more are an error.
// Formats    bytes in the bus's order
// Latency    byte_valid 3 clocks after the strobe of its last bit; packet_end 5 clocks after se0 has gone low
// Throughput strobes at least two clocks apart
// Overflow   byte_index counts to 127 and wraps; more than 66 bytes (64 and the CRC) are not a data packet
// Does not   remember which token came before. A packet that never ends (no SE0) is given up after `timeout`.
`default_nettype none
module usb_rx_packet (
  input  wire       clk,
  input  wire       rst,
  input  wire       ignore,         // this device transmits
  input  wire       bit_strobe,
  input  wire       bit_level,
  input  wire       se0,
  input  wire       timeout,
  input  wire [6:0] address,        // of this device
  output reg        active,         // within a packet
  // CRC-16: usb_crc16, a clock behind
  output wire       crc_clear,
  output wire       crc_enable,
  output wire       crc_data,
  input  wire       crc16_match,
  // bytes behind the PID
  output reg        byte_valid,
  output wire [7:0] byte_data,
  output reg  [6:0] byte_index,
  // at the end of a packet
  output reg        packet_end,
  output reg        is_in,
  output reg        is_out,
  output reg        is_setup,
  output reg        is_data,
  output reg        is_ack,
  output reg        is_eight,       // eight bytes of data
  output wire       data_toggle,    // DATA1
  output reg        endpoint,       // of the token: 0 or 1
  output reg        pending         // packet_end is about to come
);
  wire bit_valid, bit_data, violation;
  usb_unstuff unstuff (
    .clk(clk), .rst(rst || ignore), .strobe(bit_strobe), .level(bit_level), .valid(bit_valid), .data(bit_data), .violation(violation)
  );

  // ---- bytes ----
  reg  [7:0] shift;
  reg  [2:0] bit_count;
  reg        zeros, have_pid, byte_done, se0_before, leave, stuffing_wrong, wrong;
  wire       begins = bit_valid && bit_data && zeros && !active;
  always @(posedge clk) begin
    se0_before <= se0;
    zeros <= shift[7:3] == 5'd0;
    byte_done <= bit_valid && active && bit_count == 3'd7;
    byte_valid <= byte_done && have_pid;
    if (bit_valid) begin
      shift <= {bit_data, shift[7:1]};
      if (active) bit_count <= bit_count + 3'd1;
    end
    if (byte_done) have_pid <= 1'b1;
    if (violation) stuffing_wrong <= 1'b1;
    if (byte_done && stuffing_wrong) wrong <= 1'b1;
    if (begins) begin
      active <= 1'b1;
      bit_count <= 3'd0;
      have_pid <= 1'b0;
      stuffing_wrong <= 1'b0;
      wrong <= 1'b0;
    end
    leave <= se0_before && !se0 || timeout || ignore || rst;
    if (leave) begin
      active <= 1'b0;
      shift <= 8'hFF;               // zeros of a CRC and the idle bus are no SYNC
    end
  end
  assign byte_data = shift;

  // ---- CRC of the bytes behind the PID ----
  wire crc5_match;
  assign crc_clear = !have_pid;
  assign crc_enable = bit_valid && have_pid;
  assign crc_data = bit_data;
  usb_crc5 crc5 (.clk(clk), .clear(crc_clear), .enable(crc_enable), .data(crc_data), .good(crc5_match));

  // ---- what it is: three clocks behind the last byte ----
  reg  [3:0] pid;
  reg        pid_good, after_byte, crc5_good, crc16_good, address_match, address_good, endpoint_good, sound;
  reg  [1:0] bytes;                 // behind the PID, 3: three and more
  reg        too_long, token, data, handshake;
  reg  [3:0] ending;
  assign data_toggle = pid[3];
  always @(posedge clk) begin
    after_byte <= byte_valid;
    address_match <= shift[6:0] == address;
    if (byte_done && !have_pid) begin
      pid <= shift[3:0];
      pid_good <= shift[3:0] == ~shift[7:4];
    end
    if (byte_valid) begin
      byte_index <= byte_index + 7'd1;
      if (bytes != 2'd3) bytes <= bytes + 2'd1;
      if (bytes == 2'd0) begin
        address_good <= address_match;
        endpoint <= shift[7];
      end
      if (bytes == 2'd1) endpoint_good <= shift[2:0] == 3'd0;
      if (byte_index[6] && byte_index[1]) too_long <= 1'b1;
    end
    if (after_byte) begin
      crc5_good <= crc5_match;
      crc16_good <= crc16_match;
    end
    if (begins) begin
      byte_index <= 7'd0;
      bytes <= 2'd0;
      too_long <= 1'b0;
      pid_good <= 1'b0;
    end

    sound <= pid_good && !wrong && bit_count[2:1] == 2'd0;
    token <= pid[1:0] == 2'b01 && bytes == 2'd2 && crc5_good;
    data <= pid[2:0] == 3'b011 && bytes[1] && crc16_good;
    handshake <= pid == 4'b0010 && bytes == 2'd0;
    is_in <= token && sound && pid[3:2] == 2'b10 && address_good && endpoint_good;
    is_out <= token && sound && pid[3:2] == 2'b00 && address_good && endpoint_good;
    is_setup <= token && sound && pid[3:2] == 2'b11 && address_good && endpoint_good;
    is_data <= data && sound && !too_long;
    is_ack <= handshake && sound;
    is_eight <= byte_index[3:0] == 4'd10 && byte_index[6:4] == 3'd0;

    ending <= {ending[2:0], active && se0_before && !se0};
    packet_end <= ending[3];
    pending <= active || ending != 4'd0;
    if (rst || ignore) begin
      ending <= 4'd0;
      packet_end <= 1'b0;
    end
  end
endmodule
`default_nettype wire
