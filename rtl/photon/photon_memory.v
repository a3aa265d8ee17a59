// Words of the photon front end: the configuration as it was loaded, a frame's facts and its result.
//
// Purpose    256 words; photon_fit and photon_unit say what is where.
// Formats    32-bit words
// Latency    read_data one clock after read_address
// Throughput one write and one read a clock
// Overflow   none
// Does not   say what is read in the clock in which the same address is written
`default_nettype none
module photon_memory (
  input  wire        clk,
  input  wire        write,
  input  wire [7:0]  write_address,
  input  wire [31:0] write_data,
  input  wire [7:0]  read_address,
  output reg  [31:0] read_data
);
  (* no_rw_check *) reg [31:0] words [0:255];

  always @(posedge clk) begin
    if (write) words[write_address] <= write_data;
    read_data <= words[read_address];
  end
endmodule
`default_nettype wire
