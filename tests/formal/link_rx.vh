// The deframer against a description of a message that counts bytes and divides bit by bit: what is given as head, what as payload, and how it
// ends, for every stream of bytes and marks. What is offered (head, payload, end) stays until it is taken, if the bytes do.
// module: rtl/link/link_rx.v
// needs: rtl/link/crc32.v
// depth: 2
// mutate: else if (header_take && count == 4'd12 && above_max) too_long <= 1'b1; => 
// mutate: end_code <= bad || wrong || differs ? ERR_CRC => end_code <= bad || wrong ? ERR_CRC
// mutate: (in_payload && !none_left && (skip || pay_ready || cut)) => (in_payload && (skip || pay_ready || cut))
// mutate: (skip || pay_ready || cut)) => (skip || 1'b1 || cut))
// mutate: count <= {3'd0, resume}; => count <= 4'd0;
// mutate: if (forget || forget_all) blank_seq <= 1'b1; => if (forget_all) blank_seq <= 1'b1;
// mutate: else if (at_magic) blank_all <= 1'b0; => 
reg         f_begun = 1'b0;
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

// ---- a stream that waits stays ----
reg [7:0] f_rx_data;
reg [1:0] f_rx_mark;
reg       f_rx_waits = 1'b0, f_head_waits = 1'b0, f_pay_waits = 1'b0, f_end_waits = 1'b0;
reg [7:0] f_code_was;
reg [55:0] f_head_was;
wire [55:0] f_head_now = {head_type, head_seq, head_config};
always @* if (!f_begun) assume (rst);
always @* if (f_rx_waits) assume (rx_valid && rx_data == f_rx_data && rx_mark == f_rx_mark);
always @(posedge clk) begin
  f_begun <= 1'b1;
  {f_rx_data, f_rx_mark} <= {rx_data, rx_mark};
  f_rx_waits <= rx_valid && !rx_ready && !rst;
  f_head_waits <= head_valid && !head_ready && !rst;
  f_pay_waits <= pay_valid && !pay_ready && !rst;
  f_end_waits <= end_valid && !end_ready && !rst;
  f_code_was <= end_code;
  f_head_was <= f_head_now;
end
always @* if (f_begun) begin
  if (f_head_waits) assert (head_valid && f_head_now == f_head_was);
  if (f_pay_waits) assert (pay_valid && pay_data == f_rx_data);
  if (f_end_waits) assert (end_valid && end_code == f_code_was && f_head_now == f_head_was);
  assert (head_valid + pay_valid + end_valid <= 1);
end

