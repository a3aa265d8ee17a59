// usb_line and usb_unstuff on an analogue of the wires: every bit with clocks 2500 ppm apart, any phase, the receiver's whole jitter budget
// (USB 2.0, 7.1.15: 18.5 ns between edges in a row, 9 ns between pairs), skew of D+ and D-; SE0, bus reset, suspend, resume, time-out.
`default_nettype none
module usb_line_tb;
  reg  clk = 0, rst = 1, dp = 1, dn = 0;
  wire bit_strobe, bit_level, se0, turnaround, timeout, bus_reset, suspended, valid, data, violation;
  usb_line dut (
    .clk(clk), .rst(rst), .usb_dp_in(dp), .usb_dn_in(dn), .transmitting(1'b0),
    .bit_strobe(bit_strobe), .bit_level(bit_level), .se0(se0), .turnaround(turnaround), .timeout(timeout),
    .bus_reset(bus_reset), .suspended(suspended)
  );
  usb_unstuff unstuff (
    .clk(clk), .rst(rst), .strobe(bit_strobe), .level(bit_level), .valid(valid), .data(data), .violation(violation)
  );
  always begin                       // the unit of time is 1 ps
    #10416 clk = 1;
    #10417 clk = 0;
  end

  integer errors = 0, seed = 1;
  `include "tests/rtl/noise.vh"
  task check;
    input good;
    input [8*40-1:0] what;
    if (good !== 1'b1) begin
      errors = errors + 1;
      if (errors < 20) $display("FAIL %0s at %0t", what, $time);
    end
  endtask

  // ---- bits: what was sent, behind a SYNC ----
  localparam BITS = 600;
  reg  [BITS-1:0] sent;
  integer got, ones, at, run, kind, bit_ps, jitter_ps, skew_ps, skew_dn_ps;
  reg        level, late_level, one, stuffed, listening = 0, running = 0;
  reg [63:0] bit_at, edge_at;
  reg        edges_odd = 0;
  always @(posedge clk)
    if (listening && valid) begin
      if (got >= 0) check(data == sent[got], "bit");
      got = got + 1;
    end
  always @(posedge clk) if (running && got > -6) check(!violation && !se0 && !bus_reset, "quiet flags");

  task send_run;                     // SYNC and `sent`
    begin
      repeat (40) @(posedge clk) ;
      #(1 + pick(20833)) bit_at = $time + 1000;
      level = 1;
      ones = 0;
      stuffed = 0;
      got = -7;                      // the idle bus takes the first zero for a stuffed one
      at = -8;
      while (at < BITS) begin
        one = stuffed ? 1'b0 : at < 0 ? at == -1 : sent[at];
        if (!one) begin
          level = !level;
          edge_at = bit_at + pick(jitter_ps + 1) + (level == late_level ? skew_ps : 0);
          if (edge_at > $time) #(edge_at - $time) ;
          dp = level;
          if (skew_dn_ps != 0) #(skew_dn_ps) ;
          dn = !level;
          listening = 1;
          running = 1;
        end
        if (!stuffed) at = at + 1;
        ones = one ? ones + 1 : 0;
        stuffed = ones == 6;
        bit_at = bit_at + bit_ps;
      end
      #(bit_at - $time) ;
      dp = 0;                        // EOP
      if (skew_dn_ps != 0) #(skew_dn_ps) ;
      dn = 0;
      running = 0;
      #(2 * bit_ps) check(got == BITS, "number of bits");
      check(se0, "SE0 of an EOP");
      listening = 0;
      dp = 1;
    end
  endtask
  task random_bits;
    for (at = 0; at < BITS; at = at + 1) sent[at] = kind == 0 ? 1 : kind == 1 ? 0 : kind == 2 ? pick(8) != 0 : pick(2);
  endtask

  task hold;                         // a state of the wires for some time
    input dp_level, dn_level;
    input integer ns;
    begin
      dp = dp_level;
      dn = dn_level;
      repeat (ns) #1000 ;
    end
  endtask

  initial begin
    repeat (4) @(posedge clk) ;
    rst = 0;
    for (run = 0; run < 160; run = run + 1) begin
      kind = pick(5);
      random_bits;
      sent[BITS-1] = 0;
      bit_ps = run % 3 == 0 ? 83125 : run % 3 == 1 ? 83541 : 83333;
      late_level = run[2];
      skew_dn_ps = run[0] ? 0 : pick(2) ? 14000 : 5000;
      jitter_ps = run[3] ? 9000 : 0;
      skew_ps = run[3] ? 9500 : 18500;
      if (run[5:4] == 3) jitter_ps = 0;
      if (skew_dn_ps != 0) begin     // what the pads' skew takes is not left for the edges
        skew_ps = 4500;
        if (jitter_ps > 4500) jitter_ps = 4500;
      end
      send_run;
    end

    // bus reset: 2.5 us and more, not with a break
    hold(1, 0, 1000);
    hold(0, 0, 2400);
    check(!bus_reset && se0, "2.4 us of SE0");
    hold(0, 0, 500);
    check(bus_reset, "2.9 us of SE0");
    hold(1, 0, 200);
    check(!bus_reset && !se0, "after a bus reset");
    hold(0, 0, 2000);
    hold(0, 1, 100);
    hold(0, 0, 2000);
    check(!bus_reset, "SE0 with a break");
    // one sample of SE0 is none
    hold(1, 0, 500);
    hold(0, 0, 14);
    hold(1, 0, 100);
    check(!se0, "14 ns of SE0");
    // turn-around and time-out: bits of idle
    hold(0, 0, 170);
    dp = 1;
    #(2 * 83333) check(!turnaround, "answer before 2 bits");
    #(3 * 83333) check(turnaround, "answer within 5 bits");
    #(11 * 83333) check(!timeout, "time-out at 16 bits");
    #(2 * 83333) check(timeout, "time-out at 18 bits");
    // suspend
    hold(0, 1, 100);
    hold(1, 0, 3000000);
    check(!suspended, "3 ms of idle");
    hold(1, 0, 100000);
    check(suspended, "3.1 ms of idle");
    hold(1, 0, 1000000);
    check(suspended, "still suspended");
    hold(0, 1, 200);
    check(!suspended, "resume");
    hold(0, 1, 3200000);
    check(!suspended, "K is not idle");
    hold(0, 0, 170);
    hold(1, 0, 1000);
    check(!suspended && !bus_reset, "awake");
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
