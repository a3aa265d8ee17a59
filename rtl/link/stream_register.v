// A register in a stream.
//
// Purpose    Cuts the ways of valid, data and ready in two, where a memory's output would otherwise reach far into what takes it, and
//            what takes it into the memory's pointers
// Formats    words with valid/ready
// Latency    one clock
// Throughput a word in two clocks
// Overflow   none: in_ready is low while the word that stands waits
// Does not   take a word in the clock in which one leaves
`default_nettype none
module stream_register #(
  parameter WIDTH = 8
) (
  input  wire             clk,
  input  wire             rst,
  input  wire             in_valid,
  output wire             in_ready,
  input  wire [WIDTH-1:0] in_data,
  output reg              out_valid,
  input  wire             out_ready,
  output reg  [WIDTH-1:0] out_data
);
  assign in_ready = !out_valid;
  always @(posedge clk) begin
    out_valid <= out_valid ? !out_ready : in_valid;
    if (!out_valid) out_data <= in_data;
    if (rst) out_valid <= 1'b0;
  end
endmodule
`default_nettype wire
