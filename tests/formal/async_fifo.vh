// Any two clocks, every step an instant; the synchronisers' first flip-flops see each changing bit early or late by chance (tests/formal/skew).
// The ring never holds more than fits, the writer never thinks it emptier nor the reader fuller than it is, and what comes out is what went in,
// in its order: shown for a word of any number f_n.
// module: rtl/cdc/async_fifo.v
// needs: tests/formal/skew/sync_bit.v
// parameters: WIDTH=1 DEPTH_LOG2=2
// clocks: any
// depth: 6
// mutate: wr_gray_then <= wr_count_2 ^ (wr_count_2 >> 1); => wr_gray_then <= wr_count_2;
// mutate: rd_gray_then <= rd_count_2 ^ (rd_count_2 >> 1); => rd_gray_then <= rd_count_2;
// mutate: rd_valid <= fetch || (rd_valid && !rd_ready); => rd_valid <= fetch;
// mutate: empty <= rd_gray_next == wr_gray_seen; => empty <= rd_gray == wr_gray_seen;
// mutate: {~rd_gray_seen[L:L-1], rd_gray_seen[L-2:0]}; => {~rd_gray_seen[L], rd_gray_seen[L-1:0]};
function [L:0] f_gray;
  input [L:0] from;
  f_gray = from ^ (from >> 1);
endfunction
function [L:0] f_count;                // undoes it
  input [L:0] from;
  integer     k;
  begin
    f_count = from;
    for (k = 1; k <= L; k = k + 1) f_count = f_count ^ (from >> k);
  end
endfunction
(* hierconn, init = 6'd0 *) wire [2*L+1:0] \to_reader.chain ;
(* hierconn, init = 6'd0 *) wire [2*L+1:0] \to_writer.chain ;
initial begin
  {wr_count, wr_gray, rd_count, rd_gray} = 0;
  wr_gray_then = ONE;
  rd_gray_then = ONE;
  {full, empty, rd_valid} = 3'b010;
end
always @* assume (!wr_rst && !rd_rst);
wire [L:0] f_w1 = f_count(\to_reader.chain [L:0]), f_w2 = f_count(\to_reader.chain [2*L+1:L+1]);
wire [L:0] f_r1 = f_count(\to_writer.chain [L:0]), f_r2 = f_count(\to_writer.chain [2*L+1:L+1]);
localparam F_MOST = 1 << L;
// distances round the ring
wire [L:0] f_held = wr_count - rd_count, f_seen = f_w2 - rd_count, f_seen_1 = f_w1 - rd_count;
wire [L:0] f_used = wr_count - f_r2, f_used_1 = wr_count - f_r1;
(* anyconst *) wire [L:0] f_n;
reg [WIDTH-1:0] f_word;
reg             f_waits = 1'b0;
reg [WIDTH-1:0] f_last;
always @(posedge wr_clk) if (write && wr_count == f_n) f_word <= wr_data;
always @(posedge rd_clk) begin
  f_waits <= rd_valid && !rd_ready;
  f_last <= rd_data;
end
wire [L:0] f_ahead = f_n - rd_count;
wire [L:0] f_out = rd_count - 1'b1;
always @* begin
  assert (wr_gray == f_gray(wr_count) && rd_gray == f_gray(rd_count));
  assert (wr_gray_then == f_gray(wr_count + ONE) && rd_gray_then == f_gray(rd_count + ONE));
  assert (f_held <= F_MOST);
  assert (f_seen <= f_held && f_seen_1 <= f_held && f_seen <= f_seen_1);
  assert (f_used <= F_MOST && f_held <= f_used_1 && f_used_1 <= f_used);
  if (!empty) assert (f_seen != 0);
  if (!full) assert (f_used != F_MOST);
  if (f_ahead < f_held) assert (memory[f_n[L-1:0]] == f_word);
  if (f_waits) assert (rd_valid && rd_data == f_last);
  if (rd_valid && f_out == f_n) assert (rd_data == f_word);
end
