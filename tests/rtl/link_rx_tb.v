// link_rx: a long stream of good, corrupt, cut, foreign and too long messages with garbage between, bytes lost or marked, all short lengths,
// random gaps and back-pressure, against a receiver that looks at the whole stream at once. A message behind one that lacks a byte, or
// has a mark, wherever it is, must be found.
`default_nettype none
module link_rx_tb;
  reg         clk = 0, rst = 1, rx_valid = 0, head_ready = 0, pay_ready = 0, end_ready = 0;
  reg  [7:0]  rx_data = 0;
  reg  [1:0]  rx_mark = 0;
  wire        rx_ready, head_valid, pay_valid, end_valid;
  wire [7:0]  head_type, pay_data, end_code;
  wire [31:0] head_seq;
  wire [15:0] head_config;
  link_rx dut (
    .clk(clk), .rst(rst), .rx_data(rx_data), .rx_mark(rx_mark), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .head_valid(head_valid), .head_ready(head_ready), .head_type(head_type), .head_seq(head_seq), .head_config(head_config),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_data(pay_data),
    .end_valid(end_valid), .end_ready(end_ready), .end_code(end_code)
  );
  always #5 clk = !clk;

  integer seed = 4;
  localparam STREAM_MAX = 400000;
  `include "tests/rtl/stream.vh"
  `include "protocol.vh"

  // Events: 1 head {type, config}, 2 head sequence, 3 payload byte, 4 end code, 5 sequence at the end, 6 type and config there
  reg [34:0]   events [0:STREAM_MAX - 1];
  integer      events_size = 0, compared = 0, errors = 0, lively;
  integer      i, k, at, length, messages = 0, found = 0, clocks;
  reg   [31:0] crc, field;
  reg          took, wrong_crc, marked;

  task expect_event;
    input [2:0]  what;
    input [31:0] value;
    begin
      events[events_size] = {what, value};
      events_size = events_size + 1;
    end
  endtask

  task seen;
    input [2:0]  what;
    input [31:0] value;
    begin
      if (compared >= events_size || events[compared] !== {what, value}) begin
        errors = errors + 1;
        if (errors < 10) $display("FAIL event %0d: %0d %h, expected %h, byte %0d", compared, what, value, events[compared], at);
      end
      compared = compared + 1;
    end
  endtask

  task put_message;
    input integer payload;
    integer k;
    begin
      put_header(8'd1, noise(1'b0), noise(1'b0), noise(1'b0));
      for (k = 0; k < payload; k = k + 1)
        put_byte(pick(8) == 0 ? 8'h54 : pick(8) == 0 ? 8'h73 : noise(1'b0));
      put_end;
    end
  endtask

  // The mark in front of or with each byte: 0 none, 1 this byte is wrong, 2 and 3 before this byte.
  reg  [1:0] marks [0:STREAM_MAX - 1];
  integer    cut;                // the first mark 2 or 3 inside what is looked at, behind its first two bytes; or -1

  function integer wrong_in;     // any byte with mark 1 from .. until_ - 1
    input integer from, until_;
    integer k;
    begin
      wrong_in = 0;
      for (k = from; k < until_; k = k + 1) if (marks[k] == 2'd1) wrong_in = 1;
    end
  endfunction

  task find_cut;
    input integer from, until_;
    integer k;
    begin
      cut = -1;
      for (k = until_ - 1; k >= from; k = k - 1) if (marks[k][1]) cut = k;
    end
  endtask

  // What the stream means, by looking at all of it.
  task parse;
    integer k, from;
    begin
      from = 0;
      cut = -1;
      while (from < stream_size) begin
        if (marks[from] == 2'd2 && cut != from) begin      // bytes lost between messages
          expect_event(4, {24'd0, ERR_CRC});
          expect_event(5, 32'd0);
          expect_event(6, 32'd0);
        end
        if (!(stream[from] == 8'h54 && stream[from + 1] == 8'h73 && marks[from] != 2'd1 && marks[from + 1] == 2'd0)) from = from + 1;
        else begin
          find_cut(from + 2, from + 16);
          if (cut >= 0) begin
            expect_event(4, {24'd0, marks[cut][0] ? ERR_LENGTH : ERR_CRC});
            expect_event(5, 32'd0);
            expect_event(6, 32'd0);
            from = cut;
          end else begin
          crc = 32'hFFFFFFFF;
          for (k = 0; k < 14; k = k + 1) crc = crc_bitwise(crc, stream[from + k]);
          length = {stream[from + 11], stream[from + 10], stream[from + 9], stream[from + 8]};
          field = {stream[from + 7], stream[from + 6], stream[from + 5], stream[from + 4]};
          if ({stream[from + 15], stream[from + 14]} != ~crc[15:0] || wrong_in(from, from + 16)) begin
            expect_event(4, {24'd0, ERR_HEADER});
            expect_event(5, 32'd0);
            from = from + 16;
          end else if ($unsigned(length) > 32768) begin
            expect_event(4, {24'd0, ERR_LENGTH});
            expect_event(5, field);
            from = from + 16;
          end else begin
            find_cut(from + 16, from + 20 + length);
            if (stream[from + 2] == 8'd1) begin
              expect_event(1, {8'd0, stream[from + 3], stream[from + 13], stream[from + 12]});
              expect_event(2, field);
              for (k = 0; k < length && (cut < 0 || from + 16 + k < cut); k = k + 1) expect_event(3, {24'd0, stream[from + 16 + k]});
            end
            for (k = 14; k < 16 + length; k = k + 1) crc = crc_bitwise(crc, stream[from + k]);
            k = from + 16 + length;
            wrong_crc = {stream[k + 3], stream[k + 2], stream[k + 1], stream[k]} != ~crc || wrong_in(from, k + 4);
            expect_event(4, {24'd0, cut >= 0 ? (marks[cut][0] ? ERR_LENGTH : ERR_CRC) : wrong_crc ? ERR_CRC
                                    : stream[from + 2] != 8'd1 ? ERR_VERSION : 8'd0});
            expect_event(5, field);
            // the last byte of a message with a wrong CRC may begin the next
            from = cut >= 0 ? cut : wrong_crc && stream[k + 3] == 8'h54 && marks[k + 3] == 2'd0 ? k + 3 : k + 4;
          end
          end
        end
      end
    end
  endtask

  initial begin
    for (i = 0; i < STREAM_MAX; i = i + 1) marks[i] = 2'd0;
    for (i = 0; i < 80; i = i + 1) put_message(i);
    put_message(1000);
    put_message(32768);
    for (i = 0; i < 700; i = i + 1) begin
      put_message(pick(40));
      case (pick(10))
        0: stream[begin_at + pick(stream_size - begin_at)] = noise(1'b0);
        1: begin
          k = begin_at + pick(stream_size - begin_at);
          stream[k] = stream[k] ^ (8'd1 << pick(8));
        end
        2: remove_byte(begin_at + pick(stream_size - begin_at));
        3: for (k = pick(30); k > 0; k = k - 1) put_byte(pick(3) == 0 ? 8'h54 : pick(3) == 0 ? 8'h73 : noise(1'b0));
        4: begin                 // magic begins more than once
          put_byte(8'h54);
          put_byte(8'h54);
        end
        5: begin                 // another version
          put_header(8'd2, noise(1'b0), noise(1'b0), noise(1'b0));
          for (k = pick(30); k > 0; k = k - 1) put_byte(noise(1'b0));
          put_end;
          if (pick(3) == 0) stream[stream_size - 1] = stream[stream_size - 1] ^ 8'h40;
        end
        6: begin                 // length too long: a good header, nothing behind it
          put_header(8'd1, noise(1'b0), noise(1'b0), noise(1'b0));
          field = pick(2) == 0 ? 32'd32769 : 32'd32769 + (noise(1'b0) & 32'h7FFFFFFF);
          for (k = 0; k < 4; k = k + 1) stream[begin_at + 8 + k] = field[8 * k +: 8];
          crc = 32'hFFFFFFFF;
          for (k = 0; k < 14; k = k + 1) crc = crc_bitwise(crc, stream[begin_at + k]);
          stream[begin_at + 14] = ~crc[7:0];
          stream[begin_at + 15] = ~crc[15:8];
        end
        7: marks[begin_at + pick(stream_size - begin_at)] = 1 + pick(3);
        8: begin                 // a byte is lost, and a good message comes at once
          remove_byte(begin_at + pick(stream_size - begin_at));
          put_message(pick(20));
        end
        default: ;
      endcase
    end
    // Each byte of a message lost, wrong or marked: the message behind it is good, and is found (counted below).
    for (i = 0; i < 4 * 26; i = i + 1) begin
      put_header(8'd1, noise(1'b0), 32'h80000000 + i, 16'hA000);
      for (k = 0; k < 6; k = k + 1) put_byte({4'hA, k[3:0]});
      put_end;
      case (i / 26)
        0: remove_byte(begin_at + i % 26);
        1: stream[begin_at + i % 26] = stream[begin_at + i % 26] ^ 8'h10;
        2: marks[begin_at + i % 26] = 1;
        default: marks[begin_at + i % 26] = 2 + pick(2);
      endcase
      put_header(8'd1, 8'hC5, i, 16'hA000);
      put_byte(8'hAA);
      put_end;
    end
    // Whatever a lost byte left open ends here.
    for (i = 0; i < 80; i = i + 1) put_byte(8'h00);
    put_message(5);
    for (i = 0; i < 80; i = i + 1) stream[stream_size + i] = 8'h00;
    parse;

    @(negedge clk);
    @(negedge clk);
    rst = 0;
    at = 0;
    marked = 0;
    for (clocks = 0; compared < events_size && clocks < 4000000; clocks = clocks + 1) begin
      lively = clocks[12] ? 1 : 3;             // periods without gaps and with many
      rx_valid = at < stream_size && pick(lively) == 0;
      rx_mark = !rx_valid ? noise(1'b0) : marked && marks[at][1] ? 2'd0 : marks[at];
      rx_data = rx_valid && !rx_mark[1] ? stream[at] : noise(1'b0);
      head_ready = pick(lively) == 0;
      pay_ready = pick(lively) == 0;
      end_ready = pick(lively) == 0;
      #1 took = rx_valid && rx_ready;
      if (head_valid && head_ready) begin
        seen(1, {8'd0, head_type, head_config});
        seen(2, head_seq);
      end
      if (pay_valid && pay_ready) seen(3, {24'd0, pay_data});
      if (end_valid && end_ready) begin
        seen(4, {24'd0, end_code});
        seen(5, head_seq);
        if (compared < events_size && events[compared][34:32] == 3'd6) seen(6, {8'd0, head_type, head_config});
        messages = messages + 1;
        if (end_code == 8'd0 && head_type == 8'hC5 && head_config == 16'hA000) found = found + 1;
      end
      if ((head_valid && end_valid) || (pay_valid && !rx_valid)) errors = errors + 1;
      @(negedge clk);
      if (took && rx_mark[1]) marked = 1;
      else if (took) begin
        at = at + 1;
        marked = 0;
      end
    end
    if (compared != events_size || at < stream_size - 80) begin
      errors = errors + 1;
      $display("FAIL %0d of %0d events, %0d of %0d bytes", compared, events_size, at, stream_size);
    end
    if (found != 4 * 26) begin
      errors = errors + 1;
      $display("FAIL %0d of %0d messages behind a damaged one were found", found, 4 * 26);
    end
    $display("%0d messages, %0d clocks, %0d bytes", messages, clocks, stream_size);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
