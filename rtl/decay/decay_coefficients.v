// The pass's coefficients of all contexts, as the fit processor writes them.
//
// Purpose    Memories, each read once a clock: FIR words (weights, al, be, states, background: sign, magnitude, exponent), weights of components 1 and 3
//            once more, and recursion words (eps, rate, e, kappa: magnitude, shift). Addresses as in docs/fit_processor.md; what a memory
//            does not need it does not keep.
// Formats    in  {exponent[7:0], mantissa[23:0]}, |mantissa| < 2^WORD_BITS, as OUTM, OUTW and OUTX give it
//            FIR {negative, magnitude[WORD_BITS-1:0], exponent[7:0]};  recursion {magnitude[WORD_BITS-1:0], shift[5:0]}
// Latency    1 clock from address to word; other_word is the weight with fir_index of the component behind fir_component. Throughput: one word in, one of each kind out a clock.
// Overflow   none
// Does not   keep a word while the same address is read (old or new); a context's words are stable while its pass runs.
`default_nettype none
module decay_coefficients #(
  // bits of a magnitude
  parameter WORD_BITS = 16,
  // most components: 3 packs a context's FIR words into 128
  parameter COMPONENTS_MAX = 3,
  // bits of a context's number
  parameter CONTEXT_BITS = 1
) (
  input  wire                 clk,
  // from the processor
  input  wire                 cf_write,
  input  wire [CONTEXT_BITS-1:0] cf_context,
  input  wire [9:0]           cf_address,
  // the middle of a mantissa holds copies of its sign
  // verilator lint_off UNUSEDSIGNAL
  input  wire [31:0]          cf_word,
  // verilator lint_on UNUSEDSIGNAL
  // to the pass
  input  wire [CONTEXT_BITS-1:0] fir_context,
  input  wire [CONTEXT_BITS-1:0] rec_context,
  input  wire [1:0]           fir_place,     // 0 common, 1 component, 2 octave
  input  wire [1:0]           fir_component,
  input  wire [3:0]           fir_index,     // address within the place; octave - 1
  input  wire                 fir_second,    // octave: be
  output reg  [WORD_BITS+8:0] fir_word,
  output reg  [WORD_BITS+8:0] other_word,
  input  wire [1:0]           rec_component,
  input  wire [3:0]           rec_octave,    // 0: single bins
  input  wire                 rec_second,    // rate, kappa
  output reg  [WORD_BITS+5:0] rec_word
);
  localparam W = WORD_BITS;
  localparam FIR_BITS = COMPONENTS_MAX > 3 ? 8 : 7;
  localparam [1:0] COMMON = 2'd0, COMPONENT = 2'd1;

  (* ram_style = "block", no_rw_check *) reg [W+8:0] fir_memory [0:(1<<(CONTEXT_BITS+FIR_BITS))-1];
  (* ram_style = "block", no_rw_check *) reg [W+5:0] rec_memory [0:(128<<CONTEXT_BITS)-1];
  // a load's frames read the words of the context before, to multiply them by zero
  // 8 weights of a component: numbers 2 to 9
  localparam OTHER_BITS = COMPONENTS_MAX > 3 ? 4 : 3;
  (* no_rw_check *) reg [W+8:0] other_memory [0:(1<<(CONTEXT_BITS+OTHER_BITS))-1];
  integer n;
  initial for (n = 0; n < 128 << CONTEXT_BITS; n = n + 1) rec_memory[n] = {(W+6){1'b0}};

  function [FIR_BITS-1:0] fir_address;
    input [1:0] place;
    input [1:0] component;
    input [3:0] number;
    input       second;
    // 128 words need 7 of its bits
    // verilator lint_off UNUSEDSIGNAL
    reg   [7:0] wide;
    // verilator lint_on UNUSEDSIGNAL
    begin
      if (COMPONENTS_MAX > 3) begin
        if (place == COMMON) wide = {4'b0100, number};
        else if (place == COMPONENT) wide = {2'b00, component, number};
        else wide = {1'b1, component, number, second};
      end else begin
        if (place == COMMON) wide = {4'b0011, number};
        else if (place == COMPONENT) wide = {2'b00, component, number};
        else if (!number[3]) wide = {2'b01, component, number[2:0], second};
        else if (!number[1]) wide = {4'b0111, component, number[0], second};
        else wide = {2'b00, component, 3'b111, second};       // octave 11 in a gap
      end
      fir_address = wide[FIR_BITS-1:0];
    end
  endfunction

  wire [8:0] place_in = cf_address[8:0] - 9'd16;
  wire [1:0] component_in = place_in[7:6];
  wire       common_in = cf_address[8:4] == 5'd0;
  wire       octave_in = place_in[5:4] != 2'd0;
  wire [3:0] octave_index = place_in[5:2] - 4'd4;
  wire       rec_kind = !common_in && (octave_in ? !place_in[1] : place_in[3:1] == 3'd0);
  wire       known = !cf_address[9] && (common_in || !place_in[8]) && (octave_in || common_in || place_in[3:0] < 4'd14);

  reg             fir_write, rec_write, other_write;
  reg [CONTEXT_BITS+3:0] other_at;
  reg [CONTEXT_BITS+FIR_BITS-1:0] fir_at;
  reg [CONTEXT_BITS+6:0] rec_at;
  reg [W+8:0]     fir_in;

  always @(posedge clk) begin
    fir_write <= cf_write && known && !rec_kind;
    rec_write <= cf_write && known && rec_kind;
    other_write <= cf_write && known && !common_in && !octave_in && component_in[0] && place_in[3:1] != 3'd0 && place_in[3:0] < 4'd10;
    other_at <= {cf_context, component_in[1], place_in[2:0]};
    fir_at <= {cf_context, fir_address(common_in ? COMMON : octave_in ? 2'd2 : COMPONENT, component_in,
                                       common_in ? cf_address[3:0] : octave_in ? octave_index : place_in[3:0], place_in[0])};
    rec_at <= {cf_context, component_in, octave_in ? octave_index + 4'd1 : 4'd0, place_in[0]};
    fir_in <= {cf_word[23], cf_word[23] ? -cf_word[W-1:0] : cf_word[W-1:0], cf_word[31:24]};
  end

  always @(posedge clk) begin
    if (fir_write) fir_memory[fir_at] <= fir_in;
    fir_word <= fir_memory[{fir_context, fir_address(fir_place, fir_component, fir_index, fir_second)}];
  end
  generate
    if (COMPONENTS_MAX > 3) begin : g_two
      always @(posedge clk) begin
        if (other_write) other_memory[other_at] <= fir_in;
        other_word <= other_memory[{fir_context, fir_component[1], fir_index[2:0]}];
      end
    end else begin : g_one
      wire component_unused = other_at[3];
      always @(posedge clk) begin
        if (other_write) other_memory[{other_at[CONTEXT_BITS+3:4], other_at[2:0]}] <= fir_in;
        other_word <= other_memory[{fir_context, fir_index[2:0]}];
      end
    end
  endgenerate
  always @(posedge clk) begin
    if (rec_write) rec_memory[rec_at] <= {fir_in[W+7:8], fir_in[5:0]};
    rec_word <= rec_memory[{rec_context, rec_component, rec_octave, rec_second}];
  end
endmodule
`default_nettype wire
