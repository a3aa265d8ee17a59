// For benches of the link: a byte stream of messages in `stream`, and the CRC, computed bit by bit.
// Include inside the bench module, behind the parameter STREAM_MAX and the integer `seed`.
reg [7:0] stream [0:STREAM_MAX - 1];
integer   stream_size = 0;
integer   begin_at;              // where the latest message begins

`include "tests/rtl/noise.vh"

function [31:0] crc_bitwise;     // register after one more byte
  input [31:0] from;
  input [7:0]  value;
  integer      k;
  begin
    crc_bitwise = from;
    for (k = 0; k < 8; k = k + 1)
      crc_bitwise = (crc_bitwise >> 1) ^ ((crc_bitwise[0] ^ value[k]) ? 32'hEDB88320 : 32'd0);
  end
endfunction

task put_byte;
  input [7:0] value;
  begin
    stream[stream_size] = value;
    stream_size = stream_size + 1;
  end
endtask

task put_number;                 // little-endian
  input [31:0] value;
  input integer bytes;
  integer k;
  for (k = 0; k < bytes; k = k + 1) put_byte(value[8 * k +: 8]);
endtask

task put_leb128;
  input [31:0] value;
  reg   [31:0] v;
  begin
    v = value;
    while (v > 32'd127) begin
      put_byte({1'b1, v[6:0]});
      v = v >> 7;
    end
    put_byte({1'b0, v[6:0]});
  end
endtask

task put_header;                 // the length is set by put_end
  input [7:0]  version, kind;
  input [31:0] seq;
  input [15:0] id;
  begin
    begin_at = stream_size;
    put_number(32'h7354, 2);
    put_byte(version);
    put_byte(kind);
    put_number(seq, 4);
    put_number(32'd0, 4);
    put_number({16'd0, id}, 2);
    put_number(32'd0, 2);
  end
endtask

task put_end;                    // the payload has been put: length, check, CRC
  reg   [31:0] crc;
  integer k, length;
  begin
    length = stream_size - begin_at - 16;
    for (k = 0; k < 4; k = k + 1) stream[begin_at + 8 + k] = length[8 * k +: 8];
    crc = 32'hFFFFFFFF;
    for (k = 0; k < 14; k = k + 1) crc = crc_bitwise(crc, stream[begin_at + k]);
    stream[begin_at + 14] = ~crc[7:0];
    stream[begin_at + 15] = ~crc[15:8];
    for (k = 14; k < length + 16; k = k + 1) crc = crc_bitwise(crc, stream[begin_at + k]);
    put_number(~crc, 4);
  end
endtask

task remove_byte;
  input integer at;
  integer k;
  begin
    for (k = at; k < stream_size - 1; k = k + 1) stream[k] = stream[k + 1];
    stream_size = stream_size - 1;
  end
endtask
