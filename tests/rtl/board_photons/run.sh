#!/bin/sh
# The whole top of a UP5K board for photons, at its pins: light at SYNC and DETECTOR by half clocks, a host on the UART. The histograms of single bins that come
# back are known exactly.
set -u
cd "$(dirname "$0")/../../.."
work=build/rtl-benches/board_photons
mkdir -p "$work" && cp rtl/*/*.hex "$work"
includes=$(for d in rtl/*/; do printf ' -I%s -y %s' "$d" "$d"; done)
# shellcheck disable=SC2086
OPTIMISE=-O1 sim/verilate --cc --exe --build -O3 --x-assign fast --noassert -Wno-fatal -Wno-lint -Wno-style $includes -y tests/rtl/board_photons \
  -GPIN_SAMPLES=2 -GPLL=0 -GCLOCK_HZ=30000000 -GUART_DIVIDER="24'd2560" -CFLAGS "-std=c++17 -I$PWD/sim" \
  --top-module ice40_uart --Mdir "$work/verilated" -o "$PWD/$work/bench" rtl/board/ice40_uart.v "$PWD/tests/rtl/board_photons/bench.cpp" > "$work/verilator.log" 2>&1 ||
  { tail -n 20 "$work/verilator.log"; echo "0 passed, 1 failed"; exit 1; }
exec python3 tests/rtl/board_photons/judge.py "$work"
