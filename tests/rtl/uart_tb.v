// uart_rx and uart_tx: dividers whole and broken, from 4 clocks a bit; the far end's clock up to 2.5 % off either way, at any phase, with
// and without gaps; spikes shorter than a clock; breaks; stop bits that are low. The transmitter's bits are looked at on an exact clock
// that does not follow its edges, so that a divider that drifts is seen.
`default_nettype none
module uart_line #(
  parameter [23:0] DIVIDER = 24'd1024,
  parameter SEED = 1
) (
  output reg done,
  output integer errors,
  output integer checks
);
  localparam CLOCK = 1000;                  // time units
  integer seed = SEED;
  `include "tests/rtl/noise.vh"

  reg clk = 0, rst = 1, pin = 1, spike = 0;
  always #(CLOCK / 2) clk = !clk;

  wire [7:0] data;
  wire       valid, bad, line_break, tx_ready, tx_pin;
  reg  [7:0] tx_data = 0;
  reg        tx_valid = 0;
  uart_rx #(.DIVIDER(DIVIDER)) rx (.clk(clk), .rst(rst), .uart_rx(pin ^ spike), .data(data), .valid(valid), .bad(bad), .line_break(line_break));
  uart_tx #(.DIVIDER(DIVIDER)) tx (.clk(clk), .rst(rst), .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready), .uart_tx(tx_pin));

  // ---- what arrives ----
  reg [8:0] queue [0:2047];                 // bad, byte
  integer   head = 0, tail = 0, breaks = 0;
  reg       was_break = 0;
  always @(posedge clk) begin
    if (valid && !rst) begin
      checks = checks + 1;
      if (head == tail || {bad, data} !== queue[tail]) begin
        errors = errors + 1;
        if (errors < 5) $display("FAIL divider %0d: byte %0d is %b %h, expected %h", DIVIDER, tail, bad, data, queue[tail]);
      end
      tail = tail + 1;
    end
    if (line_break && !was_break) breaks = breaks + 1;
    was_break = line_break;
  end

  // ---- what is sent: levels and how long they last, written down first and then played ----
  reg     levels [0:16383];
  integer lasts [0:16383];
  integer segments = 0, played, expected_breaks = 0;
  real    bit_time, owed;
  task line;
    input   value;
    input real units;
    begin
      owed = owed + units;
      levels[segments] = value;
      lasts[segments] = $rtoi(owed);
      owed = owed - $rtoi(owed);
      segments = segments + 1;
    end
  endtask
  task send;
    input [7:0] value;
    input       stop;
    integer     k;
    begin
      queue[head] = {!stop, value};
      head = head + 1;
      line(1'b0, bit_time);
      for (k = 0; k < 8; k = k + 1) line(value[k], bit_time);
      line(stop, bit_time);
    end
  endtask
  task low;                                 // this many bits of it: a bad byte of zeros
    input integer bits;
    begin
      queue[head] = 9'h100;
      head = head + 1;
      line(1'b0, bits * bit_time);
      line(1'b1, 2 * bit_time);
    end
  endtask

  // ---- the transmitter against a clock that does not follow it ----
  reg [7:0] burst [0:299];
  integer   burst_at = 0, tx_bytes = 0;
  reg       tx_go = 0;
  always @(negedge clk) begin
    tx_valid = tx_go && burst_at < 300;
    tx_data = burst[burst_at % 300];
  end
  always @(posedge clk) if (tx_valid && tx_ready) burst_at <= burst_at + 1;

  integer i, offset, k;
  reg     expected;
  real    tx_begin;
  reg     rx_done, tx_done;
  initial begin
    rx_done = 0;
    errors = 0;
    checks = 0;
    owed = 0.0;
    // From 2.5 % slow to 2.5 % fast, back to back, then with gaps of any phase.
    for (offset = -25; offset <= 25; offset = offset + 5) begin
      bit_time = CLOCK * (DIVIDER / 256.0) * (1.0 + offset / 1000.0);
      for (i = 0; i < 24; i = i + 1) send(i < 2 ? 8'h00 : i < 4 ? 8'hFF : noise(1'b0), 1'b1);
      for (i = 0; i < 16; i = i + 1) begin
        line(1'b1, CLOCK * pick(60) / 10.0);
        send(noise(1'b0), 1'b1);
      end
      // spikes of less than a clock while the line rests
      for (i = 0; i < 8; i = i + 1) begin
        line(1'b1, CLOCK * 5.3);
        line(1'b0, CLOCK * 0.9);
      end
      line(1'b1, CLOCK * 10.0);
      // low stop bits: the byte is marked, the next one is right
      for (i = 0; i < 4; i = i + 1) begin
        send(noise(1'b0), 1'b0);
        line(1'b1, 2 * bit_time);
        send(noise(1'b0), 1'b1);
      end
      // 19 bits of low are no break, 22 are
      low(19);
      low(22);
      expected_breaks = expected_breaks + 1;
      send(8'h5A, 1'b1);
    end
    #(5 * CLOCK) rst = 0;
    #(5 * CLOCK);
    for (played = 0; played < segments; played = played + 1) begin
      pin = levels[played];
      #(lasts[played]);
    end
    pin = 1'b1;
    #(CLOCK * 200);
    checks = checks + 2;
    if (tail != head) begin
      errors = errors + 1;
      $display("FAIL divider %0d: %0d of %0d bytes arrived", DIVIDER, tail, head);
    end
    if (breaks != expected_breaks || line_break) begin
      errors = errors + 1;
      $display("FAIL divider %0d: %0d breaks were seen, expected %0d", DIVIDER, breaks, expected_breaks);
    end
    rx_done = 1;
  end

  // The transmitter: 300 bytes back to back, every bit in its middle by one exact clock.
  integer tx_errors = 0, place;
  initial begin
    tx_done = 0;
    for (place = 0; place < 300; place = place + 1) burst[place] = (place * 167) ^ (place >> 3);
    #(20 * CLOCK) tx_go = 1;
    @(negedge tx_pin) tx_begin = $realtime;
    for (place = 0; place < 3000; place = place + 1) begin
      #(tx_begin + (place + 0.5) * CLOCK * (DIVIDER / 256.0) - $realtime);
      k = place % 10;
      expected = k == 0 ? 1'b0 : k == 9 ? 1'b1 : burst[place / 10][k - 1];
      if (tx_pin !== expected) tx_errors = tx_errors + 1;
    end
    #(CLOCK * 2.0 * (DIVIDER / 256.0));
    if (tx_errors != 0 || tx_pin !== 1'b1 || !tx_ready || burst_at != 300)
      $display("FAIL divider %0d: transmitter, %0d bits wrong, %0d bytes taken", DIVIDER, tx_errors, burst_at);
    tx_done = 1;
  end
  always @* done = rx_done && tx_done;
endmodule

module uart_tb;
  wire [3:0]  done;
  wire [31:0] e0, e1, e2, e3, c0, c1, c2, c3;
  uart_line #(.DIVIDER(24'd1024), .SEED(1)) l0 (.done(done[0]), .errors(e0), .checks(c0));        // 3 Mbaud at 12 MHz, 12 at 48
  uart_line #(.DIVIDER(24'd1066), .SEED(2)) l1 (.done(done[1]), .errors(e1), .checks(c1));        // 4.16
  uart_line #(.DIVIDER(24'd3072), .SEED(3)) l2 (.done(done[2]), .errors(e2), .checks(c2));        // 3 Mbaud at 36 MHz
  uart_line #(.DIVIDER(24'd13333), .SEED(4)) l3 (.done(done[3]), .errors(e3), .checks(c3));       // 921600 baud at 48 MHz
  initial begin
    wait (&done);
    $display("%0d checks", c0 + c1 + c2 + c3);
    if (e0 + e1 + e2 + e3 == 0) $display("PASS");
    $finish;
  end
endmodule
