// link_rx: a long stream of good, corrupt, cut, foreign and too long messages with garbage between, all short lengths, random gaps
// and back-pressure, against a receiver that looks at the whole stream at once.
`default_nettype none
module link_rx_tb;
  reg         clk = 0, rst = 1, rx_valid = 0, head_ready = 0, pay_ready = 0, end_ready = 0;
  reg  [7:0]  rx_data = 0;
  wire        rx_ready, head_valid, pay_valid, end_valid;
  wire [7:0]  head_type, pay_data, end_code;
  wire [31:0] head_seq;
  wire [15:0] head_config;
  link_rx dut (
    .clk(clk), .rst(rst), .rx_data(rx_data), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .head_valid(head_valid), .head_ready(head_ready), .head_type(head_type), .head_seq(head_seq), .head_config(head_config),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_data(pay_data),
    .end_valid(end_valid), .end_ready(end_ready), .end_code(end_code)
  );
  always #5 clk = !clk;

  integer seed = 4;
  localparam STREAM_MAX = 400000;
  `include "tests/rtl/stream.vh"
  `include "protocol.vh"

  // Events: 1 head {type, config}, 2 head sequence, 3 payload byte, 4 end code, 5 sequence at the end
  reg [34:0]   events [0:STREAM_MAX - 1];
  integer      events_size = 0, compared = 0, errors = 0, lively;
  integer      i, k, at, length, messages = 0, clocks;
  reg   [31:0] crc, field;
  reg          took;

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
      put_header(8'd1, $random(seed), $random(seed), $random(seed));
      for (k = 0; k < payload; k = k + 1)
        put_byte(pick(8) == 0 ? 8'h54 : pick(8) == 0 ? 8'h73 : $random(seed));
      put_end;
    end
  endtask

  // What the stream means, by looking at all of it.
  task parse;
    integer k, from;
    begin
      from = 0;
      while (from < stream_size) begin
        if (!(stream[from] == 8'h54 && stream[from + 1] == 8'h73)) from = from + 1;
        else begin
          crc = 32'hFFFFFFFF;
          for (k = 0; k < 14; k = k + 1) crc = crc_bitwise(crc, stream[from + k]);
          length = {stream[from + 11], stream[from + 10], stream[from + 9], stream[from + 8]};
          field = {stream[from + 7], stream[from + 6], stream[from + 5], stream[from + 4]};
          if ({stream[from + 15], stream[from + 14]} != ~crc[15:0]) begin
            expect_event(4, {24'd0, ERR_HEADER});
            expect_event(5, 32'd0);
            from = from + 16;
          end else if ($unsigned(length) > 32768) begin
            expect_event(4, {24'd0, ERR_LENGTH});
            expect_event(5, field);
            from = from + 16;
          end else begin
            if (stream[from + 2] == 8'd1) begin
              expect_event(1, {8'd0, stream[from + 3], stream[from + 13], stream[from + 12]});
              expect_event(2, field);
              for (k = 0; k < length; k = k + 1) expect_event(3, {24'd0, stream[from + 16 + k]});
            end
            for (k = 14; k < 16 + length; k = k + 1) crc = crc_bitwise(crc, stream[from + k]);
            k = from + 16 + length;
            expect_event(4, {24'd0, {stream[k + 3], stream[k + 2], stream[k + 1], stream[k]} != ~crc ? ERR_CRC
                                    : stream[from + 2] != 8'd1 ? ERR_VERSION : 8'd0});
            expect_event(5, field);
            from = k + 4;
          end
        end
      end
    end
  endtask

  initial begin
    for (i = 0; i < 80; i = i + 1) put_message(i);
    put_message(1000);
    put_message(32768);
    for (i = 0; i < 700; i = i + 1) begin
      put_message(pick(40));
      case (pick(10))
        0: stream[begin_at + pick(stream_size - begin_at)] = $random(seed);
        1: begin
          k = begin_at + pick(stream_size - begin_at);
          stream[k] = stream[k] ^ (8'd1 << pick(8));
        end
        2: remove_byte(begin_at + pick(stream_size - begin_at));
        3: for (k = pick(30); k > 0; k = k - 1) put_byte(pick(3) == 0 ? 8'h54 : pick(3) == 0 ? 8'h73 : $random(seed));
        4: begin                 // magic begins more than once
          put_byte(8'h54);
          put_byte(8'h54);
        end
        5: begin                 // another version
          put_header(8'd2, $random(seed), $random(seed), $random(seed));
          for (k = pick(30); k > 0; k = k - 1) put_byte($random(seed));
          put_end;
          if (pick(3) == 0) stream[stream_size - 1] = stream[stream_size - 1] ^ 8'h40;
        end
        6: begin                 // length too long: a good header, nothing behind it
          put_header(8'd1, $random(seed), $random(seed), $random(seed));
          field = pick(2) == 0 ? 32'd32769 : 32'd32769 + ($random(seed) & 32'h7FFFFFFF);
          for (k = 0; k < 4; k = k + 1) stream[begin_at + 8 + k] = field[8 * k +: 8];
          crc = 32'hFFFFFFFF;
          for (k = 0; k < 14; k = k + 1) crc = crc_bitwise(crc, stream[begin_at + k]);
          stream[begin_at + 14] = ~crc[7:0];
          stream[begin_at + 15] = ~crc[15:8];
        end
        default: ;
      endcase
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
    for (clocks = 0; compared < events_size && clocks < 4000000; clocks = clocks + 1) begin
      lively = clocks[12] ? 1 : 3;             // periods without gaps and with many
      rx_valid = at < stream_size && pick(lively) == 0;
      rx_data = rx_valid ? stream[at] : $random(seed);
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
        messages = messages + 1;
      end
      if ((head_valid && end_valid) || (pay_valid && !rx_valid)) errors = errors + 1;
      @(negedge clk);
      if (took) at = at + 1;
    end
    if (compared != events_size || at < stream_size - 80) begin
      errors = errors + 1;
      $display("FAIL %0d of %0d events, %0d of %0d bytes", compared, events_size, at, stream_size);
    end
    $display("%0d messages, %0d clocks, %0d bytes", messages, clocks, stream_size);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
