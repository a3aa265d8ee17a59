// Two banks of counters: one photon a clock is added to one bank while the other is read and zeroed.
//
// Purpose    count[bank][address] += 1 for each add, whatever the order of addresses and banks: an add finds what the three before it
//            wrote by comparing addresses, older ones in the memory.
// Formats    counts of COUNT_BITS, unsigned
// Latency    an add stands in the memory 4 clocks later; read_data one clock after read_address
// Throughput one add a clock; one read a clock of the bank that is not added to (in a clock with an add to its own bank the read gives
//            that address instead)
// Overflow   a count stays at its maximum; `over` tells each add that found it there
// Does not   zero by itself. zero_* and an add to the same bank must be 4 clocks apart.
`default_nettype none
module photon_count #(
  parameter COUNT_BITS = 17,
  parameter ADDRESS_BITS = 8
) (
  input  wire                    clk,
  input  wire                    rst,
  // photons
  input  wire                    add_valid,
  input  wire                    add_bank,
  input  wire [ADDRESS_BITS-1:0] add_address,
  output wire                    over,           // of an add of two clocks before
  output wire                    over_bank,
  // the other bank
  input  wire                    read_bank,
  input  wire [ADDRESS_BITS-1:0] read_address,
  output wire [COUNT_BITS-1:0]   read_data,
  input  wire                    zero_valid,
  input  wire                    zero_bank,
  input  wire                    zero_both,
  input  wire [ADDRESS_BITS-1:0] zero_address
);
  localparam [COUNT_BITS-1:0] MOST = {COUNT_BITS{1'b1}};

  (* no_rw_check *) reg [COUNT_BITS-1:0] bank_0 [0:(1<<ADDRESS_BITS)-1];
  (* no_rw_check *) reg [COUNT_BITS-1:0] bank_1 [0:(1<<ADDRESS_BITS)-1];

  // Stage 1: the counts have been read. Stage 2: the count is there. Stage 3: the sum is written. Stage 4: it has been.
  reg                    valid_1, valid_2, valid_3, at_1, at_2, at_3;
  reg [ADDRESS_BITS-1:0] address_1, address_2, address_3;
  reg [COUNT_BITS-1:0]   data_0, data_1, count_2, sum_3, sum_4;
  reg                    near_1, near_2, middle, far, read_at;

  wire add_0 = add_valid && !add_bank;
  wire add_1 = add_valid && add_bank;
  wire [COUNT_BITS-1:0] stored = at_1 ? data_1 : data_0;
  wire [COUNT_BITS-1:0] old_count = near_2 ? sum_3 : count_2;
  wire                  full = old_count == MOST;

  assign over = valid_2 && full;
  assign over_bank = at_2;
  assign read_data = read_at ? data_1 : data_0;

  wire write_0 = valid_3 && !at_3;
  wire write_1 = valid_3 && at_3;
  wire zero_0 = zero_valid && (!zero_bank || zero_both);
  wire zero_1 = zero_valid && (zero_bank || zero_both);

  always @(posedge clk) begin
    if (write_0 || zero_0) bank_0[write_0 ? address_3 : zero_address] <= write_0 ? sum_3 : {COUNT_BITS{1'b0}};
    if (write_1 || zero_1) bank_1[write_1 ? address_3 : zero_address] <= write_1 ? sum_3 : {COUNT_BITS{1'b0}};
    data_0 <= bank_0[add_0 ? add_address : read_address];
    data_1 <= bank_1[add_1 ? add_address : read_address];
    read_at <= read_bank;

    valid_1 <= add_valid && !rst;
    valid_2 <= valid_1 && !rst;
    valid_3 <= valid_2 && !rst;
    {at_3, at_2, at_1} <= {at_2, at_1, add_bank};
    {address_3, address_2, address_1} <= {address_2, address_1, add_address};
    // the adds one, two and three clocks before this one count the same
    near_1 <= valid_1 && at_1 == add_bank && address_1 == add_address;
    near_2 <= near_1;
    middle <= valid_2 && at_2 == add_bank && address_2 == add_address;
    far <= valid_3 && at_3 == add_bank && address_3 == add_address;
    count_2 <= middle ? sum_3 : far ? sum_4 : stored;
    sum_3 <= full ? MOST : old_count + {{(COUNT_BITS-1){1'b0}}, 1'b1};
    sum_4 <= sum_3;
  end
endmodule
`default_nettype wire
