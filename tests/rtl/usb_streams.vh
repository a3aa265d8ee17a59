// For benches of rtl/usb: known bytes through both streams and the host's side of them. Include behind usb_host.vh.
function [7:0] value;              // byte `k` of a stream
  input [31:0] k;
  value = k[7:0] * 8'd29 ^ k[15:8] ^ (k[3:0] == 4'd0 ? 8'hFF : 8'h00);
endfunction

// ---- streams ----
integer ready_percent = 100, valid_percent = 100;
integer received = 0;              // bytes out of rx
integer produced = 0, produce = 0; // bytes taken by tx, to be offered
reg     moved = 0, held = 0;
reg [7:0] held_data;
always @(posedge clk) begin
  moved <= tx_valid && tx_ready;
  if (held && !link_reset) `CHECK(rx_valid && rx_data == held_data, "rx waits unchanged")
  held <= rx_valid && !rx_ready && !link_reset;
  held_data <= rx_data;
  if (rx_valid && rx_ready && !link_reset) begin
    `CHECK(rx_data == value(received), "rx byte")
    received = received + 1;
  end
end
always @(negedge clk) begin
  rx_ready = pick(100) < ready_percent;
  if (moved) begin
    produced = produced + 1;
    tx_valid = 0;
  end
  if (!tx_valid && produced < produce && pick(100) < valid_percent) tx_valid = 1;
  tx_data = tx_valid ? value(produced) : noise(1'b0);
end

// ---- host's side ----
integer sent = 0, taken = 0;         // bytes acknowledged by the device, received by the host
integer bulk_at, mix_at, mix_packets;
reg     bulk_go = 0, bulk_done = 0, bulk_to_host, mix_go = 0, mix_done = 0;
integer bulk_count;
always begin
  wait (bulk_go != bulk_done) ;
  if (bulk_to_host) begin
    in_packet(1);
    if (got[2:0] == 3'b011)
      for (bulk_at = 0; bulk_at < in_count; bulk_at = bulk_at + 1) begin
        `CHECK(in_bytes[bulk_at] == value(taken), "IN byte")
        taken = taken + 1;
      end
  end
  else begin
    for (bulk_at = 0; bulk_at < bulk_count; bulk_at = bulk_at + 1) out_bytes[bulk_at] = value(sent + bulk_at);
    out_packet(1, bulk_count);
    if (got == P_ACK) sent = sent + bulk_count;
  end
  bulk_done = bulk_go;
end
task bulk_out;
  input integer count;
  begin
    bulk_to_host = 0;
    bulk_count = count;
    bulk_go = !bulk_go;
    wait (bulk_done == bulk_go) ;
  end
endtask
task bulk_in;
  begin
    bulk_to_host = 1;
    bulk_go = !bulk_go;
    wait (bulk_done == bulk_go) ;
  end
endtask
task settle;                         // everything sent has come out
  begin
    ready_percent = 100;
    #40000000 `CHECK(received == sent, "all OUT bytes came")
  end
endtask
always begin
  wait (mix_go != mix_done) ;
  for (mix_at = 0; mix_at < mix_packets; mix_at = mix_at + 1) begin
    ready_percent = pick(8) == 0 ? 1 : 100;
    valid_percent = pick(4) == 0 ? 3 : 60;
    turn_ps = (2 + pick(5)) * BIT_PS;
    case (pick(6))
      0: if (sent - received < 200) bulk_out(64);
      1: if (sent - received < 200) bulk_out(pick(65));
      2, 3: begin
        produce = produce + pick(100);
        patience = 0;
        bulk_in;
        patience = 200;
      end
      4: control_read(8'h80, 6, 16'h0100, 0, 18);
      default: send_token(P_SOF, pick(128), pick(16));
    endcase
  end
  while (taken < produce && errors < 100) bulk_in;
  settle;
  mix_done = mix_go;
end
task both_ways;                      // random traffic
  input integer packets;
  begin
    mix_packets = packets;
    mix_go = !mix_go;
    wait (mix_done == mix_go) ;
  end
endtask
