// Included by the benches that run a pass from a file which the model wrote (decay_pass, decay_serial, ta_pass): what they do alike.
// The module has clk, start, done, the cf_ and acc_ ports, and A, the bits of a sum.
  integer file, got, n, i, good, passed, failed;
  reg [31:0] a, b, c, d, e, f, g;
  reg [63:0] wide;

  task open_vectors;
    input [8*256-1:0] path;
    begin
      passed = 0;
      failed = 0;
      file = $fopen(path, "r");
      repeat (4) @(negedge clk);
      rst = 1'b0;
    end
  endtask

  task write_word;
    input [9:0] address;
    input [31:0] word;
    begin
      @(negedge clk);
      cf_write = 1'b1;
      cf_address = address;
      cf_word = word;
    end
  endtask

  // a pass, then its sums, which the file holds next
  task run_and_compare;
    begin
      @(negedge clk);
      cf_write = 1'b0;
      repeat (4) @(negedge clk);
      start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      while (!done) @(negedge clk);
      repeat (2) @(negedge clk);
      good = 1;
      got = $fscanf(file, "%h", n);
      for (i = 0; i < n; i = i + 1) begin
        acc_address = i[6:0];
        repeat (2) @(negedge clk);
        got = $fscanf(file, "%h", wide);
        if (acc_value !== wide[A-1:0]) begin
          $display("pair %0d: %h, not %h", i, acc_value, wide[A-1:0]);
          good = 0;
        end
      end
    end
  endtask

  task judge;
    begin
      if (good) passed = passed + 1;
      else failed = failed + 1;
    end
  endtask
