#!/bin/sh
# The SCLC engine (Verilog) against the C model. Any working directory.
#   run.sh [FACTOR]   FACTOR times as many sweeps
cd "$(dirname "$0")/../../.." || exit 1
factor=${1:-1}
build=build/rtl-benches/sclc
mkdir -p "$build" && cp rtl/sclc/*.hex "$build"
for source in host/model/sclc_engine.c host/model/sclc_processor.c host/model/sclc_program.c host/session/words.c; do
  object=$build/$(basename "$source" .c).o
  ${CC:-cc} -std=c11 -O2 -Wall -Wextra -Ihost/model -Ihost/session -Ihost/include -c -o "$object" "$source" || exit 1
  objects="$objects $PWD/$object"
done
rm -f "$build/engine/bench"   # objects of the model are not among its prerequisites
sim/verilate --cc --exe --build -O3 --x-assign fast --x-initial fast -Wall -Irtl/link -Irtl/sclc -y rtl/sclc -y rtl/arith -MAKEFLAGS -s \
  -CFLAGS "-O2 -Wall -Wextra -I$PWD/host/model -I$PWD/host/session -I$PWD/host/include" -LDFLAGS "$objects" \
  --top-module sclc_engine --Mdir "$build/engine" -o bench rtl/sclc/sclc_engine.v "$PWD/tests/rtl/sclc/engine_bench.cpp" > "$build/build.log" 2>&1 \
  || { head -n 60 "$build/build.log"; echo "0 passed, 1 failed"; exit 1; }
if (cd "$build" && ./engine/bench 1 $((${SWEEPS:-2500} * factor))) > "$build/bench.log" 2>&1; then
  tail -n 1 "$build/bench.log"
  echo "1 passed, 0 failed"
else
  tail -n 25 "$build/bench.log"
  echo "0 passed, 1 failed"
  exit 1
fi
