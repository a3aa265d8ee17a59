// The photon front end between the dispatcher and the engine for decays: photons become frames, frames become fits.
//
// Purpose    Loads that are not its own pass through to the engine, and what a configuration holds is kept here too. While a measurement is
//            open the engine belongs to it: other loads are refused (`ld_busy`). Its own loads (ld_frames): kind 0 `frames_config`, 1
//            `photons`, 2 `frame_close`, 3 `frames_end`.
//            photons -> photon_stream -> photon_map -> photon_count (two banks; photon_frame says which) -> photon_fit -> engine -> message
//            From the pins: samples -> photon_pins in place of photon_stream; photons do not wait, a frame goes on while both banks are in use.
//            With WITH_RAW single bins are counted beside the groups, or, without FITS, in their place: photon_send in photon_fit's place.
// Formats    words (protocol.vh); ld_*, rs_* as in docs/design.md; rs_frame: 0 an engine's result, 1 `frame`, 2 `frame_histogram`, 3 `frame_raw`
// Latency    of a frame: photon_fit
// Throughput one photon a clock behind the ring
// Overflow   photons of the stream wait while both banks are in use
// Does not   keep the order of bytes across measurements: see docs/photon.md
`default_nettype none
module photon_unit #(
  // which engine: 1 u16, 2 e18 (protocol.vh)
  parameter ENGINE = 1,
  // 0: no engine is behind it, only a photon_hold: photons of the pins are counted in single bins (WITH_RAW) and not fitted; neither
  // photons by message nor groups
  parameter FITS = 1,
  // log2 of the words of the ring of photons
  parameter RING_LOG2 = 9,
  // samples a clock of the pins; 0: there are none
  parameter PIN_SAMPLES = 0,
  // 1: histograms of single bins too
  parameter WITH_RAW = 0,
  parameter SAMPLES_BITS = PIN_SAMPLES == 0 ? 1 : PIN_SAMPLES
) (
  input  wire        clk,
  input  wire        rst,
  // loads
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire        ld_frames,
  input  wire [1:0]  ld_kind,
  input  wire [31:0] ld_seq,
  input  wire [15:0] ld_config,
  output wire [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output wire        ld_missing,
  output wire        ld_busy,          // with ld_missing: because a measurement is open
  // to the engine
  output wire        en_begin_valid,
  input  wire        en_begin_ready,
  output wire [1:0]  en_kind,
  output wire [31:0] en_seq,
  output wire [15:0] en_config,
  input  wire [15:0] en_expect,
  output wire        en_valid,
  input  wire        en_ready,
  output wire [31:0] en_word,
  output wire        en_commit,
  output wire        en_abort,
  input  wire        en_reject,
  input  wire        en_missing,
  output wire        st_valid,
  output wire [5:0]  st_index,
  output wire [31:0] st_word,
  // from the engine
  input  wire        er_valid,
  output wire        er_ready,
  input  wire        er_last,
  input  wire [31:0] er_word,
  input  wire [31:0] er_seq,
  input  wire [15:0] er_config,
  input  wire [15:0] er_words,
  // results
  output wire        rs_valid,
  input  wire        rs_ready,
  output wire        rs_last,
  output wire [31:0] rs_word,
  output wire [31:0] rs_seq,
  output wire [15:0] rs_config,
  output wire [15:0] rs_words,
  output wire [1:0]  rs_frame,
  output wire        busy,
  // the pins (rtl/photon/edge_sampler_*.v)
  input  wire [SAMPLES_BITS-1:0] sync_samples,
  input  wire [SAMPLES_BITS-1:0] detector_samples,
  input  wire [SAMPLES_BITS-1:0] marker_samples
);
  `include "protocol.vh"

  localparam E18 = ENGINE == ENGINE_E18;
  localparam COUNT_BITS = E18 ? ENGINE_E18_COUNT_BITS : ENGINE_U16_COUNT_BITS;
  localparam BINS_BITS = $clog2(E18 ? ENGINE_E18_BINS_MAX : ENGINE_U16_BINS_MAX);
  localparam INDEX_BITS = $clog2(E18 ? ENGINE_E18_GROUPS_MAX : ENGINE_U16_GROUPS_MAX);
  localparam [15:0] WORDS_MOST = (1 << (RING_LOG2 - 1)) - 1;
  localparam [1:0]  KIND_CONFIG = 2'd0, KIND_PHOTONS = 2'd1, KIND_CLOSE = 2'd2;
  localparam        HAS_PINS = PIN_SAMPLES != 0, HAS_RAW = WITH_RAW != 0, HAS_FITS = FITS != 0;
  localparam [1:0]  KIND_IRF = 2'd1;
  localparam [1:0]  KIND_GROUPS = 2'd3;
  localparam [1:0]  U_IDLE = 2'd0, U_LOOK = 2'd1, U_WORDS = 2'd2;

  // ---- the measurement ----
  reg         open, preparing;
  reg  [31:0] own_seq;
  reg  [3:0]  width;
  reg         warm, send_groups, send_raw, dry, from_pins, by_marker;
  reg  [47:0] limit_clocks;
  reg  [3:0]  bin_log2;
  reg  [15:0] dead_time;
  reg  [31:0] limit_photons, warm_evaluations, seq, taken;
  reg  [15:0] measured_id;

  // ---- what the engine holds ----
  reg         held, irf_held, of_config, of_irf;
  reg  [15:0] held_id;
  reg  [5:0]  index;
  reg  [2:0]  components;
  reg         compact;
  reg  [INDEX_BITS:0] groups;
  reg  [BINS_BITS:0]  bin_count;
  reg  [3:0]  jobs;                    // histograms whose result has not left

  // ---- loads: whose ----
  reg  [1:0]  state, kind;
  reg         through, refused, missing;
  wire        blocked = open || preparing;
  wire        fit_idle, stream_empty, due;
  wire        closed;
  wire        settled = stream_empty && fit_idle && !due && !closed;
  wire        own_ready = !preparing && (ld_kind == KIND_CONFIG ? jobs == 4'd0 && (settled || !open)
                                       : ld_kind == KIND_PHOTONS ? 1'b1 : ld_kind == KIND_CLOSE ? stream_empty && !due : settled);
  assign ld_begin_ready = state == U_IDLE && (ld_frames ? own_ready : blocked || en_begin_ready);
  wire        begins = ld_begin_valid && ld_begin_ready;
  wire        begins_own = begins && ld_frames;
  // Photons of pins would close frames for ever: none is counted any more once what ends the measurement is there.
  wire        halted = from_pins && ld_begin_valid && ld_frames && (ld_kind == KIND_CONFIG || (ld_kind[1] && ld_kind[0]));
  wire        begins_through = begins && !ld_frames && !blocked;
  wire        in_own = state != U_IDLE && !through && !refused;

  wire        ends = ld_commit || ld_abort;
  wire        same = held && irf_held && ld_config == held_id;
  always @(posedge clk) begin
    case (state)
      U_IDLE: if (begins) begin
        state <= U_LOOK;
        kind <= ld_kind;
        through <= begins_through;
        refused <= !ld_frames && blocked;
        missing <= !ld_frames ? blocked : ld_kind == KIND_CONFIG ? !same : !(open && ld_config == measured_id);
      end
      U_LOOK: state <= ends ? U_IDLE : U_WORDS;
      default: if (ends) state <= U_IDLE;
    endcase
    if (rst) state <= U_IDLE;
  end

  // ---- own loads ----
  reg  [1:0]  got;                     // words, as far as two
  reg  [2:0]  which;                   // word of `frames_config`
  reg         bad;
  reg  [15:0] photons_new;
  reg  [15:0] expected;
  wire [15:0] photon_words;
  wire        in_photons = HAS_FITS && in_own && kind == KIND_PHOTONS;
  wire        room;
  wire        body = got[1];
  wire        too_many = photon_words > WORDS_MOST;
  wire        own_word_ready = state == U_WORDS && (!in_photons || got == 2'd0 || room || bad || missing);
  wire        take = ld_valid && ld_ready && in_own;
  wire        commits = ld_commit && in_own;
  wire        good = commits && !bad;
  // of the photons in the word that is there: a photon is width/2 sixteenths of a word
  wire [19:0] sixteenths = width == 4'd8 ? {2'd0, ld_word[15:0], 2'd0} : width == 4'd10 ? {2'd0, ld_word[15:0], 2'd0} + {4'd0, ld_word[15:0]}
                                      : {2'd0, ld_word[15:0], 2'd0} + {3'd0, ld_word[15:0], 1'b0};
  assign photon_words = sixteenths[19:4] + {15'd0, sixteenths[3:0] != 4'd0};

  wire        stream_write = take && in_photons && got != 2'd0 && !bad && !(got == 2'd1 && (too_many || ld_word[31:16] != 16'd0));
  wire        mode_bad = !(ld_word[15:8] == 8'd8 || ld_word[15:8] == 8'd10 || ld_word[15:8] == 8'd12) || (ld_word[0] && !HAS_PINS) || (ld_word[3] && !HAS_RAW) || (!(ld_word[4] && ld_word[0] && !ld_word[2]) && !HAS_FITS) ||
                         ld_word[31:16] != 16'd0 || ld_word[7:5] != 3'd0;
  always @(posedge clk) begin
    if (begins) begin
      got <= 2'd0;
      bad <= 1'b0;
      expected <= ld_kind == KIND_CONFIG ? FRAMES_CFG_WORDS : ld_kind == KIND_PHOTONS ? 16'd2 : 16'd0;
    end else if (take) begin
      got <= got + {1'b0, !body};
      if (in_photons) begin
        if (got == 2'd0) bad <= ld_word != taken || from_pins;
        if (got == 2'd1) begin
          photons_new <= ld_word[15:0];
          expected <= photon_words + 16'd2;
          bad <= bad || too_many || ld_word[31:16] != 16'd0;
        end
      end
    end
    if (take && kind == KIND_CONFIG) begin
      case (which)
        FRAMES_CFG_MODE: begin
          warm <= HAS_FITS && ld_word[1];
          send_groups <= ld_word[2];
          send_raw <= HAS_RAW && ld_word[3];
          from_pins <= HAS_PINS && (ld_word[0] || !HAS_FITS);
          dry <= ld_word[4] || !HAS_FITS;
          width <= ld_word[11:8];
          if (mode_bad) bad <= 1'b1;
        end
        FRAMES_CFG_PHOTONS: limit_photons <= ld_word;
        FRAMES_CFG_CLOCKS_LOW: begin
          limit_clocks[31:0] <= ld_word;
          if (!from_pins && ld_word != 32'd0) bad <= 1'b1;
        end
        FRAMES_CFG_CLOCKS_HIGH: begin
          limit_clocks[47:32] <= ld_word[15:0];
          if ((!from_pins && ld_word != 32'd0) || ld_word[31:16] != 16'd0) bad <= 1'b1;
        end
        FRAMES_CFG_WARM_EVALUATIONS: warm_evaluations <= ld_word;
        default: begin
          {dead_time, by_marker, bin_log2} <= {ld_word[31:16], ld_word[4:0]};
          if ((!from_pins && ld_word != 32'd0) || ld_word[15:5] != 11'd0) bad <= 1'b1;
        end
      endcase
    end
    if (begins) which <= 3'd0;
    else if (take) which <= which + 3'd1;
    if (rst) from_pins <= HAS_PINS && !HAS_FITS;
  end

  // ---- opening ----
  reg  [BINS_BITS:0] zero_at;
  reg                zeroing;
  wire               filling;
  wire               fill = good && kind == KIND_CONFIG;
  reg                fill_next;
  wire               start = preparing && !filling && !zeroing && !fill_next;
  always @(posedge clk) begin
    fill_next <= fill;
    if (fill) begin
      preparing <= 1'b1;
      zeroing <= 1'b1;
      zero_at <= {(BINS_BITS+1){1'b0}};
      seq <= own_seq;
      measured_id <= held_id;
      taken <= 32'd0;
    end else if (zeroing) begin
      zero_at <= zero_at + {{BINS_BITS{1'b0}}, 1'b1};
      zeroing <= !zero_at[HAS_RAW ? BINS_BITS : INDEX_BITS];
    end
    if (start) begin
      preparing <= 1'b0;
      open <= 1'b1;
    end
    if (good && in_photons) taken <= taken + {16'd0, photons_new};
    if ((begins_own && ld_kind == KIND_CONFIG) || (good && kind[1] && kind[0])) open <= 1'b0;
    if (begins) own_seq <= ld_seq;
    if (rst) begin
      open <= 1'b0;
      preparing <= 1'b0;
      zeroing <= 1'b0;
      fill_next <= 1'b0;
    end
  end

  // ---- what passes through ----
  wire        fit_begin, fit_valid, fit_commit;
  wire [31:0] fit_word;
  assign en_begin_valid = blocked ? fit_begin : state == U_IDLE && ld_begin_valid && !ld_frames;
  assign en_kind = blocked ? KIND_GROUPS : ld_kind;
  assign en_seq = blocked ? seq : ld_seq;
  assign en_config = blocked ? measured_id : ld_config;
  assign en_valid = blocked ? fit_valid : through && state == U_WORDS && ld_valid;
  assign en_word = blocked ? fit_word : ld_word;
  assign en_commit = blocked ? fit_commit : through && ld_commit;
  assign en_abort = !blocked && through && ld_abort;
  assign ld_ready = through ? state == U_WORDS && en_ready : own_word_ready;
  assign ld_expect = through ? en_expect : expected;
  assign ld_reject = through ? en_reject : in_own && bad;
  assign ld_missing = through ? en_missing : missing;
  assign ld_busy = refused;

  // the configuration, as it passes
  wire en_begins = en_begin_valid && en_begin_ready && !blocked;
  wire config_word = of_config && through && ld_valid && ld_ready;
  wire er_ends = er_valid && er_ready && er_last;
  wire counts_through = through && kind[1] && ld_commit;
  always @(posedge clk) begin
    if (en_begins) begin
      of_config <= en_kind == KIND_CONFIG;
      of_irf <= en_kind == KIND_IRF;
      index <= 6'd0;
      if (en_kind == KIND_CONFIG) begin
        held <= 1'b0;
        irf_held <= 1'b0;
        held_id <= ld_config;
      end
    end
    if (state == U_LOOK && through && of_irf && !en_missing) irf_held <= 1'b0;
    if (through && ld_commit && of_config) held <= !en_reject;
    if (through && ld_commit && of_irf) irf_held <= 1'b1;
    if (config_word) begin
      index <= index + 6'd1;
      if (index == LAYOUT_MODEL[5:0]) {compact, components} <= {ld_word[25], ld_word[2:0]};
      if (index == LAYOUT_BINS[5:0]) bin_count <= ld_word[BINS_BITS:0];
      if (index == LAYOUT_GROUPS[5:0]) groups <= ld_word[INDEX_BITS:0];
    end
    if (counts_through && !er_ends) jobs <= jobs + 4'd1;
    else if (er_ends && !counts_through && !blocked) jobs <= jobs - 4'd1;
    if (rst) begin
      held <= 1'b0;
      irf_held <= 1'b0;
      jobs <= 4'd0;
    end
  end

  // ---- photons to counts ----
  wire        stream_valid, photon_ready, stop, late, marker_edge;
  wire [1:0]  lost, syncs;
  wire [11:0] stream_bin, stop_bin;
  wire        photon_valid = from_pins ? stop && !halted : stream_valid;
  wire [11:0] bin = from_pins ? stop_bin : stream_bin;
  wire        in_window = {{(16-12){1'b0}}, bin} < {{(15-BINS_BITS){1'b0}}, bin_count} && !(from_pins && late);
  // chosen and judged; those of the stream wait for the frame
  reg                 chosen_valid, chosen_inside;
  reg [BINS_BITS-1:0] chosen_bin;
  wire                chosen_room = from_pins || !chosen_valid || photon_ready;
  wire                ring_empty;
  assign stream_empty = ring_empty && !chosen_valid;
  always @(posedge clk) begin
    if (chosen_room) begin
      chosen_valid <= photon_valid;
      chosen_inside <= in_window;
      chosen_bin <= bin[BINS_BITS-1:0];
    end
    if (rst || start) chosen_valid <= 1'b0;
  end
  generate
    if (HAS_FITS) begin : g_stream
      photon_stream #(.RING_LOG2(RING_LOG2)) stream (
        .clk(clk), .rst(rst), .width(width),
        .write(stream_write), .room(room), .word(ld_word), .commit(good && in_photons), .forget(begins || (ends && !good)),
        .bin_valid(stream_valid), .bin_ready(chosen_room && !from_pins), .bin(stream_bin), .empty(ring_empty)
      );
    end else begin : g_no_stream
      wire stream_unused = &{stream_write, width};
      assign {room, stream_valid, stream_bin, ring_empty} = 15'b1;
    end
  endgenerate

  generate
    if (PIN_SAMPLES != 0) begin : g_pins
      reg  marker_before, marker_now;
      wire [SAMPLES_BITS:0] marker_all = {marker_samples, marker_before};
      wire [1:0] pins_lost, pins_syncs;
      photon_pins #(.SAMPLES(SAMPLES_BITS)) pins (
        .clk(clk), .rst(rst || start), .sync_samples(sync_samples), .detector_samples(detector_samples), .bin_log2(bin_log2), .dead_time(dead_time),
        .stop(stop), .bin(stop_bin), .late(late), .lost(pins_lost), .syncs(pins_syncs)
      );
      // as many clocks behind their samples as a stop that is chosen
      reg [2:0] edge_before;
      reg [1:0] lost_now, syncs_now;
      always @(posedge clk) begin
        marker_before <= marker_all[SAMPLES_BITS] || rst;
        edge_before <= {edge_before[1:0], (marker_samples & ~marker_all[SAMPLES_BITS-1:0]) != {SAMPLES_BITS{1'b0}} && !rst};
        marker_now <= edge_before[2];
        {lost_now, syncs_now} <= start ? 4'd0 : {pins_lost, pins_syncs};
      end
      assign marker_edge = marker_now && from_pins;
      assign {lost, syncs} = {lost_now, syncs_now};
    end else begin : g_no_pins
      wire pins_unused = &{sync_samples, detector_samples, marker_samples, bin_log2, dead_time};
      assign {stop, stop_bin, late, lost, syncs, marker_edge} = 19'd0;
    end
  endgenerate

  wire        add_valid, add_bank, over, over_bank, closed_bank, release_bank, saturated, facts_extended;
  wire [31:0] facts_number, facts_photons, facts_outside, facts_lost, facts_syncs, now;
  wire [63:0] facts_start, facts_end;
  wire [1:0]  facts_reason;
  photon_frame frame (
    .clk(clk), .rst(rst), .start(start), .running(open && !halted),
    .hold_photons(!from_pins), .limit_photons(limit_photons), .limit_clocks(limit_clocks), .by_marker(by_marker), .marker(marker_edge),
    .command(good && kind == KIND_CLOSE),
    .photon_valid(chosen_valid), .photon_ready(photon_ready), .photon_inside(chosen_inside), .lost(from_pins ? lost : 2'd0), .syncs_in(from_pins ? syncs : 2'd0),
    .add_valid(add_valid), .add_bank(add_bank), .over(over), .over_bank(over_bank),
    .due(due), .closed(closed), .closed_bank(closed_bank), .release_bank(release_bank), .saturated(saturated),
    .facts_number(facts_number), .facts_photons(facts_photons), .facts_outside(facts_outside), .facts_lost(facts_lost),
    .facts_syncs(facts_syncs), .facts_start(facts_start), .facts_end(facts_end), .facts_reason(facts_reason),
    .facts_extended(facts_extended), .now(now)
  );

  wire [INDEX_BITS-1:0] read_group;
  wire [COUNT_BITS-1:0] read_count;
  wire [BINS_BITS-1:0]  read_bin, zero_address;
  wire [COUNT_BITS-1:0] read_raw;
  wire                  zero_group, zero_bin;
  wire                  bins_over, bins_over_bank;
  wire [2:0]            layout_index;
  wire [31:0]           memory_data;

  // at the opening both banks are zeroed
  generate
    if (HAS_FITS) begin : g_groups
      wire [INDEX_BITS-1:0] group;
      // a bin has no more than its group
      wire                  bins_over_unused = bins_over || bins_over_bank;
      photon_map #(.BINS_BITS(BINS_BITS), .INDEX_BITS(INDEX_BITS)) map (
        .clk(clk), .rst(rst), .fill(fill), .filling(filling), .layout_index(layout_index), .layout_word(memory_data),
        .bin(chosen_bin), .group(group)
      );
      photon_count #(.COUNT_BITS(COUNT_BITS), .ADDRESS_BITS(INDEX_BITS)) counts (
        .clk(clk), .rst(rst),
        .add_valid(add_valid), .add_bank(add_bank), .add_address(group), .over(over), .over_bank(over_bank),
        .read_bank(closed_bank), .read_address(read_group), .read_data(read_count),
        .zero_valid(zeroing || zero_group), .zero_both(zeroing), .zero_bank(closed_bank),
        .zero_address(zeroing ? zero_at[INDEX_BITS-1:0] : zero_address[INDEX_BITS-1:0])
      );
    end else begin : g_no_groups
      wire groups_unused = &{read_group, zero_group, layout_index, memory_data, read_count};
      assign {over, over_bank} = {bins_over, bins_over_bank};
      assign {filling, layout_index, read_count} = {(4+COUNT_BITS){1'b0}};
    end

    if (WITH_RAW != 0) begin : g_raw
      reg  [BINS_BITS-1:0] add_bin;
      photon_count #(.COUNT_BITS(COUNT_BITS), .ADDRESS_BITS(BINS_BITS)) bin_counts (
        .clk(clk), .rst(rst),
        .add_valid(add_valid), .add_bank(add_bank), .add_address(add_bin), .over(bins_over), .over_bank(bins_over_bank),
        .read_bank(closed_bank), .read_address(read_bin), .read_data(read_raw),
        .zero_valid(zeroing || zero_bin), .zero_both(zeroing), .zero_bank(closed_bank),
        .zero_address(zeroing ? zero_at[BINS_BITS-1:0] : zero_address)
      );
      always @(posedge clk) add_bin <= chosen_bin;
    end else begin : g_no_raw
      wire raw_unused = &{read_bin, zero_bin, zero_address[BINS_BITS-1:INDEX_BITS]};
      assign {bins_over, bins_over_bank, read_raw} = {(2+COUNT_BITS){1'b0}};
    end
  endgenerate

  // ---- frames ----
  reg  [3:0] drained;                  // clocks since the frame closed
  always @(posedge clk) begin
    drained <= closed && !release_bank ? {drained[2:0], 1'b1} : 4'd0;
    if (rst || start) drained <= 4'd0;
  end

  wire        fit_rs_valid, fit_rs_last, fit_er_ready;
  wire [31:0] fit_rs_word, fit_rs_seq;
  wire [15:0] fit_rs_config, fit_rs_words;
  wire [1:0]  fit_rs_frame;
  generate
    if (HAS_FITS) begin : g_fit
      wire        memory_write;
      wire [7:0]  memory_write_address, memory_address;
      wire [31:0] memory_write_data;
      photon_fit #(.COUNT_BITS(COUNT_BITS), .INDEX_BITS(INDEX_BITS), .BINS_BITS(BINS_BITS), .RAW(WITH_RAW)) fit (
        .clk(clk), .rst(rst), .start(start), .idle(fit_idle),
        .warm(warm), .send_groups(send_groups), .send_raw(send_raw), .dry(dry), .warm_evaluations(warm_evaluations),
        .seq(seq), .config_id(measured_id), .components(components), .compact(compact), .groups(groups), .bin_count(bin_count),
        .closed(closed && drained[3]), .release_bank(release_bank), .saturated(saturated),
        .facts_number(facts_number), .facts_photons(facts_photons), .facts_outside(facts_outside), .facts_lost(facts_lost),
        .facts_syncs(facts_syncs), .facts_start(facts_start), .facts_end(facts_end), .facts_reason(facts_reason),
        .facts_extended(facts_extended), .now(now),
        .read_group(read_group), .read_count(read_count), .read_bin(read_bin), .read_raw(read_raw),
        .zero_group(zero_group), .zero_bin(zero_bin), .zero_address(zero_address),
        .memory_write(memory_write), .memory_write_address(memory_write_address), .memory_write_data(memory_write_data),
        .memory_address(memory_address), .memory_data(memory_data),
        .st_valid(st_valid), .st_index(st_index), .st_word(st_word),
        .ld_begin_valid(fit_begin), .ld_begin_ready(en_begin_ready), .ld_valid(fit_valid), .ld_ready(en_ready), .ld_word(fit_word),
        .ld_commit(fit_commit), .en_valid(er_valid && blocked), .en_ready(fit_er_ready), .en_last(er_last), .en_word(er_word), .en_words(er_words[7:0]),
        .rs_valid(fit_rs_valid), .rs_ready(rs_ready), .rs_last(fit_rs_last), .rs_word(fit_rs_word), .rs_seq(fit_rs_seq),
        .rs_config(fit_rs_config), .rs_words(fit_rs_words), .rs_frame(fit_rs_frame)
      );

      // configuration as loaded, facts, result
      photon_memory memory (
        .clk(clk),
        .write(config_word || memory_write), .write_address(config_word ? {2'b00, index} : memory_write_address),
        .write_data(config_word ? ld_word : memory_write_data),
        .read_address(filling ? {5'd0, layout_index} : memory_address), .read_data(memory_data)
      );
    end else begin : g_send
      wire [15:0] send_words;
      wire fit_unused = &{components, compact, groups, warm, send_groups, dry, warm_evaluations, config_word, index, er_valid, er_last, er_word, er_seq, er_config,
                          er_words, en_begin_ready, en_ready};
      photon_send #(.COUNT_BITS(COUNT_BITS), .BINS_BITS(BINS_BITS)) send (
        .clk(clk), .rst(rst), .idle(fit_idle), .send_raw(send_raw), .bin_count(bin_count),
        .closed(closed && drained[3]), .release_bank(release_bank), .saturated(saturated),
        .facts_number(facts_number), .facts_photons(facts_photons), .facts_outside(facts_outside), .facts_lost(facts_lost),
        .facts_syncs(facts_syncs), .facts_start(facts_start), .facts_end(facts_end), .facts_reason(facts_reason),
        .facts_extended(facts_extended), .now(now),
        .read_bin(read_bin), .read_raw(read_raw), .zero_bin(zero_bin), .zero_address(zero_address),
        .rs_valid(fit_rs_valid), .rs_ready(rs_ready), .rs_last(fit_rs_last), .rs_word(fit_rs_word), .rs_words(send_words), .rs_frame(fit_rs_frame)
      );
      assign {fit_rs_seq, fit_rs_config, fit_rs_words} = {seq, measured_id, send_words};
      assign {memory_data, read_group, zero_group, fit_er_ready} = {(34+INDEX_BITS){1'b0}};
      assign {st_valid, st_index, st_word, fit_begin, fit_valid, fit_word, fit_commit} = 74'd0;
    end
  endgenerate

  // ---- results ----
  assign er_ready = blocked ? fit_er_ready : rs_ready;
  assign rs_valid = blocked ? fit_rs_valid : er_valid;
  assign rs_last = blocked ? fit_rs_last : er_last;
  assign rs_word = blocked ? fit_rs_word : er_word;
  assign rs_seq = blocked ? fit_rs_seq : er_seq;
  assign rs_config = blocked ? fit_rs_config : er_config;
  assign rs_words = blocked ? fit_rs_words : er_words;
  assign rs_frame = blocked ? fit_rs_frame : 2'd0;
  assign busy = !stream_empty || !fit_idle || due || preparing || (open && from_pins);
endmodule
`default_nettype wire
