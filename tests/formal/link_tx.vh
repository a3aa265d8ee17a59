// Every byte of every message: header fields, check, payload, CRC, against a description that counts bytes and divides bit by bit. A byte that
// waits stays. The payload ends with pay_last and is taken once.
// module: rtl/link/link_tx.v
// needs: rtl/link/crc32.v
// depth: 3
// mutate: 4'd9: field = msg_length[15:8]; => 4'd9: field = msg_length[7:0];
// mutate: && !((at_check || in_crc) && fresh) => 
// mutate: if (tx_ready) tx_valid <= 1'b0; => tx_valid <= 1'b0;
reg         f_begun = 1'b0, f_waits = 1'b0, f_open = 1'b0, f_held = 1'b0;
reg  [7:0]  f_last;
reg  [73:0] f_fields, f_held_fields;
reg  [1:0]  f_part = 0;                // 0 header, 1 payload, 2 CRC
reg  [3:0]  f_at = 0;
reg  [31:0] f_crc = 32'hFFFFFFFF;      // register over the bytes handed to tx_data
reg  [7:0]  f_next;
wire [73:0] f_now = {msg_type, msg_seq, msg_config, msg_length[16:0], msg_empty};
(* hierconn *) wire [31:0] \checksum.crc ;
function [31:0] f_step;
  input [31:0] from;
  input [7:0]  value;
  integer      k;
  begin
    f_step = from;
    for (k = 0; k < 8; k = k + 1) f_step = (f_step >> 1) ^ ((f_step[0] ^ value[k]) ? 32'hEDB88320 : 32'd0);
  end
endfunction
always @* if (!f_begun) assume (rst);
// the fields stay from msg_valid to msg_done
always @* if (f_held) assume (msg_valid && {f_now, msg_length[17]} == {f_held_fields, f_last_bit});
reg f_last_bit;
reg [31:0] f_check;                    // CRC of the fourteen bytes, and of everything
always @* f_check = ~f_crc;
always @* case (f_part)
  2'd0: case (f_at)
    0: f_next = 8'h54;
    1: f_next = 8'h73;
    2: f_next = 8'd1;
    3: f_next = msg_type;
    4, 5, 6, 7: f_next = msg_seq >> (8 * (f_at - 4));
    8, 9, 10, 11: f_next = {14'd0, msg_length} >> (8 * (f_at - 8));
    12, 13: f_next = msg_config >> (8 * (f_at - 12));
    14: f_next = f_check[7:0];
    default: f_next = f_kept[15:8];
  endcase
  2'd1: f_next = pay_data;
  default: f_next = (f_at == 0 ? f_check : f_kept) >> (8 * f_at);
endcase
reg [31:0] f_kept;                     // the CRC at the first byte of itself
reg [31:0] f_before;                   // f_crc without the byte that is on its way
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_waits <= tx_valid && !tx_ready && !rst;
  f_last <= tx_data;
  f_held <= msg_valid && !msg_done && !rst;
  {f_held_fields, f_last_bit} <= {f_now, msg_length[17]};
  f_before <= f_crc;
  if (push) begin
    f_at <= f_at + 4'd1;
    f_crc <= f_part == 0 && f_at == 0 ? f_step(32'hFFFFFFFF, f_next) : f_step(f_crc, f_next);
    if ((f_part == 0 && f_at == 14) || (f_part == 2 && f_at == 0)) f_kept <= f_check;
    if (f_part == 0 && f_at == 15) {f_part, f_at} <= {msg_empty ? 2'd2 : 2'd1, 4'd0};
    if (f_part == 1) {f_part, f_at} <= {pay_last ? 2'd2 : 2'd1, 4'd0};
    if (f_part == 2 && f_at == 3) begin
      {f_part, f_at} <= 0;
      f_crc <= 32'hFFFFFFFF;
    end
  end
  if (rst) {f_part, f_at, f_crc} <= {6'd0, 32'hFFFFFFFF};
end
reg [7:0] f_sent;                      // what tx_data must be
reg       f_any = 1'b0;
always @(posedge clk) begin
  if (push) f_sent <= f_next;
  f_any <= (f_any || push) && !rst;
end
always @* if (f_begun) begin
  assert (state == f_part && count == f_at);
  if (f_part == 0 && f_at == 0) assert (f_crc == 32'hFFFFFFFF);
  assert (f_part == 0 || (f_part == 1 && f_at == 0) || (f_part == 2 && f_at < 4));
  if (f_any) assert (tx_data == f_sent);
  assert (!tx_valid || f_any);
  if (f_waits) assert (tx_valid && tx_data == f_last);
  // the register of the CRC is a byte behind
  if (!(f_part == 0 && f_at == 0)) assert (\checksum.crc == (fresh ? f_before : f_crc));
  if (fresh && !(f_part == 0 && f_at == 0)) assert (f_any && f_crc == f_step(f_part == 0 && f_at == 1 ? 32'hFFFFFFFF : f_before, f_sent));
  if (f_part == 0 && f_at == 15) assert (f_crc == f_step(~f_kept, f_kept[7:0]));
  if (f_part == 2 && f_at == 1) assert (f_crc == f_step(~f_kept, f_kept[7:0]));
  if (f_part == 2 && f_at == 2) assert (f_crc == f_step(f_step(~f_kept, f_kept[7:0]), f_kept[15:8]));
  if (f_part == 2 && f_at == 3) assert (f_crc == f_step(f_step(f_step(~f_kept, f_kept[7:0]), f_kept[15:8]), f_kept[23:16]));
  assert (msg_done == (push && f_part == 2 && f_at == 3));
  assert (pay_ready == (f_part == 1 && (!tx_valid || tx_ready)));
  if (push) assert (f_part == 1 ? pay_valid : msg_valid);
end
