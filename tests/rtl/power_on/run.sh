#!/bin/sh
# From power-up to the first answer, on the top of a UP5K board with a UART: no more than a second, configuration included, and no command before.
# With a flash that holds another program: no answer, and the error LED. Clocks are counted, nothing is timed.
set -u
cd "$(dirname "$0")/../../.."
work=build/rtl-benches/power_on
mkdir -p "$work" && cp rtl/*/*.hex "$work"
cells=$(dirname "$(command -v yosys)")/../share/yosys/ice40/cells_sim.v
crc=$(rtl/board/flash_image.py rtl/fit/decay_program.hex "$work/program.bin") || exit 1
includes=$(for d in rtl/*/; do printf ' -I%s -y %s' "$d" "$d"; done)
# shellcheck disable=SC2086
OPTIMISE=-O1 sim/verilate --cc --exe --build -O3 --x-assign fast --noassert -Wno-fatal -Wno-lint -Wno-style -DNO_ICE40_DEFAULT_ASSIGNMENTS $includes -v "$cells" \
  -GPLL=0 -GCLOCK_HZ=36000000 -GUART_DIVIDER="24'd3072" -GPROGRAM_CRC="32'h$crc" -CFLAGS "-std=c++17 -I$PWD/sim" \
  --top-module ice40_uart --Mdir "$work/verilated" -o "$PWD/$work/bench" rtl/board/ice40_uart.v "$PWD/tests/rtl/power_on/bench.cpp" > "$work/verilator.log" 2>&1 ||
  { tail -n 20 "$work/verilator.log"; echo "0 passed, 1 failed"; exit 1; }
exec python3 tests/rtl/power_on/judge.py "$work"
