// The pass's clockwork: which product the input FIR does in every clock, and when a component's states step.
//
// Purpose    A pass is a row of steps, `period` clocks each. A step has one frame a component; a frame is four clocks or more:
//            load        one float word a state, then the background           (before pre-groups, before fine bins)
//            single bin  `taps` products in the frames of components 0 and 2, the same of components 1 and 3 with the other multiplier meanwhile (their sums
//                        are taken in frames 1 and 3); shift column taps in frame 1, of one component behind its frame
//            wide        be g_before (two products, as g_before may be a sum of two words), al g; shift column input in frame 1 or behind frame 0
//            The last product of a frame goes with the frame's token, which steps the component's states 7 clocks later.
//            Two empty steps at the end let the last group's rate products and normalisation through; where another pass waits by then, its load
//            takes the place of the second, longer where the lanes have to drain before its first group comes.
//            A single bin whose FIR would see zeros only (before the response's rise, behind its fall) goes as a wide step without input.
// Periods    single bin  max(8, T max(2, components), lanes), T = max(4, taps, shift_taps), with four components 3 more;  wide max(8, 4 components, lanes)
//            lanes = 5, 7, 12, 19 for 1..4 components; 2 longer where two steps become one
// Waits      without `whole` in the last step before a group (before pre-groups in the load; not where they begin from zero: zeros they stay, whatever the words)
// Latency    addresses one clock after start; g follows the addresses by one clock
// Overflow   none
// Does not   check the layout: 1..4 components, taps 2..8, shift_taps 1..8, fine >= 2, octaves 1 .. `octaves` all in use.
`default_nettype none
module decay_sequencer #(
  // bits of g
  parameter WORD_BITS = 16,
  // bits of counts of groups and bins
  parameter GROUPS_BITS = 9,
  parameter FINE_ADDRESS_BITS = 8,
  parameter STEP_ADDRESS_BITS = 9
) (
  input  wire                         clk,
  input  wire                         rst,
  input  wire                         start,
  input  wire                         whole,           // steps of groups may come: their words are there
  input  wire                         next,            // another pass waits: it begins in the clocks of this one's end
  output reg                          flushes,         // the empty steps begin: words are read no more
  output reg                          begun,           // the pass's first load begins
  output reg                          ended,           // the last group's normalisation is 8 clocks old, or over; frames are still under way
  // layout
  input  wire [2:0]                   components,
  input  wire [3:0]                   taps,
  input  wire [3:0]                   shift_taps,
  input  wire [GROUPS_BITS-1:0]       pre,
  input  wire                         earlier_pulses,  // pre-groups have states of theirs
  input  wire [GROUPS_BITS-1:0]       fine,
  input  wire [95:0]                  octave_groups,
  input  wire [3:0]                   octaves,
  // addresses of the first and last fine word that is not zero
  input  wire [FINE_ADDRESS_BITS-1:0] irf_rise,
  input  wire [FINE_ADDRESS_BITS-1:0] irf_fall,
  // anchor and node from the FIR
  input  wire                         anchor_valid,
  input  wire                         node_valid,
  input  wire signed [7:0]            expanded,
  // IRF memories
  output reg  [FINE_ADDRESS_BITS-1:0] fine_address,
  input  wire [WORD_BITS-1:0]         fine_data,
  output reg  [STEP_ADDRESS_BITS-1:0] step_address,
  input  wire [WORD_BITS-1:0]         step_data,
  // FIR words
  output reg  [1:0]                   fir_place,
  output reg  [1:0]                   fir_component,
  output reg  [3:0]                   fir_index,
  output reg                          fir_second,
  // FIR product, with the word
  output reg  [WORD_BITS-1:0]         g,
  output reg                          fir_first,
  output reg                          fir_last,
  output reg                          fir_float,
  output reg                          fir_integer,
  output reg                          fir_more,
  output reg  [2:0]                   fir_kind,
  output reg                          fir_other,       // the next component's product, too
  output reg                          fir_take,        // its sum becomes a state
  // frame token
  output wire                         frame,
  output reg  [1:0]                   frame_component,
  output reg                          frame_first,
  output reg                          frame_last,
  output reg                          frame_load,
  output reg                          frame_fine,
  output reg  [3:0]                   frame_octave,    // of the recursion words, 0 single bins
  output reg                          frame_closes,    // a group ends with this step
  output reg                          frame_second,    // two steps become one: their sums are the state
  output reg                          frame_rates,     // the step before closed a group
  output reg                          frame_norm,      // the one before that did
  output reg  [3:0]                   frame_width,     // log2 width of the group to be normalised
  output reg  [1:0]                   frame_bank
);
  localparam [2:0] IDLE = 3'd0, INIT = 3'd1, LOAD = 3'd2, PRE = 3'd3, FINE = 3'd4, OCTAVE = 3'd5, FLUSH = 3'd6;
  localparam [1:0] COMMON = 2'd0, COMPONENT = 2'd1, WIDTH = 2'd2;
  localparam [1:0] FROM_FINE = 2'd0, FROM_STEP = 2'd1, FROM_BEFORE = 2'd2, FROM_BEFORE_2 = 2'd3;
  localparam [2:0] K_NONE = 3'd0, K_STATE = 3'd1, K_SHIFT = 3'd2, K_BACKGROUND = 3'd3, K_ANCHOR = 3'd4, K_NODE = 3'd5;
  localparam [GROUPS_BITS-1:0] ONE = 1, TWO = 2;
  localparam [FINE_ADDRESS_BITS-1:0] MARGIN = 16;

  // ---- steps ----
  reg [2:0]             section;
  reg [GROUPS_BITS-1:0] count;             // groups left of the section, this one included
  reg [3:0]             octave;
  reg                   opening;           // first of the two steps of an octave's first group
  reg                   second;            // second of them
  reg                   dry, next_dry;     // this, the next single bin sees no response
  reg                   wet;               // single && !dry, told with the step: the place in the step hangs on it
  reg                   to_fine;           // the load is that of the fine bins
  reg                   rates, norm;
  reg                   chain;             // the next pass's load takes the place of the second empty step
  reg [3:0]             width_1, width_2;  // log2 width of the group closed one and two steps before
  reg [1:0]             bank;
  reg [6:0]             slot;
  reg [1:0]             component;
  reg [3:0]             place;             // in the head or the frame
  reg                   rest;              // behind the frames

  wire [4:0] times_4 = {components, 2'b00};
  wire       single = section == FINE || (section == OCTAVE && octave == 4'd1 && (opening || second));
  wire       load = section == LOAD;
  wire       closes = section == PRE || section == FINE || (section == OCTAVE && !opening);
  wire [3:0] width = section == PRE ? 4'd3 : section == FINE ? 4'd0 : octave;
  wire       empty = section == PRE || section == FLUSH || dry;
  wire [3:0] word_octave = section == PRE || section == FLUSH ? 4'd3 : opening || second ? octave - 4'd1 : octave;

  reg  [4:0] lanes_time;
  reg  [6:0] drain_time;                   // the lanes are free again when the next pass's first group comes
  reg  [6:0] single_time, wide_time;
  wire [3:0] most_taps = taps > shift_taps ? taps : shift_taps;
  // of single bins; the layout stands long before a pass, and what the places hang on comes from registers
  reg  [3:0] frame_time, wet_end, idle_slots, column_slots;
  reg  [6:0] single_sum, single_least;
  // Two steps' sum is a state two clocks later than a step's; with more components the step is long enough.
  wire [6:0] extra = {5'd0, second && components < 3'd3, 1'b0};
  // A step has at least 8 clocks, the first one 2; what decides is known in the fifth.
  reg  [6:0] period;
  reg        step_end;                     // in the step's last clock
  wire       groups_over = count == ONE;
  wire       waits = !whole && (section == FINE ? groups_over : section == LOAD && !to_fine && earlier_pulses);
  wire [3:0] next_octave = section == FINE ? 4'd1 : octave + 4'd1;
  reg  [7:0] next_groups;

  always @(posedge clk) begin
    frame_time <= most_taps < 4'd4 ? 4'd4 : most_taps;
    wet_end <= frame_time - 4'd1;
    idle_slots <= frame_time - taps;
    column_slots <= frame_time - shift_taps;
    case (components)
      3'd1: lanes_time <= 5'd8;
      3'd2: lanes_time <= 5'd8;
      3'd3: lanes_time <= 5'd12;
      default: lanes_time <= 5'd19;
    endcase
    case (components)
      // a load that waits has to pass its eighth clock before (`ended`)
      3'd1, 3'd2: drain_time <= pre == {GROUPS_BITS{1'b0}} ? -7'd2 : 7'd0;
      3'd3: drain_time <= 7'd6;
      default: drain_time <= 7'd14;
    endcase
    case (components)
      3'd1, 3'd2: single_sum <= {2'd0, frame_time, 1'b0};
      3'd3: single_sum <= {2'd0, frame_time, 1'b0} + {3'd0, frame_time};
      default: single_sum <= {1'd0, frame_time, 2'b11};      // the last frame of a wide step that follows comes 4 clocks a frame behind its begin
    endcase
    single_least <= {3'd0, frame_time} + 7'd4 > {2'd0, lanes_time} ? {3'd0, frame_time} + 7'd4 : {2'd0, lanes_time};
    single_time <= single_sum > single_least ? single_sum : single_least;
    wide_time <= {2'd0, times_4} > {2'd0, lanes_time} ? {2'd0, times_4} : {2'd0, lanes_time};
    case (next_octave)
      4'd1: next_groups <= octave_groups[7:0];
      4'd2: next_groups <= octave_groups[15:8];
      4'd3: next_groups <= octave_groups[23:16];
      4'd4: next_groups <= octave_groups[31:24];
      4'd5: next_groups <= octave_groups[39:32];
      4'd6: next_groups <= octave_groups[47:40];
      4'd7: next_groups <= octave_groups[55:48];
      4'd8: next_groups <= octave_groups[63:56];
      4'd9: next_groups <= octave_groups[71:64];
      4'd10: next_groups <= octave_groups[79:72];
      4'd11: next_groups <= octave_groups[87:80];
      default: next_groups <= octave_groups[95:88];
    endcase
  end

  always @(posedge clk) begin
    flushes <= 1'b0;
    begun <= 1'b0;
    ended <= load && chain && slot == 7'd7;
    if (section == FLUSH && count == TWO && slot == 7'd3) chain <= next;
    period <= load ? {2'd0, times_4} + 7'd6 + (chain ? drain_time : 7'd0) : (wet ? single_time : wide_time) + extra;
    step_end <= section == INIT ? slot == 7'd0 : section != IDLE && !step_end && slot + 7'd2 == period && !waits;
    slot <= step_end ? 7'd0 : slot + 7'd2 == period && waits ? slot : slot + 7'd1;
    if (section == IDLE) begin
      slot <= 7'd0;
      bank <= 2'd0;
      rates <= 1'b0;
      norm <= 1'b0;
      opening <= 1'b0;
      second <= 1'b0;
      dry <= 1'b0;
      wet <= 1'b0;
      if (start) section <= INIT;
    end else if (step_end) begin
      rates <= closes;
      norm <= rates;
      width_1 <= width;
      width_2 <= width_1;
      bank <= bank + 2'd1;
      count <= count - ONE;
      opening <= 1'b0;
      second <= opening;
      dry <= section == FINE && !groups_over && next_dry;
      wet <= section == LOAD ? to_fine : section == FINE ? (groups_over ? octaves != 4'd0 : !next_dry) : section == OCTAVE && opening && octave == 4'd1;
      case (section)
        INIT: begin
          section <= LOAD;
          begun <= 1'b1;
        end
        LOAD: begin
          section <= to_fine ? FINE : PRE;
          count <= to_fine ? fine : pre;
          to_fine <= 1'b1;
        end
        PRE: if (groups_over) section <= LOAD;
        FINE, OCTAVE:
          if (opening) begin
            count <= count;
          end else if (groups_over) begin
            octave <= next_octave;
            count <= {{(GROUPS_BITS-8){1'b0}}, next_groups};
            opening <= 1'b1;
            section <= OCTAVE;
            if ((section == FINE ? 4'd0 : octave) == octaves) begin
              section <= FLUSH;
              count <= TWO;
              opening <= 1'b0;
              flushes <= 1'b1;
            end
          end
        default:
          if (groups_over) begin
            section <= IDLE;
            ended <= 1'b1;
          end else if (chain) begin
            section <= LOAD;
            begun <= 1'b1;
          end
      endcase
    end
    if (section == IDLE || section == FLUSH) to_fine <= pre == {GROUPS_BITS{1'b0}};
    if (section == IDLE || (load && step_end)) chain <= 1'b0;
    if (rst) begin
      section <= IDLE;
      step_end <= 1'b0;
      wet <= 1'b0;
    end
  end

  // ---- place in the step ----
  wire [1:0] last_component = components[1:0] - 2'd1;
  wire [3:0] frame_end = wet ? wet_end : 4'd3;
  wire       frame_over = !rest && place == frame_end;

  always @(posedge clk) begin
    if (place != 4'd15) place <= place + 4'd1;
    if (frame_over) begin
      place <= 4'd0;
      component <= component + 2'd1;
      if (component == last_component) rest <= 1'b1;
    end
    if (step_end || section == IDLE) begin
      place <= 4'd0;
      component <= 2'd0;
      rest <= 1'b0;
    end
  end

  // ---- products ----
  reg        live, first, last, is_float, is_integer, more, second_word, zero, constant, token, other, take;
  reg [2:0]  kind;
  reg [1:0]  from, at_place, at_component;
  reg [3:0]  at_index;
  wire [3:0] tap = place - idle_slots;
  // the shift column: behind a single component, else while the second's sum of the other multiplier is taken; it ends with its frame
  wire       column = components == 3'd1 ? rest : component == 2'd1 && !rest;
  wire [3:0] column_tap = place - column_slots;
  wire [3:0] state_index = to_fine ? 4'd10 : 4'd12;

  always @* begin
    live = 1'b0;
    first = 1'b1;
    last = 1'b1;
    is_float = 1'b0;
    is_integer = 1'b0;
    more = 1'b0;
    second_word = 1'b0;
    zero = empty;
    constant = 1'b0;
    token = 1'b0;
    other = 1'b0;
    take = 1'b0;
    kind = K_STATE;
    from = FROM_FINE;
    at_place = COMPONENT;
    at_component = component;
    at_index = 4'd12;
    if (section == INIT || (section == FLUSH && chain && (slot == 7'd4 || slot == 7'd5))) begin
      live = 1'b1;
      zero = 1'b0;
      is_float = 1'b1;
      is_integer = 1'b1;
      constant = 1'b1;
      at_place = COMMON;
      at_index = slot[0] ? 4'd2 : 4'd1;
      kind = slot[0] ? K_NODE : K_ANCHOR;
    end else if (load) begin
      constant = 1'b1;
      is_float = 1'b1;
      if (rest) begin
        live = place == 4'd1 || place == 4'd2;
        at_component = last_component;
        at_index = state_index + 4'd1;
        if (place == 4'd2) begin
          at_place = COMMON;
          at_index = 4'd0;
          more = 1'b1;
          kind = K_BACKGROUND;
        end
      end else if (place <= 4'd1) begin
        live = place == 4'd1 && component != 2'd0;
        at_component = component - 2'd1;
        at_index = state_index + 4'd1;
      end else begin
        live = place == 4'd3;
        token = place == 4'd3;
        at_index = state_index;
      end
    end else if (wet) begin
      token = frame_over;
      take = component[0] && !rest && place == 4'd1;
      if (column) begin
        first = place == column_slots;
        live = place >= column_slots && place < frame_time;
        last = place == wet_end;
        at_place = COMMON;
        at_index = column_tap + 4'd4;
        kind = K_SHIFT;
      end else begin
        first = place == idle_slots;
        live = !rest && place >= idle_slots && !component[0];
        other = live && component != last_component;
        last = frame_over;
        at_index = tap + 4'd2;
      end
    end else if (section != IDLE && (!rest || (components == 3'd1 && place == 4'd0))) begin
      from = FROM_STEP;
      live = place != 4'd0 || component == 2'd1;
      case (place[1:0])
        2'd0: begin
          at_place = COMMON;
          kind = K_SHIFT;
        end
        2'd1: begin
          from = FROM_BEFORE;
          last = 1'b0;
        end
        2'd2: begin
          from = FROM_BEFORE_2;
          first = 1'b0;
          last = 1'b0;
        end
        default: begin
          first = 1'b0;
          token = 1'b1;
        end
      endcase
      if (place[1:0] != 2'd0) begin
        at_place = WIDTH;
        at_index = word_octave - 4'd1;
        second_word = place[1:0] != 2'd3;
      end
    end
  end

  // ---- addresses ----
  reg signed [7:0] anchor, node;
  reg [GROUPS_BITS-1:0] bin;
  reg [FINE_ADDRESS_BITS-1:0] to_tap, to_shift;
  generate
    if (FINE_ADDRESS_BITS > 8) begin : g_wide
      always @(posedge clk) begin
        to_tap <= MARGIN - {{(FINE_ADDRESS_BITS-8){anchor[7]}}, anchor} + {{(FINE_ADDRESS_BITS-3){1'b0}}, taps[3:1]}
                  - {{(FINE_ADDRESS_BITS-1){1'b0}}, 1'b1};
        to_shift <= MARGIN - {{(FINE_ADDRESS_BITS-8){anchor[7]}}, anchor} - {{(FINE_ADDRESS_BITS-8){node[7]}}, node};
      end
    end else begin : g_narrow
      always @(posedge clk) begin
        to_tap <= MARGIN - anchor[FINE_ADDRESS_BITS-1:0] + {{(FINE_ADDRESS_BITS-3){1'b0}}, taps[3:1]}
                  - {{(FINE_ADDRESS_BITS-1){1'b0}}, 1'b1};
        to_shift <= MARGIN - anchor[FINE_ADDRESS_BITS-1:0] - node[FINE_ADDRESS_BITS-1:0];
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (anchor_valid) anchor <= expanded;
    if (node_valid) node <= expanded;
    if (load) bin <= {GROUPS_BITS{1'b0}};
    else if (step_end && single) bin <= bin + ONE;
  end

  // words that the next bin's FIR would see: from next_low to next_high; known three clocks behind a step's begin
  reg [FINE_ADDRESS_BITS-1:0] high, low, next_high, next_low;
  wire [FINE_ADDRESS_BITS-1:0] low_tap = to_tap - {{(FINE_ADDRESS_BITS-4){1'b0}}, taps - 4'd1};
  wire [FINE_ADDRESS_BITS-1:0] low_shift = to_shift - {{(FINE_ADDRESS_BITS-4){1'b0}}, shift_taps - 4'd1};
  always @(posedge clk) begin
    high <= to_tap > to_shift ? to_tap : to_shift;
    low <= low_tap < low_shift ? low_tap : low_shift;
    next_high <= bin[FINE_ADDRESS_BITS-1:0] + high + {{(FINE_ADDRESS_BITS-1){1'b0}}, 1'b1};
    next_low <= bin[FINE_ADDRESS_BITS-1:0] + low + {{(FINE_ADDRESS_BITS-1){1'b0}}, 1'b1};
    next_dry <= section == FINE && slot[6:1] != 6'd0 && wide_time < single_time && (next_high < irf_rise || next_low > irf_fall);
  end

  reg       live_q, first_q, last_q, float_q, integer_q, more_q, zero_q, constant_q, other_q, take_q;
  reg [2:0] kind_q;
  reg [1:0] from_q;

  always @(posedge clk) begin
    fir_place <= at_place;
    fir_component <= at_component;
    fir_index <= at_index;
    fir_second <= second_word;
    fine_address <= bin[FINE_ADDRESS_BITS-1:0] + (column ? to_shift : to_tap)
                    - {{(FINE_ADDRESS_BITS-4){1'b0}}, column ? column_tap : tap};
    live_q <= live;
    first_q <= first;
    last_q <= last;
    float_q <= is_float;
    integer_q <= is_integer;
    more_q <= more;
    kind_q <= kind;
    zero_q <= zero;
    constant_q <= constant;
    from_q <= from;
    other_q <= other;
    take_q <= take;

    fir_first <= first_q;
    fir_last <= last_q && live_q;
    fir_float <= float_q;
    fir_integer <= integer_q;
    fir_more <= more_q;
    fir_kind <= live_q ? kind_q : K_NONE;
    fir_other <= other_q;
    fir_take <= take_q;
  end

  // ---- g: with the word, one clock behind the address ----
  reg                 zero_g, constant_g, move, keep;
  reg [1:0]           from_g;
  reg [WORD_BITS-1:0] g_before, before_2;

  always @(posedge clk) begin
    zero_g <= zero_q;
    constant_g <= constant_q;
    from_g <= from_q;
    // in the clock behind a step's last: the products still under way need only the former g_before
    move <= step_end && section == OCTAVE && (!single || second);
    keep <= second && !single;
    if (move) begin
      step_address <= step_address + {{(STEP_ADDRESS_BITS-1){1'b0}}, 1'b1};
      if (!keep) g_before <= step_data;
      before_2 <= keep ? step_data : {WORD_BITS{1'b0}};
    end
    if (load) step_address <= {STEP_ADDRESS_BITS{1'b0}};
  end

  always @* begin
    case (from_g)
      FROM_FINE: g = fine_data;
      FROM_STEP: g = step_data;
      FROM_BEFORE: g = g_before;
      default: g = before_2;
    endcase
    if (constant_g) g = {1'b1, {(WORD_BITS-1){1'b0}}};
    if (zero_g) g = {WORD_BITS{1'b0}};
  end

  // ---- tokens: seven clocks behind the addresses ----
  localparam FIELDS = 20;
  reg [7:0]        token_q;
  reg [FIELDS-1:0] fields_1, fields_2;

  assign frame = token_q[7];

  always @(posedge clk) begin
    token_q <= {token_q[6:0], token};
    if (token) fields_1 <= {component, component == 2'd0, component == last_component, load, single, single || load ? 4'd0 : word_octave,
                            closes, second, rates, norm, width_2, bank};
    if (token_q[3]) fields_2 <= fields_1;
    if (token_q[6]) {frame_component, frame_first, frame_last, frame_load, frame_fine, frame_octave,
                     frame_closes, frame_second, frame_rates, frame_norm, frame_width, frame_bank} <= fields_2;
    if (rst) token_q <= 8'd0;
  end
endmodule
`default_nettype wire
