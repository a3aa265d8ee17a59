// word_crossing under reset_crossing, as async_fifo_tb: 40 pairs of clocks from 1:9 to 9:1 with jitter, random gaps both ways, resets asked for by
// either side at random moments. A word carries the epoch of its writer and stays where it is until it is taken, also through a reset: nothing lost,
// doubled, invented, reordered, and nothing from before a reset. At 2:1 the clocks that a word takes are counted.
// stubs: tests/rtl/stub_skew
`default_nettype none
module word_crossing_tb;
  reg  clk_a = 0, clk_b = 0, a_request = 1, b_request = 1;
  wire rst_a, rst_b, fifo_rst_b, drop_a;

  reg         a_valid = 0, b_valid = 0, a_take = 0, b_take = 0;
  reg  [31:0] a_word = 0, b_word = 0;
  wire        a_ready, b_ready, a_there, b_there;
  wire [31:0] a_got, b_got;

  reset_crossing crossing (
    .clk_a(clk_a), .a_request(a_request), .rst_a(rst_a), .drop_a(drop_a), .clk_b(clk_b), .b_request(b_request), .rst_b(rst_b),
    .fifo_rst_b(fifo_rst_b));
  word_crossing #(.WIDTH(32)) down (
    .wr_clk(clk_a), .wr_valid(a_valid && !rst_a), .wr_ready(a_ready), .wr_data(a_word),
    .rd_clk(clk_b), .drop(fifo_rst_b), .rd_valid(b_there), .rd_ready(b_take && !rst_b), .rd_data(b_got));
  word_crossing #(.WIDTH(32)) up (
    .wr_clk(clk_b), .wr_valid(b_valid && !rst_b), .wr_ready(b_ready), .wr_data(b_word),
    .rd_clk(clk_a), .drop(drop_a), .rd_valid(a_there), .rd_ready(a_take && !rst_a), .rd_data(a_got));

  integer seed = 11, errors = 0, round, resets = 0, down_words = 0, up_words = 0, edges = 0, most = 0, since = 0;
  `include "tests/rtl/noise.vh"
  integer half_a = 5, half_b = 5, busy_a = 2, busy_b = 2;
  reg     calm = 0;      // no jitter, no gaps, no resets: the clocks of a word are counted

  always begin #(half_a * 8 + (calm ? 0 : pick(half_a))) clk_a = !clk_a; end
  always begin #(half_b * 8 + (calm ? 0 : pick(half_b))) clk_b = !clk_b; end

  task bad;
    input [31:0] got, expected;
    input integer which;
    begin
      errors = errors + 1;
      if (errors < 10) $display("FAIL way %0d: got %h, expected %h at %0t", which, got, expected, $time);
    end
  endtask

  // What each side has sent since the latest reset, and what the other expects next. An epoch ends where its own side's reset begins; the reader
  // learns it with the first word after its reset.
  reg [11:0] a_epoch = 0, b_epoch = 0, a_epoch_before = 12'hFFF, b_epoch_before = 12'hFFF;
  reg [19:0] a_sent = 0, b_sent = 0, a_expect = 0, b_expect = 0;
  reg        a_was = 1, b_was = 1, a_first = 1, b_first = 1, a_gone = 0, b_gone = 0;

  // ---- a ----
  always @(negedge clk_a) begin
    a_take = calm || pick(busy_a) == 0;
    a_request = resets == 0 ? a_request : !calm && pick(400) == 0;
    if (rst_a || a_gone) a_valid = 0;
    if (!rst_a && !a_valid && (calm || pick(busy_a) == 0)) begin
      a_valid = 1;
      a_word = {a_epoch, a_sent};
    end
  end
  always @(posedge clk_a) begin
    edges = edges + 1;
    if (rst_a) begin
      if (!a_was) begin
        a_epoch <= a_epoch + 12'd1;
        resets = resets + 1;
      end
      a_sent <= 20'd0;
      a_expect <= 20'd0;
      a_first <= 1'b1;
    end else begin
      if (a_valid && a_ready) begin
        a_sent <= a_sent + 20'd1;
        if (calm && edges - since > most) most = edges - since;
        since = edges;
      end
      if (a_there && a_take) begin
        up_words = up_words + 1;
        if (a_first) begin
          // a new epoch of b, and its first word
          if (a_got[19:0] != 20'd0 || a_got[31:20] == a_epoch_before) bad(a_got, {a_epoch_before, 20'd0}, 1);
          a_epoch_before <= a_got[31:20];
        end else if (a_got != {a_epoch_before, a_expect}) bad(a_got, {a_epoch_before, a_expect}, 1);
        a_first <= 1'b0;
        a_expect <= a_expect + 20'd1;
      end
    end
    a_was <= rst_a;
    a_gone <= a_valid && a_ready;
  end

  // ---- b ----
  always @(negedge clk_b) begin
    b_take = calm || pick(busy_b) == 0;
    b_request = resets == 0 ? b_request : !calm && pick(900) == 0;
    if (rst_b || b_gone) b_valid = 0;
    if (!rst_b && !b_valid && (calm || pick(busy_b) == 0)) begin
      b_valid = 1;
      b_word = {b_epoch, b_sent};
    end
  end
  always @(posedge clk_b) begin
    if (rst_b) begin
      if (!b_was) b_epoch <= b_epoch + 12'd1;
      b_sent <= 20'd0;
      b_expect <= 20'd0;
      b_first <= 1'b1;
    end else begin
      if (b_valid && b_ready) begin
        b_sent <= b_sent + 20'd1;
      end
      if (b_there && b_take) begin
        down_words = down_words + 1;
        if (b_first) begin
          if (b_got[19:0] != 20'd0 || b_got[31:20] == b_epoch_before) bad(b_got, {b_epoch_before, 20'd0}, 0);
          b_epoch_before <= b_got[31:20];
        end else if (b_got != {b_epoch_before, b_expect}) bad(b_got, {b_epoch_before, b_expect}, 0);
        b_first <= 1'b0;
        b_expect <= b_expect + 20'd1;
      end
    end
    b_was <= rst_b;
    b_gone <= b_valid && b_ready;
  end

  initial begin
    #3000 resets = 1;
    for (round = 0; round < 40; round = round + 1) begin
      half_a = 1 + pick(9);
      half_b = 1 + pick(9);
      busy_a = 1 + pick(4);
      busy_b = 1 + pick(4);
      #250000;
    end
    // 48 and 24 MHz
    half_a = 1;
    half_b = 2;
    calm = 1;
    #20000 most = 0;
    #100000;
    // a word leaves the USB device's endpoint in 3 clocks more, and the bus has one in 39
    if (most == 0 || most > 14) begin
      errors = errors + 1;
      $display("FAIL a word takes %0d clocks of a at 2:1", most);
    end
    // Both ways move, and the resets have happened.
    if (down_words < 10000 || up_words < 10000 || resets < 200) begin
      errors = errors + 1;
      $display("FAIL too little moved");
    end
    $display("%0d words down, %0d up, %0d resets, a word in at most %0d clocks of the faster at 2:1", down_words, up_words, resets, most);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
`default_nettype wire
