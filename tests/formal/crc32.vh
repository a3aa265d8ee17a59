// The register against division by the polynomial a bit at a time, most significant coefficient first, on the mirrored register; `tail`
// against the CRC of everything before it, kept apart, when its own bytes have gone through.
// module: rtl/link/crc32.v
// depth: 2
// mutate: 32'hEDB88320 => 32'hEDB88321
// mutate: 8'h72 => 8'h73
reg [31:0] f_register, f_mirror, f_kept;
reg [1:0]  f_sent = 0;                 // bytes of the CRC that have gone through since `f_kept`
reg        f_known = 1'b0;
integer    f_k;
function [31:0] f_divide;              // one byte, low bit first: x^32 + 0x04C11DB7
  input [31:0] from;
  input [7:0]  value;
  integer      k;
  reg          out;
  begin
    f_divide = from;
    for (k = 0; k < 8; k = k + 1) begin
      out = f_divide[31] != value[k];
      f_divide = f_divide << 1;
      if (out) f_divide = f_divide ^ 32'h04C11DB7;
    end
  end
endfunction
function [31:0] f_turn;
  input [31:0] from;
  integer      k;
  for (k = 0; k < 32; k = k + 1) f_turn[k] = from[31 - k];
endfunction
(* anyseq *) reg f_end;                // the data have ended: what follows is the CRC
reg              f_tail = 1'b0;        // inside it
wire [31:0]      f_now = f_tail ? f_kept : ~f_turn(f_register);
reg  [7:0]       f_expected;
always @* f_expected = f_now >> {f_sent, 3'd0};
always @* if (!f_known) assume (clear);
// inside the CRC its own bytes go through
always @* if (f_known && (f_tail || f_end) && enable) assume (data == f_expected);
always @(posedge clk) begin
  if (clear) begin
    f_known <= 1'b1;
    f_register <= f_turn(START);
    f_tail <= 1'b0;
    f_sent <= 2'd0;
  end else if (enable) begin
    f_register <= f_divide(f_register, data);
    if (f_tail || f_end) begin
      f_tail <= f_sent != 2'd3;
      f_sent <= f_sent + 2'd1;
      if (!f_tail) f_kept <= ~f_turn(f_register);
    end
  end
end
// what the register is when some bytes of the CRC have gone through: they were its own low bytes
reg [31:0] f_after;
always @* begin
  f_after = ~f_kept;
  for (f_k = 0; f_k < 3; f_k = f_k + 1)
    if (f_k < f_sent) f_after = f_turn(f_divide(f_turn(f_after), f_kept >> (8 * f_k)));
end
always @* if (f_known) begin
  assert (crc == f_turn(f_register));
  if (!f_tail) assert (f_sent == 2'd0);
  if (f_tail) assert (f_sent != 2'd0 && crc == f_after);
  if (f_tail ? tail_index == f_sent : tail_index == 2'd0) assert (tail == f_expected);
end
