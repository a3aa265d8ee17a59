// Against division by x^5 + x^2 + 1 a bit at a time, most significant coefficient first; the constant that says `good`.
// module: rtl/usb/usb_crc5.v
// depth: 2
// mutate: {feedback, 1'b0, feedback, 2'd0} => {feedback, 2'd0, feedback, 1'd0}
// mutate: crc == 5'h06 => crc == 5'h0C
reg [4:0] f_register, f_mirror;
reg       f_known = 1'b0, f_good_known = 1'b0, f_good;
integer   f_k;
always @* if (!f_known) assume (clear);
always @(posedge clk) begin
  f_good <= f_register == 5'h0C;        // the residue of a right CRC
  f_good_known <= f_known;
  if (clear) begin
    f_known <= 1'b1;
    f_register <= 5'h1F;
  end else if (enable) f_register <= (f_register << 1) ^ ((f_register[4] ^ data) ? 5'h05 : 5'd0);
end
always @* for (f_k = 0; f_k < 5; f_k = f_k + 1) f_mirror[f_k] = f_register[4 - f_k];
always @* if (f_known) assert (crc == f_mirror);
always @* if (f_good_known) assert (good == f_good);
