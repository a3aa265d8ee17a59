// For any two clocks, every step an instant (tests/formal/skew): the two levels run round as one wave; where the reader sees a word the writer waits
// with it; each word is taken or dropped once before the writer is told.
// module: rtl/cdc/word_crossing.v
// needs: tests/formal/skew/sync_bit.v
// parameters: WIDTH=2
// clocks: any
// depth: 6
// mutate: assign wr_ready = waits && asks == taken_seen; => assign wr_ready = waits;
// mutate: if (wr_valid && !waits) asks <= !asks; => if (wr_valid) asks <= !asks;
// mutate: else if (wr_valid) waits <= 1'b1; => else waits <= wr_valid && !waits;
// mutate: taken <= asks_seen; => taken <= !taken;
// mutate: assign rd_valid = asks_seen != taken; => assign rd_valid = asks != taken;
(* hierconn, init = 2'd0 *) wire [1:0] \to_reader.chain ;
(* hierconn, init = 2'd0 *) wire [1:0] \to_writer.chain ;
// in the order in which a change runs round
wire [5:0] f_wave = {asks, \to_reader.chain [0], \to_reader.chain [1], taken, \to_writer.chain [0], \to_writer.chain [1]};
reg             f_stands = 1'b0;
reg [WIDTH-1:0] f_word;
reg [3:0]       f_given = 0, f_told = 0, f_went = 0;
always @(posedge wr_clk) begin
  f_stands <= wr_valid && !wr_ready;
  f_word <= wr_data;
  if (wr_valid && !waits) f_given <= f_given + 4'd1;
  if (wr_ready) f_told <= f_told + 4'd1;
end
always @(posedge rd_clk) if (rd_valid && (rd_ready || drop)) f_went <= f_went + 4'd1;
wire [3:0] f_on_its_way = f_given - f_went;
always @* if (f_stands) assume (wr_valid && wr_data == f_word);
always @* begin
  assert (f_wave == 6'b000000 || f_wave == 6'b100000 || f_wave == 6'b110000 || f_wave == 6'b111000 || f_wave == 6'b111100 || f_wave == 6'b111110 ||
          f_wave == 6'b111111 || f_wave == 6'b011111 || f_wave == 6'b001111 || f_wave == 6'b000111 || f_wave == 6'b000011 || f_wave == 6'b000001);
  assert (waits == f_stands);
  if (f_wave != 6'b000000 && f_wave != 6'b111111) assert (waits);
  if (rd_valid) assert (f_stands && rd_data == f_word);
  assert (f_on_its_way == (asks != taken));
  assert (f_given == f_told + {3'd0, waits});
  if (wr_ready) assert (f_went == f_given);
end
