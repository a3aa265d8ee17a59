// The block memory for what comes in: SETUP bytes and the buffers of bulk OUT.
//
// Purpose    512 bytes; usb_device.v says where what lies.
// Formats    bytes
// Latency    read_data holds the byte at read_address of the clock before
// Throughput one byte written and one read a clock
// Overflow   none
// Does not   say what is read in the clock in which the same address is written
`default_nettype none
module usb_receive_memory (
  input  wire       clk,
  input  wire       write,
  input  wire [8:0] write_address,
  input  wire [7:0] write_data,
  input  wire [8:0] read_address,
  output reg  [7:0] read_data
);
  (* no_rw_check *) reg [7:0] bytes [0:511];
  always @(posedge clk) begin
    if (write) bytes[write_address] <= write_data;
    read_data <= bytes[read_address];
  end
endmodule
`default_nettype wire
