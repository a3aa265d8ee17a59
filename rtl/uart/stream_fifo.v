// First-in first-out of one clock.
//
// Purpose    A ring in block memory with an output register that shows the next word before it is asked for
// Formats    words with valid/ready
// Latency    a word is seen 2 clocks after the clock that took it
// Throughput one word a clock each way
// Overflow   none: in_ready is low when 2^DEPTH_LOG2 words are in the ring (and one more in the output register)
// Does not   tell how full it is
`default_nettype none
module stream_fifo #(
  parameter WIDTH = 8,
  // log2 of the words in the ring, at least 1: 8 fills an iCE40 block memory of up to 16 bits a word
  parameter DEPTH_LOG2 = 8
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
  localparam L = DEPTH_LOG2;

  // A word is never read in the clock in which it is written: `written` moves first.
  (* no_rw_check *) reg [WIDTH-1:0] memory [0:(1 << L) - 1];
  reg [L:0] written, fetched;        // one bit more than the address: same address, different laps is full

  wire empty = written == fetched;
  wire full = written == {~fetched[L], fetched[L-1:0]};
  wire write = in_valid && in_ready;
  wire fetch = !empty && (!out_valid || out_ready);
  assign in_ready = !full;

  always @(posedge clk) begin
    if (write) written <= written + {{L{1'b0}}, 1'b1};
    if (fetch) fetched <= fetched + {{L{1'b0}}, 1'b1};
    out_valid <= fetch || (out_valid && !out_ready);
    if (rst) begin
      written <= {L + 1{1'b0}};
      fetched <= {L + 1{1'b0}};
      out_valid <= 1'b0;
    end
  end
  always @(posedge clk) begin
    if (write) memory[written[L-1:0]] <= in_data;
    if (fetch) out_data <= memory[fetched[L-1:0]];
  end
endmodule
