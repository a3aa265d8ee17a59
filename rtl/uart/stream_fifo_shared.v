// First-in first-out of one clock in a part of a single-port memory that others use before it.
//
// Purpose    A ring as stream_fifo.v, for parts whose dual-port memories are all taken. A word that comes is held until the memory is free;
//            what is held goes before reading.
// Formats    words with valid/ready. Memory: in a clock with mem_free mem_in goes to mem_address where mem_write is high, else mem_word is
//            what lies there, a clock later; in others nothing is done
// Latency    a word is seen 4 clocks after the clock that took it, and those in which the memory was not free
// Throughput a word in 4 free clocks
// Overflow   none: in_ready is low while a word is held, and when 2^DEPTH_LOG2 words are in the ring
// Does not   tell how full it is. Does not ask for the memory: it is to be free often enough.
`default_nettype none
module stream_fifo_shared #(
  parameter WIDTH = 8,
  // log2 of the words in the ring, at least 1
  parameter DEPTH_LOG2 = 8
) (
  input  wire             clk,
  input  wire             rst,
  input  wire             in_valid,
  output wire             in_ready,
  input  wire [WIDTH-1:0] in_data,
  output reg              out_valid,
  input  wire             out_ready,
  output reg  [WIDTH-1:0] out_data,
  // memory
  input  wire             mem_free,
  output wire             mem_write,
  output wire [DEPTH_LOG2-1:0] mem_address,
  output wire [WIDTH-1:0] mem_in,
  input  wire [WIDTH-1:0] mem_word
);
  localparam L = DEPTH_LOG2;

  reg [L:0]         written, fetched;  // one bit more than the address: same address, different laps is full
  reg               holds;
  reg [WIDTH-1:0]   held;
  reg               reading;           // the memory shows a word that no one holds yet

  wire empty = written == fetched;
  wire full = written == {~fetched[L], fetched[L-1:0]};
  wire write = holds && mem_free;
  wire fetch = mem_free && !holds && !empty && !out_valid && !reading;
  assign in_ready = !full && !holds;
  assign mem_write = holds;
  assign mem_address = holds ? written[L-1:0] : fetched[L-1:0];
  assign mem_in = held;

  always @(posedge clk) begin
    if (write) written <= written + {{L{1'b0}}, 1'b1};
    if (fetch) fetched <= fetched + {{L{1'b0}}, 1'b1};
    holds <= (in_valid && in_ready) || (holds && !mem_free);
    if (!holds) held <= in_data;
    reading <= fetch;
    if (reading) out_data <= mem_word;
    out_valid <= reading || (out_valid && !out_ready);
    if (rst) begin
      written <= {L + 1{1'b0}};
      fetched <= {L + 1{1'b0}};
      holds <= 1'b0;
      reading <= 1'b0;
      out_valid <= 1'b0;
    end
  end
endmodule
`default_nettype wire