// ---- a message, byte by byte ----
localparam [2:0] F_MAGIC = 0, F_HEADER = 1, F_JUDGE = 2, F_OFFER = 3, F_BODY = 4, F_TAIL = 5, F_END = 6;
reg [2:0]  f_part = F_MAGIC;
reg [15:0] f_at = 0;                  // bytes of this part
reg [31:0] f_crc, f_kept, f_length, f_seq;
reg [7:0]  f_version, f_type, f_code;
reg [15:0] f_config;
reg        f_bad, f_first = 1'b0;     // first: a byte that begins a magic has been seen
reg        f_zero, f_again;
wire       f_byte = item && !rx_mark[1], f_ok = !rx_mark[0];
wire       f_is_first = rx_data == 8'h54 && f_ok;
wire [31:0] f_sum = ~f_crc;
wire [31:0] f_crc_next = f_step(f_crc, rx_data);
wire [7:0]  f_due = f_kept >> (8 * f_at);
wire [7:0]  f_wanted = f_at == 0 ? f_sum[7:0] : f_due;
wire        f_miss = f_bad || !f_ok || rx_data != f_wanted;
always @(posedge clk) begin
  case (f_part)
    F_MAGIC: if (f_byte) begin
      f_first <= f_is_first;
      f_bad <= 1'b0;
      f_zero <= 1'b0;
      f_crc <= 32'ha9fd55d6;
      if (f_first && f_ok && rx_data == 8'h73) {f_part, f_at} <= {F_HEADER, 16'd2};
    end
    F_HEADER: if (f_byte) begin
      f_at <= f_at + 1;
      f_crc <= f_crc_next;
      f_bad <= f_bad || !f_ok || (f_at == 14 && rx_data != f_sum[7:0]) || (f_at == 15 && rx_data != f_kept[15:8]);
      if (f_at == 14) f_kept <= f_sum;
      if (f_at == 2) f_version <= rx_data;
      if (f_at == 3) f_type <= rx_data;
      if (f_at >= 4 && f_at < 8) f_seq <= {rx_data, f_seq[31:8]};
      if (f_at >= 8 && f_at < 12) f_length <= {rx_data, f_length[31:8]};
      if (f_at >= 12 && f_at < 14) f_config <= {rx_data, f_config[15:8]};
      if (f_at == 15) f_part <= F_JUDGE;
    end
    F_JUDGE: begin
      f_at <= 0;
      f_code <= f_bad ? 8'd5 : 8'd3;
      f_part <= f_bad || f_length > 32768 ? F_END : f_version != 8'd1 ? F_BODY : F_OFFER;
      f_again <= 1'b0;
    end
    F_OFFER: if (head_ready) f_part <= F_BODY;
    F_BODY: begin
      if (f_byte) begin
        f_at <= f_at + 1;
        f_crc <= f_crc_next;
        f_bad <= f_bad || !f_ok;
      end
      if (f_at == f_length) {f_part, f_at} <= {F_TAIL, 16'd0};
    end
    F_TAIL: if (f_byte) begin
      f_at <= f_at + 1;
      f_crc <= f_crc_next;
      f_bad <= f_miss;
      if (f_at == 0) f_kept <= f_sum;
      if (f_at == 3) begin
        f_part <= F_END;
        f_code <= f_miss ? 8'd4 : f_version != 8'd1 ? 8'd1 : 8'd0;
        f_again <= f_miss && f_is_first;
      end
    end
    default: if (end_ready) begin
      f_part <= F_MAGIC;
      f_first <= f_again;
      f_bad <= 1'b0;
      f_zero <= 1'b0;
      f_crc <= 32'ha9fd55d6;
    end
  endcase
  if (item && rx_mark[1]) begin
    f_first <= 1'b0;
    f_again <= 1'b0;
    if (f_part != F_MAGIC || !rx_mark[0]) begin
      f_part <= F_END;
      f_code <= rx_mark[0] ? 8'd3 : 8'd4;
      f_zero <= f_part == F_MAGIC || f_part == F_HEADER;
    end
  end
  if (rst) begin
    f_part <= F_MAGIC;
    f_first <= 1'b0;
  end
end
wire [2:0] f_state = f_part == F_MAGIC || f_part == F_HEADER ? S_HEADER : f_part == F_JUDGE ? S_CHECKED : f_part == F_OFFER ? S_HEAD :
                     f_part == F_BODY ? S_PAYLOAD : f_part == F_TAIL ? S_CRC : S_END;
always @* if (f_begun) begin
  assert (f_part <= F_END && state == f_state);
  if (f_part == F_MAGIC) assert (count == f_first);
  if (f_part == F_HEADER) assert (count == f_at && f_at >= 2 && f_at < 16);
  if (f_part == F_JUDGE) assert (f_at == 16 && count == 0);
  if (f_part == F_OFFER) assert (f_at == 0 && count == 0);
  if (f_part == F_BODY) assert (f_at <= f_length && count == 0);
  if (f_part == F_TAIL) assert (count == f_at && f_at < 4);
  // length
  if (f_part == F_HEADER && f_at > 8) assert (remaining[7:0] == ((f_length >> (f_at >= 12 ? 0 : 8 * (12 - f_at))) & 32'hFF));
  if (f_part == F_HEADER && f_at > 9) assert (remaining[15:8] == ((f_length >> (f_at >= 12 ? 8 : 8 * (13 - f_at))) & 32'hFF));
  if (f_part == F_HEADER && f_at <= 10) assert (!too_long);
  if (f_part == F_HEADER && f_at == 11) assert (too_long == (f_length[31:24] != 0));
  if (f_part == F_HEADER && f_at == 12) assert (too_long == (f_length[31:16] != 0));
  if ((f_part == F_HEADER && f_at > 12) || f_part == F_JUDGE) assert (too_long == (f_length > 32768));
  if (f_part == F_JUDGE || f_part == F_OFFER) assert (remaining == f_length[15:0]);
  if (f_part == F_OFFER || f_part == F_BODY) assert (f_length <= 32768 && remaining == f_length - f_at && none_left == (remaining == 0));
  if (f_part == F_JUDGE || (f_part == F_HEADER && f_at > 12)) assert (none_left == (remaining == 0));
  if (f_part == F_TAIL) assert (f_length <= 32768);
  // fields
  if (f_part == F_HEADER && f_at > 2) assert (skip == (f_version != 1));
  if (f_part > F_HEADER && f_part < F_END) assert (skip == (f_version != 1));
  if (f_part == F_OFFER) assert (f_version == 1);
  if (f_part == F_HEADER && f_at > 3) assert (head_type == f_type);
  if (f_part == F_HEADER && f_at > 4) assert (head_seq[7:0] == ((f_seq >> (f_at >= 8 ? 0 : 8 * (8 - f_at))) & 32'hFF));
  if (f_part == F_HEADER && f_at > 5) assert (head_seq[15:8] == ((f_seq >> (f_at >= 8 ? 8 : 8 * (9 - f_at))) & 32'hFF));
  if (f_part == F_HEADER && f_at > 6) assert (head_seq[23:16] == ((f_seq >> (f_at >= 8 ? 16 : 24)) & 32'hFF));
  if (f_part == F_HEADER && f_at > 7) assert (head_seq[31:24] == f_seq[31:24]);
  if (f_part == F_HEADER && f_at == 13) assert (head_config[7:0] == f_config[15:8]);
  if (f_part == F_HEADER && f_at > 13) assert (head_config == f_config);
  if (f_part > F_HEADER && f_part < F_END) assert (head_type == f_type && head_seq == f_seq && head_config == f_config);
  if (f_part == F_END && !f_zero) assert (head_type == f_type && head_config == f_config && head_seq == (f_code == 8'd5 ? 32'd0 : f_seq));
  if (f_part != F_MAGIC && f_part != F_END) assert (!f_zero);
  if (f_part == F_END && f_zero) assert (head_type == 0 && head_seq == 0 && head_config == 0);
  if (f_part == F_END) assert (blank_all == f_zero && blank_seq == (f_zero || f_code == 8'd5));
  // the header's bytes, for whoever keeps them
  assert (keep == (item && !rx_mark[1] && (f_part == F_MAGIC || f_part == F_HEADER)));
  if (keep) assert (pay_data == rx_data && keep_index == (f_part == F_MAGIC ? f_first : f_at));
  if (f_part != F_MAGIC && f_part != F_END) assert (!blank_all && !blank_seq);
  // checks
  if (f_part == F_HEADER || f_part == F_JUDGE || f_part == F_BODY || f_part == F_TAIL) assert (bad == f_bad);
  if (f_part == F_OFFER || (f_part == F_BODY && f_at == 0)) assert (!bad && !f_bad);
  if (f_part != F_MAGIC && f_part != F_END) assert (\checksum.crc == f_crc);
  if (f_part == F_HEADER && f_at == 15 && !f_bad) assert (f_crc == f_step(~f_kept, f_kept[7:0]));
  if (f_part == F_TAIL && f_at == 1 && !f_bad) assert (f_crc == f_step(~f_kept, f_kept[7:0]));
  if (f_part == F_TAIL && f_at == 2 && !f_bad) assert (f_crc == f_step(f_step(~f_kept, f_kept[7:0]), f_kept[15:8]));
  if (f_part == F_TAIL && f_at == 3 && !f_bad) assert (f_crc == f_step(f_step(f_step(~f_kept, f_kept[7:0]), f_kept[15:8]), f_kept[23:16]));
  if (f_part == F_JUDGE || f_part == F_OFFER || f_part == F_BODY) assert (!resume);
  if (f_part == F_HEADER && f_at > 2) assert (!resume);
  if (f_part == F_END) assert (resume == f_again);
  // nothing is swallowed
  if (f_byte) assert (f_part == F_MAGIC || f_part == F_HEADER || f_part == F_TAIL || (f_part == F_BODY && f_at < f_length));
  if (f_byte && f_part == F_BODY && f_version == 1) assert (pay_valid && pay_ready);
  // what is given
  assert (head_valid == (f_part == F_OFFER));
  assert (end_valid == (f_part == F_END));
  if (f_part == F_END) assert (end_code == f_code);
  assert (pay_valid == (f_part == F_BODY && f_version == 1 && f_at < f_length && rx_valid && !rx_mark[1]));
end
