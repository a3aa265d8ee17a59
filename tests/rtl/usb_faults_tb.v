// The device on a bad bus: every byte once and in order with lost and wrong packets of every kind, with clocks 2500 ppm apart, with the
// receiver's whole jitter budget (18.5 ns between edges in a row, 9 ns between pairs), short and long EOP, dribble. Then rates on a good one.
`default_nettype none
module usb_faults_tb;
  `include "tests/rtl/usb_host.vh"
  `include "tests/rtl/usb_streams.vh"

  integer    n, many, kinds = 6, packets = 40;   // variables: Verilator unrolls fixed loops
  reg [63:0] since;
  initial begin
    power_up;
    enumerate;
    // faults of every kind; clock, jitter and EOP at their limits
    fault_percent = 30;
    both_ways(50);
    jitter_ps = 9000;
    for (n = 0; n < kinds; n = n + 1) begin
      skew_ps = 9500;
      late_level = n[0];
      case (n)
        0: bit_ps = 83125;
        1: bit_ps = 83541;
        2: eop_ps = 82000;
        3: eop_ps = 175000;
        4: dribble = 100;
        default: dribble = 50;
      endcase
      both_ways(12);
      bit_ps = BIT_PS;
      eop_ps = 2 * BIT_PS;
      dribble = 0;
    end
    jitter_ps = 0;
    skew_ps = 0;
    // noise on both wires, then 20 bits of idle: nothing is answered to it, nothing is lost
    for (n = 0; n < kinds; n = n + 1) begin
      host_drives = 1;
      for (many = 0; many < 60 * packets; many = many + 1) begin
        #(1000 + pick(40000)) host_dp = pick(2);
        host_dn = pick(4) == 0 ? pick(2) : !host_dp;
        `CHECK(!usb_output_enable, "no answer to noise")
      end
      host_dp = 1;
      host_dn = 0;
      #((20 * BIT_PS)) host_drives = 0;
      both_ways(3);
    end
    fault_percent = 0;

    // rates, bytes a second of bus time, with the shortest pauses of a host
    turn_ps = 3 * BIT_PS;
    ready_percent = 100;
    valid_percent = 100;
    since = $time;
    for (n = 0; n < packets; n = n + 1) bulk_out(64);
    `CHECK(naks == 0, "OUT without NAK")
    $display("OUT %0d bytes/s", 64'd2560 * 64'd1000000000000 / ($time - since));
    `CHECK(64'd2560 * 64'd1000000000000 / ($time - since) >= 1100000, "OUT rate")
    settle;
    produce = produced + 64 * 40;
    #20000000 since = $time;
    for (n = 0; n < packets; n = n + 1) begin
      bulk_in;
      `CHECK(naks == 0 && in_count == 64, "IN without NAK")
    end
    $display("IN %0d bytes/s", 64'd2560 * 64'd1000000000000 / ($time - since));
    `CHECK(64'd2560 * 64'd1000000000000 / ($time - since) >= 1100000, "IN rate")

    $display("answers after %0d .. %0d ps, %0d bytes out, %0d in", turn_min, turn_max, received, taken);
    `CHECK(turn_min >= 2 * BIT_PS && turn_max <= 13 * BIT_PS / 2, "answers after 2 .. 6.5 bits")
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
