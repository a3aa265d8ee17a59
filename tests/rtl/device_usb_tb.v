// device_usb behind the bulk endpoints (stub/usb_device.v) and before a stand-in engine: link resets at random moments, engine clocks of any ratio to
// 48 MHz. After a reset the engine knows no configuration, the session after it gets exactly its answers, and nothing from before comes.
// stubs: tests/rtl/stub
`default_nettype none
module device_usb_tb #(parameter FIFO_LOG2 = 4);
  reg  clk_48 = 0, clk = 0, rst_48 = 1, rst = 1;
  wire dp, dn, enable, pull_up, led_link, led_busy, led_error;
  device_usb #(.ENGINE(1), .FIFO_LOG2(FIFO_LOG2)) dut (
    .clk_48(clk_48), .rst_48(rst_48), .clk(clk), .rst(rst), .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .usb_dp_in(1'b1), .usb_dn_in(1'b0), .usb_dp_out(dp), .usb_dn_out(dn), .usb_output_enable(enable), .usb_pullup(pull_up), .serial(128'd0),
    .led_link(led_link), .led_busy(led_busy), .led_error(led_error),
    .sync_samples(1'b0), .detector_samples(1'b0), .marker_samples(1'b0)
  );
  integer half = 10;
  always #10 clk_48 = !clk_48;
  always #(half) clk = !clk;

  integer seed = 9;
  localparam STREAM_MAX = 4096;
  localparam ROUNDS = 80;
  `include "tests/rtl/stream.vh"
  `include "protocol.vh"

  // A session: a histogram (its configuration must not be known), echoes, configuration, IRF, two histograms. Its answers, whole.
  reg  [7:0] expected [0:STREAM_MAX - 1];
  integer    expected_size, sent_size, i, k, round, at, got, stop, clocks, whole = 0, cut = 0, errors = 0, answers;
  reg [7:0]  sent [0:STREAM_MAX - 1];
  reg [31:0] sum, word;
  reg        took, waiting;

  task keep_sent;
    begin
      for (i = 0; i < stream_size; i = i + 1) sent[sent_size + i] = stream[i];
      sent_size = sent_size + stream_size;
      stream_size = 0;
    end
  endtask
  task keep_expected;
    begin
      for (i = 0; i < stream_size; i = i + 1) expected[expected_size + i] = stream[i];
      expected_size = expected_size + stream_size;
      stream_size = 0;
    end
  endtask

  task histogram;
    input [31:0] seq;
    input        known;
    reg   [6:0]  value;
    begin
      put_header(8'd1, MSG_HISTOGRAM_RAW, seq, 16'd7);
      sum = 0;
      for (k = 0; k < 16; k = k + 1) begin
        value = seq[6:0] + k[6:0];
        put_byte({1'b0, value});
        sum = sum + {25'd0, value};
      end
      put_end;
      keep_sent;
      put_header(8'd1, known ? MSG_RESULT : MSG_ERROR, seq, 16'd7);
      if (known) begin
        for (k = 0; k < 16; k = k + 1) begin
          value = seq[6:0] + k[6:0];
          put_number({25'd0, value}, 4);
        end
        put_number(sum, 4);
      end else put_number({16'd0, MSG_HISTOGRAM_RAW, ERR_CONFIG}, 4);
      put_end;
      keep_expected;
    end
  endtask

  task load;
    input [7:0]   type_;
    input [31:0]  seq;
    input integer words;
    begin
      put_header(8'd1, type_, seq, 16'd7);
      for (k = 0; k < words; k = k + 1) put_number(k, 4);
      put_end;
      keep_sent;
      put_header(8'd1, MSG_ACK, seq, 16'd7);
      put_end;
      keep_expected;
    end
  endtask

  initial begin
    repeat (8) @(negedge clk_48);
    rst_48 = 0;
    rst = 0;
    for (round = 0; round < ROUNDS; round = round + 1) begin
      half = round % 5 == 0 ? 10 : 3 + pick(40);
      sent_size = 0;
      expected_size = 0;
      histogram({round[15:0], 16'd1}, 1'b0);
      for (answers = pick(3); answers > 0; answers = answers - 1) begin
        put_header(8'd1, MSG_ECHO_REQUEST, {round[15:0], 16'd50} + answers, 16'd0);
        for (k = 0; k < 30; k = k + 1) put_byte(round[7:0] + k[7:0]);
        put_end;
        keep_sent;
        for (k = 0; k < 50; k = k + 1) put_byte(sent[sent_size - 50 + k]);
        stream[3] = MSG_ECHO;
        begin_at = 0;
        stream_size = 46;
        put_end;
        keep_expected;
      end
      load(MSG_CONFIG, {round[15:0], 16'd2}, LAYOUT_WORDS + CFG_WORDS);
      load(MSG_IRF, {round[15:0], 16'd3}, 10);
      histogram({round[15:0], 16'd4}, 1'b1);
      histogram({round[15:0], 16'd5}, 1'b1);

      // play it; a reset comes at a random moment, or when all is done
      at = 0;
      waiting = 0;
      got = 0;
      stop = pick(3) == 0 ? 1000000 : pick(6000);
      for (clocks = 0; clocks < stop && got < expected_size && clocks < 200000; clocks = clocks + 1) begin
        // a byte that waits stays, as the endpoint's does
        dut.bus.give_valid = at < sent_size && (waiting || pick(3) != 0);
        dut.bus.give_data = sent[at % STREAM_MAX];
        dut.bus.take = clocks[10] || pick(4) == 0;
        #1 took = dut.bus.rx_valid && dut.bus.rx_ready;
        if (dut.bus.tx_valid && dut.bus.tx_ready) begin
          if (got >= expected_size || dut.bus.tx_data !== expected[got]) begin
            errors = errors + 1;
            if (errors < 10) $display("FAIL round %0d byte %0d of %0d: %h, expected %h", round, got, expected_size, dut.bus.tx_data, expected[got]);
          end
          got = got + 1;
        end
        @(negedge clk_48);
        if (took) at = at + 1;
        waiting = dut.bus.give_valid && !took;
      end
      if (got == expected_size) whole = whole + 1;
      else if (clocks < stop) begin
        errors = errors + 1;
        $display("FAIL round %0d: %0d of %0d bytes answered", round, got, expected_size);
      end else cut = cut + 1;

      // the reset: a byte that waits on either side in its clock must not move
      dut.bus.reset = 1;
      dut.bus.give_valid = 1;
      dut.bus.give_data = 8'hEE;
      dut.bus.take = round[0];     // not taken: a byte that stands before the endpoint must be gone behind the reset
      #1 if (dut.bus.rx_ready || dut.bus.tx_valid) begin
        errors = errors + 1;
        $display("FAIL round %0d: a byte moves in the reset's clock", round);
      end
      @(negedge clk_48);
      dut.bus.reset = 0;
    end
    if (whole < ROUNDS / 5 || cut < ROUNDS / 5) begin
      errors = errors + 1;
      $display("FAIL too few sessions of a kind");
    end
    if (dut.device.g_decay.g_fit.farm.g_one.engine.errors != 0) begin
      errors = errors + 1;
      $display("FAIL %0d breaches of the engine's interface", dut.device.g_decay.g_fit.farm.g_one.engine.errors);
    end
    $display("%0d sessions whole, %0d cut", whole, cut);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
