// For benches of rtl/usb: a full-speed host at bit level, its bus and the device. Include inside the bench module; the unit of time is 1 ps.
// What is wrong on the bus (turn-around, EOP, stuffing, CRC, a late answer) is counted in `errors`.
localparam [3:0] P_OUT = 4'b0001, P_IN = 4'b1001, P_SOF = 4'b0101, P_SETUP = 4'b1101, P_DATA0 = 4'b0011, P_DATA1 = 4'b1011, P_ACK = 4'b0010,
  P_NAK = 4'b1010, P_STALL = 4'b1110, P_NONE = 4'b0000;
localparam [127:0] SERIAL = "0123456789ABCDEF";
localparam integer BIT_PS = 83333;

integer errors = 0, seed = 1;
function integer pick;               // 0 .. n - 1
  input integer n;
  pick = $unsigned($random(seed)) % n;
endfunction

task check;
  input good;
  input [8*40-1:0] what;
  if (good !== 1'b1) begin
    errors = errors + 1;
    $display("FAIL %0s at %0t", what, $time);
  end
endtask

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
always @(posedge clk) if (usb_output_enable && host_drives) check(0, "both drive the bus");

// ---- sending ----
integer    bit_ps = BIT_PS;          // the host's bit
integer    jitter_ps = 0;            // of edges in one direction; the two directions are jitter_ps more apart: 9 ns paired, 18 ns in a row
integer    ones = 0;
reg [63:0] bit_at;                   // when this bit starts
reg        level = 1;
task wait_until;
  input [63:0] at;
  if (at > $time) #(at - $time) ;
endtask
function [63:0] displaced;           // an edge to `to`
  input to;
  displaced = bit_at + 20000 + (jitter_ps == 0 ? 0 : pick(jitter_ps + 1) + (to ? jitter_ps : -jitter_ps));
endfunction
task send_level;
  input dp_level, dn_level;
  begin
    wait_until(displaced(dp_level));
    host_dp = dp_level;
    host_dn = dn_level;
    bit_at = bit_at + bit_ps;
  end
endtask
task send_bit;
  input one;
  begin
    if (!one) level = !level;
    send_level(level, !level);
    ones = one ? ones + 1 : 0;
    if (ones == 6) begin
      level = !level;
      send_level(level, !level);
      ones = 0;
    end
  end
endtask
task send_byte;
  input [7:0] value;
  integer k;
  for (k = 0; k < 8; k = k + 1) send_bit(value[k]);
endtask
integer    turn_ps = 3 * BIT_PS;     // the host's pause before a packet
reg [63:0] eop_at;                   // when the last EOP went to J
task send_start;
  begin
    #(turn_ps);
    bit_at = $time;
    level = 1;
    ones = 0;
    host_dp = 1;
    host_dn = 0;
    host_drives = 1;
    send_level(1, 0);
    send_byte(8'h80);
  end
endtask
integer eop_ps = 2 * BIT_PS;         // SE0
integer dribble = 0;                 // the last bit is this much longer, in percent of a bit
task send_eop;
  begin
    bit_at = bit_at + bit_ps * dribble / 100;
    wait_until(bit_at + 20000);
    host_dp = 0;
    host_dn = 0;
    #(eop_ps);
    host_dp = 1;
    eop_at = $time;
    #(bit_ps);
    host_drives = 0;
  end
endtask
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
// faults of the next packet
reg        bad_pid = 0, bad_crc = 0, cut = 0;
task send_token;
  input [3:0] pid;
  input [6:0] address;
  input [3:0] endpoint;
  begin
    send_start;
    send_byte({~pid ^ {3'd0, bad_pid}, pid});
    send_byte({endpoint[0], address});
    send_byte({crc5_bitwise({endpoint, address}) ^ {4'd0, bad_crc}, endpoint[3:1]});
    send_eop;
    bad_pid = 0;
    bad_crc = 0;
  end
endtask
reg [7:0] out_bytes [0:1023];        // what send_data sends
task send_data;
  input [3:0] pid;
  input integer first, count;
  reg   [15:0] crc;
  integer i;
  begin
    send_start;
    send_byte({~pid ^ {3'd0, bad_pid}, pid});
    crc = 16'hFFFF;
    for (i = first; i < first + count; i = i + 1) begin
      send_byte(out_bytes[i]);
      crc = crc16_byte(crc, out_bytes[i]);
    end
    if (!cut) begin
      send_byte(~crc[7:0] ^ {7'd0, bad_crc});
      send_byte(~crc[15:8]);
    end
    send_eop;
    bad_pid = 0;
    bad_crc = 0;
    cut = 0;
  end
endtask
task send_handshake;
  input [3:0] pid;
  begin
    send_start;
    send_byte({~pid ^ {3'd0, bad_pid}, pid});
    send_eop;
    bad_pid = 0;
  end
endtask
task send_reset;                     // of the bus
  input integer microseconds;
  begin
    host_dp = 0;
    host_dn = 0;
    host_drives = 1;
    #(1000000 * microseconds) ;
    host_drives = 0;
    host_dp = 1;
    #5000000 ;
  end
endtask

// ---- receiving: eight samples a bit, with the phase of the last edge ----
reg  [3:0] got;                      // PID, P_NONE: no answer
reg  [7:0] in_bytes [0:1023];
integer    in_count;
integer    turn_min = 1000000, turn_max = 0;   // ps from the EOP's J to the answer's first K
task receive;
  integer    phase, bits, run, samples, k;
  reg        last_level, now, done, fine, bit_now;
  reg [7:0]  value;
  reg [15:0] crc;
  reg [63:0] se0_at;
  begin
    got = P_NONE;
    in_count = 0;
    samples = 0;
    while (dp && samples < 8 * 18) begin
      #(BIT_PS / 8) samples = samples + 1;
    end
    if (!dp) begin
      k = $time - eop_at;
      if (k < turn_min) turn_min = k;
      if (k > turn_max) turn_max = k;
      phase = 0;
      last_level = 1;
      now = 0;
      done = 0;
      fine = 1;
      bits = -8;
      run = 0;
      value = 0;
      crc = 16'hFFFF;
      while (!done) begin
        if (phase == 4) begin
          bit_now = now == last_level;
          last_level = now;
          if (run == 6) begin
            if (bit_now) fine = 0;
            run = 0;
          end
          else begin
            run = bit_now ? run + 1 : 0;
            value = {bit_now, value[7:1]};
            bits = bits + 1;
            if (bits == 0 && value != 8'h80) fine = 0;
            if (bits == 8) begin
              got = value[3:0];
              if (value[3:0] != ~value[7:4]) fine = 0;
            end
            if (bits > 8 && bits % 8 == 0) begin
              crc = crc16_byte(crc, value);
              if (in_count < 1024) in_bytes[in_count] = value;
              in_count = in_count + 1;
            end
          end
        end
        #(BIT_PS / 8) ;
        phase = (phase + 1) % 8;
        if (!dp && !dn) done = 1;
        else if (dp == dn) fine = 0;
        else if (dp != now) begin
          now = dp;
          phase = 0;
        end
        samples = samples + 1;
        if (samples > 8 * 1300) begin
          fine = 0;
          done = 1;
        end
      end
      se0_at = $time;
      while (!dp && $time < se0_at + 10 * BIT_PS) #1000 ;
      if ($time - se0_at < 140000 || $time - se0_at > 180000) fine = 0;
      eop_at = $time;
      if (bits % 8 != 0 || !usb_output_enable) fine = 0;
      #(BIT_PS + 3 * 20833) if (usb_output_enable) fine = 0;
      if (got[1:0] == 2'b11) begin
        if (crc != 16'hB001 || in_count < 2) fine = 0;
        in_count = in_count - 2;
      end
      else if (in_count != 0) fine = 0;
      check(fine, "the device's packet");
    end
  end
endtask

// ---- transactions ----
reg [6:0] address = 0;
reg       lose_ack = 0;              // the host's next ACK gets lost on its way
task transact_in;                    // got, in_bytes; acknowledged
  input [3:0] endpoint;
  begin
    send_token(P_IN, address, endpoint);
    receive;
    if (got == P_DATA0 || got == P_DATA1) begin
      bad_pid = lose_ack;
      lose_ack = 0;
      send_handshake(P_ACK);
    end
  end
endtask
task transact_out;                   // got: the device's handshake
  input [3:0] token, endpoint, pid;
  input integer first, count;
  begin
    send_token(token, address, endpoint);
    send_data(pid, first, count);
    receive;
  end
endtask

// a control transfer; `got` is P_ACK when it went through, `in_bytes` and `in_total` hold what came
reg [63:0] setup;                    // first byte in 7:0
reg [7:0]  reply [0:1023];
integer    reply_count, naks;
task transact_setup;
  integer i;
  begin
    for (i = 0; i < 8; i = i + 1) out_bytes[i] = setup[8 * i +: 8];
    transact_out(P_SETUP, 4'd0, P_DATA0, 0, 8);
    check(got == P_ACK, "SETUP is acknowledged");
  end
endtask
task in_with_patience;               // IN until it is not a NAK
  input [3:0] endpoint;
  begin
    naks = 0;
    got = P_NAK;
    while (got == P_NAK && naks < 100) begin
      transact_in(endpoint);
      naks = naks + 1;
    end
  end
endtask
task out_with_patience;
  input [3:0] endpoint, pid;
  input integer first, count;
  begin
    naks = 0;
    got = P_NAK;
    while (got == P_NAK && naks < 100) begin
      transact_out(P_OUT, endpoint, pid, first, count);
      naks = naks + 1;
    end
  end
endtask
task request;
  input [7:0]  kind, code;
  input [15:0] value, index, size;
  begin
    setup = {size, index, value, code, kind};
    transact_setup;
  end
endtask
task control_read;
  input [7:0]  kind, code;
  input [15:0] value, index, size;
  integer i;
  reg     toggle, done;
  begin
    request(kind, code, value, index, size);
    reply_count = 0;
    toggle = 1;
    done = size == 0;
    while (!done) begin
      in_with_patience(0);
      if (got == P_STALL) done = 1;
      else begin
        check(got == (toggle ? P_DATA1 : P_DATA0), "toggle of endpoint 0");
        toggle = !toggle;
        check(in_count <= 64, "size of endpoint 0's packet");
        for (i = 0; i < in_count; i = i + 1) begin
          reply[reply_count] = in_bytes[i];
          reply_count = reply_count + 1;
        end
        done = in_count < 64 || reply_count >= size;
      end
    end
    if (size == 0) begin
      in_with_patience(0);
      if (got != P_STALL) begin
        check(got == P_DATA1 && in_count == 0, "status stage, IN");
        got = P_ACK;
      end
    end
    else if (got != P_STALL) begin
      out_with_patience(0, P_DATA1, 0, 0);
      check(got == P_ACK, "status stage, OUT");
    end
  end
endtask
task control_write;                  // without data
  input [7:0]  kind, code;
  input [15:0] value, index;
  begin
    request(kind, code, value, index, 0);
    in_with_patience(0);
    if (got != P_STALL) begin
      check(got == P_DATA1 && in_count == 0, "status stage of a write");
      got = P_ACK;
    end
  end
endtask
task start_device;                   // power, bus reset, address, configuration
  begin
    repeat (5) @(posedge clk);
    #1 rst = 0;
    #10000000 send_reset(10);
    control_write(8'h00, 5, 16'h0025, 0);
    check(got == P_ACK, "SET_ADDRESS");
    address = 7'h25;
    control_write(8'h00, 9, 16'h0001, 0);
    check(got == P_ACK && configured, "SET_CONFIGURATION");
  end
endtask
