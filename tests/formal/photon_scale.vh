// Any numbers of photons: the quotient is floor(2^16 x A/D) of the two numbers shifted up to bit 31, and the exponent's change is the difference of the
// shifts; a scaled mantissa is floor(mantissa x quotient/2^16), for every mantissa up to 2^22.
// module: rtl/photon/photon_scale.v
// depth: 2
// mutate: wire        fits = rest >= {1'b0, divisor}; => wire        fits = rest > {1'b0, divisor};
// mutate: if (count == 5'd1) state <= C_IDLE; => if (count == 5'd2) state <= C_IDLE;
// mutate: power - {7'd0, !rest[31]} + {7'd0, !divisor[31]} => power + {7'd0, !rest[31]} - {7'd0, !divisor[31]}
// mutate: assign scaled = {exponent, high[22:0], turning[16]}; => assign scaled = {exponent, high[22:0], turning[15]};
reg f_begun = 1'b0;
always @* begin
  assume (rst == !f_begun);
  assume (photons != 0 && photons_before != 0);
  if (scale) assume (!word[23] && word[22:0] <= 23'h400000);
end
reg [31:0] f_a = 0, f_d = 0;         // as given
reg [4:0]  f_shift_a = 0, f_shift_d = 0;
reg [23:0] f_mantissa = 0;
reg [7:0]  f_exponent = 0;
reg        f_dividing = 1'b0, f_scaling = 1'b0, f_has_quotient = 1'b0;
reg [16:0] f_quotient = 0, f_bits = 0;   // the multiplier; which multiples of the divisor make f_product
reg [48:0] f_product = 0;            // quotient x divisor so far; the bits of the quotient are its factors
reg [40:0] f_scaled = 0;             // mantissa x the quotient's bits so far
wire [31:0] f_up_a = f_a << f_shift_a, f_up_d = f_d << f_shift_d;
wire [4:0]  f_step = STEPS - count;  // done
always @(posedge clk) begin
  f_begun <= 1'b1;
  if (state == C_IDLE && prepare) begin
    {f_a, f_d} <= {photons, photons_before};
    {f_shift_a, f_shift_d} <= 0;
    f_product <= 0;
    f_bits <= 0;
    {f_dividing, f_scaling, f_has_quotient} <= 3'b100;
  end else if (state == C_IDLE && scale) begin
    f_mantissa <= word[23:0];
    f_exponent <= word[31:24];
    f_quotient <= quotient;
    f_scaled <= 0;
    {f_dividing, f_scaling} <= 2'b01;
  end
  if (state == C_ALIGN) begin
    f_shift_a <= f_shift_a + !rest[31];
    f_shift_d <= f_shift_d + !divisor[31];
  end
  if (state == C_DIVIDE) begin
    f_product <= (f_product << 1) + (fits ? {17'd0, divisor} : 49'd0);
    f_bits <= {f_bits[15:0], fits};
    if (count == 5'd1) f_has_quotient <= 1'b1;
  end
  if (state == C_MULTIPLY) f_scaled <= f_scaled + (turning[0] ? {17'd0, f_mantissa} << f_step : 41'd0);
  if (rst) {f_dividing, f_scaling, f_has_quotient} <= 3'b000;
end
// after k steps: A 2^k = 2 (quotient x D) + rest, rest < 2 D
wire [49:0] f_left = {18'd0, f_up_a} << f_step;
wire [16:0] f_differ = (f_bits ^ quotient) << count;   // of the bits so far
wire [49:0] f_right = {f_product, 1'b0} + {17'd0, rest};
always @(posedge clk) if (f_begun) begin
  if (state == C_ALIGN) begin
    assert (f_dividing && !rest[32] && rest[31:0] == f_up_a && divisor == f_up_d);
    assert (power == {3'd0, f_shift_d} - {3'd0, f_shift_a});
    assert (f_a != 0 && f_d != 0);
    assert ((f_up_a >> f_shift_a) == f_a && (f_up_d >> f_shift_d) == f_d);
    assert (f_product == 0 && !f_scaling && !f_has_quotient);
  end
  if (state == C_DIVIDE) begin
    assert (f_dividing && !f_scaling && !f_has_quotient);
    assert (count >= 5'd1 && count <= STEPS);
    assert (f_up_a[31] && f_up_d[31] && divisor == f_up_d);
    assert ((f_up_a >> f_shift_a) == f_a && (f_up_d >> f_shift_d) == f_d);
    assert (power == {3'd0, f_shift_d} - {3'd0, f_shift_a});
    assert (f_left == f_right);
    assert (f_differ == 0);
    assert ({1'b0, rest} < {1'b0, divisor, 1'b0});
    assert (f_step != 0 || f_product == 0);
  end
  if (f_has_quotient && state == C_IDLE && f_dividing) begin
    // 2^17 A = 2 q D + rest, rest < 2 D
    assert (f_up_a[31] && f_up_d[31]);
    assert (quotient == f_bits);
    assert (({18'd0, f_up_a} << 17) == {f_product, 1'b0} + {17'd0, rest});
    assert ({1'b0, rest} < {1'b0, f_up_d, 1'b0});
    assert (power == {3'd0, f_shift_d} - {3'd0, f_shift_a});
  end
  if (state == C_MULTIPLY) begin
    assert (f_scaling && count >= 5'd1 && count <= STEPS);
    assert (mantissa == f_mantissa && mantissa <= 24'h400000);
    assert (high <= mantissa);
    assert (!f_dividing);
    // after k steps the product with the k lowest bits stands in high and turning's k highest; below are the bits to come
    assert (({16'd0, high} << f_step) + ({24'd0, turning} >> count) == f_scaled);
    assert ((turning & ((17'd1 << count) - 17'd1)) == f_quotient >> f_step);
    assert (f_scaled <= ({17'd0, f_mantissa} << f_step));
    assert (exponent == f_exponent + power);
  end
  if (f_scaling && state == C_IDLE) begin
    assert (f_scaled <= ({17'd0, f_mantissa} << 17));
    assert (scaled == {f_exponent + power, f_scaled[39:16]} && !f_scaled[40]);
  end
end
