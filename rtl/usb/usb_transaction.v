// Transactions: which packet belongs to which token, and what is answered.
//
// Purpose    IN: the endpoint's data, NAK or STALL; an ACK in time ends it (`*_acked`), anything else leaves everything as it was, so that the
//            same data with the same toggle comes again. SETUP: data of eight bytes with DATA0 are taken, whatever the endpoint's state.
//            OUT: the endpoint's handshake; data with the wrong toggle repeat what is held already (its ACK was lost) and are acknowledged
//            but not taken. A packet that is wrong in any way is not answered.
// Formats    answers: bits 3 and 2 of the PID (USB 2.0, table 8-1); in_*: with {toggle, 1'b0} and a 1 data
// Latency    tx_start 2 clocks after packet_end
// Throughput one transaction at a time
// Overflow   none
// Does not   hold data or toggles
`default_nettype none
module usb_transaction (
  input  wire       clk,
  input  wire       rst,            // also while the bus is reset
  // packets received
  input  wire       packet_end,
  input  wire       is_in,
  input  wire       is_out,
  input  wire       is_setup,
  input  wire       is_data,
  input  wire       is_ack,
  input  wire       is_eight,
  input  wire       data_toggle,
  input  wire       token_endpoint,
  input  wire       pending,
  input  wire       timeout,
  // packets to send
  output reg        tx_start,
  output reg  [3:0] tx_pid,
  output reg        endpoint,       // 0 or 1, of this transaction
  input  wire       tx_busy,
  // endpoint 0
  input  wire       control_nak,
  input  wire       control_stall,
  input  wire       control_write,  // has no data to read: nothing to acknowledge on OUT
  input  wire       control_toggle,
  output reg        setup_begin,    // a SETUP token: what was under way is over
  output reg        setup_taken,
  output reg        control_acked,
  // endpoint 1
  input  wire       enabled,
  input  wire       out_halted,
  input  wire       out_room,       // looked at when the token comes
  input  wire       out_toggle,
  output reg        out_taken,
  input  wire       in_halted,
  input  wire       in_ready,
  input  wire       in_toggle,
  output reg        in_acked,
  // receive memory: SETUP bytes, a buffer of endpoint 1, or a place that nobody reads
  output reg        expect_data,
  output reg        to_setup,
  output reg        to_out,
  output reg        quiet           // nothing under way
);
  localparam [1:0] ACK = 2'b00, NAK = 2'b10, STALL = 2'b11;
  reg       expect_ack, setup, got_in, got_data, got_ack, got_setup, got_token, setup_fits, expected_toggle;
  reg [1:0] in_answer, out_answer, control_answer, control_out_answer;
  reg       in_data, control_data;

  always @(posedge clk) begin
    control_answer <= control_nak ? NAK : control_stall ? STALL : {control_toggle, 1'b0};
    control_data <= !control_nak && !control_stall;
    control_out_answer <= control_nak ? NAK : control_stall || control_write ? STALL : ACK;
    in_answer <= in_halted ? STALL : in_ready ? {in_toggle, 1'b0} : NAK;
    in_data <= !in_halted && in_ready;
    expected_toggle <= data_toggle == out_toggle;
    out_answer <= out_halted ? STALL : to_out || !expected_toggle ? ACK : NAK;
    setup_fits <= is_eight && !data_toggle;

    // ---- what came ----
    got_in <= packet_end && is_in && (enabled || !token_endpoint);
    got_setup <= packet_end && is_setup && !token_endpoint;
    got_data <= packet_end && is_data && expect_data;
    got_ack <= packet_end && is_ack && expect_ack;
    got_token <= packet_end && (is_in || is_out || is_setup);
    if (packet_end && (is_in || is_out || is_setup)) begin
      endpoint <= token_endpoint;
      setup <= is_setup;
      to_setup <= is_setup;
      to_out <= is_out && token_endpoint && out_room && !out_halted;
    end
    if (packet_end) begin
      expect_data <= is_out && (enabled || !token_endpoint) || is_setup && !token_endpoint;
      expect_ack <= 1'b0;
    end
    else if (timeout) begin
      expect_data <= 1'b0;
      expect_ack <= 1'b0;
    end

    // ---- what follows ----
    tx_start <= got_in || got_data && (!setup || setup_fits);
    if (got_in) tx_pid <= {endpoint ? in_answer : control_answer, 1'b1, endpoint ? in_data : control_data};
    if (got_data) tx_pid <= {setup ? ACK : endpoint ? out_answer : control_out_answer, 2'b10};
    if (tx_start && tx_pid[0]) expect_ack <= 1'b1;
    setup_begin <= got_setup;
    setup_taken <= got_data && setup && setup_fits;
    out_taken <= got_data && to_out && expected_toggle;
    control_acked <= got_ack && !endpoint;
    in_acked <= got_ack && endpoint;
    quiet <= !(pending || packet_end || got_token || got_data || got_ack || expect_data || expect_ack || tx_start || tx_busy);
    if (rst) begin
      expect_data <= 1'b0;
      expect_ack <= 1'b0;
      tx_start <= 1'b0;
      to_out <= 1'b0;
    end
  end
endmodule
`default_nettype wire
