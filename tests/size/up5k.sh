#!/bin/sh
# What the small engine takes of an iCE40 UP5K: yosys, nextpnr-ice40; alone and with the link. Any working directory.
#   up5k.sh [SEEDS]      default "1 2 3"
# Small engine: u16, serial pass, one context, program in single-port RAM. Not in it: what fills that RAM from flash, a UART or USB.
# Inputs and outputs go through shift registers (tests/size/*.v); their cells are counted, and given apart.
set -eu
cd "$(dirname "$0")/../.."
seeds=${1:-1 2 3}
out=${OUT:-build/size}
mkdir -p "$out"
cp rtl/*/*.hex "$out"
# yosys names by the files' paths, and what it makes hangs on the names' order: the same paths wherever the repository lies
ln -sfn "$PWD" "$out/repository"
cd "$out"
sources=""
for d in repository/rtl/*/; do
  include="${include:-} -I$d"
  for f in "$d"*.v; do sources="$sources $f"; done
done
for top in ${TOPS:-size_engine size_device size_sclc}; do
  yosys -q -l "$top.log" -p "read_verilog $include $sources repository/tests/size/$top.v; synth_ice40 ${SYNTH_OPTIONS:-} -top $top -json $top.json; stat" > "$top.out" 2>&1 || { tail -n 5 "$top.out"; exit 1; }
  if grep -q "Driver-driver conflict" "$top.log"; then
    echo "$top: yosys: Driver-driver conflict"
    exit 1
  fi
  for seed in $seeds; do
    if nextpnr-ice40 --up5k --package sg48 --seed "$seed" --freq 36 --placer-heap-timingweight 30 --placer-heap-critexp 4 --pcf-allow-unconstrained --json "$top.json" --timing-allow-fail \
      --report "$top.$seed.json" > "$top.$seed.log" 2>&1; then
      python3 - "$top" "$seed" "$top.$seed.json" <<'END'
import json, sys
report = json.load(open(sys.argv[3]))
use = {k: f"{v['used']} of {v['available']}" for k, v in report["utilization"].items()}
fmax = min(v["achieved"] for v in report["fmax"].values())
print(f"{sys.argv[1]:12s} seed {sys.argv[2]}: LC {use['ICESTORM_LC']}, EBR {use['ICESTORM_RAM']}, DSP {use['ICESTORM_DSP']}, "
      f"SPRAM {use['ICESTORM_SPRAM']}, {fmax:.1f} MHz")
END
    else
      echo "$top seed $seed: not placed or routed"
      grep -h "ICESTORM_LC\|ICESTORM_RAM\|ICESTORM_DSP\|ERROR" "$top.$seed.log" | head -4
    fi
  done
done
