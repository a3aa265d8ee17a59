// Endpoint 0 at bit level: every request that is known with every kind of wLength, STALL of what is not, transfers cut short, repeated and
// aborted, SETUP packets that are none, SET_ADDRESS with a lost ACK, faults at random; the length of a bus reset.
// What the descriptors hold: tests/test_usb.py.
`default_nettype none
module usb_control_tb;
  `include "tests/rtl/usb_host.vh"

  // ---- requests: {wLength, wIndex, wValue, bRequest, bmRequestType} ----
  function [63:0] make;
    input [7:0]  kind, code;
    input [15:0] value, index, size;
    make = {size, index, value, code, kind};
  endfunction
  task transfer;                     // any
    input [63:0] bytes;
    control_read(bytes[7:0], bytes[15:8], bytes[31:16], bytes[47:32], bytes[63:48]);
  endtask

  // replies, read whole and in part
  reg [63:0] reads [0:12];
  integer    totals [0:12];
  reg [7:0]  whole [0:255];
  integer    sizes [0:17];
  integer    i, k, n, many;
  // variables: Verilator unrolls loops of fixed length
  integer    read_kinds = 13, size_kinds = 18, refused_kinds = 44, aborts = 4, faulty = 30, moments = 20, bytes = 66;
  task put_reads;
    begin
      reads[0] = make(8'h80, 6, 16'h0100, 0, 0);
      totals[0] = 18;
      reads[1] = make(8'h80, 6, 16'h0200, 0, 0);
      totals[1] = 32;
      reads[2] = make(8'h80, 6, 16'h0300, 0, 0);
      totals[2] = 4;
      reads[3] = make(8'h80, 6, 16'h0301, 16'h0409, 0);
      totals[3] = 20;
      reads[4] = make(8'h80, 6, 16'h0302, 16'h0409, 0);
      totals[4] = 20;
      reads[5] = make(8'h80, 6, 16'h0303, 16'h0409, 0);
      totals[5] = 34;
      reads[6] = make(8'h80, 6, 16'h0F00, 0, 0);
      totals[6] = 40;
      reads[7] = make(8'hC0, 8'h20, 0, 7, 0);
      totals[7] = 162;
      reads[8] = make(8'h80, 0, 0, 0, 0);
      totals[8] = 2;
      reads[9] = make(8'h81, 0, 0, 0, 0);
      totals[9] = 2;
      reads[10] = make(8'h82, 0, 0, 16'h0080, 0);
      totals[10] = 2;
      reads[11] = make(8'h80, 8, 0, 0, 0);
      totals[11] = 1;
      reads[12] = make(8'h81, 10, 0, 0, 0);
      totals[12] = 1;
      sizes[0] = 0;
      sizes[1] = 1;
      sizes[2] = 2;
      sizes[3] = 7;
      sizes[4] = 8;
      sizes[5] = 9;
      sizes[6] = 18;
      sizes[7] = 33;
      sizes[8] = 63;
      sizes[9] = 64;
      sizes[10] = 65;
      sizes[11] = 127;
      sizes[12] = 128;
      sizes[13] = 129;
      sizes[14] = 162;
      sizes[15] = 255;
      sizes[16] = 256;
      sizes[17] = 65535;
    end
  endtask
  task read_all;
    begin
      for (n = 0; n < read_kinds; n = n + 1) begin
        transfer({16'd1000, reads[n][47:0]});
        `CHECK(got == P_ACK && reply_count == totals[n], "length of a reply")
        for (i = 0; i < reply_count; i = i + 1) whole[i] = reply[i];
        for (k = 0; k < size_kinds; k = k + (n == 5 || n == 7 ? 1 : 1 + pick(6))) begin
          transfer({sizes[k][15:0], reads[n][47:0]});
          `CHECK(got == P_ACK && reply_count == (sizes[k] < totals[n] ? sizes[k] : totals[n]), "length of a part")
          for (i = 0; i < reply_count; i = i + 1) `CHECK(reply[i] == whole[i], "part of a reply")
        end
      end
    end
  endtask

  // what is not known, or not as it should be
  reg [63:0] refused [0:43];
  task put_refused;
    begin
      refused[0] = make(8'h80, 6, 16'h0101, 0, 18);
      refused[1] = make(8'h80, 6, 16'h0201, 0, 9);
      refused[2] = make(8'h80, 6, 16'h0304, 16'h0409, 255);
      refused[3] = make(8'h80, 6, 16'h03EE, 0, 18);
      refused[4] = make(8'h80, 6, 16'h0600, 0, 10);
      refused[5] = make(8'h80, 6, 16'h0700, 0, 9);
      refused[6] = make(8'h80, 6, 16'h0F01, 0, 5);
      refused[7] = make(8'h80, 6, 16'h0000, 0, 8);
      refused[8] = make(8'h81, 6, 16'h2200, 0, 64);
      refused[9] = make(8'h81, 0, 0, 1, 2);
      refused[10] = make(8'h82, 0, 0, 16'h0002, 2);
      refused[11] = make(8'h82, 0, 0, 16'h0101, 2);
      refused[12] = make(8'h82, 0, 0, 16'h0082, 2);
      refused[13] = make(8'h00, 1, 1, 0, 0);
      refused[14] = make(8'h00, 3, 1, 0, 0);
      refused[15] = make(8'h00, 3, 2, 16'h0100, 0);
      refused[16] = make(8'h01, 3, 0, 0, 0);
      refused[17] = make(8'h02, 3, 0, 0, 0);
      refused[18] = make(8'h02, 1, 1, 16'h0081, 0);
      refused[19] = make(8'h02, 3, 1, 16'h0081, 0);
      refused[20] = make(8'h02, 1, 0, 16'h0082, 0);
      refused[21] = make(8'h02, 3, 16'h0100, 16'h0081, 0);
      refused[22] = make(8'h00, 9, 2, 0, 0);
      refused[23] = make(8'h00, 9, 16'h0101, 0, 0);
      refused[24] = make(8'h01, 11, 1, 0, 0);
      refused[25] = make(8'h01, 11, 0, 1, 0);
      refused[26] = make(8'h81, 10, 0, 1, 1);
      refused[27] = make(8'h82, 12, 0, 16'h0081, 2);
      refused[28] = make(8'h00, 7, 16'h0100, 0, 18);
      refused[29] = make(8'h00, 7, 16'h0100, 0, 0);
      refused[30] = make(8'hA1, 1, 0, 0, 8);
      refused[31] = make(8'h21, 8'h20, 0, 0, 7);
      refused[32] = make(8'hC0, 8'h21, 0, 7, 64);
      refused[33] = make(8'hC0, 8'h20, 0, 8, 64);
      refused[34] = make(8'hC1, 8'h20, 0, 7, 64);
      refused[35] = make(8'h40, 2, 0, 0, 0);
      refused[36] = make(8'h40, 1, 1, 0, 0);
      refused[37] = make(8'h41, 1, 0, 0, 0);
      refused[38] = make(8'h40, 1, 0, 0, 4);
      refused[39] = make(8'h00, 5, 7, 0, 1);
      refused[40] = make(8'h00, 9, 1, 0, 256);
      refused[41] = make(8'h80, 5, 7, 0, 0);
      refused[42] = make(8'h00, 8, 0, 0, 0);
      refused[43] = make(8'h80, 9, 1, 0, 0);
    end
  endtask
  task refuse_all;
    for (n = 0; n < refused_kinds; n = n + 1) begin
      setup_packet(refused[n][7:0], refused[n][15:8], refused[n][31:16], refused[n][47:32], refused[n][63:48]);
      if (refused[n][7] || refused[n][63:48] == 0) in_packet(0);
      else out_packet(0, 8);
      `CHECK(got == P_STALL, "refused")
      out_packet(0, 0);
      `CHECK(got == P_STALL, "still refused, OUT")
      in_packet(0);
      `CHECK(got == P_STALL, "still refused, IN")
    end
  endtask
  reg good_go = 0, good_done = 0;
  always begin
    wait (good_go != good_done) ;
    control_read(8'h80, 6, 16'h0200, 0, 255);
    `CHECK(got == P_ACK && reply_count == 32 && reply[0] == 9 && reply[31] == 0 && reply[28] == 2, "still good")
    good_done = good_go;
  end
  task still_good;                   // after whatever came before
    begin
      good_go = !good_go;
      wait (good_done == good_go) ;
    end
  endtask
  task not_setup;                    // a SETUP token and data that are not answered
    input [3:0] pid;
    input integer count;
    begin
      send_token(P_SETUP, address, 0);
      send_data(pid, count);
      receive;
      `CHECK(got == P_NONE, "not a SETUP packet")
    end
  endtask

  initial begin
    put_reads;
    put_refused;
    power_up;
    // before any SETUP, and what an unconfigured device does not know
    send_reset(10);
    in_packet(0);
    `CHECK(got == P_STALL, "IN before SETUP")
    control_read(8'h80, 8, 0, 0, 1);
    `CHECK(reply_count == 1 && reply[0] == 0, "GET_CONFIGURATION 0")
    control_read(8'h81, 10, 0, 0, 1);
    `CHECK(got == P_STALL, "GET_INTERFACE before SET_CONFIGURATION")
    control_read(8'h82, 0, 0, 16'h0081, 2);
    `CHECK(got == P_STALL, "GET_STATUS in before SET_CONFIGURATION")
    control_write(8'h40, 1, 0, 0);
    `CHECK(got == P_STALL, "LINK_RESET before SET_CONFIGURATION")
    enumerate;
    control_read(8'h80, 8, 0, 0, 1);
    `CHECK(reply_count == 1 && reply[0] == 1, "GET_CONFIGURATION 1")
    read_all;
    refuse_all;
    still_good;

    // halts of endpoint 0's sort are cleared without doing anything
    control_write(8'h02, 1, 0, 0);
    `CHECK(got == P_ACK, "CLEAR_FEATURE of endpoint 0")

    // cut short: status after the first packet, status at once
    setup_packet(8'hC0, 8'h20, 0, 7, 162);
    in_packet(0);
    `CHECK(in_count == 64, "first packet")
    out_packet(0, 0);
    `CHECK(got == P_ACK, "early status")
    still_good;
    setup_packet(8'hC0, 8'h20, 0, 7, 162);
    out_packet(0, 0);
    `CHECK(got == P_ACK, "status at once")
    // its ACK was lost: once more
    send_token(P_OUT, address, 0);
    send_data(P_DATA1, 0);
    receive;
    `CHECK(got == P_ACK, "status again")
    still_good;
    // a status stage the wrong way round
    setup_packet(8'h02, 1, 0, 16'h0001, 0);
    out_packet(0, 0);
    `CHECK(got == P_STALL, "OUT in a write without data")
    still_good;
    // aborted by the next SETUP at any place
    for (k = 0; k < aborts; k = k + 1) begin
      setup_packet(8'hC0, 8'h20, 0, 7, 162);
      for (n = 0; n < k; n = n + 1) in_packet(0);
      still_good;
      setup_packet(8'h00, 5, 16'h0055, 0, 0);
      still_good;
    end
    for (n = 0; n < moments; n = n + 1 + pick(3)) begin
      setup_packet(8'h80, 6, 16'h0100, 0, 18);
      #(1000 + 1000000 * n + pick(1000000)) still_good;   // the program is somewhere in the middle
    end

    // SETUP packets that are none, and their tokens alone
    for (i = 0; i < 64; i = i + 1) out_bytes[i] = i == 0 ? 8'h80 : i == 1 ? 8'd6 : i == 3 ? 8'd1 : i == 6 ? 8'd18 : 8'd0;
    not_setup(P_DATA1, 8);
    for (k = 0; k < bytes; k = k + 1) if (k != 8 && (k < 10 || k == 16 || k > 63)) not_setup(P_DATA0, k);
    still_good;
    send_token(P_SETUP, address, 0);
    send_token(P_IN, address, 0);
    receive;
    `CHECK(got == P_STALL || got == P_NAK, "IN without SETUP data")
    still_good;

    // SET_ADDRESS: the ACK of its status stage is lost, the host asks again at the old address
    setup_packet(8'h00, 5, 16'h0033, 0, 0);
    #30000000 send_token(P_IN, address, 0);
    receive;
    `CHECK(got == P_DATA1 && in_count == 0, "status stage of SET_ADDRESS")
    bad_pid = 1;
    send_handshake(P_ACK);
    in_packet(0);
    `CHECK(got == P_DATA1 && in_count == 0, "again at the old address")
    send_token(P_IN, address, 0);
    receive;
    `CHECK(got == P_NONE, "the old address is gone")
    address = 7'h33;
    still_good;

    // faults of every kind
    fault_percent = 25;
    for (many = 0; many < faulty; many = many + 1) begin
      n = pick(11);
      k = 1 + pick(200);
      transfer({k[15:0], reads[n][47:0]});
      `CHECK(got == P_ACK && reply_count == (k < totals[n] ? k : totals[n]), "length with faults")
      transfer(refused[pick(28)]);
      `CHECK(got == P_STALL, "refused with faults")
    end
    fault_percent = 0;
    still_good;

    // SE0 of 2.2 us is no bus reset, of 2.9 us is; then address 0 and no configuration
    host_dp = 0;
    host_dn = 0;
    host_drives = 1;
    #2200000 host_drives = 0;
    #5000000 `CHECK(configured && !link_reset, "2.2 us")
    still_good;
    host_drives = 1;
    host_dp = 0;
    #2900000 host_drives = 0;
    host_dp = 1;
    #5000000 `CHECK(!configured, "2.9 us")
    send_token(P_IN, address, 0);
    receive;
    `CHECK(got == P_NONE, "address after a bus reset")
    address = 0;
    still_good;

    enumerate;
    still_good;
    $display("answers after %0d .. %0d ps", turn_min, turn_max);
    `CHECK(turn_min >= 2 * BIT_PS && turn_max <= 13 * BIT_PS / 2, "answers after 2 .. 6.5 bits")
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
