// link_tx: all short lengths, random fields, gaps and back-pressure, against messages put together bit by bit.
`default_nettype none
module link_tx_tb;
  reg         clk = 0, rst = 1, msg_valid = 0, pay_valid = 0, pay_last = 0, tx_ready = 0;
  reg  [7:0]  msg_type = 0, pay_data = 0;
  reg  [31:0] msg_seq = 0;
  reg  [15:0] msg_config = 0;
  reg  [17:0] msg_length = 0;
  wire        msg_done, pay_ready, tx_valid;
  wire [7:0]  tx_data;
  link_tx dut (
    .clk(clk), .rst(rst), .msg_valid(msg_valid), .msg_done(msg_done), .msg_type(msg_type), .msg_seq(msg_seq),
    .msg_config(msg_config), .msg_length(msg_length), .msg_empty(msg_length == 18'd0),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_last(pay_last), .pay_data(pay_data),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready)
  );
  always #5 clk = !clk;

  integer seed = 5;
  localparam STREAM_MAX = 70000;
  `include "tests/rtl/stream.vh"

  integer    i, k, round, payload, sent, at, errors = 0, clocks;
  reg        done, took, waiting;
  reg  [7:0] held;

  initial begin
    @(negedge clk);
    @(negedge clk);
    rst = 0;
    waiting = 0;
    held = 0;
    for (round = 0; round < 300; round = round + 1) begin
      stream_size = 0;
      payload = round < 100 ? round : round == 100 ? 65540 : pick(300);
      msg_type = noise(1'b0);
      msg_seq = noise(1'b0);
      msg_config = noise(1'b0);
      msg_length = payload[17:0];
      put_header(8'd1, msg_type, msg_seq, msg_config);
      for (i = 0; i < payload; i = i + 1) put_byte(noise(1'b0));
      put_end;
      sent = 0;
      at = 0;
      done = 0;
      msg_valid = 1;
      k = round % 3;             // 0: never a gap
      for (clocks = 0; at < stream_size && clocks < 500000; clocks = clocks + 1) begin
        if (!(pay_valid && !took)) pay_valid = sent < payload && (k == 0 || pick(3) != 0);
        pay_data = sent < payload ? stream[16 + sent] : 8'd0;
        pay_last = sent == payload - 1;
        tx_ready = k == 0 || pick(3) != 0;
        #1 took = pay_valid && pay_ready;
        if (waiting && (!tx_valid || tx_data !== held)) errors = errors + 1;  // what was offered stays
        waiting = tx_valid && !tx_ready;
        held = tx_data;
        if (tx_valid && tx_ready) begin
          if (tx_data !== stream[at]) begin
            errors = errors + 1;
            if (errors < 10) $display("FAIL message %0d byte %0d: %h, expected %h", round, at, tx_data, stream[at]);
          end
          at = at + 1;
        end
        if (msg_done) begin
          if (done) errors = errors + 1;
          done = 1;
        end
        if (took) sent = sent + 1;
        @(negedge clk);
        if (took) pay_valid = 0;
        if (done) msg_valid = 0;
      end
      if (!done || at != stream_size || sent != payload || (k == 0 && clocks > stream_size + 10)) begin
        errors = errors + 1;
        $display("FAIL message %0d: %0d of %0d bytes, payload %0d of %0d, %0d clocks", round, at, stream_size, sent, payload, clocks);
      end
      repeat (pick(4)) @(negedge clk);
      if (tx_valid) errors = errors + 1;
    end
    if (errors == 0) $display("PASS");
    else $display("FAIL %0d", errors);
    $finish;
  end
endmodule
