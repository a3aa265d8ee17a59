#!/bin/sh
# ta_pass against host/model/ta_pass.c in Verilator, in words of 18 and 20 bits (WORDS). PASSES: how many each (1500); 60 others in Icarus,
# with vectors of the model.
set -eu
cd "$(dirname "$0")/../../.."
out=build/tests/ta_pass
mkdir -p "$out"
cp rtl/ta/*.hex "$out"
for c in ta_pass ta_tables; do
  ${CC:-cc} -std=c11 -O2 -c -o "$out/$c.o" host/model/$c.c
done
for w in ${WORDS:-18 20}; do
  bench=$out/verilated_$w/bench
  rm -f "$bench"
  verilator --cc --exe --build -O3 -Wall -y rtl/ta -y rtl/decay -y rtl/arith --top-module ta_pass -GWORD_BITS="$w" --Mdir "$out/verilated_$w" -o bench \
    -CFLAGS "-O1 -std=c++17 -I$PWD/host/model -DWORD_BITS=$w" rtl/ta/ta_pass.v "$PWD/tests/rtl/ta_pass/bench.cpp" "$PWD/$out/ta_pass.o" \
    "$PWD/$out/ta_tables.o" > "$out/verilator.log" 2>&1 || { cat "$out/verilator.log"; exit 1; }
  (cd "$out" && "verilated_$w/bench" 1 "${PASSES:-1500}" > bench.log) || true
  (cd "$out" && "verilated_$w/bench" 7 60 vectors.txt > /dev/null) || true
  iverilog -g2005 -Itests/rtl -y rtl/ta -y rtl/decay -y rtl/arith -s tb -Ptb.VECTORS='"vectors.txt"' -Ptb.WORD_BITS="$w" -o "$out/icarus.vvp" tests/rtl/ta_pass/tb.v
  (cd "$out" && vvp -n icarus.vvp > icarus.log) || true
  tail -n 5 "$out/icarus.log"
  tail -n 1 "$out/icarus.log" | grep -q '^60 passed, 0 failed'
  tail -n 20 "$out/bench.log"
  tail -n 1 "$out/bench.log" | grep -q ' 0 failed'
done
