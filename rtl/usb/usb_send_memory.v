// The block memory for what goes out: descriptors, and the buffers of bulk IN; a serial number that is found at run time is put in when read.
//
// Purpose    512 bytes: usb_descriptors.vh, then the two buffers. The memory holds SERIAL's characters; where there is none, zeros in their
//            places.
// Formats    bytes
// Latency    read_data holds the byte at read_address of the clock before; a character of the serial number where that has stood for two clocks
// Throughput one byte written and one read a clock
// Overflow   write_address has 7 bits: the descriptors cannot be overwritten
// Does not   say what is read in the clock in which the same address is written
`default_nettype none
module usb_send_memory #(
  // 16 characters, ASCII, the first in 127:120; 0: those of the port `serial`
  parameter [127:0] SERIAL = 128'd0
) (
  input  wire         clk,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [127:0] serial,         // as SERIAL
  // verilator lint_on UNUSEDSIGNAL
  input  wire         write,
  input  wire [6:0]   write_address,  // buffer, byte
  input  wire [7:0]   write_data,
  input  wire [8:0]   read_address,
  output wire [7:0]   read_data
);
  `include "usb_descriptors.vh"
  (* no_rw_check *) reg [7:0] bytes [0:511];
  integer i;
  initial begin
    for (i = 0; i < 512; i = i + 1)
      bytes[i] = i < DESCRIPTOR_BYTES ? DESCRIPTORS[8 * (DESCRIPTOR_BYTES - 1 - i) +: 8] : 8'd0;
    for (i = 0; i < 16; i = i + 1)
      bytes[{23'd0, DESCRIPTOR_SERIAL} + 2 * i] = SERIAL[8 * (15 - i) +: 8];
  end

  reg  [7:0]  stored;
  always @(posedge clk) begin
    if (write) bytes[{2'b11, write_address}] <= write_data;
    stored <= bytes[read_address];
  end

  generate
    if (SERIAL != 128'd0) begin : g_fixed
      assign read_data = stored;
    end else begin : g_found
      // sixteen characters in two steps: four of them, then the one
      reg  [31:0] four;
      reg  [7:0]  character;
      reg         from_serial;
      integer     k;
      assign read_data = from_serial ? character : stored;
      always @(posedge clk) begin
        from_serial <= read_address[8:5] == DESCRIPTOR_SERIAL[8:5] && !read_address[0];
        for (k = 0; k < 4; k = k + 1) four[8 * k +: 8] <= serial[{k[1:0], ~read_address[2:1], 3'd0} +: 8];
        character <= four[{~read_address[4:3], 3'd0} +: 8];
      end
    end
  endgenerate
endmodule
`default_nettype wire
