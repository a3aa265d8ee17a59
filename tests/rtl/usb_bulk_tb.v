// Bulk endpoints at bit level: how packets are closed, late and lost ACKs, NAK, packets that are not meant or not right, HALT, LINK_RESET,
// SET_INTERFACE, SET_CONFIGURATION, bus reset in the middle of packets.
`default_nettype none
module usb_bulk_tb;
  `include "tests/rtl/usb_host.vh"
  `include "tests/rtl/usb_streams.vh"

  task empty_both;                   // what LINK_RESET must throw away
    begin
      ready_percent = 0;
      valid_percent = 100;
      bulk_out(64);
      bulk_out(20);
      produce = produced + 60;   // beside an empty packet that may wait
      #20000000 `CHECK(produced == produce, "tx takes more than a packet")
    end
  endtask
  task forget;                       // after a reset: streams go on where the other side is
    begin
      ready_percent = 100;
      #20000000 received = sent;
      taken = produced;
    end
  endtask

  integer n, resets = 12;            // a variable: Verilator unrolls fixed loops
  initial begin
    power_up;
    // not configured: endpoint 1 is not there
    send_reset(10);
    send_token(P_IN, 0, 1);
    receive;
    `CHECK(got == P_NONE, "IN before SET_CONFIGURATION")
    send_token(P_OUT, 0, 1);
    send_data(P_DATA0, 4);
    receive;
    `CHECK(got == P_NONE, "OUT before SET_CONFIGURATION")
    enumerate;

    // closing of packets
    patience = 0;
    bulk_in;
    `CHECK(got == P_NAK, "nothing to send")
    patience = 200;
    produce = 5;
    bulk_in;
    `CHECK(in_count == 5, "short packet")
    produce = produced + 64;
    bulk_in;
    `CHECK(in_count == 64, "full packet")
    bulk_in;
    `CHECK(in_count == 0, "empty packet behind a full one")
    patience = 10;
    bulk_in;
    `CHECK(got == P_NAK, "one empty packet only")
    patience = 200;
    produce = produced + 130;
    bulk_in;
    `CHECK(in_count == 64, "first of three")
    bulk_in;
    `CHECK(in_count == 64, "second of three")
    bulk_in;
    `CHECK(in_count == 2, "third of three")
    patience = 10;
    bulk_in;
    `CHECK(got == P_NAK, "no empty packet behind a short one")
    patience = 200;

    // the ACK does not come at all: the same again, also when it comes too late
    produce = produced + 10;
    #10000000 send_token(P_IN, address, 1);
    receive;
    `CHECK(got[1:0] == 2'b11 && in_count == 10, "first time")
    #((19 * BIT_PS)) send_handshake(P_ACK);
    bulk_in;
    `CHECK(in_count == 10, "again after a late ACK")
    // another packet between data and ACK
    produce = produced + 10;
    #10000000 send_token(P_IN, address, 1);
    receive;
    send_token(P_SOF, 7'h11, 4'h3);
    send_handshake(P_ACK);
    bulk_in;
    `CHECK(in_count == 10, "again after SOF and ACK")

    // NAK while both buffers are full; nothing lost
    ready_percent = 0;
    patience = 0;
    bulk_out(64);
    bulk_out(64);
    `CHECK(got == P_ACK, "second buffer")
    bulk_out(64);
    `CHECK(got == P_NAK, "third packet")
    ready_percent = 100;
    patience = 200;
    bulk_out(64);
    bulk_out(0);
    `CHECK(got == P_ACK, "empty packet")
    settle;

    // too long, not whole, with DATA for somebody else, tokens for others: no answer, nothing taken
    for (n = 0; n < 256; n = n + 1) out_bytes[n] = noise(1'b0);
    for (n = 65; n < 220; n = n + 1 + pick(40)) begin
      send_token(P_OUT, address, 1);
      send_data({out_toggle[1], 3'b011}, n);
      receive;
      `CHECK(got == P_NONE, "long packet")
    end
    send_token(P_OUT, address ^ 7'h40, 1);
    send_data({out_toggle[1], 3'b011}, 64);
    receive;
    `CHECK(got == P_NONE, "other address")
    send_token(P_OUT, address, 3);
    send_data({out_toggle[1], 3'b011}, 64);
    receive;
    `CHECK(got == P_NONE, "other endpoint")
    send_token(P_SETUP, address, 1);
    send_data(P_DATA0, 8);
    receive;
    `CHECK(got == P_NONE, "SETUP to a bulk endpoint")
    send_token(P_SOF, address, 4'd8);
    send_data({out_toggle[1], 3'b011}, 64);
    receive;
    `CHECK(got == P_NONE, "data behind SOF")
    send_data({out_toggle[1], 3'b011}, 64);
    receive;
    `CHECK(got == P_NONE, "data without token")
    send_token(P_OUT, address, 1);
    #((20 * BIT_PS)) send_data({out_toggle[1], 3'b011}, 64);
    receive;
    `CHECK(got == P_NONE, "data too late")
    send_token(P_OUT, address, 1);
    send_token(P_IN, address ^ 7'h01, 1);
    send_data({out_toggle[1], 3'b011}, 64);
    receive;
    `CHECK(got == P_NONE, "data behind another's token")
    send_handshake(P_ACK);
    both_ways(8);

    // HALT: STALL, toggles from DATA0, what was there stays
    produce = produced + 70;
    valid_percent = 100;
    #10000000 control_write(8'h02, 3, 0, 16'h0081);
    bulk_in;
    `CHECK(got == P_STALL, "IN halted")
    control_read(8'h82, 0, 0, 16'h0081, 2);
    `CHECK(reply_count == 2 && reply[0] == 1 && reply[1] == 0, "GET_STATUS halted")
    control_read(8'h82, 0, 0, 16'h0001, 2);
    `CHECK(reply_count == 2 && reply[0] == 0 && reply[1] == 0, "GET_STATUS of the other")
    control_write(8'h02, 1, 0, 16'h0081);
    in_toggle[1] = 0;
    bulk_in;
    `CHECK(in_count == 64, "IN after HALT")
    bulk_in;
    `CHECK(in_count == 6, "IN after HALT")
    control_write(8'h02, 3, 0, 16'h0001);
    bulk_out(10);
    `CHECK(got == P_STALL, "OUT halted")
    control_write(8'h02, 1, 0, 16'h0001);
    out_toggle[1] = 0;
    both_ways(8);
    // clearing what is not halted also starts at DATA0
    bulk_out(3);
    control_write(8'h02, 1, 0, 16'h0001);
    out_toggle[1] = 0;
    control_write(8'h02, 1, 0, 16'h0081);
    in_toggle[1] = 0;
    both_ways(4);

    // LINK_RESET: empty, toggles as they were
    empty_both;
    control_write(8'h40, 1, 0, 0);
    `CHECK(got == P_ACK, "LINK_RESET")
    forget;
    `CHECK(!rx_valid, "nothing after LINK_RESET")
    patience = 5;
    bulk_in;
    `CHECK(got == P_NAK, "nothing to send after LINK_RESET")
    patience = 200;
    both_ways(4);
    // SET_INTERFACE and SET_CONFIGURATION: the same, toggles from DATA0
    empty_both;
    control_write(8'h01, 11, 0, 0);
    forget;
    in_toggle[1] = 0;
    out_toggle[1] = 0;
    both_ways(4);
    empty_both;
    control_write(8'h00, 9, 1, 0);
    forget;
    in_toggle[1] = 0;
    out_toggle[1] = 0;
    both_ways(4);
    control_write(8'h00, 9, 0, 0);
    `CHECK(!configured, "SET_CONFIGURATION 0")
    send_token(P_IN, address, 1);
    receive;
    `CHECK(got == P_NONE, "IN after SET_CONFIGURATION 0")
    control_write(8'h00, 9, 1, 0);
    in_toggle[1] = 0;
    out_toggle[1] = 0;
    both_ways(3);

    // bus reset in the middle of anything
    for (n = 0; n < resets; n = n + 1) begin
      empty_both;
      if (n[0]) send_token(P_OUT, address, 1);
      if (n[1]) begin
        eop_ps = 1000000 * (3 + n);  // the reset begins where the EOP would
        send_data({out_toggle[1], 3'b011}, 3 + n);
        eop_ps = 2 * BIT_PS;
      end
      else begin
        send_token(P_IN, address, 1);
        #(1000 + n * 1500000) ;
        wait (!usb_output_enable) ;
      end
      send_reset(3 + n);
      forget;
      `CHECK(!configured, "configuration after a bus reset")
      enumerate;
      both_ways(2);
    end

    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
