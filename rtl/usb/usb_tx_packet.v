// A packet onto the bus: SYNC, PID, for data the bytes of a memory and their CRC, EOP.
//
// Purpose    After `start` it waits for `turnaround`, then drives the bus. Should another packet come first, nothing is sent.
// Formats    data: PID of data (pid[1:0] = 3) sends `length` bytes from `base` on
// Latency    first K about 5 clocks after turnaround
// Throughput a bit every 4 clocks
// Overflow   a start while busy is not allowed
// Does not   decide what is sent
`default_nettype none
module usb_tx_packet (
  input  wire       clk,
  input  wire       rst,
  input  wire       start,
  input  wire [3:0] pid,            // stable while busy
  input  wire [8:0] base,           // these two: with start
  input  wire [6:0] length,
  input  wire       turnaround,
  input  wire       receiving,
  output reg        busy,           // from start to the end of the EOP
  // memory, read a clock later
  output reg  [8:0] read_address,
  input  wire [7:0] read_data,
  // CRC-16: usb_crc16, a clock behind
  output wire       crc_clear,
  output wire       crc_enable,
  output wire       crc_shift,
  output wire       crc_data,
  input  wire       crc_next,
  // bus
  output reg        transmitting,   // drives
  output reg        dp_out,
  output reg        dn_out
);
  localparam [2:0] SYNC = 3'd0, PID = 3'd1, DATA = 3'd2, CRC_LOW = 3'd3, CRC_HIGH = 3'd4, EOP = 3'd5;
  reg  [2:0] state;
  reg  [1:0] phase;
  reg        tick, taken, last, more, bit_next, crc_phase, is_data, waits, done, fetched;
  reg  [6:0] left;                  // bytes to fetch
  reg  [7:0] shift, byte_next;
  reg  [2:0] bit_count;

  // ---- line ----
  wire stuffing, level;
  usb_stuff stuff (.clk(clk), .clear(!transmitting), .tick(tick), .data(bit_next), .stuffing(stuffing), .level(level));
  assign crc_clear = state == PID;
  assign crc_enable = taken;
  assign crc_shift = crc_phase;
  assign crc_data = bit_next;

  reg  [1:0] eop_count;             // bits since the last bit of the packet: SE0, SE0, J
  reg        se0, ended;
  always @(posedge clk) begin
    phase <= phase + 2'd1;
    tick <= transmitting && phase == 2'd3;
    if (tick && ended && !stuffing) begin
      se0 <= eop_count[1] == 1'b0;
      eop_count <= eop_count + 2'd1;
    end
    done <= tick && eop_count == 2'd3;
    dp_out <= !se0 && (level || eop_count[1]);
    dn_out <= !se0 && !level && !eop_count[1];
    if (!transmitting) begin
      phase <= 2'd0;
      se0 <= 1'b0;
      eop_count <= 2'd0;
      tick <= 1'b0;
    end
  end

  // ---- bytes ----
  wire byte_end = taken && last;
  always @(posedge clk) begin
    // what the next tick sends; `taken`: the clock after it
    taken <= tick && !stuffing && !ended;
    last <= bit_count == 3'd7;
    crc_phase <= state == CRC_LOW || state == CRC_HIGH;
    bit_next <= crc_phase ? !crc_next : shift[0] && state != EOP;   // no ones to stuff behind within the EOP
    is_data <= pid[1:0] == 2'b11;
    more <= left != 7'd0;
    byte_next <= state == SYNC ? {~pid, pid} : read_data;
    if (taken) begin
      shift <= last ? byte_next : {1'b0, shift[7:1]};
      bit_count <= bit_count + 3'd1;
    end
    if (byte_end)
      case (state)
        SYNC: state <= PID;
        PID: state <= !is_data ? EOP : more ? DATA : CRC_LOW;
        DATA: state <= more ? DATA : CRC_LOW;
        CRC_LOW: state <= CRC_HIGH;
        default: state <= EOP;
      endcase
    ended <= state == EOP;
    fetched <= byte_end && state != SYNC && more;
    if (fetched) begin
      left <= left - 7'd1;
      read_address <= read_address + 9'd1;
    end
    if (!transmitting) begin
      state <= SYNC;
      shift <= 8'h80;
      bit_count <= 3'd0;
      ended <= 1'b0;
      taken <= 1'b0;
    end
    if (start) begin
      left <= length;
      read_address <= base;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      busy <= 1'b1;
      waits <= 1'b1;
    end
    else if (waits && turnaround) begin
      waits <= 1'b0;
      transmitting <= 1'b1;
    end
    if (done) transmitting <= 1'b0;
    if (done || waits && receiving) begin
      waits <= 1'b0;
      busy <= 1'b0;
    end
    if (rst) begin
      busy <= 1'b0;
      waits <= 1'b0;
      transmitting <= 1'b0;
    end
  end
endmodule
`default_nettype wire
