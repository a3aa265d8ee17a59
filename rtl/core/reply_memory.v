// The bytes of an echo while they wait to be sent back, and the device's info words: one block memory.
//
// Purpose    Address 0..63: the echo, written by the dispatcher. Address 64..127: the words of the `info` message (protocol.vh),
//            low byte first, fixed when built. With KEPT 128..191: headers of requests, 256 onwards zero.
// Formats    bytes
// Latency    read_data holds the byte at read_address of the clock before
// Throughput one byte written and one read a clock
// Overflow   the dispatcher writes neither info nor zeros
// Does not   say what is read in the clock in which the same address is written
`default_nettype none
module reply_memory #(
  // which engine: 1 u16, 2 e18, 3 e20 (protocol.vh)
  parameter ENGINE = 1,
  // histograms the device takes before it answers the first
  parameter JOBS_IN_FLIGHT = 2,
  // 1: there is an engine for decays; 0: its limits read 0
  parameter WITH_DECAY = 1,
  // 0: decays are counted and not fitted: no components
  parameter WITH_FIT = 1,
  // points of a sweep that the SCLC engine holds; 0: none
  parameter SCLC_POINTS = 0,
  // 0: simulated
  parameter CLOCK_HZ = 0,
  // 1: there is an engine for transient absorption
  parameter WITH_TA = 0,
  parameter TA_KEEP = 0,
  // 1: there is a photon front end; words of a `photons` message
  parameter WITH_PHOTON = 0,
  parameter PHOTON_WORDS = 255,
  // bits 15..0 of the info word `photon`
  parameter PHOTON_FRONT = 1,
  // 1: there are headers
  parameter KEPT = 0,
  // not to be set
  parameter BITS = KEPT != 0 ? 9 : 7
) (
  input  wire       clk,
  input  wire       write,
  input  wire [BITS-1:0] write_address,
  input  wire [7:0] write_data,
  input  wire [BITS-1:0] read_address,
  output reg  [7:0] read_data
);
  `include "protocol.vh"

  (* no_rw_check *) reg [7:0] bytes [0:(1<<BITS)-1];

  function [31:0] info;
    input integer index;
    case (index)
      INFO_PROTOCOL_VERSION: info = {24'd0, PROTOCOL_VERSION};
      INFO_ENGINE: info = ENGINE;
      INFO_COMPONENTS_MAX: info = WITH_DECAY == 0 || WITH_FIT == 0 ? 0 : ENGINE == ENGINE_U16 ? ENGINE_U16_COMPONENTS_MAX : ENGINE_E18_COMPONENTS_MAX;
      INFO_BINS_MAX: info = WITH_DECAY == 0 ? 0 : ENGINE == ENGINE_U16 ? ENGINE_U16_BINS_MAX : ENGINE_E18_BINS_MAX;
      INFO_FINE_MAX: info = WITH_DECAY == 0 ? 0 : ENGINE == ENGINE_U16 ? ENGINE_U16_FINE_MAX : ENGINE_E18_FINE_MAX;
      INFO_GROUPS_MAX: info = WITH_DECAY == 0 ? 0 : ENGINE == ENGINE_U16 ? ENGINE_U16_GROUPS_MAX : ENGINE_E18_GROUPS_MAX;
      INFO_WORD_BITS: info = ENGINE == ENGINE_U16 ? ENGINE_U16_WORD_BITS : ENGINE_E18_WORD_BITS;
      INFO_STATE_BITS: info = ENGINE == ENGINE_U16 ? ENGINE_U16_STATE_BITS : ENGINE_E18_STATE_BITS;
      INFO_COUNT_BITS: info = ENGINE == ENGINE_U16 ? ENGINE_U16_COUNT_BITS : ENGINE_E18_COUNT_BITS;
      INFO_JOBS_IN_FLIGHT: info = JOBS_IN_FLIGHT;
      INFO_TA_COMPONENTS_MAX: info = WITH_TA == 0 ? 0 : ENGINE == ENGINE_U16 ? ENGINE_U16_TA_COMPONENTS_MAX | ENGINE_U16_TA_WORD_BITS << 8
                              : ENGINE_E18_TA_COMPONENTS_MAX | (ENGINE == ENGINE_E20 ? ENGINE_E20_TA_WORD_BITS : ENGINE_E18_TA_WORD_BITS) << 8
                                | (TA_KEEP != 0 ? 1 << TA_KEPT_BIT : 0);
      INFO_TA_DELAYS_MAX: info = WITH_TA == 0 ? 0 : ENGINE == ENGINE_U16 ? ENGINE_U16_TA_DELAYS_MAX | ENGINE_U16_TA_SIGNALS_MAX / 64 << 16
                                                                        : ENGINE_E18_TA_DELAYS_MAX | ENGINE_E18_TA_SIGNALS_MAX / 64 << 16;
      INFO_CLOCK_HZ: info = CLOCK_HZ;
      INFO_SCLC_POINTS_MAX: info = SCLC_POINTS;
      INFO_GATEWARE_VERSION: info = GATEWARE_VERSION;
      INFO_PHOTON: info = WITH_PHOTON == 0 ? 0 : PHOTON_WORDS << 16 | PHOTON_FRONT;
      default: info = 32'd0;
    endcase
  endfunction

  integer     i;
  reg  [31:0] word;
  initial
    for (i = 0; i < 1 << BITS; i = i + 1) begin
      word = i < 64 || i >= 128 ? 32'd0 : info((i - 64) / 4);
      bytes[i] = word[8 * (i % 4) +: 8];
    end

  always @(posedge clk) begin
    if (write) bytes[write_address] <= write_data;
    read_data <= bytes[read_address];
  end
endmodule
