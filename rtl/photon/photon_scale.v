// Where a frame's fit starts: amplitudes and background of the frame before times the ratio of their photons.
//
// Purpose    `prepare`: q = floor(2^16 x (2^a photons)/(2^b photons_before)), a and b such that both numbers have bit 31; 17 bits.
//            `scale`: mantissa -> floor(mantissa x q/2^16), exponent -> exponent + b - a.
//            The same as host/model/photon_scale.c. With equal numbers q is 2^16 and nothing changes.
// Formats    photons from 1; f32x words with mantissas of 0 to 2^22 (a result's have at most 18 bits)
// Latency    prepare 20 to 51 clocks, scale 18
// Throughput one at a time
// Overflow   exponents modulo 2^8
// Does not   round
`default_nettype none
module photon_scale (
  input  wire        clk,
  input  wire        rst,
  input  wire        prepare,          // pulse
  input  wire [31:0] photons,
  input  wire [31:0] photons_before,
  input  wire        scale,            // pulse
  input  wire [31:0] word,
  output wire        busy,
  output wire [31:0] scaled
);
  localparam [1:0] C_IDLE = 2'd0, C_ALIGN = 2'd1, C_DIVIDE = 2'd2, C_MULTIPLY = 2'd3;
  localparam [4:0] STEPS = 5'd17;

  reg [1:0]  state;
  reg [32:0] rest;
  reg [31:0] divisor;
  reg [16:0] quotient, turning;
  reg [7:0]  power, exponent;
  reg [4:0]  count;
  reg [24:0] high;
  reg [23:0] mantissa;

  wire        aligned = rest[31] && divisor[31];
  wire        fits = rest >= {1'b0, divisor};
  wire [31:0] difference = rest[31:0] - divisor;   // of what fits it is all
  wire [24:0] sum = high + (turning[0] ? {1'b0, mantissa} : 25'd0);

  assign busy = state != C_IDLE;
  // the product stands in {high, turning}; its lowest 16 bits are dropped
  assign scaled = {exponent, high[22:0], turning[16]};

  always @(posedge clk) begin
    case (state)
      C_ALIGN: begin
        if (!rest[31]) rest <= rest << 1;
        if (!divisor[31]) divisor <= divisor << 1;
        power <= power - {7'd0, !rest[31]} + {7'd0, !divisor[31]};
        count <= STEPS;
        if (aligned) state <= C_DIVIDE;
      end
      C_DIVIDE: begin
        rest <= fits ? {difference, 1'b0} : {rest[31:0], 1'b0};
        quotient <= {quotient[15:0], fits};
        count <= count - 5'd1;
        if (count == 5'd1) state <= C_IDLE;
      end
      C_MULTIPLY: begin
        {high, turning} <= {1'b0, sum, turning[16:1]};
        count <= count - 5'd1;
        if (count == 5'd1) state <= C_IDLE;
      end
      default: begin
        if (prepare) begin
          rest <= {1'b0, photons};
          divisor <= photons_before;
          power <= 8'd0;
          state <= C_ALIGN;
        end else if (scale) begin
          high <= 25'd0;
          turning <= quotient;
          mantissa <= word[23:0];
          exponent <= word[31:24] + power;
          count <= STEPS;
          state <= C_MULTIPLY;
        end
      end
    endcase
    if (rst) state <= C_IDLE;
  end
endmodule
`default_nettype wire
