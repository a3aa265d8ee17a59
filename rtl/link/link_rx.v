// Deframer: finds messages in a byte stream, checks them, hands on header and payload.
//
// Purpose    A message is header (16 bytes, protocol.vh), payload, CRC-32. The receiver hunts for the two magic bytes, checks
//            the header's own check and its length, gives the header (head_*), streams the payload (pay_*) and then says
//            how it ended (end_*): 0 good, or an error code.
// Errors     ERR_HEADER   check wrong. No head; head_seq is zero, type and config as they came. Hunts on with the next byte.
//            ERR_LENGTH   length above MAX_PAYLOAD_BYTES. No head. Hunts on with the next byte.
//            ERR_CRC      CRC wrong; wins over ERR_VERSION
//            ERR_VERSION  another protocol version. No head; the payload is skipped.
//            Bytes before a magic are dropped without an error.
// Marks      A byte stream that can lose bytes (UART) says so with the bytes, in its order:
//            0 a byte   1 a byte that is wrong: its message fails like one with a wrong CRC (in the header: ERR_HEADER)
//            2 bytes were lost here (no byte): the message ends at once, ERR_CRC; between messages too, where whole ones may be lost
//            3 the line has been silent (no byte): the message ends at once, ERR_LENGTH; nothing between messages
//            Where there is no whole header, head_type, head_seq and head_config are zero.
// Lost byte  A message that lacks one byte ends with the first byte of the next. When a message's CRC is wrong and its last byte is
//            the first of a magic, it is that as well: the next message is found.
// Formats    bytes; head_* as in the header, stable from head_valid to end_ready
// Latency    none for payload bytes (they pass through); end_valid two clocks after the last byte
// Throughput one byte a clock; PACED: one in two clocks
// Overflow   none: whoever does not take head, payload or end holds rx_ready low
// Does not   time out by itself: without mark 3 a message cut short ends with the bytes that come next, at most 32772 of them. Does
//            not look for a magic inside a message that turned out bad, but for its last byte: where more than one byte is lost
//            without a mark, the message behind is lost as well.
//            Does not cut the combinational path from pay_ready to rx_ready; with PACED it ends in a register.
// PACED      What could be taken is taken a clock later, and registers say what it is: for a full part's clock. pay_ready must then stay until a
//            byte is taken, pay_valid is high only in the clock in which one is.
// KEPT       head_seq is zero: whoever wants the header's bytes again keeps them in a memory as they come (keep_*); blank_* say which of them
//            count as zero at the message's end.
`default_nettype none
module link_rx #(
  parameter PACED = 0,
  parameter KEPT = 0
) (
  input  wire        clk,
  input  wire        rst,
  // bytes in
  input  wire [7:0]  rx_data,
  input  wire [1:0]  rx_mark,
  input  wire        rx_valid,
  output wire        rx_ready,
  // header: valid until ready
  output wire        head_valid,
  input  wire        head_ready,
  output reg  [7:0]  head_type,
  output wire [31:0] head_seq,
  output reg  [15:0] head_config,
  // a byte of the header (or what may be one), of the number keep_index, is pay_data
  output wire        keep,
  output wire [3:0]  keep_index,
  output reg         blank_seq,
  output reg         blank_all,
  // payload
  output wire        pay_valid,
  input  wire        pay_ready,
  output wire [7:0]  pay_data,
  // how the message ended: valid until ready
  output wire        end_valid,
  input  wire        end_ready,
  output reg  [7:0]  end_code
);
  `include "protocol.vh"

  localparam [2:0] S_HEADER = 3'd0, S_CHECKED = 3'd1, S_HEAD = 3'd2, S_PAYLOAD = 3'd3, S_CRC = 3'd4, S_END = 3'd5;

  reg [2:0]  state;
  reg [3:0]  count;          // byte of the header or of the CRC
  reg [15:0] remaining;      // payload bytes
  reg        none_left;
  reg        too_long;
  reg        skip;           // other version: nobody wants this payload
  reg        bad;            // a check or CRC byte differed, or a byte was marked
  reg        resume;         // the last byte of a message with a wrong CRC may be the first of the next

  wire       in_header = state == S_HEADER;
  wire       in_payload = state == S_PAYLOAD;
  wire       at_magic = in_header && count[3:1] == 3'd0;
  wire       cut = rx_mark[1];           // no byte
  wire       wrong = rx_mark[0];
  wire       takes = in_header || state == S_CRC || (in_payload && !none_left && (skip || pay_ready || cut));
  wire       item, take, header_take, payload_take;
  wire       cuts = item && cut && !(at_magic && wrong);
  wire       is_first = rx_data == PROTOCOL_MAGIC[7:0] && !wrong;
  wire       is_second = rx_data == PROTOCOL_MAGIC[15:8] && !wrong;
  wire       at_first = in_header && count == 4'd0;
  wire       at_second = in_header && count == 4'd1;

  generate
    if (PACED != 0) begin : g_paced
      reg  goes, waits, byte_goes, header_goes, payload_goes;
      wire next = rx_valid && takes && !goes && !rst;
      always @(posedge clk) begin
        goes <= next;
        waits <= takes;                  // whoever waits with it is told so, too
        byte_goes <= next && !cut;
        header_goes <= next && !cut && in_header;
        payload_goes <= next && !cut && in_payload;
      end
      assign rx_ready = goes || (waits && !rx_valid);
      assign {item, take, header_take, payload_take} = {goes, byte_goes, header_goes, payload_goes};
      assign pay_valid = payload_goes && !skip;
    end else begin : g_direct
      assign rx_ready = takes;
      assign item = rx_valid && takes;
      assign take = item && !cut;
      assign header_take = in_header && take;
      assign payload_take = in_payload && take;
      assign pay_valid = in_payload && !none_left && !skip && rx_valid && !cut;
    end
  endgenerate
  assign head_valid = state == S_HEAD;
  assign pay_data   = rx_data;
  assign keep       = header_take;
  assign keep_index = count;
  assign end_valid  = state == S_END;

  // The CRC starts behind the magic, whose share is known: no byte decides whether it moves.
  wire [7:0] tail;
  wire       differs = rx_data != tail;
  crc32 #(.START(MAGIC_CRC)) checksum (
    .clk(clk),
    .clear(at_magic),
    .enable(take),
    .data(rx_data),
    .tail_index({state == S_CRC && count[1], count[0]}),
    .tail(tail)
  );

  // MAX_PAYLOAD_BYTES is a power of two: above it is its bit and any below.
  localparam MAX_BIT = $clog2(MAX_PAYLOAD_BYTES);
  wire above_max = (remaining >> MAX_BIT) != 16'd0 && remaining[MAX_BIT - 1:0] != {MAX_BIT{1'b0}};

  wire forget = state == S_CHECKED && bad;
  wire forget_all = cuts && in_header;

  generate
    if (KEPT != 0) begin : g_kept
      assign head_seq = 32'd0;
    end else begin : g_seq
      reg [31:0] seq;
      always @(posedge clk) begin
        if (header_take && count == 4'd4) seq[7:0] <= rx_data;
        if (header_take && count == 4'd5) seq[15:8] <= rx_data;
        if (header_take && count == 4'd6) seq[23:16] <= rx_data;
        if (header_take && count == 4'd7) seq[31:24] <= rx_data;
        if (forget || forget_all) seq <= 32'd0;
      end
      assign head_seq = seq;
    end
  endgenerate

  always @(posedge clk) begin
    // header fields
    if (header_take && count == 4'd3) head_type <= rx_data;
    if (header_take && count == 4'd12) head_config[7:0] <= rx_data;
    if (header_take && count == 4'd13) head_config[15:8] <= rx_data;
    if (forget || forget_all) blank_seq <= 1'b1;
    else if (at_magic) blank_seq <= 1'b0;
    if (forget_all) blank_all <= 1'b1;
    else if (at_magic) blank_all <= 1'b0;
    if (forget_all) head_type <= 8'd0;
    if (forget_all) head_config <= 16'd0;
    if (header_take && count == 4'd2) skip <= rx_data != PROTOCOL_VERSION;

    // length
    if (header_take && count == 4'd8) remaining[7:0] <= rx_data;
    else if (header_take && count == 4'd9) remaining[15:8] <= rx_data;
    else if (payload_take) remaining <= remaining - 16'd1;
    none_left <= payload_take ? remaining == 16'd1 : remaining == 16'd0;
    if (at_magic) too_long <= 1'b0;
    else if (header_take && count[3:1] == 3'd5 && rx_data != 8'd0) too_long <= 1'b1;
    else if (header_take && count == 4'd12 && above_max) too_long <= 1'b1;

    if (at_magic) bad <= 1'b0;
    else if (take) bad <= bad || wrong || (differs && (state == S_CRC || (in_header && count[3:1] == 3'd7)));
    if (state == S_CRC && take) resume <= is_first && (bad || differs);
    else if (in_header) resume <= 1'b0;

    case (state)
      S_HEADER:
        if (header_take) begin
          count <= count + 4'd1;
          if (at_first && !is_first) count <= 4'd0;
          if (at_second && !is_second) count <= is_first ? 4'd1 : 4'd0;
          if (count == 4'd15) state <= S_CHECKED;
        end
      S_CHECKED: begin
        end_code <= bad ? ERR_HEADER : ERR_LENGTH;
        state <= bad || too_long ? S_END : skip ? S_PAYLOAD : S_HEAD;
      end
      S_HEAD: if (head_ready) state <= S_PAYLOAD;
      S_PAYLOAD: if (none_left) state <= S_CRC;
      S_CRC: begin
        end_code <= bad || wrong || differs ? ERR_CRC : skip ? ERR_VERSION : 8'd0;
        if (take) begin
          count <= count + 4'd1;
          if (count[1:0] == 2'd3) state <= S_END;
        end
      end
      default:
        if (end_ready) begin
          count <= {3'd0, resume};
          state <= S_HEADER;
        end
    endcase
    if (item && cut) begin
      if (cuts) state <= S_END;
      count <= 4'd0;
      resume <= 1'b0;
      end_code <= wrong ? ERR_LENGTH : ERR_CRC;
    end

    if (rst) begin
      state <= S_HEADER;
      count <= 4'd0;
    end
  end
endmodule
