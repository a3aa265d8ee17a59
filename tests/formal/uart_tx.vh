// The pin against a frame: start bit, eight bits, stop bit, each floor or ceil of T clocks, whole frames exactly 10 T but for the fraction that is
// carried; the pin rests high; it is never cut.
// module: rtl/uart/uart_tx.v
// parameters: DIVIDER=1066
// depth: 3
// mutate: bits <= 4'd9; => bits <= 4'd8;
// mutate: if (tx_valid) fraction <= next[7:0]; => fraction <= next[7:0];
// mutate: shift <= {1'b1, shift[8:1]}; => shift <= {1'b0, shift[8:1]};
// mutate: ends <= active && !ends && left == ONE; => ends <= active && !ends && left == {L{1'b0}};
// mutate: last <= bits == 4'd0; => last <= bits == 4'd1;
reg        f_begun = 1'b0;
reg [9:0]  f_frame = 10'h3FF;
reg [3:0]  f_bit = 10;                 // 10: resting
reg [15:0] f_clocks = 0;               // of this bit so far
reg [7:0]  f_fraction = 0;
reg        f_pin = 1'b1;
wire [23:0] f_due = DIVIDER + f_fraction;
wire       f_take = tx_valid && tx_ready && !rst;
wire       f_over = f_clocks + 1 == f_length;
reg [15:0] f_length = 0;               // clocks of this bit
always @* if (!f_begun) assume (rst);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_pin <= f_bit == 10 ? 1'b1 : (f_frame >> f_bit) & 1'b1;
  f_clocks <= f_clocks + 1;
  if (f_bit != 10 && f_over) begin
    f_bit <= f_bit + 1;
    f_clocks <= 0;
    if (f_bit != 9) {f_length, f_fraction} <= f_due;
  end
  if (f_take) begin
    f_frame <= {1'b1, tx_data, 1'b0};
    f_bit <= 0;
    f_clocks <= 0;
    {f_length, f_fraction} <= f_due;
  end
  if (rst) begin
    f_bit <= 10;
    f_fraction <= 0;
    f_pin <= 1'b1;
  end
end
always @* if (f_begun) begin
  assert (active == (f_bit != 10) && f_bit <= 10);
  assert (tx_ready == (f_bit == 10 || (f_bit == 9 && f_over)));
  assert (uart_tx == f_pin);
  assert (fraction == f_fraction);
  if (active) assert (f_length == (DIVIDER >> 8) || f_length == (DIVIDER >> 8) + 1);
  if (active) assert (f_clocks < f_length && left == f_length - f_clocks - 1);
  if (active) assert (bits == 9 - f_bit);
  assert (ends == (active && left == 0));
  if (active && f_clocks != 0) assert (last == (bits == 0));
  if (active) assert ({1'b1, shift} == ((f_frame >> f_bit) | f_ones));
end
reg [9:0] f_ones;
always @* f_ones = 10'h3FF << (10 - f_bit);
