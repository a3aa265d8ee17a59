// Endpoint 0: control transfers.
//
// Purpose    After a SETUP a program (usb_requests.vh, made from descriptors/usb.toml) compares its eight bytes with every request that is known;
//            an entry that agrees says what is sent and what is done. Nothing agrees: STALL. Until the program is through: NAK.
//            Control read: IN sends min(length, wLength) bytes in packets of 64, then packets of no bytes; OUT, the status stage, is acknowledged
//            at any time (early too). Without data: IN sends an empty packet, the status stage. A SETUP token ends what was before.
//            Actions (halt, configuration, link reset) wait until no transaction is under way, so that no endpoint changes within one.
// Formats    the program: usb_requests.vh; SETUP bytes in their order
// Latency    4 clocks a word of the program: 18 us in all, before which the host hears NAK
// Throughput one transfer at a time
// Overflow   none
// Does not   know control writes with data: they are stalled. Bit 7 of an address is ignored.
`default_nettype none
module usb_control (
  input  wire       clk,
  input  wire       rst,            // also while the bus is reset
  // transactions
  input  wire       setup_begin,
  input  wire       setup_taken,
  input  wire       acked,          // what endpoint 0 sent
  input  wire       quiet,
  output reg        nak,
  output reg        stall,
  output reg        write,          // no data to read
  output reg        toggle,
  output reg  [8:0] base,           // next packet
  output wire [6:0] length,
  // SETUP bytes, a clock later
  output wire [2:0] setup_index,
  input  wire [7:0] setup_byte,
  // state of the device
  output reg  [6:0] address,
  output reg        configured,
  output reg        in_halted,
  output reg        out_halted,
  output reg        clear_in,       // toggle to DATA0
  output reg        clear_out,
  output reg        link_reset
);
  `include "usb_requests.vh"

  (* no_rw_check *) reg [15:0] request_words [0:255];
  integer i;
  initial
    for (i = 0; i < 256; i = i + 1) request_words[i] = request_word(i[7:0]);

  // ---- a word: read, SETUP byte, compare, do ----
  reg  [15:0] word;
  reg  [7:0]  place;
  reg  [1:0]  phase;
  reg         differs, below, wrong_state, miss, found, held;
  reg         is_match, is_test, is_action, is_stop;
  reg         do_base, do_length, do_limit, do_action;
  wire [2:0]  operation = word[15:13];
  wire        step = phase == 2'd3 && !held;
  reg  [7:0]  remaining;
  assign setup_index = word[10:8];

  wire [3:0]  states = {1'b0, out_halted, in_halted, configured};
  always @(posedge clk) begin
    word <= request_words[place];
    // phase 2: the SETUP byte is there
    differs <= setup_byte != word[7:0];
    below <= setup_byte < remaining;
    wrong_state <= states[word[9:8]] != word[0];
    is_match <= operation == REQUEST_MATCH;
    is_test <= operation == REQUEST_TEST;
    is_action <= operation == REQUEST_ACTION && !miss;
    is_stop <= operation == REQUEST_STOP;
    held <= operation == REQUEST_ACTION && !miss && !quiet;
    // phase 3
    do_base <= step && operation == REQUEST_BASE && !miss;
    do_length <= step && operation == REQUEST_LENGTH && !miss;
    do_limit <= step && operation == REQUEST_LIMIT && !miss && below;
    do_action <= step && is_action;
    if (nak && !(phase == 2'd3 && held)) phase <= phase + 2'd1;
    if (nak && step) begin
      place <= place + 8'd1;
      miss <= !word[12] && (miss || is_match && differs || is_test && wrong_state);
      if (is_stop) begin
        nak <= 1'b0;
        stall <= !found;
      end
    end
    if (do_length) found <= 1'b1;
    if (do_base) write <= 1'b0;

    if (setup_begin) begin
      nak <= 1'b0;
      stall <= 1'b1;
    end
    if (setup_taken) begin
      nak <= 1'b1;
      write <= 1'b1;
    end
    if (!nak) begin
      phase <= 2'd0;
      place <= 8'd0;
      miss <= 1'b0;
      found <= 1'b0;
    end
    if (rst) begin
      nak <= 1'b0;
      stall <= 1'b1;
      do_action <= 1'b0;
    end
  end

  // ---- what is sent ----
  assign length = remaining[7:6] != 2'd0 ? 7'd64 : {1'b0, remaining[5:0]};
  always @(posedge clk) begin
    if (do_base) base <= word[8:0];
    if (do_length) remaining <= word[7:0];
    if (do_limit) remaining <= setup_byte;
    if (setup_taken) toggle <= 1'b1;
    if (acked) begin
      toggle <= !toggle;
      base[8:6] <= base[8:6] + 3'd1;
      remaining[7:6] <= remaining[7:6] - {1'b0, remaining[7:6] != 2'd0};
      if (remaining[7:6] == 2'd0) remaining[5:0] <= 6'd0;
    end
  end

  // ---- actions ----
  reg  [6:0] new_address;
  reg        address_waits;
  always @(posedge clk) begin
    link_reset <= rst || do_action && word[REQUEST_ACTION_LINK_RESET];
    clear_in <= do_action && word[REQUEST_ACTION_CLEAR_IN];
    clear_out <= do_action && word[REQUEST_ACTION_CLEAR_OUT];
    if (do_action) begin
      configured <= (configured || word[REQUEST_ACTION_CONFIGURE]) && !word[REQUEST_ACTION_DECONFIGURE];
      in_halted <= (in_halted || word[REQUEST_ACTION_HALT_IN]) && !word[REQUEST_ACTION_CLEAR_IN];
      out_halted <= (out_halted || word[REQUEST_ACTION_HALT_OUT]) && !word[REQUEST_ACTION_CLEAR_OUT];
      new_address <= setup_byte[6:0];
      address_waits <= word[REQUEST_ACTION_ADDRESS];
    end
    if (acked && address_waits) begin
      address <= new_address;
      address_waits <= 1'b0;
    end
    if (setup_begin) address_waits <= 1'b0;
    if (rst) begin
      address <= 7'd0;
      address_waits <= 1'b0;
      configured <= 1'b0;
      in_halted <= 1'b0;
      out_halted <= 1'b0;
      clear_in <= 1'b1;
      clear_out <= 1'b1;
    end
  end
endmodule
`default_nettype wire
