// In the engine's place where a part has no room for one: holds a configuration, fits nothing.
//
// Purpose    Behind the photon front end of a device that counts and leaves the fits to its host. The configuration is checked as an engine checks it
//            (decay_config), since the front end takes its bins and groups from it; of the response only the number of words counts.
// Formats    ld_* as decay_engine has them, kinds 0 (configuration) and 1 (response)
// Latency    as decay_engine
// Throughput as decay_engine
// Overflow   none
// Does not   take histograms: the dispatcher must refuse them (its WITH_FIT)
`default_nettype none
module photon_hold #(
  // whose limits: 1 u16, 2 e18 (protocol.vh)
  parameter ENGINE = 1
) (
  input  wire        clk,
  input  wire        rst,
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire        ld_irf,           // kind
  input  wire [15:0] ld_config,
  output wire [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output reg         ld_missing
);
  `include "protocol.vh"

  localparam E18 = ENGINE == ENGINE_E18;
  localparam COMPONENTS_MAX = E18 ? ENGINE_E18_COMPONENTS_MAX : ENGINE_U16_COMPONENTS_MAX;
  localparam BINS_MAX = E18 ? ENGINE_E18_BINS_MAX : ENGINE_U16_BINS_MAX;
  localparam FINE_MAX = E18 ? ENGINE_E18_FINE_MAX : ENGINE_U16_FINE_MAX;
  localparam GROUPS_MAX = E18 ? ENGINE_E18_GROUPS_MAX : ENGINE_U16_GROUPS_MAX;
  localparam BINS_BITS = $clog2(BINS_MAX + 1);
  localparam GROUPS_BITS = $clog2(GROUPS_MAX + 1);
  localparam IRF_BITS = $clog2(GROUPS_MAX + 44 + 1);
  localparam [1:0] H_IDLE = 2'd0, H_BEGUN = 2'd1, H_WORDS = 2'd2;

  reg  [1:0]          state;
  reg                 is_irf;
  reg  [15:0]         config_id;
  wire                config_held, config_bad, config_ready;
  wire [IRF_BITS-1:0] irf_words;
  wire                begins = ld_begin_valid && ld_begin_ready;
  wire                in_words = state == H_WORDS;

  // what only an engine needs
  wire                   float_write, octave_write, period, compact;
  wire [5:0]             float_index;
  wire [3:0]             octave_index, taps, shift_taps, octaves;
  wire [7:0]             low_byte;
  wire [2:0]             components;
  wire [GROUPS_BITS-1:0] pre, fine, group_count;
  wire [95:0]            octave_groups;
  wire [BINS_BITS-1:0]   bin_count;
  wire engine_unused = &{float_write, float_index, octave_write, octave_index, low_byte, components, taps, shift_taps, period, compact, pre, fine, octave_groups,
                         octaves, bin_count, group_count};

  decay_config #(
    .COMPONENTS_MAX(COMPONENTS_MAX), .BINS_MAX(BINS_MAX), .FINE_MAX(FINE_MAX), .GROUPS_MAX(GROUPS_MAX),
    .BINS_BITS(BINS_BITS), .GROUPS_BITS(GROUPS_BITS), .IRF_BITS(IRF_BITS), .OCTAVE_MEMORY(1)
  ) configuration (
    .clk(clk), .rst(rst),
    .begin_load(begins && !ld_irf), .commit(in_words && ld_commit && !is_irf),
    .word_valid(in_words && !is_irf && ld_valid), .word_ready(config_ready), .word(ld_word), .word_index(6'd0), .bad(config_bad), .held(config_held),
    .float_write(float_write), .float_index(float_index), .octave_write(octave_write), .octave_index(octave_index), .low_byte(low_byte),
    .components(components), .taps(taps), .shift_taps(shift_taps), .period(period), .compact(compact), .pre(pre), .fine(fine),
    .octave_groups(octave_groups), .octaves(octaves), .bin_count(bin_count), .group_count(group_count), .irf_words(irf_words)
  );

  assign ld_begin_ready = state == H_IDLE;
  assign ld_ready = in_words && (is_irf || config_ready);
  assign ld_reject = !is_irf && config_bad;
  assign ld_expect = is_irf ? {{(16-IRF_BITS){1'b0}}, irf_words} : LAYOUT_WORDS[15:0] + CFG_WORDS[15:0];

  always @(posedge clk) begin
    case (state)
      H_IDLE: if (begins) begin
        state <= H_BEGUN;
        is_irf <= ld_irf;
        ld_missing <= ld_irf && !(config_held && ld_config == config_id);
        if (!ld_irf) config_id <= ld_config;
      end
      H_BEGUN: state <= ld_missing || ld_abort ? H_IDLE : H_WORDS;
      default: if (ld_commit || ld_abort) state <= H_IDLE;
    endcase
    if (rst) state <= H_IDLE;
  end
endmodule
`default_nettype wire
