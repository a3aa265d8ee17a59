// First-in first-out between two unrelated clocks.
//
// Purpose    A ring in block memory, written by one clock and read by another. Each side knows the other's pointer, of which it gets a
//            Gray-coded copy through sync_bit: an old copy makes the ring look fuller to the writer and emptier to the reader than it
//            is, never the other way round.
// Formats    words with valid/ready; the reader's output is a register that shows the next word before it is asked for
// Latency    an entry is seen 4 or 5 clocks of rd_clk after the clock that took it
// Throughput one word a clock each way
// Overflow   none: wr_ready is low when 2^DEPTH_LOG2 words are in the ring (and one more in the output register)
// Resets     wr_rst and rd_rst empty it. They must overlap until each side has seen the other's pointer at zero (3 clocks of each), else
//            words could be given twice or invented: rtl/cdc/reset_crossing.v does that. wr_ready and rd_valid are low from the clock
//            after the reset's first. Words may be written as soon as wr_rst is over, also when rd_rst is not.
// Does not   tell how full it is
`default_nettype none
module async_fifo #(
  parameter WIDTH = 8,
  // log2 of the words in the ring, at least 2: 9 fills an iCE40 block memory of bytes
  parameter DEPTH_LOG2 = 9
) (
  input  wire             wr_clk,
  input  wire             wr_rst,
  input  wire             wr_valid,
  output wire             wr_ready,
  input  wire [WIDTH-1:0] wr_data,
  input  wire             rd_clk,
  input  wire             rd_rst,
  output reg              rd_valid,
  input  wire             rd_ready,
  output reg  [WIDTH-1:0] rd_data
);
  localparam L = DEPTH_LOG2;
  localparam [L:0] ONE = {{L{1'b0}}, 1'b1}, TWO = {{L - 1{1'b0}}, 2'd2};

  // A word is never read in the clock in which it is written: its pointer has to cross first.
  (* no_rw_check *) reg [WIDTH-1:0] memory [0:(1 << L) - 1];

  // Pointers have one bit more than the memory's address: same address and different laps is full.
  // The Gray codes of the next entry stand by, so that valid and ready pass a choice and no sum.
  reg  [L:0] wr_count, wr_gray, wr_gray_then, rd_count, rd_gray, rd_gray_then;
  reg        full, empty;
  wire [L:0] wr_gray_seen, rd_gray_seen;

  // ---- writer ----
  wire       write = wr_valid && wr_ready;
  wire [L:0] wr_gray_next = write ? wr_gray_then : wr_gray;
  wire [L:0] wr_count_2 = wr_count + TWO;

  assign wr_ready = !full;

  always @(posedge wr_clk) begin
    wr_gray <= wr_gray_next;
    if (write) begin
      wr_count <= wr_count + ONE;
      wr_gray_then <= wr_count_2 ^ (wr_count_2 >> 1);
    end
    full <= wr_gray_next == {~rd_gray_seen[L:L-1], rd_gray_seen[L-2:0]};
    if (wr_rst) begin
      wr_count <= {L + 1{1'b0}};
      wr_gray <= {L + 1{1'b0}};
      wr_gray_then <= ONE;
      full <= 1'b1;
    end
  end
  always @(posedge wr_clk)
    if (write) memory[wr_count[L-1:0]] <= wr_data;

  sync_bit #(.WIDTH(L + 1)) to_writer (.clk(wr_clk), .bit_in(rd_gray), .bit_out(rd_gray_seen));

  // ---- reader ----
  wire       fetch = !empty && (!rd_valid || rd_ready);
  wire [L:0] rd_gray_next = fetch ? rd_gray_then : rd_gray;
  wire [L:0] rd_count_2 = rd_count + TWO;

  always @(posedge rd_clk) begin
    rd_gray <= rd_gray_next;
    if (fetch) begin
      rd_count <= rd_count + ONE;
      rd_gray_then <= rd_count_2 ^ (rd_count_2 >> 1);
    end
    empty <= rd_gray_next == wr_gray_seen;
    rd_valid <= fetch || (rd_valid && !rd_ready);
    if (rd_rst) begin
      rd_count <= {L + 1{1'b0}};
      rd_gray <= {L + 1{1'b0}};
      rd_gray_then <= ONE;
      empty <= 1'b1;
      rd_valid <= 1'b0;
    end
  end
  always @(posedge rd_clk)
    if (fetch) rd_data <= memory[rd_count[L-1:0]];

  sync_bit #(.WIDTH(L + 1)) to_reader (.clk(rd_clk), .bit_in(wr_gray), .bit_out(wr_gray_seen));
endmodule
