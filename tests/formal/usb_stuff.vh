// What goes on the line, undone as USB 2.0, 7.1.8 and 7.1.9 say, is what came; never a seventh one; a stuffed bit only after six.
// module: rtl/usb/usb_stuff.v
// depth: 2
// mutate: ones == 3'd5 => ones == 3'd6
// mutate: if (stuffing || !data) level <= !level; => if (!data) level <= !level;
reg       f_begun = 1'b0, f_ticked = 1'b0, f_before, f_data, f_stuffed;
reg [2:0] f_ones = 0;                  // ones on the line, in a row
always @* if (!f_begun) assume (clear);
wire f_line_one = level == f_before;   // the bit of the tick before, as a receiver sees it
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_ticked <= tick && !clear;
  if (tick || clear) begin
    f_before <= clear ? 1'b1 : level;
    f_data <= data;
    f_stuffed <= stuffing;
  end
  if (tick) f_ones <= !stuffing && data ? f_ones + 3'd1 : 3'd0;
  if (clear) f_ones <= 3'd0;
end
always @* if (f_begun) begin
  assert (f_ones <= 6);
  assert (stuffing == (f_ones == 6));
  assert (ones == f_ones);
  if (f_ticked && f_stuffed) assert (!f_line_one);
  if (f_ticked && !f_stuffed) assert (f_line_one == f_data);
end
