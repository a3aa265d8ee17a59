// No word is lost, doubled or changed; a word that waits stays.
// module: rtl/link/stream_register.v
// depth: 2
// mutate: in_ready = !out_valid; => in_ready = 1'b1;
// mutate: !out_ready : in_valid; => !out_ready : 1'b1;
// mutate: out_data <= in_data; => out_data <= ~in_data;
reg             f_begun = 1'b0, f_waits = 1'b0, f_taken = 1'b0;
reg [WIDTH-1:0] f_data, f_in;
reg [3:0]       f_held = 0;
always @* if (!f_begun) assume (rst);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_waits <= out_valid && !out_ready && !rst;
  f_taken <= in_valid && in_ready && !rst;
  f_data <= out_data;
  f_in <= in_data;
  f_held <= rst ? 4'd0 : f_held + (in_valid && in_ready) - (out_valid && out_ready);
end
always @* if (f_begun) begin
  assert (f_held == out_valid);
  if (f_waits) assert (out_valid && out_data == f_data);
  if (f_taken) assert (out_valid && out_data == f_in);
end
