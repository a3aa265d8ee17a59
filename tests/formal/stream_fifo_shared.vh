// As stream_fifo.vh, in a memory that is free in some clocks only: what comes out is what went in, in order, none lost, none given twice,
// never more than fit.
// module: rtl/uart/stream_fifo_shared.v
// parameters: WIDTH=2 DEPTH_LOG2=2
// depth: 3
// mutate: fetch = mem_free && !holds => fetch = !holds
// mutate: write = holds && mem_free => write = holds
// mutate: !empty && !out_valid && !reading => !empty && !out_valid
// mutate: if (!holds) held => held
// mutate: wire full = written == {~fetched[L], fetched[L-1:0]}; => wire full = 1'b0;
localparam F_MOST = (1 << L) + 2;
reg               f_begun = 1'b0, f_stalled = 1'b0;
reg [WIDTH-1:0]   f_item [0:F_MOST];
reg [WIDTH-1:0]   f_memory [0:(1<<L)-1];
reg [WIDTH-1:0]   f_word;
reg [L+1:0]       f_held = 0;
reg [WIDTH-1:0]   f_last;
wire              f_in = in_valid && in_ready && !rst, f_out = out_valid && out_ready && !rst;
integer           f_k;
always @* if (!f_begun) assume (rst);
// whoever else uses the memory may have it show anything
always @* if (reading) assume (mem_word == f_word);
always @(posedge clk) begin
  f_begun <= 1'b1;
  if (mem_free && mem_write) f_memory[mem_address] <= mem_in;
  if (mem_free) f_word <= f_memory[mem_address];
  f_stalled <= out_valid && !out_ready && !rst;
  f_last <= out_data;
  for (f_k = 0; f_k < F_MOST; f_k = f_k + 1) if (f_out) f_item[f_k] <= f_item[f_k + 1];
  if (f_in) f_item[f_held - f_out] <= in_data;
  f_held <= rst ? 0 : f_held + f_in - f_out;
end
wire [L:0] f_ring = written - fetched;
wire [L+1:0] f_wide = f_ring;
reg  [L:0] f_place;
always @(posedge clk) if (f_begun) begin
  assert (f_ring <= (1 << L));
  if (holds) assert (f_ring < (1 << L));
  assert (!(reading && out_valid));
  assert (f_held == f_wide + out_valid + reading + holds);
  if (out_valid) assert (out_data == f_item[0]);
  if (reading) assert (f_word == f_item[0]);
  if (holds) assert (held == f_item[f_held - 1]);
  for (f_k = 0; f_k < (1 << L); f_k = f_k + 1) begin
    f_place = fetched + f_k;
    if (f_k < f_ring) assert (f_memory[f_place[L-1:0]] == f_item[f_k + out_valid + reading]);
  end
  if (f_stalled && !rst) assert (out_valid && out_data == f_last);
  if (f_held == 0) assert (in_ready);
end
