// For benches of rtl/usb: a full-speed host at bit level, its bus and the device. Include inside the bench module; the unit of time is 1 ps.
// What is wrong on the bus (turn-around, EOP, stuffing, CRC, a late answer) is counted in `errors`.
// Sender, receiver, transactions and control transfers are processes of their own, started by tasks: every task's text is then small wherever a
// simulator copies it.
localparam [3:0] P_OUT = 4'b0001, P_IN = 4'b1001, P_SOF = 4'b0101, P_SETUP = 4'b1101, P_DATA0 = 4'b0011, P_DATA1 = 4'b1011, P_ACK = 4'b0010,
  P_NAK = 4'b1010, P_STALL = 4'b1110, P_NONE = 4'b0000;
localparam [127:0] SERIAL = "0123456789ABCDEF";
localparam integer BIT_PS = 83333;

integer errors = 0, seed = 1;
`include "tests/rtl/noise.vh"

// a macro: the text stays short where simulators copy tasks; a whole statement
`define CHECK(good, what) if ((good) !== 1'b1) begin errors = errors + 1; $display("FAIL %0s at %0t", what, $time); end

// ---- clock, bus, device ----
reg  clk = 0, rst = 1;
always begin
  #10416 clk = 1;
  #10417 clk = 0;
end

reg  host_drives = 0, host_dp = 1, host_dn = 0;
wire usb_dp_out, usb_dn_out, usb_output_enable, usb_pullup;
wire dp = usb_output_enable ? usb_dp_out : host_drives ? host_dp : usb_pullup;
wire dn = usb_output_enable ? usb_dn_out : host_drives ? host_dn : 1'b0;
wire [7:0] rx_data;
wire       rx_valid, tx_ready, link_reset, configured, suspended;
reg        rx_ready = 0, tx_valid = 0;
reg  [7:0] tx_data = 0;
usb_device dut (
  .clk(clk), .rst(rst), .usb_dp_in(dp), .usb_dn_in(dn), .usb_dp_out(usb_dp_out), .usb_dn_out(usb_dn_out),
  .usb_output_enable(usb_output_enable), .usb_pullup(usb_pullup), .serial(SERIAL),
  .rx_data(rx_data), .rx_valid(rx_valid), .rx_ready(rx_ready), .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready),
  .link_reset(link_reset), .configured(configured), .suspended(suspended)
);
always @(posedge clk) if (usb_output_enable && host_drives) `CHECK(0, "both drive the bus")

// ---- sending ----
integer    bit_ps = BIT_PS;          // the host's bit
integer    jitter_ps = 0;            // edges of one direction are displaced by 0 .. this
integer    skew_ps = 0;              // those to late_level by this more
reg        late_level = 0;
integer    turn_ps = 3 * BIT_PS;     // the host's pause before a packet
integer    eop_ps = 2 * BIT_PS;      // SE0
integer    dribble = 0;              // the last bit is longer by this, in percent of a bit
reg        bad_pid = 0, bad_crc = 0, cut = 0;  // faults of the next packet
reg [7:0]  out_bytes [0:255];        // data to send
reg [63:0] eop_at = 0;               // when the last EOP went to J

function [4:0] crc5_bitwise;         // of 11 bits, as sent
  input [10:0] value;
  integer k;
  begin
    crc5_bitwise = 5'h1F;
    for (k = 0; k < 11; k = k + 1)
      crc5_bitwise = {crc5_bitwise[3:0], 1'b0} ^ (crc5_bitwise[4] ^ value[k] ? 5'h05 : 5'h00);
    crc5_bitwise = ~{crc5_bitwise[0], crc5_bitwise[1], crc5_bitwise[2], crc5_bitwise[3], crc5_bitwise[4]};
  end
endfunction
function [15:0] crc16_byte;          // register after a byte
  input [15:0] from;
  input [7:0]  value;
  integer k;
  begin
    crc16_byte = from;
    for (k = 0; k < 8; k = k + 1)
      crc16_byte = (crc16_byte >> 1) ^ ((crc16_byte[0] ^ value[k]) ? 16'hA001 : 16'd0);
  end
endfunction

reg        send_go = 0, send_done = 0;
reg [3:0]  send_pid, send_endpoint;
reg [6:0]  send_address;
integer    send_count;               // bytes of data
reg [7:0]  send_bytes [0:255];
integer    send_size, send_at, send_bits, send_ones;
reg [15:0] send_crc;
reg        send_level;
reg [63:0] bit_at, edge_at;
reg [4095:0] send_levels;            // of every bit, 1: J
task put_level;
  input one;
  begin
    if (!one) send_level = !send_level;
    send_levels[send_bits] = send_level;
    send_bits = send_bits + 1;
    send_ones = one ? send_ones + 1 : 0;
  end
endtask
always begin
  wait (send_go != send_done) ;
  // bytes
  send_bytes[0] = {~send_pid ^ {3'd0, bad_pid}, send_pid};
  send_size = 1;
  if (send_pid[1:0] == 2'b01) begin
    send_bytes[1] = {send_endpoint[0], send_address};
    send_bytes[2] = {crc5_bitwise({send_endpoint, send_address}) ^ {4'd0, bad_crc}, send_endpoint[3:1]};
    send_size = 3;
  end
  if (send_pid[1:0] == 2'b11) begin
    send_crc = 16'hFFFF;
    for (send_at = 0; send_at < send_count; send_at = send_at + 1) begin
      send_bytes[1 + send_at] = out_bytes[send_at];
      send_crc = crc16_byte(send_crc, out_bytes[send_at]);
    end
    send_bytes[1 + send_count] = ~send_crc[7:0] ^ {7'd0, bad_crc};
    send_bytes[2 + send_count] = ~send_crc[15:8];
    send_size = cut ? 1 + send_count : 3 + send_count;
  end
  bad_pid = 0;
  bad_crc = 0;
  cut = 0;
  // bits
  send_bits = 0;
  send_ones = 0;
  send_level = 1;
  for (send_at = -8; send_at < 8 * send_size; send_at = send_at + 1) begin
    put_level(send_at < 0 ? send_at == -1 : send_bytes[send_at / 8][send_at % 8]);
    if (send_ones == 6) put_level(0);
  end
  // edges
  #(turn_ps) host_dp = 1;
  host_dn = 0;
  host_drives = 1;
  bit_at = $time + 20000;
  for (send_at = 0; send_at < send_bits; send_at = send_at + 1) begin
    send_level = send_levels[send_at];
    if (send_level != host_dp) begin
      edge_at = bit_at + pick(jitter_ps + 1) + (send_level == late_level ? skew_ps : 0);
      if (edge_at > $time) #(edge_at - $time) ;
      host_dp = send_level;
      host_dn = !send_level;
    end
    bit_at = bit_at + bit_ps;
  end
  bit_at = bit_at + bit_ps * dribble / 100;
  edge_at = bit_at + pick(jitter_ps + 1);
  #(edge_at - $time) host_dp = 0;
  host_dn = 0;
  #(eop_ps + pick(jitter_ps + 1)) host_dp = 1;
  eop_at = $time;
  #(bit_ps) host_drives = 0;
  send_done = send_go;
end
task send_token;
  input [3:0] pid;
  input [6:0] to_address;
  input [3:0] endpoint;
  begin
    send_pid = pid;
    send_address = to_address;
    send_endpoint = endpoint;
    send_go = !send_go;
    wait (send_done == send_go) ;
  end
endtask
task send_data;                      // of out_bytes
  input [3:0] pid;
  input integer count;
  begin
    send_pid = pid;
    send_count = count;
    send_go = !send_go;
    wait (send_done == send_go) ;
  end
endtask
task send_handshake;
  input [3:0] pid;
  begin
    send_pid = pid;
    send_go = !send_go;
    wait (send_done == send_go) ;
  end
endtask
task send_reset;                     // of the bus
  input integer microseconds;
  begin
    host_dp = 0;
    host_dn = 0;
    host_drives = 1;
    #(1000000 * microseconds) host_drives = 0;
    host_dp = 1;
    #5000000 ;
  end
endtask

// ---- receiving: eight samples a bit, with the phase of the last edge ----
reg  [3:0] got;                      // PID, P_NONE: no answer
reg  [7:0] in_bytes [0:255];
integer    in_count;
integer    turn_min = 1000000, turn_max = 0;   // ps from the EOP's J to the answer's first K
reg        receive_go = 0, receive_done = 0;
integer    r_phase, r_bits, r_run, r_samples;
reg        r_level, r_now, r_end, r_fine, r_bit;
reg [7:0]  r_value;
reg [15:0] r_crc;
reg [63:0] r_se0_at;
always begin
  wait (receive_go != receive_done) ;
  got = P_NONE;
  in_count = 0;
  r_samples = 0;
  while (dp && r_samples < 8 * 18) begin
    #(BIT_PS / 8) r_samples = r_samples + 1;
  end
  if (!dp) begin
    r_phase = $time - eop_at;
    if (r_phase < turn_min) turn_min = r_phase;
    if (r_phase > turn_max) turn_max = r_phase;
    r_phase = 0;
    r_level = 1;
    r_now = 0;
    r_end = 0;
    r_fine = 1;
    r_bits = -8;
    r_run = 0;
    r_value = 0;
    r_crc = 16'hFFFF;
    while (!r_end) begin
      if (r_phase == 4) begin
        r_bit = r_now == r_level;
        r_level = r_now;
        if (r_run == 6) begin
          if (r_bit) r_fine = 0;
          r_run = 0;
        end
        else begin
          r_run = r_bit ? r_run + 1 : 0;
          r_value = {r_bit, r_value[7:1]};
          r_bits = r_bits + 1;
          if (r_bits == 0 && r_value != 8'h80) r_fine = 0;
          if (r_bits == 8) begin
            got = r_value[3:0];
            if (r_value[3:0] != ~r_value[7:4]) r_fine = 0;
          end
          if (r_bits > 8 && r_bits % 8 == 0) begin
            r_crc = crc16_byte(r_crc, r_value);
            if (in_count < 256) in_bytes[in_count] = r_value;
            in_count = in_count + 1;
          end
        end
      end
      #(BIT_PS / 8) r_phase = (r_phase + 1) % 8;
      if (!dp && !dn) r_end = 1;
      else if (dp == dn) r_fine = 0;
      else if (dp != r_now) begin
        r_now = dp;
        r_phase = 0;
      end
      r_samples = r_samples + 1;
      if (r_samples > 8 * 1300) begin
        r_fine = 0;
        r_end = 1;
      end
    end
    r_se0_at = $time;
    while (!dp && $time < r_se0_at + 10 * BIT_PS) #1000 ;
    if ($time - r_se0_at < 140000 || $time - r_se0_at > 180000) r_fine = 0;
    eop_at = $time;
    if (r_bits % 8 != 0 || !usb_output_enable) r_fine = 0;
    #(BIT_PS + 3 * 20833) if (usb_output_enable) r_fine = 0;
    if (got[1:0] == 2'b11) begin
      if (r_crc != 16'hB001 || in_count < 2) r_fine = 0;
      in_count = in_count - 2;
    end
    else if (in_count != 0) r_fine = 0;
    `CHECK(r_fine, "the device's packet")
  end
  receive_done = receive_go;
