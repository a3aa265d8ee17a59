// A register in a stream.
//
// Purpose    Cuts the way of valid and data in two, where a memory's output would otherwise reach far into what takes it
// Formats    words with valid/ready
// Latency    one clock
// Throughput a word a clock
// Overflow   none: in_ready is low while the word that stands waits
// Does not   cut the way of ready: in_ready follows out_ready in the same clock
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
  assign in_ready = !out_valid || out_ready;
  always @(posedge clk) begin
    if (in_ready) begin
      out_valid <= in_valid;
      out_data <= in_data;
    end
    if (rst) out_valid <= 1'b0;
  end
endmodule
`default_nettype wire
