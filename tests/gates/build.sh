#!/bin/sh
# A device's netlist behind a byte stream: yosys synthesises device_top for a part, Verilator makes a program of what comes out, with the
# part's cells as yosys describes them (and sim/cells, where it has black boxes). Any working directory.
#   build.sh up5k     u16, serial pass, one histogram in flight, the fit's program in single-port RAM
#   build.sh placed   the iCEBreaker's whole image as nextpnr writes it after place and route (placed.py), its flash and its UART around it
#   build.sh ecp5     u16, ring, two histograms in flight
# Makes build/gates/PART/taustream-rtl-u16, for TAUSTREAM_RTL_DIR.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
part=$1
out=build/gates/$part
share=$(dirname "$(command -v yosys)")/../share/yosys
mkdir -p "$out"
cp rtl/*/*.hex "$out"
for d in "$root"/rtl/*/; do
  include="${include:-} -I$d"
  for f in "$d"*.v; do sources="${sources:-} $f"; done
done
set_all="-set ENGINE 1 -set CLOCK_HZ 0"
case $part in
  up5k)
    parameters="$set_all -set CONTEXTS 1 -set TARGET \"ice40\" -set PASS \"serial\""
    synthesis="synth_ice40 -top device_top"
    cells="$share/ice40/cells_sim.v"
    defines="-DNO_ICE40_DEFAULT_ASSIGNMENTS"
    harness=-DPROGRAM_IN_RAM
    ;;
  placed)
    board=build/boards/icebreaker
    constraints/build.py build icebreaker
    tests/gates/placed.py $board/seed-1.placed.json "$out/placed.v"
    mkdir -p "$out/rtl-tables" && cp $board/program.bin "$out/rtl-tables"
    # what the board's description says of its clock, line and LEDs
    defines=$(python3 - $board/parameters.json <<'END'
import json, sys
p = json.load(open(sys.argv[1]))
number = lambda text: int(text.split("d")[1])
print(f"-DCLOCKS_PER_BIT={number(p['UART_DIVIDER']) // 256} -DFLASH_ADDRESS={number(p['FLASH_ADDRESS'])} -DERROR_LED_LOW={number(p['LED_LOW']) >> 2 & 1}")
END
)
    cd "$out"
    verilator --cc --exe --build -O3 --x-assign fast --noassert -Wno-fatal -Wno-lint -Wno-style -DNO_ICE40_DEFAULT_ASSIGNMENTS --top-module placed \
      -MAKEFLAGS OPT_FAST=-O1 -CFLAGS "-std=c++17 -I$root/sim $defines" --Mdir verilated -o "$PWD/taustream-rtl-u16" placed.v "$share/ice40/cells_sim.v" \
      "$root/sim/board_device.cpp" > verilator.log 2>&1 || { tail -n 20 verilator.log; exit 1; }
    echo "placed: $(grep -c 'wire l' placed.v) lookup tables, $(grep -c '^reg q' placed.v) flip-flops, $(grep -c '^SB_' placed.v) memories and multipliers"
    exit
    ;;
  ecp5)
    parameters="$set_all -set CONTEXTS 2 -set TARGET \"ecp5\""
    synthesis="setattr -unset ram_style m:*; synth_ecp5 -abc9 -top device_top"
    # yosys' own DP16KD is an empty one
    sed '/^module DP16KD(/,/^endmodule/d' "$share/ecp5/cells_sim.v" > "$out/cells.v"
    cells="$PWD/$out/cells.v $PWD/sim/cells/DP16KD.v $PWD/sim/cells/MULT18X18D.v"
    defines=-DNO_INCLUDES
    harness=
    ;;
  *)
    echo "build.sh: $part: expected up5k, placed or ecp5" >&2
    exit 2
    ;;
esac
cd "$out"
# one net a bit: what a netlist joins into buses looks like loops to a simulator
yosys -q -l yosys.log -p "read_verilog $include $sources; chparam $parameters device_top; hierarchy -top device_top; $synthesis; splitnets;
  write_verilog -noattr netlist.v" > yosys.out 2>&1 || { tail -n 5 yosys.out; exit 1; }
if grep -q "Driver-driver conflict" yosys.log; then
  echo "build.sh: $part: yosys: Driver-driver conflict" >&2
  exit 1
fi
verilator --cc --exe --build -O3 --x-assign fast --noassert -Wno-fatal -Wno-lint -Wno-style $defines --top-module device_top \
  -MAKEFLAGS OPT_FAST=-O1 -CFLAGS "-std=c++17 $harness" --Mdir verilated -o "$PWD/taustream-rtl-u16" netlist.v $cells "$root/sim/rtl_device.cpp" > verilator.log 2>&1 ||
  { tail -n 20 verilator.log; exit 1; }
mkdir -p rtl-tables
cp "$root"/rtl/*/*.hex rtl-tables
grep -E "^ +(SB_[A-Z0-9]+|[A-Z][A-Z0-9]+[A-Z0-9_]*) +[0-9]+$" yosys.log | awk -v part="$part" '{ line = line " " $1 " " $2 } END { print part ":" line }'
