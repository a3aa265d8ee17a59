// One memory for the words that the fit processor reads by IN and writes by OUT: configuration
// floats, moments, sequence numbers, results.
//
// Purpose    Addresses, from the highest bit:
//              {1, context, RESULT_BITS}       result word
//              {0, .. 0, 0, 6 bits}            configuration float
//              {0, .. 0, 1, 0, context, 4 bits}  7..10: the moments of IN addresses 199..202 (f32x);
//                                              0, 1: sequence numbers of even and odd jobs
//              {0, .. 0, 1, 1, 0, 4 bits}      OCTAVES 1 (with one context): groups of width 2^o
// Formats    32-bit words
// Latency    read: data one clock after the address, when granted
// Throughput one write and one read a clock. Results (OUT) go before other writes, IN goes before
//            the sender.
// Overflow   none: `put_ready` and `send_grant` tell the ones that have to wait
// Does not   say what is read in the clock in which the same address is written
`default_nettype none
module decay_store #(
  // bits of a result word's index
  parameter RESULT_BITS = 6,
  // bits of a context's number
  parameter CONTEXT_BITS = 1,
  // 1: octave_address is read too
  parameter OCTAVES = 0
) (
  input  wire                   clk,
  // result words of the processor, in whose turn nothing is put; `out_write` only in its turn
  input  wire                   out_turn,
  input  wire                   out_write,
  input  wire [CONTEXT_BITS+RESULT_BITS-1:0] out_address,     // {context, index}
  input  wire [31:0]            out_word,
  // configuration, moments, sequence numbers
  input  wire                   put_valid,
  output wire                   put_ready,
  input  wire [6:0]             put_address,
  input  wire [31:0]            put_word,
  // IN
  input  wire                   in_read,
  input  wire [6:0]             in_address,
  // sender
  input  wire                   send_read,
  output wire                   send_grant,
  input  wire [CONTEXT_BITS+RESULT_BITS:0] send_address,
  // an octave's groups (a small engine's), when nobody else reads
  input  wire [3:0]             octave_address,
  // what was read
  output reg  [31:0]            data
);
  localparam BITS = RESULT_BITS + CONTEXT_BITS + 1;
  localparam [BITS-8:0] PAD = {(BITS-7){1'b0}};

  (* no_rw_check *) reg [31:0] words [0:(1<<BITS)-1];

  wire [BITS-1:0] other_address = OCTAVES == 0 || send_read ? send_address : {PAD, 3'b110, octave_address};
  wire [BITS-1:0] read_address = in_read ? {PAD, in_address} : other_address;
  wire [BITS-1:0] write_address = out_turn ? {1'b1, out_address} : {PAD, put_address};
  wire [31:0]     write_word = out_turn ? out_word : put_word;

  assign put_ready = !out_turn;
  assign send_grant = send_read && !in_read;

  always @(posedge clk) begin
    if (out_turn ? out_write : put_valid) words[write_address] <= write_word;
    data <= words[read_address];
  end
endmodule
`default_nettype wire
