// One of those that ask is granted, none when none asks; who was granted and kept comes last: two turns in a row are one's only when it alone asks.
// module: rtl/fit/fit_turns.v
// parameters: COUNT=3
// depth: 2
// mutate: last <= grant => last <= ask
// mutate: && ask[m]) => )
// mutate: (l + COUNT - 1 - m) % COUNT < => (l + COUNT - m) % COUNT <
reg f_begun = 1'b0;
always @* if (!f_begun) assume (rst);
always @(posedge clk) f_begun <= 1'b1;
always @* if (f_begun) begin
  assert (last != 0 && (last & (last - 1)) == 0);
  assert ((grant & (grant - 1)) == 0 && (grant & ~ask) == 0);
  assert ((grant == 0) == (ask == 0));
  if ((ask & ~last) != 0) assert ((grant & last) == 0);
end
