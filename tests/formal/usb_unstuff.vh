// Bits against the line, USB 2.0, 7.1.8 and 7.1.9: after six ones a bit is dropped, and a one there is a violation.
// module: rtl/usb/usb_unstuff.v
// depth: 2
// mutate: wire      full = ones[2] && ones[1]; => wire      full = ones == 3'd5;
// mutate: violation <= strobe && full && one; => violation <= strobe && full && !one;
reg       f_begun = 1'b0, f_before = 1'b1, f_valid, f_data, f_violation;
reg [2:0] f_ones = 0;                  // in a row, 6: what follows is stuffed
always @* if (!f_begun) assume (rst);
wire f_one = level == f_before;
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_valid <= strobe && f_ones != 6 && !rst;
  f_violation <= strobe && f_ones == 6 && f_one && !rst;
  f_data <= f_one;
  if (strobe) begin
    f_before <= level;
    f_ones <= !f_one ? 3'd0 : f_ones == 6 ? 3'd6 : f_ones + 3'd1;
  end
  if (rst) {f_before, f_ones} <= 4'b1000;
end
always @* if (f_begun) begin
  assert (ones == f_ones && f_ones <= 6 && level_before == f_before);
  assert (valid == f_valid);
  assert (violation == f_violation);
  if (f_valid) assert (data == f_data);
end
