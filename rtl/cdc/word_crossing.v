// Words from one clock to another, one at a time, without a memory of its own.
//
// Purpose    The writer's word stands where it is until the reader has taken it. A level that turns over says that a word stands, another one
//            that turns over says that it was taken; both cross through sync_bit. wr_data is not synchronised: it has stood for a clock of
//            wr_clk before the level turns, and for two of rd_clk before the reader looks.
// Formats    words with valid/ready. wr_valid and wr_data must stay until wr_ready; rd_data holds where rd_valid is high
// Latency    from wr_valid to rd_valid a clock of wr_clk and 2 or 3 of rd_clk; from the word taken to wr_ready 2 or 3 clocks of wr_clk
// Throughput a word in 5 clocks of each, at most: from 48 to 24 MHz in 10 clocks of the faster (the bench counts; USB full speed has one in 39)
// Overflow   none
// Resets     neither level has one (zero from power-up), so that none of them invents a word. Where a word on its way is to be forgotten,
//            the reader's `drop` takes it, for as long as it may come: rtl/cdc/reset_crossing.v does that. wr_valid must then be low.
// Does not   know whether a word was dropped or taken
`default_nettype none
module word_crossing #(
  parameter WIDTH = 8
) (
  input  wire             wr_clk,
  input  wire             wr_valid,
  output wire             wr_ready,
  input  wire [WIDTH-1:0] wr_data,
  input  wire             rd_clk,
  input  wire             drop,
  output wire             rd_valid,
  input  wire             rd_ready,
  output wire [WIDTH-1:0] rd_data
);
  reg  asks, waits, taken;
  initial {asks, waits, taken} = 3'b000;
  wire asks_seen, taken_seen;

  // ---- writer ----
  assign wr_ready = waits && asks == taken_seen;
  always @(posedge wr_clk) begin
    if (wr_valid && !waits) asks <= !asks;
    if (wr_ready) waits <= 1'b0;
    else if (wr_valid) waits <= 1'b1;
  end
  sync_bit to_writer (.clk(wr_clk), .bit_in(taken), .bit_out(taken_seen));

  // ---- reader ----
  sync_bit to_reader (.clk(rd_clk), .bit_in(asks), .bit_out(asks_seen));
  assign rd_valid = asks_seen != taken;
  assign rd_data = wr_data;
  always @(posedge rd_clk)
    if (rd_ready || drop) taken <= asks_seen;
endmodule
`default_nettype wire
