// The two engines' program: every instruction through both ports, in order and at random, a read and none in turn, against decay_program.hex.
`default_nettype none
module program_pair_tb;
  reg clk = 1'b0;
  always #5 clk = !clk;

  reg  [40:0] program_words [0:8191];
  reg         read_a = 1'b0, read_b = 1'b0;
  reg  [12:0] address_a = 13'd0, address_b = 13'd0;
  wire [40:0] early_a, early_b, late_a, late_b;
  program_pair #(.ROWS_FILE("rtl/fit/decay_program_rows.hex"), .LATENCY(1)) early (
    .clk(clk), .read_a(read_a), .address_a(address_a), .word_a(early_a), .read_b(read_b), .address_b(address_b), .word_b(early_b)
  );
  program_pair #(.ROWS_FILE("rtl/fit/decay_program_rows.hex"), .LATENCY(2)) late (
    .clk(clk), .read_a(read_a), .address_a(address_a), .word_a(late_a), .read_b(read_b), .address_b(address_b), .word_b(late_b)
  );

  localparam WORDS = 8192;
  reg [40:0] want_a, want_b, before_a, before_b;
  reg        known = 1'b0, known_before = 1'b0;
  integer    n, wrong = 0, seed = 1;
  initial begin
    for (n = 0; n < WORDS; n = n + 1) program_words[n] = 41'd0;
    $readmemh("rtl/fit/decay_program.hex", program_words);
    for (n = 0; n < 3 * WORDS; n = n + 1) begin
      @(negedge clk);
      if (known && (early_a !== want_a || early_b !== want_b)) wrong = wrong + 1;
      if (known_before && (late_a !== before_a || late_b !== before_b)) wrong = wrong + 1;
      before_a = want_a;
      before_b = want_b;
      known_before = known;
      address_a = n < WORDS ? n[12:0] : $unsigned($random(seed)) % WORDS;
      address_b = n < WORDS ? WORDS - 1 - n : $unsigned($random(seed)) % WORDS;
      read_a = n < WORDS || $random(seed) > 0;
      read_b = n < WORDS || $random(seed) > 0;
      if (read_a) want_a = program_words[address_a];
      if (read_b) want_b = program_words[address_b];
      known = 1'b1;
    end
    if (wrong != 0) $display("FAIL %0d wrong", wrong);
    else $display("PASS %0d reads of each port", n);
    $finish;
  end
endmodule
`default_nettype wire
