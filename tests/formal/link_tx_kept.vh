// The framer whose sequence and configuration come from a memory (KEPT): what goes as one of these bytes is what the memory gave for its number,
// which was asked two clocks before. tests/formal/link_tx.vh and link_tx_paced.vh have the rest.
// module: rtl/link/link_tx.v
// needs: rtl/link/crc32.v
// parameters: PACED=1 KEPT=1
// depth: 3
// mutate: assign kept_index = count; => assign kept_index = count + 4'd1;
// mutate: assign kept_asked = in_header; => assign kept_asked = in_payload;
// mutate: goes <= have && !tx_valid && !goes && !rst; => goes <= have && !goes && !rst;
// mutate: framing_q <= framing; => framing_q <= field + 8'd1;
reg        f_begun = 1'b0, f_held = 1'b0, f_asked = 1'b0, f_gave = 1'b0;
reg [3:0]  f_index, f_given_index;
reg [7:0]  f_given;
always @* if (!f_begun) assume (rst);
always @* if (f_held) assume (msg_valid);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_held <= msg_valid && !msg_done && !rst;
  {f_asked, f_index} <= {kept_asked && !rst, kept_index};            // the memory's address a clock ago
  {f_gave, f_given_index, f_given} <= {f_asked && !rst, f_index, kept_byte};
end
always @* if (f_begun) begin
  // a byte leaves no sooner than two clocks behind the one before: what it asked stands
  if (push) assert (!fresh);
  if (tx_valid) assert (!push);
  if (push && in_header && ((count >= 4 && count < 8) || count == 12 || count == 13))
    assert (f_gave && f_given_index == count && framing_now == f_given);
end
