// Random numbers for benches: the same in every simulator. Verilator's $random(seed) repeats itself after a few calls, so that
// a bench on it tries next to nothing. Include inside the bench module, behind the integer `seed` (not zero).
function [31:0] noise;           // xorshift (Marsaglia 2003), then a product, since its low bits alone are linear
  input dummy;
  begin
    seed = seed ^ (seed << 13);
    seed = seed ^ ((seed >> 17) & 32'h00007FFF);
    seed = seed ^ (seed << 5);
    noise = (seed * 32'h9E3779B1) ^ ((seed * 32'h9E3779B1) >> 15);
    if (dummy) noise = 32'd0;
  end
endfunction

function integer pick;           // 0 .. n - 1
  input integer n;
  pick = noise(1'b0) % $unsigned(n);
endfunction
