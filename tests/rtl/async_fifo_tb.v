// async_fifo under reset_crossing: 40 pairs of clocks from 1:9 to 9:1 with jitter, random gaps both ways, resets asked for by either side
// at random moments. A word carries the epoch of its writer: nothing lost, doubled, reordered, and nothing from before a reset.
// Words go from a to b in one FIFO and from b to a in another, as in a link.
// stubs: tests/rtl/stub_skew
`default_nettype none
module async_fifo_tb;
  reg  clk_a = 0, clk_b = 0, a_request = 1, b_request = 1;
  wire rst_a, rst_b, fifo_rst_b, drop_a_unused;

  reg         a_valid = 0, b_valid = 0, a_take = 0, b_take = 0;
  reg  [31:0] a_word = 0, b_word = 0;
  wire        a_ready, b_ready, a_there, b_there;
  wire [31:0] a_got, b_got;

  reset_crossing crossing (
    .clk_a(clk_a), .a_request(a_request), .rst_a(rst_a), .drop_a(drop_a_unused), .clk_b(clk_b), .b_request(b_request), .rst_b(rst_b), .fifo_rst_b(fifo_rst_b));
  async_fifo #(.WIDTH(32), .DEPTH_LOG2(3)) down (
    .wr_clk(clk_a), .wr_rst(rst_a), .wr_valid(a_valid && !rst_a), .wr_ready(a_ready), .wr_data(a_word),
    .rd_clk(clk_b), .rd_rst(fifo_rst_b), .rd_valid(b_there), .rd_ready(b_take && !rst_b), .rd_data(b_got));
  async_fifo #(.WIDTH(32), .DEPTH_LOG2(4)) up (
    .wr_clk(clk_b), .wr_rst(fifo_rst_b), .wr_valid(b_valid && !rst_b), .wr_ready(b_ready), .wr_data(b_word),
    .rd_clk(clk_a), .rd_rst(rst_a), .rd_valid(a_there), .rd_ready(a_take && !rst_a), .rd_data(a_got));

  integer seed = 11, errors = 0, round, resets = 0, down_words = 0, up_words = 0;
  `include "tests/rtl/noise.vh"
  integer half_a = 5, half_b = 5, busy_a = 2, busy_b = 2;

  always begin #(half_a * 8 + pick(half_a)) clk_a = !clk_a; end
  always begin #(half_b * 8 + pick(half_b)) clk_b = !clk_b; end

  task bad;
    input [31:0] got, expected;
    input integer which;
    begin
      errors = errors + 1;
      if (errors < 10) $display("FAIL way %0d: got %h, expected %h at %0t", which, got, expected, $time);
    end
  endtask

  // What each side has sent since the latest reset, and what the other expects next. An epoch ends where its own side's reset begins.
  // b's words carry b's epoch: how often its reset has ended. a learns it with the first word after a reset.
  reg [11:0] a_epoch = 0, b_epoch = 0, b_seen_epoch = 12'hFFF;
  reg [19:0] a_sent = 0, b_sent = 0, a_expect = 0, b_expect = 0;
  reg        a_was = 1, b_was = 1, a_first = 1, b_first = 1;
  reg [11:0] a_epoch_before = 12'hFFF;

  // ---- a ----
  always @(negedge clk_a) begin
    a_valid = pick(busy_a) == 0;
    a_take = pick(busy_a) == 0;
    a_request = resets == 0 ? a_request : pick(400) == 0;
    a_word = {a_epoch, a_sent};
  end
  always @(posedge clk_a) begin
    if (rst_a) begin
      if (!a_was) begin
        a_epoch <= a_epoch + 12'd1;
        resets = resets + 1;
      end
      a_sent <= 20'd0;
      a_expect <= 20'd0;
      a_first <= 1'b1;
    end else begin
      if (a_valid && a_ready) a_sent <= a_sent + 20'd1;
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
  end

  // ---- b ----
  always @(negedge clk_b) begin
    b_valid = pick(busy_b) == 0;
    b_take = pick(busy_b) == 0;
    b_request = resets == 0 ? b_request : pick(900) == 0;
    b_word = {b_epoch, b_sent};
  end
  always @(posedge clk_b) begin
    if (rst_b) begin
      if (!b_was) b_epoch <= b_epoch + 12'd1;
      b_sent <= 20'd0;
      b_expect <= 20'd0;
      b_first <= 1'b1;
    end else begin
      if (b_valid && b_ready) b_sent <= b_sent + 20'd1;
      if (b_there && b_take) begin
        down_words = down_words + 1;
        if (b_first) begin
          if (b_got[19:0] != 20'd0 || b_got[31:20] == b_seen_epoch) bad(b_got, {b_seen_epoch, 20'd0}, 0);
          b_seen_epoch <= b_got[31:20];
        end else if (b_got != {b_seen_epoch, b_expect}) bad(b_got, {b_seen_epoch, b_expect}, 0);
        b_first <= 1'b0;
        b_expect <= b_expect + 20'd1;
      end
    end
    b_was <= rst_b;
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
    // Both ways move, and the resets have happened.
    if (down_words < 10000 || up_words < 10000 || resets < 200) begin
      errors = errors + 1;
      $display("FAIL too little moved");
    end
    $display("%0d words down, %0d up, %0d resets", down_words, up_words, resets);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
