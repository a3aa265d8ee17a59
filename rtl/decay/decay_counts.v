// The grouped counts of all contexts: the loader fills one while the pass reads the other.
//
// Purpose    A word per group, unsigned, {context, group}.
// Latency    data one clock after the address
// Throughput one write and one read a clock
// Overflow   none
// Does not   say what is read in the clock in which the same address is written
`default_nettype none
module decay_counts #(
  // bits of a count and of {context, group}
  parameter COUNT_BITS = 20,
  parameter ADDRESS_BITS = 9
) (
  input  wire                    clk,
  input  wire                    write,
  input  wire [ADDRESS_BITS-1:0] write_address,
  input  wire [COUNT_BITS-1:0]   write_data,
  input  wire [ADDRESS_BITS-1:0] read_address,
  output reg  [COUNT_BITS-1:0]   read_data
);
  (* no_rw_check *) reg [COUNT_BITS-1:0] words [0:(1<<ADDRESS_BITS)-1];

  always @(posedge clk) begin
    if (write) words[write_address] <= write_data;
    read_data <= words[read_address];
  end
endmodule
`default_nettype wire
