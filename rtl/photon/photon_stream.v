// The stream front end: packed photons of `photons` messages wait here until their message is known to be good, then come one by one.
//
// Purpose    A ring of words. A message's words are written behind the committed end; `commit` moves that end behind them, `forget`
//            leaves it. The first word of a message in the ring is the number of its photons.
// Formats    words as in the message behind its two first; bins of `width` bits (8, 10, 12), lowest first, over word borders
// Latency    5 clocks from commit to the first bin
// Throughput 32 bits in 32/width + 1 clocks
// Overflow   `room` tells whether a word can be taken: a message of at most MESSAGE_WORDS words always finds room in the end
// Does not   check anything
`default_nettype none
module photon_stream #(
  // log2 of the words of the ring; a message has at most 2^(RING_LOG2 - 1) - 1 and its head
  parameter RING_LOG2 = 9
) (
  input  wire        clk,
  input  wire        rst,
  input  wire [3:0]  width,
  // words
  input  wire        write,
  output wire        room,
  input  wire [31:0] word,
  input  wire        commit,
  input  wire        forget,
  // bins
  output wire        bin_valid,
  input  wire        bin_ready,
  output wire [11:0] bin,
  output wire        empty          // nothing committed is left
);
  localparam [RING_LOG2:0] SIZE = 1 << RING_LOG2;

  (* no_rw_check *) reg [31:0] ring [0:(1<<RING_LOG2)-1];

  reg [RING_LOG2:0] end_new, end_good, from;
  reg               fetched, waiting;            // a word is on its way; it is there
  reg [31:0]        next, read_data;
  reg [15:0]        photons;                     // of the message that come yet
  reg [43:0]        bits;
  reg [5:0]         have;

  wire [RING_LOG2:0] used = end_new - from;
  assign room = used != SIZE;
  wire more = from != end_good;
  wire fetch = more && !fetched && !waiting;

  wire enough = have >= {2'b00, width};
  wire head = photons == 16'd0;
  assign bin_valid = enough && !head;
  wire [11:0] mask = {width[3] && width[2], width[3] && width[2], width[3] && (width[2] || width[1]), width[3] && (width[2] || width[1]), 8'hFF};
  assign bin = bits[11:0] & mask;
  wire give = bin_valid && bin_ready;
  wire take_head = waiting && head;
  wire take_word = waiting && !head && !enough;
  assign empty = !more && !fetched && !waiting && head;

  always @(posedge clk) begin
    if (write) ring[end_new[RING_LOG2-1:0]] <= word;
    read_data <= ring[from[RING_LOG2-1:0]];

    if (forget) end_new <= end_good;
    else if (write) end_new <= end_new + {{RING_LOG2{1'b0}}, 1'b1};
    if (commit) end_good <= end_new;

    fetched <= fetch;
    if (fetch) from <= from + {{RING_LOG2{1'b0}}, 1'b1};
    if (fetched) next <= read_data;
    if (fetched) waiting <= 1'b1;
    else if (take_head || take_word) waiting <= 1'b0;

    if (take_head) begin
      photons <= next[15:0];
      have <= 6'd0;                              // what fills up the last word is dropped
    end else if (give) begin
      photons <= photons - 16'd1;
      bits <= bits >> width;
      have <= have - {2'b00, width};
    end else if (take_word) begin
      bits <= have == 6'd0 ? {12'd0, next} : bits | ({12'd0, next} << have);
      have <= have + 6'd32;
    end

    if (rst) begin
      {end_new, end_good, from} <= {(3*RING_LOG2+3){1'b0}};
      {fetched, waiting} <= 2'b00;
      photons <= 16'd0;
      have <= 6'd0;
    end
  end
endmodule
`default_nettype wire
