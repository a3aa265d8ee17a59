// First-in first-out of one clock in a single-port memory.
//
// Purpose    A ring as stream_fifo.v, for parts whose dual-port memories are all taken: a word that comes is written first, reading waits
// Formats    words with valid/ready
// Latency    a word is seen 3 clocks after the clock that took it
// Throughput a word each clock in; a word in 3 clocks out while none comes: more than any line brings that leaves 3 clocks a word
// Overflow   none: in_ready is low when 2^DEPTH_LOG2 words are in the ring
// TARGET     "ice40": one SB_SPRAM256KA (DEPTH_LOG2 up to 14, WIDTH up to 16); else what the tools find
// Does not   tell how full it is. Does not give anything while a word comes in every clock.
`default_nettype none
module stream_fifo_single #(
  parameter WIDTH = 8,
  // log2 of the words in the ring, at least 1
  parameter DEPTH_LOG2 = 8,
  parameter [55:0] TARGET = "generic"
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

  reg [L:0] written, fetched;        // one bit more than the address: same address, different laps is full
  reg       reading;                 // the memory shows a word that no one holds yet

  wire empty = written == fetched;
  wire full = written == {~fetched[L], fetched[L-1:0]};
  wire write = in_valid && in_ready;
  wire fetch = !empty && !out_valid && !reading && !write;
  assign in_ready = !full;

  always @(posedge clk) begin
    if (write) written <= written + {{L{1'b0}}, 1'b1};
    if (fetch) fetched <= fetched + {{L{1'b0}}, 1'b1};
    reading <= fetch;
    out_valid <= reading || (out_valid && !out_ready);
    if (rst) begin
      written <= {L + 1{1'b0}};
      fetched <= {L + 1{1'b0}};
      reading <= 1'b0;
      out_valid <= 1'b0;
    end
  end

  wire [L-1:0]     address = write ? written[L-1:0] : fetched[L-1:0];
  wire [WIDTH-1:0] shown;
  always @(posedge clk) if (reading) out_data <= shown;

  generate
    if (TARGET == "ice40") begin : g_ice40
      wire [15:0] out;
      // verilator lint_off UNUSEDSIGNAL
      wire [15:0] whole = out;
      // verilator lint_on UNUSEDSIGNAL
      SB_SPRAM256KA ring (
        .CLOCK(clk), .ADDRESS({{(14 - L){1'b0}}, address}), .DATAIN({{(16 - WIDTH){1'b0}}, in_data}), .MASKWREN(4'b1111), .WREN(write),
        .CHIPSELECT(write || fetch), .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(out)
      );
      assign shown = whole[WIDTH-1:0];
    end else begin : g_generic
      (* no_rw_check *) reg [WIDTH-1:0] memory [0:(1 << L) - 1];
      reg [WIDTH-1:0] word;
      always @(posedge clk)
        if (write) memory[address] <= in_data;
        else if (fetch) word <= memory[address];
      assign shown = word;
    end
  endgenerate
endmodule
`default_nettype wire
