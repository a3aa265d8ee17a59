// The IRF: fine response and step sums, loaded word after word, read by the pass.
//
// Purpose    Words 0 .. fine + 33 of a load are the fine response (the first belongs to fine bin
//            -16), the others the step sums. `rise` and `fall`: where the first and the last word of the
//            fine response that is not zero stand; without any, all ones and zero.
// Formats    unsigned words of WORD_BITS; what a loaded word has above is dropped
// Latency    data one clock after address
// Throughput one word in, one read of each kind a clock
// Overflow   the addresses are wide enough for every layout that decay_config accepts
// Does not   know whether a load was committed. Reading while loading gives old or new words.
`default_nettype none
module decay_irf #(
  // bits of a word
  parameter WORD_BITS = 16,
  // bits of `fine` and of the two addresses
  parameter GROUPS_BITS = 9,
  parameter FINE_ADDRESS_BITS = 8,
  parameter STEP_ADDRESS_BITS = 9
) (
  input  wire                         clk,
  // load
  input  wire                         begin_load,
  input  wire                         write,
  input  wire [WORD_BITS-1:0]         word,
  input  wire [GROUPS_BITS-1:0]       fine,
  // pass
  input  wire [FINE_ADDRESS_BITS-1:0] fine_address,
  output reg  [WORD_BITS-1:0]         fine_data,
  output reg  [FINE_ADDRESS_BITS-1:0] rise,
  output reg  [FINE_ADDRESS_BITS-1:0] fall,
  input  wire [STEP_ADDRESS_BITS-1:0] step_address,
  output reg  [WORD_BITS-1:0]         step_data
);
  localparam COUNT_BITS = GROUPS_BITS + 1;
  localparam [COUNT_BITS-1:0] LAST_MARGIN = 33;

  (* no_rw_check *) reg [WORD_BITS-1:0] fine_word [0:(1<<FINE_ADDRESS_BITS)-1];
  (* no_rw_check *) reg [WORD_BITS-1:0] step_word [0:(1<<STEP_ADDRESS_BITS)-1];

  reg                  in_steps;
  reg [COUNT_BITS-1:0] place;      // in its memory
  reg                  empty;      // no word yet that is not zero
  wire                 first = !in_steps && place == {COUNT_BITS{1'b0}};
  wire                 last_fine = place == {1'b0, fine} + LAST_MARGIN;

  always @(posedge clk) begin
    if (write) begin
      place <= place + {{(COUNT_BITS-1){1'b0}}, 1'b1};
      if (!in_steps && last_fine) begin
        in_steps <= 1'b1;
        place <= {COUNT_BITS{1'b0}};
      end
    end
    if (write && first) begin
      empty <= word == {WORD_BITS{1'b0}};
      rise <= word == {WORD_BITS{1'b0}} ? {FINE_ADDRESS_BITS{1'b1}} : {FINE_ADDRESS_BITS{1'b0}};
      fall <= {FINE_ADDRESS_BITS{1'b0}};
    end else if (write && !in_steps && word != {WORD_BITS{1'b0}}) begin
      empty <= 1'b0;
      if (empty) rise <= place[FINE_ADDRESS_BITS-1:0];
      fall <= place[FINE_ADDRESS_BITS-1:0];
    end
    if (begin_load) begin
      in_steps <= 1'b0;
      place <= {COUNT_BITS{1'b0}};
    end
  end

  always @(posedge clk) begin
    if (write && !in_steps) fine_word[place[FINE_ADDRESS_BITS-1:0]] <= word;
    fine_data <= fine_word[fine_address];
  end

  always @(posedge clk) begin
    if (write && in_steps) step_word[place[STEP_ADDRESS_BITS-1:0]] <= word;
    step_data <= step_word[step_address];
  end
endmodule
`default_nettype wire
