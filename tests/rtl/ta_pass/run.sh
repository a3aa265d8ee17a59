#!/bin/sh
# ta_pass against host/model/ta_pass.c in Verilator, in words of 18 bits without and with kept columns, of 20 with them (FORMS: word bits and KEEP).
# PASSES: how many each (1500); 25 others in Icarus, with vectors of the model.
set -eu
cd "$(dirname "$0")/../../.."
out=build/tests/ta_pass
mkdir -p "$out"
cp rtl/ta/*.hex "$out"
for c in ta_pass ta_tables; do
  ${CC:-cc} -std=c11 -O2 -c -o "$out/$c.o" host/model/$c.c
done
for form in ${FORMS:-18:0 18:1 20:1}; do
  w=${form%:*}
  keep=${form#*:}
  built=verilated_${w}_$keep
  bench=$out/$built/bench
  rm -f "$bench"
  sim/verilate --cc --exe --build -O3 -Wall -y rtl/ta -y rtl/decay -y rtl/arith --top-module ta_pass -GWORD_BITS="$w" -GKEEP="$keep" --Mdir "$out/$built" -o bench \
    -CFLAGS "-O1 -std=c++17 -I$PWD/host/model -DWORD_BITS=$w -DKEEP=$keep" rtl/ta/ta_pass.v "$PWD/tests/rtl/ta_pass/bench.cpp" "$PWD/$out/ta_pass.o" \
    "$PWD/$out/ta_tables.o" > "$out/verilator.log" 2>&1 || { cat "$out/verilator.log"; exit 1; }
  (cd "$out" && "$built/bench" 1 "${PASSES:-1500}" > bench.log) || true
  (cd "$out" && "$built/bench" 7 25 vectors.txt > /dev/null) || true
  iverilog -g2005 -Itests/rtl -y rtl/ta -y rtl/decay -y rtl/arith -s tb -Ptb.VECTORS='"vectors.txt"' -Ptb.WORD_BITS="$w" -Ptb.KEEP="$keep" -o "$out/icarus.vvp" tests/rtl/ta_pass/tb.v
  (cd "$out" && vvp -n icarus.vvp > icarus.log) || true
  tail -n 5 "$out/icarus.log"
  tail -n 1 "$out/icarus.log" | grep -q '^25 passed, 0 failed'
  tail -n 20 "$out/bench.log"
  tail -n 1 "$out/bench.log" | grep -q ' 0 failed'
done