end
task receive;
  begin
    receive_go = !receive_go;
    wait (receive_done == receive_go) ;
  end
endtask

// ---- transactions, with faults if wanted: whatever is lost is tried again, and the other side must notice ----
reg [6:0]  address = 0;
integer    fault_percent = 0;
integer    patience = 200;           // NAKs
integer    naks;
reg [15:0] in_toggle = 0, out_toggle = 0;      // by endpoint, of the next packet
reg [15:0] out_lost = 0;             // an ACK of this endpoint was lost
reg        move_go = 0, move_done = 0, move_in, move_end;
reg [3:0]  move_endpoint;
integer    move_count, move_fault;
function integer fault;              // 1 .. n, or 0
  input integer n;
  fault = pick(100) < fault_percent ? 1 + pick(n) : 0;
endfunction
always begin
  wait (move_go != move_done) ;
  naks = 0;
  move_end = 0;
  while (!move_end) begin
    move_fault = fault(move_in ? 4 : 6);
    bad_crc = move_fault == 1;
    bad_pid = move_fault == 2;
    send_token(move_in ? P_IN : P_OUT, address, move_endpoint);
    if (!move_in) begin
      bad_crc = move_fault == 3;
      bad_pid = move_fault == 4;
      cut = move_fault == 5 && move_count != 0;
      send_data({out_toggle[move_endpoint], 3'b011}, move_count);
    end
    receive;
    if (move_fault == 1 || move_fault == 2 || !move_in && (move_fault == 3 || move_fault == 4 || move_fault == 5 && move_count != 0)) begin
      `CHECK(got == P_NONE, "a wrong packet is not answered")
    end
    else if (got == P_NAK) begin
      `CHECK(move_in || !out_lost[move_endpoint], "what is there already is acknowledged")
      naks = naks + 1;
      move_end = naks > patience;
    end
    else if (move_in && got[2:0] == 3'b011) begin
      if (move_fault != 3) begin     // 3: it did not reach the host
        bad_pid = move_fault == 4;   // 4: the device does not get the ACK
        send_handshake(P_ACK);
        if (got[3] == in_toggle[move_endpoint]) begin
          in_toggle[move_endpoint] = !in_toggle[move_endpoint];
          move_end = 1;
        end
      end
    end
    else if (!move_in && got == P_ACK) begin
      out_lost[move_endpoint] = move_fault == 6;
      if (move_fault != 6) begin
        out_toggle[move_endpoint] = !out_toggle[move_endpoint];
        move_end = 1;
      end
    end
    else begin
      `CHECK(got == P_STALL, "an answer")
      move_end = 1;
    end
  end
  move_done = move_go;
end
task in_packet;                      // until a packet with the right toggle (got, in_bytes), STALL, or NAK all the time
  input [3:0] endpoint;
  begin
    move_in = 1;
    move_endpoint = endpoint;
    move_go = !move_go;
    wait (move_done == move_go) ;
  end
endtask
task out_packet;                     // until ACK, STALL, or NAK all the time
  input [3:0] endpoint;
  input integer count;
  begin
    move_in = 0;
    move_endpoint = endpoint;
    move_count = count;
    move_go = !move_go;
    wait (move_done == move_go) ;
  end
endtask

// ---- control transfers: `got` is P_ACK when it went through, else P_STALL ----
reg [7:0]  reply [0:1023];
integer    reply_count;
reg [63:0] setup_bytes;
integer    setup_at, setup_fault, control_size;
reg        control_go = 0, control_done = 0, control_end, control_stages;
always begin
  wait (control_go != control_done) ;
  for (setup_at = 0; setup_at < 8; setup_at = setup_at + 1) out_bytes[setup_at] = setup_bytes[8 * setup_at +: 8];
  setup_fault = 1;
  while (setup_fault != 0) begin
    setup_fault = fault(4);          // 4: the device's ACK is lost
    bad_crc = setup_fault == 1;
    send_token(P_SETUP, address, 0);
    bad_crc = setup_fault == 2;
    bad_pid = setup_fault == 3;
    send_data(P_DATA0, 8);
    receive;
    `CHECK(got == (setup_fault >= 1 && setup_fault <= 3 ? P_NONE : P_ACK), "SETUP is acknowledged")
  end
  in_toggle[0] = 1;
  out_toggle[0] = 1;
  out_lost[0] = 0;
  reply_count = 0;
  control_end = !control_stages || control_size == 0;
  while (!control_end) begin
    in_packet(0);
    if (got == P_STALL) control_end = 1;
    else begin
      `CHECK(got[2:0] == 3'b011 && in_count <= 64, "data stage")
      for (setup_at = 0; setup_at < in_count; setup_at = setup_at + 1) reply[reply_count + setup_at] = in_bytes[setup_at];
      reply_count = reply_count + in_count;
      control_end = in_count < 64 || reply_count >= control_size;
    end
  end
  if (control_stages && control_size == 0) begin
    in_packet(0);
    `CHECK(got == P_STALL || got == P_DATA1 && in_count == 0, "status stage, IN")
    if (got == P_DATA1) got = P_ACK;
  end
  else if (control_stages && got != P_STALL) begin
    out_packet(0, 0);
    `CHECK(got == P_ACK, "status stage, OUT")
  end
  control_done = control_go;
end
task setup_packet;                   // no more than that
  input [7:0]  kind, code;
  input [15:0] value, index, size;
  begin
    setup_bytes = {size, index, value, code, kind};
    control_size = size;
    control_stages = 0;
    control_go = !control_go;
    wait (control_done == control_go) ;
  end
endtask
task control_read;                   // all of it; without data if size is 0
  input [7:0]  kind, code;
  input [15:0] value, index, size;
  begin
    setup_bytes = {size, index, value, code, kind};
    control_size = size;
    control_stages = 1;
    control_go = !control_go;
    wait (control_done == control_go) ;
  end
endtask
task control_write;                  // without data
  input [7:0]  kind, code;
  input [15:0] value, index;
  control_read(kind, code, value, index, 0);
endtask
reg     enumerate_go = 0, enumerate_done = 0;
integer faults_kept;
always begin
  wait (enumerate_go != enumerate_done) ;
  send_reset(10);
  address = 0;
  faults_kept = fault_percent;
  fault_percent = 0;                 // a lost ACK of SET_ADDRESS would need another bus reset
  control_write(8'h00, 5, 16'h0025, 0);
  `CHECK(got == P_ACK, "SET_ADDRESS")
  address = 7'h25;
  fault_percent = faults_kept;
  control_write(8'h00, 9, 16'h0001, 0);
  `CHECK(got == P_ACK && configured, "SET_CONFIGURATION")
  in_toggle[1] = 0;
  out_toggle[1] = 0;
  out_lost = 0;
  enumerate_done = enumerate_go;
end
task enumerate;                      // bus reset, address, configuration
  begin
    enumerate_go = !enumerate_go;
    wait (enumerate_done == enumerate_go) ;
  end
endtask
task power_up;
  begin
    repeat (5) @(posedge clk) ;
    #1 rst = 0;
    #10000000 ;
  end
endtask
