// Against division by x^16 + x^15 + x^2 + 1 a bit at a time, most significant coefficient first; with `shift` the inverted register comes out, high
// power first; the constant that says `good`.
// module: rtl/usb/usb_crc16.v
// depth: 3
// mutate: {feedback, 1'b0, feedback, 12'd0, feedback} => {feedback, 1'b0, feedback, 11'd0, feedback, 1'b0}
// mutate: crc == 16'hB001 => crc == 16'hB002
reg [15:0] f_register;                // not mirrored
reg        f_known = 1'b0, f_good_known = 1'b0, f_good;
reg [4:0]  f_shifted = 0;             // bits out since the data ended
reg [15:0] f_sent;                    // the register when they ended
integer    f_k;
always @* if (!f_known) assume (clear);
// once shifting, until cleared
always @* if (f_shifted != 0 && f_shifted < 16 && enable && !clear) assume (shift);
always @* if (f_shifted == 16) assume (!enable || clear);
always @(posedge clk) begin
  f_good <= f_register == 16'h800D;     // the residue of a right CRC
  f_good_known <= f_known && f_shifted == 0;
  if (clear) begin
    f_known <= 1'b1;
    f_register <= 16'hFFFF;
    f_shifted <= 0;
  end else if (enable && shift) begin
    if (f_shifted == 0) f_sent <= f_register;
    f_shifted <= f_shifted + 1;
  end else if (enable) f_register <= (f_register << 1) ^ ((f_register[15] ^ data) ? 16'h8005 : 16'd0);
end
reg [15:0] f_mirror;
always @* for (f_k = 0; f_k < 16; f_k = f_k + 1) f_mirror[f_k] = (f_shifted == 0 ? f_register : f_sent) >> (15 - f_k);
always @* if (f_known) begin
  assert (crc == f_mirror >> f_shifted);
  assert (f_shifted <= 16);
  if (f_shifted < 16) assert (next == (((f_shifted == 0 ? f_register : f_sent) >> (15 - f_shifted)) & 1));
end
always @* if (f_good_known) assert (good == f_good);
