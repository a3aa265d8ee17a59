// Framer: header, header check, payload, CRC-32.
//
// Purpose    Sends one message: the fields (msg_*) with their check, the payload bytes, the CRC of all of it.
// Formats    fields as in protocol.vh; msg_length in bytes must be the number of payload bytes up to and with pay_last,
//            msg_empty says that it is 0 (then no payload byte is taken)
// Latency    one clock to the first byte
// Throughput one byte a clock; two clocks a byte of the check and the CRC, which wait for the byte before; PACED: three clocks a byte
// Overflow   none: tx_ready low holds everything
// KEPT       with PACED: sequence and config are not msg_seq, msg_config: kept_byte is the header's byte of the number kept_index, a clock later
// Does not   keep the fields: they must not change from msg_valid to msg_done. Does not count the payload.
`default_nettype none
module link_tx #(
  // 1: registers say that a byte goes and what of header and CRC it is, for a full part's clock. pay_valid must stay until the byte is taken.
  parameter PACED = 0,
  parameter KEPT = 0
) (
  input  wire        clk,
  input  wire        rst,
  // message: fields stay until done
  input  wire        msg_valid,
  output wire        msg_done,     // one clock, with the last byte's way into the output register
  input  wire [7:0]  msg_type,
  input  wire [31:0] msg_seq,
  input  wire [15:0] msg_config,
  input  wire [17:0] msg_length,
  input  wire        msg_empty,
  // KEPT: its bytes 4 to 7, 12 and 13
  output wire        kept_asked,   // kept_index is one of the header's
  output wire [3:0]  kept_index,
  input  wire [7:0]  kept_byte,
  // payload
  input  wire        pay_valid,
  output wire        pay_ready,
  input  wire        pay_last,
  input  wire [7:0]  pay_data,
  // bytes out
  output reg  [7:0]  tx_data,
  output reg         tx_valid,
  input  wire        tx_ready
);
  `include "protocol.vh"

  localparam [1:0] S_HEADER = 2'd0, S_PAYLOAD = 2'd1, S_CRC = 2'd2;

  reg [1:0] state;
  reg [3:0] count;
  reg       fresh;               // tx_data has gone in a clock ago and is on its way into the CRC

  wire in_header = state == S_HEADER;
  wire in_crc = state == S_CRC;
  wire in_payload = state == S_PAYLOAD;
  wire at_check = in_header && count[3:1] == 3'd7;
  wire have = in_payload ? pay_valid : msg_valid && !((at_check || in_crc) && fresh);
  wire push;

  assign msg_done = push && in_crc && count[1:0] == 2'd3;

  wire [7:0] tail;
  crc32 checksum (
    .clk(clk),
    .clear(in_header && count == 4'd0),
    .enable(fresh),
    .data(tx_data),
    .tail_index({in_crc && count[1], count[0]}),
    .tail(tail)
  );

  assign kept_asked = in_header;
  assign kept_index = count;
  wire [31:0] seq = KEPT != 0 ? {4{kept_byte}} : msg_seq;
  wire [15:0] config_id = KEPT != 0 ? {2{kept_byte}} : msg_config;
  reg [7:0] field;
  always @* begin
    case (count)
      4'd0: field = PROTOCOL_MAGIC[7:0];
      4'd1: field = PROTOCOL_MAGIC[15:8];
      4'd2: field = PROTOCOL_VERSION;
      4'd3: field = msg_type;
      4'd4: field = seq[7:0];
      4'd5: field = seq[15:8];
      4'd6: field = seq[23:16];
      4'd7: field = seq[31:24];
      4'd8: field = msg_length[7:0];
      4'd9: field = msg_length[15:8];
      4'd10: field = {6'd0, msg_length[17:16]};
      4'd12: field = config_id[7:0];
      4'd13: field = config_id[15:8];
      default: field = 8'd0;
    endcase
  end

  wire [7:0] framing = at_check || in_crc ? tail : field;
  wire [7:0] framing_now;
  generate
    if (PACED != 0) begin : g_paced
      // three clocks lie between two bytes: count, CRC and fields have stood for one
      reg       goes;
      reg [7:0] framing_q;
      always @(posedge clk) begin
        goes <= have && !tx_valid && !goes && !rst;
        framing_q <= framing;
      end
      assign {push, framing_now} = {goes, framing_q};
      assign pay_ready = in_payload && goes;
    end else begin : g_direct
      wire room = !tx_valid || tx_ready;
      assign {push, framing_now} = {have && room, framing};
      assign pay_ready = in_payload && room;
    end
  endgenerate

  always @(posedge clk) begin
    fresh <= push;
    if (tx_ready) tx_valid <= 1'b0;
    if (push) begin
      tx_valid <= 1'b1;
      tx_data <= in_payload ? pay_data : framing_now;
      count <= count + 4'd1;
      case (state)
        S_HEADER: if (count == 4'd15) state <= msg_empty ? S_CRC : S_PAYLOAD;
        S_PAYLOAD: begin
          count <= 4'd0;
          if (pay_last) state <= S_CRC;
        end
        default:
          if (count[1:0] == 2'd3) begin
            count <= 4'd0;
            state <= S_HEADER;
          end
      endcase
    end
    if (rst) begin
      state <= S_HEADER;
      count <= 4'd0;
      tx_valid <= 1'b0;
      fresh <= 1'b0;
    end
  end
endmodule
