// A closed frame's way: starts into the engine, counts into the engine, result and facts out, the bank zeroed.
//
// Purpose    For each closed frame, in order: the group sums are loaded as if they were a `histogram_grouped`, and meanwhile the engine's start
//            floats are written (those of the configuration, or the result of the frame before, scaled: photon_scale); the histogram is sent
//            where it was asked for; the result is kept, and judged as soon as its first words are there. A fit that started from the frame
//            before and is not converged, or whose chi2 is above chi2_accept, is done again with the configuration's starts. Then facts and
//            result are sent as one message, the first words while the last ones still come, and the bank is zeroed. A frame starts from the
//            one before when that one's result was converged with a chi2 below chi2_accept, and both have photons. Held parameters keep
//            the configuration's values.
// Formats    words (protocol.vh). Memory: 0..63 configuration as loaded, 64 on the frame's facts, behind them result words
// Latency    about 10 clocks and one a group before the fit, warm 80 to 170 at least; 30 behind the result's first word
// Throughput one frame at a time
// Overflow   none: a frame that cannot be sent waits, and its bank with it
// Does not   count, nor know when a frame ends
`default_nettype none
module photon_fit #(
  parameter COUNT_BITS = 17,
  parameter INDEX_BITS = 8,
  parameter BINS_BITS = 10,
  parameter RAW = 0
) (
  input  wire                  clk,
  input  wire                  rst,
  input  wire                  start,            // pulse: a measurement begins; no frame before
  output wire                  idle,
  // measurement
  input  wire                  warm,
  input  wire                  send_groups,
  input  wire                  send_raw,
  input  wire                  dry,              // no fit
  input  wire [31:0]           warm_evaluations,
  input  wire [31:0]           seq,
  input  wire [15:0]           config_id,
  input  wire [2:0]            components,
  input  wire                  compact,
  input  wire [INDEX_BITS:0]   groups,
  input  wire [BINS_BITS:0]    bin_count,
  // the closed frame
  input  wire                  closed,           // and no photon of it is on its way
  output reg                   release_bank,
  input  wire                  saturated,
  input  wire [31:0]           facts_number,
  input  wire [31:0]           facts_photons,
  input  wire [31:0]           facts_outside,
  input  wire [31:0]           facts_lost,
  input  wire [31:0]           facts_syncs,
  input  wire [63:0]           facts_start,
  input  wire [63:0]           facts_end,
  input  wire [1:0]            facts_reason,
  input  wire                  facts_extended,
  input  wire [31:0]           now,
  // its counts
  output wire [INDEX_BITS-1:0] read_group,
  input  wire [COUNT_BITS-1:0] read_count,
  output wire [BINS_BITS-1:0]  read_bin,
  input  wire [COUNT_BITS-1:0] read_raw,
  output wire                  zero_group,
  output wire                  zero_bin,
  output wire [BINS_BITS-1:0]  zero_address,
  // memory
  output wire                  memory_write,
  output reg  [7:0]            memory_write_address,
  output reg  [31:0]           memory_write_data,
  output reg  [7:0]            memory_address,
  input  wire [31:0]           memory_data,
  // engine: start floats, loads, results
  output wire                  st_valid,
  output reg  [5:0]            st_index,
  output reg  [31:0]           st_word,
  output wire                  ld_begin_valid,
  input  wire                  ld_begin_ready,
  output wire                  ld_valid,
  input  wire                  ld_ready,
  output wire [31:0]           ld_word,
  output wire                  ld_commit,
  input  wire                  en_valid,
  output wire                  en_ready,
  input  wire                  en_last,
  input  wire [31:0]           en_word,
  input  wire [7:0]            en_words,         // of the result, with its words
  // messages
  output wire                  rs_valid,
  input  wire                  rs_ready,
  output wire                  rs_last,
  output wire [31:0]           rs_word,
  output wire [31:0]           rs_seq,
  output wire [15:0]           rs_config,
  output wire [15:0]           rs_words,
  output wire [1:0]            rs_frame          // 1 `frame`, 2 `frame_histogram`, 3 `frame_raw`
);
  `include "protocol.vh"

  localparam [4:0] F_IDLE = 5'd0, F_HELD = 5'd2, F_SOURCE = 5'd3, F_WORD = 5'd4, F_SCALE = 5'd5, F_STORE = 5'd6;
  localparam [4:0] F_BEGIN = 5'd7, F_LOOK = 5'd8, F_COMMIT = 5'd9, F_GROUPS = 5'd10, F_RAW = 5'd11, F_RESULT = 5'd12, F_STATUS = 5'd13;
  localparam [4:0] F_DECIDE = 5'd15, F_FACTS = 5'd16, F_SEND = 5'd17, F_FETCH = 5'd18, F_PLACE = 5'd19;

  localparam [7:0] FACTS_AT = 8'd64;
  localparam [7:0] RESULT_AT = FACTS_AT + FRAME_WORDS;
  localparam [7:0] FLOATS_AT = LAYOUT_WORDS;
  localparam [5:0] ONE_START = 6'd1;

  // slots: start rates, start amplitudes, background, shift, evaluations_max, starts_max
  localparam [3:0] SLOT_AMPLITUDE = 4'd4, SLOT_BACKGROUND = 4'd8, SLOT_SHIFT = 4'd9, SLOT_EVALUATIONS = 4'd10, SLOT_STARTS = 4'd11;

  reg [4:0]           state;
  reg                 known;              // the memory holds the result of the frame before, a good one
  reg                 warm_now, returned, restoring;
  reg [31:0]          photons_before, refused, latency;
  reg [INDEX_BITS:0]  filled;
  reg [BINS_BITS:0]   at;                 // group, bin or word
  // Counts wait in `count`, then in `spare`; at most two of them are there or being read.
  reg                 reading;            // `at` is to be read
  reg                 fresh, fresh_last;  // a count comes from the bank; it is the last one
  reg                 counted, counted_last, spared, spare_last;
  reg  [COUNT_BITS-1:0] count, spare;
  reg                 loading;            // counts go to the engine
  reg                 receiving;          // a result comes from it
  reg                 chi2_there;
  reg  [3:0]          closing;            // of the facts: saturated, extended, reason
  reg [3:0]           slot;
  reg [7:0]           result_words;       // received
  reg [7:0]           result_total;
  reg [31:0]          status, chi2, accept;
  reg                 from_result;
  reg                 clearing;
  reg [BINS_BITS:0]   clear_at;
  reg                 clear_raw;

  wire begins = state == F_IDLE && closed && !clearing && !release_bank;
  wire warm_next = warm && known && !dry && facts_photons != 32'd0;
  assign idle = state == F_IDLE && !clearing && !closed;

  // ---- starts ----
  wire       is_rate = slot[3:2] == 2'd0;
  wire       is_amplitude = slot[3:2] == 2'd1;
  wire       is_component = !slot[3];
  wire [1:0] component = slot[1:0];
  wire [5:0] start_index = is_rate ? CFG_START_RATE_1[5:0] + {4'd0, component} : is_amplitude ? CFG_START_AMPLITUDE_1[5:0] + {4'd0, component}
                         : slot == SLOT_BACKGROUND ? CFG_START_BACKGROUND[5:0] : slot == SLOT_SHIFT ? CFG_START_SHIFT[5:0]
                         : slot == SLOT_EVALUATIONS ? CFG_EVALUATIONS_MAX[5:0] : CFG_STARTS_MAX[5:0];
  wire [5:0] held_index = is_component ? CFG_HELD_AMPLITUDE_1[5:0] + {3'd0, component, is_rate}
                        : slot == SLOT_BACKGROUND ? CFG_HELD_BACKGROUND[5:0] : CFG_HELD_SHIFT[5:0];
  // a compact result leaves out `evaluations` and the components that are not there
  wire [7:0] rates_at = compact ? RES_AMPLITUDE_1[7:0] - 8'd1 : RES_AMPLITUDE_1[7:0];
  wire [7:0] shift_at = compact ? rates_at + {4'd0, components, 1'b0} : RES_SHIFT[7:0];
  wire [7:0] result_word = compact && result_words != RES_STATUS[7:0] ? result_words + 8'd1 : result_words;
  wire [7:0] source = RESULT_AT + (is_component ? rates_at + {5'd0, component, is_rate}
                                   : slot == SLOT_BACKGROUND ? shift_at + 8'd1 : shift_at);
  // rates, shift and limits are written while the ratio is made; components that are not there keep what they have
  wire       last_component = {1'b0, component} == components - 3'd1;
  wire [3:0] next_slot = is_rate && last_component ? SLOT_SHIFT : slot == SLOT_STARTS ? SLOT_AMPLITUDE : is_amplitude && last_component ? SLOT_BACKGROUND
                       : slot + 4'd1;
  wire       last_slot = slot == SLOT_BACKGROUND;
  wire       is_limit = slot == SLOT_EVALUATIONS || slot == SLOT_STARTS;
  wire       scales = from_result && (is_amplitude || slot == SLOT_BACKGROUND);
  wire       scale_busy;
  wire [31:0] scaled;

  photon_scale scaler (
    .clk(clk), .rst(rst),
    .prepare(begins && warm_next), .photons(facts_photons), .photons_before(photons_before),
    .scale(state == F_WORD && scales && !scale_busy), .word(memory_data), .busy(scale_busy), .scaled(scaled)
  );

  assign st_valid = state == F_STORE;

  // ---- judgement ----
  wire status_done = status[31:24] == 8'd0;
  wire shifts_four = status[31] && status[30:26] != 5'd31;     // -5 or less
  wire chi2_fours = chi2[22:19] == 4'd0;
  wire aligned = (chi2[22] || chi2[22:0] == 23'd0) && (accept[22] || accept[22:0] == 23'd0);
  wire signed [7:0] chi2_power = chi2[31:24], accept_power = accept[31:24];
  wire below = chi2[22:0] == 23'd0 || (accept[22:0] != 23'd0 &&
               (chi2_power < accept_power || (chi2_power == accept_power && chi2[22:0] <= accept[22:0])));
  wire again = warm_now && !good;
  wire judged = state == F_DECIDE && !again;
  wire good = status[STATUS_BIT_CONVERGED] && !status[STATUS_BIT_SINGULAR] && !status[STATUS_BIT_EVALUATION_LIMIT] && !status[STATUS_BIT_NO_COUNTS] &&
              below && !chi2[23] && !accept[23];

  // ---- counts ----
  wire [BINS_BITS:0] groups_wide = {{(BINS_BITS-INDEX_BITS){1'b0}}, groups};
  wire               of_bins = state == F_RAW;
  wire [BINS_BITS:0] last_at = (of_bins ? bin_count : groups_wide) - {{BINS_BITS{1'b0}}, 1'b1};
  wire               at_last = at == last_at;
  wire [31:0]        count_word = {{(32-COUNT_BITS){1'b0}}, count};
  wire               of_message = state == F_GROUPS || of_bins;
  wire               loads = loading && counted && (dry || ld_ready);
  wire               counts_sent = of_message && counted && rs_ready;
  wire               take_count = loads || counts_sent;
  wire               reads = reading && (!counted || take_count || !(spared || fresh));
  wire [COUNT_BITS-1:0] bank_count = of_bins ? read_raw : read_count;
  wire               messages_begin = state == F_COMMIT && !loading && after_load != F_FACTS;
  wire               raw_begins = state == F_GROUPS && take_count && counted_last && send_raw;

  assign read_group = at[INDEX_BITS-1:0];
  assign read_bin = at[BINS_BITS-1:0];
  assign ld_begin_valid = state == F_BEGIN;
  assign ld_valid = loading && counted && !dry;
  assign ld_word = count_word;
  assign ld_commit = state == F_COMMIT && !loading && !dry;
  assign en_ready = receiving;

  // ---- messages ----
  // The word that goes stands in `hold`; what is read may follow it when it shows memory_address and is a word that is there.
  wire [7:0]  frame_words = dry ? FRAME_WORDS[7:0] : FRAME_WORDS[7:0] + result_total;
  wire [7:0]  send_at = memory_address - FACTS_AT;
  reg  [31:0] hold;
  reg         have, hold_last;
  reg         shown, there;
  wire        sends = state == F_SEND && have && rs_ready;
  wire        sent = sends && hold_last;
  wire        takes_word = state == F_SEND && shown && there && !(have && (hold_last || !rs_ready));
  wire [31:0] facts = {25'd0, dry, returned, warm_now, closing};
  wire [31:0] kept_word = send_at == FRAME_FACTS ? facts : send_at == FRAME_LATENCY ? latency : send_at == FRAME_WARM_EVALUATIONS ? refused : memory_data;

  assign rs_frame = state == F_GROUPS ? 2'd2 : state == F_RAW ? 2'd3 : 2'd1;
  assign rs_valid = (of_message && counted) || (state == F_SEND && have);
  assign rs_last = state == F_SEND ? hold_last : counted_last;
  assign rs_word = state == F_SEND ? hold : count_word;
  assign rs_seq = seq;
  assign rs_config = config_id;
  assign rs_words = state == F_GROUPS ? {{(15-INDEX_BITS){1'b0}}, groups} : state == F_RAW ? {{(15-BINS_BITS){1'b0}}, bin_count} : {8'd0, frame_words};

  // ---- facts ----
  reg [31:0] fact;
  always @* begin
    case (at[3:0])
      FRAME_NUMBER: fact = facts_number;
      FRAME_PHOTONS: fact = facts_photons;
      FRAME_OUTSIDE: fact = facts_outside;
      FRAME_LOST: fact = facts_lost;
      FRAME_SYNCS: fact = facts_syncs;
      FRAME_START_LOW: fact = facts_start[31:0];
      FRAME_START_HIGH: fact = facts_start[63:32];
      FRAME_END_LOW: fact = facts_end[31:0];
      FRAME_END_HIGH: fact = facts_end[63:32];
      FRAME_FILLED: fact = {{(31-INDEX_BITS){1'b0}}, filled};
      default: fact = 32'd0;                         // known later: kept_word
    endcase
  end

  wire takes_result = receiving && en_valid;
  wire last_fact = at[3:0] == FRAME_WORDS[3:0] - 4'd1;
  assign memory_write = takes_result || state == F_FACTS;
  always @* begin
    memory_write_address = state == F_FACTS ? FACTS_AT + {4'd0, at[3:0]} : RESULT_AT + result_words;
    memory_write_data = state == F_FACTS ? fact : en_word;
  end

  // ---- zeroing ----
  localparam HAS_RAW = RAW != 0;
  wire clear_last = clear_at == (clear_raw ? bin_count : groups_wide) - {{BINS_BITS{1'b0}}, 1'b1};
  assign zero_group = clearing && !clear_raw;
  assign zero_bin = clearing && clear_raw;
  assign zero_address = clear_at[BINS_BITS-1:0];
  always @(posedge clk) begin
    release_bank <= 1'b0;
    if (judged || (dry && state == F_FACTS && last_fact)) begin
      clearing <= 1'b1;
      clear_raw <= 1'b0;
      clear_at <= {(BINS_BITS+1){1'b0}};
    end else if (clearing) begin
      clear_at <= clear_last ? {(BINS_BITS+1){1'b0}} : clear_at + {{BINS_BITS{1'b0}}, 1'b1};
      if (clear_last) begin
        clear_raw <= HAS_RAW && !clear_raw;
        clearing <= HAS_RAW && !clear_raw;
        release_bank <= !HAS_RAW || clear_raw;
      end
    end
    if (rst) begin
      clearing <= 1'b0;
      release_bank <= 1'b0;
    end
  end

  // ---- steps ----
  wire [4:0] after_load = send_groups && !returned ? F_GROUPS : send_raw && !returned ? F_RAW : F_FACTS;
  wire [4:0] after_groups = send_raw ? F_RAW : F_FACTS;

  always @(posedge clk) begin
    fresh <= reads;
    fresh_last <= at_last;
    if (reads && at_last) reading <= 1'b0;
    if (!counted || take_count) begin
      count <= spared ? spare : bank_count;
      counted_last <= spared ? spare_last : fresh_last;
      counted <= spared || fresh;
      spared <= 1'b0;
    end else if (fresh) begin
      spare <= bank_count;
      spare_last <= fresh_last;
      spared <= 1'b1;
    end
    if (messages_begin || raw_begins) reading <= 1'b1;
    if (reads || state == F_FACTS) at <= (state == F_FACTS ? last_fact : at_last) ? {(BINS_BITS+1){1'b0}} : at + {{BINS_BITS{1'b0}}, 1'b1};
    if (loads) begin
      if (count_word != 32'd0 && !returned) filled <= filled + {{INDEX_BITS{1'b0}}, 1'b1};
      if (counted_last) loading <= 1'b0;
    end

    if (takes_result) begin
      result_words <= result_words + 8'd1;
      result_total <= en_words;
      case (result_word)
        RES_STATUS: begin
          status <= en_word;
          latency <= 32'd0;
        end
        RES_EVALUATIONS: latency <= en_word;         // kept there until the fit is judged; zero: a compact result has none
        RES_CHI2: begin
          chi2 <= en_word;
          chi2_there <= 1'b1;
        end
        default: ;
      endcase
      if (en_last) receiving <= 1'b0;
    end

    shown <= (state == F_SEND || state == F_DECIDE) && !takes_word;
    there <= memory_address < RESULT_AT + result_words;
    if (takes_word) begin
      hold <= kept_word;
      hold_last <= send_at == frame_words - 8'd1;
      memory_address <= memory_address + 8'd1;
    end
    if (takes_word) have <= 1'b1;
    else if (sends || state != F_SEND) have <= 1'b0;

    case (state)
      F_IDLE: begin
        at <= {(BINS_BITS+1){1'b0}};
        slot <= 4'd0;
        filled <= {(INDEX_BITS+1){1'b0}};
        returned <= 1'b0;
        refused <= 32'd0;
        result_words <= 8'd0;
        warm_now <= warm_next;
        restoring <= 1'b0;
        loading <= begins && dry;
        reading <= begins;
        if (begins) state <= dry ? F_COMMIT : F_BEGIN;
      end
      // slot by slot: is the parameter held? then its word, from the result or the configuration
      F_HELD: begin
        memory_address <= FLOATS_AT + {2'd0, held_index};
        if (is_limit && warm_now) begin
          st_index <= start_index;
          st_word <= slot == SLOT_STARTS ? {26'd0, ONE_START} : warm_evaluations;
          state <= F_STORE;
        end else state <= F_FETCH;
      end
      F_FETCH: state <= F_SOURCE;
      F_SOURCE: begin
        from_result <= warm_now && !is_limit && memory_data[23:0] == 24'd0;
        memory_address <= warm_now && !is_limit && memory_data[23:0] == 24'd0 ? source : FLOATS_AT + {2'd0, start_index};
        state <= F_PLACE;
      end
      F_PLACE: state <= F_WORD;
      F_WORD: begin
        st_index <= start_index;
        st_word <= memory_data;
        if (!scales) state <= F_STORE;
        else if (!scale_busy) state <= F_SCALE;
      end
      F_SCALE: if (!scale_busy) begin
        st_word <= scaled;
        state <= F_STORE;
      end
      F_STORE: begin
        slot <= next_slot;
        state <= !last_slot ? F_HELD : restoring ? F_IDLE : F_COMMIT;
      end
      F_BEGIN: if (ld_begin_ready) state <= F_LOOK;
      // the starts are written while the counts go
      F_LOOK: begin
        loading <= 1'b1;
        slot <= 4'd0;
        state <= warm_now || returned ? F_HELD : F_COMMIT;
      end
      F_COMMIT: if (!loading) state <= after_load;
      F_GROUPS: if (take_count && counted_last) state <= after_groups;
      F_RAW: if (take_count && counted_last) state <= F_FACTS;
      // facts stand in the memory before the result comes: those of `judged` are not read there
      F_FACTS: begin
        closing <= {saturated, facts_extended, facts_reason};
        if (dry) latency <= now - facts_end[31:0];
        memory_address <= dry ? FACTS_AT : FLOATS_AT + CFG_CHI2_ACCEPT[7:0];
        chi2_there <= 1'b0;
        receiving <= last_fact && !dry;
        if (last_fact) state <= dry ? F_SEND : F_RESULT;
      end
      F_RESULT: begin
        accept <= memory_data;
        if (takes_result) begin                             // its first word is the status
          memory_address <= FACTS_AT;
          state <= F_STATUS;
        end
      end
      // status bits become an integer; chi2 and its limit get bit 22
      F_STATUS: begin
        if (!status_done) begin
          status[23:0] <= shifts_four ? {4'd0, status[23:4]} : status[31] ? {1'b0, status[23:1]} : {status[22:0], 1'b0};
          status[31:24] <= shifts_four ? status[31:24] + 8'd4 : status[31] ? status[31:24] + 8'd1 : status[31:24] - 8'd1;
        end
        if (chi2_there && !chi2[22] && chi2[22:0] != 23'd0) begin
          chi2[22:0] <= chi2_fours ? chi2[22:0] << 4 : chi2[22:0] << 1;
          chi2[31:24] <= chi2[31:24] - (chi2_fours ? 8'd4 : 8'd1);
        end
        if (!accept[22] && accept[22:0] != 23'd0) begin
          accept[22:0] <= accept[22:0] << 1;
          accept[31:24] <= accept[31:24] - 8'd1;
        end
        if (status_done && aligned && chi2_there) state <= F_DECIDE;
      end
      F_DECIDE: begin
        slot <= 4'd0;
        if (!again) begin
          latency <= now - facts_end[31:0];
          known <= good;
          photons_before <= facts_photons;
          state <= F_SEND;
        end else if (!receiving) begin
          refused <= latency;
          returned <= 1'b1;
          warm_now <= 1'b0;
          result_words <= 8'd0;
          reading <= 1'b1;
          state <= F_BEGIN;
        end
      end
      F_SEND: if (sent) begin
        // the configuration's starts come back
        warm_now <= 1'b0;
        restoring <= 1'b1;
        state <= warm_now ? F_HELD : F_IDLE;
      end
      default: state <= F_IDLE;
    endcase
    if (start) known <= 1'b0;
    if (rst) begin
      state <= F_IDLE;
      known <= 1'b0;
      loading <= 1'b0;
      receiving <= 1'b0;
      reading <= 1'b0;
      fresh <= 1'b0;
      counted <= 1'b0;
      spared <= 1'b0;
    end
  end
endmodule
`default_nettype wire
