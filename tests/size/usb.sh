#!/bin/sh
# What the USB device takes of an iCE40 UP5K, alone: yosys, nextpnr-ice40. Any working directory.
#   usb.sh [SEEDS]      default "1 2 3"
# Ends with exit code 1 when it is larger than 900 LC and 4 EBR or slower than 56 MHz with any of the seeds.
set -eu
cd "$(dirname "$0")/../.."
seeds=${1:-1 2 3}
out=${OUT:-build/size}
mkdir -p "$out"
yosys -q -l "$out/size_usb.log" -p "read_verilog -Irtl/usb rtl/usb/*.v rtl/cdc/sync_bit.v tests/size/size_usb.v
  synth_ice40 -device u -top size_usb -json $out/size_usb.json" > "$out/size_usb.out" 2>&1 || { tail -n 5 "$out/size_usb.out"; exit 1; }
if grep -q "Driver-driver conflict" "$out/size_usb.log"; then
  echo "size_usb: yosys: Driver-driver conflict"
  exit 1
fi
for seed in $seeds; do
  nextpnr-ice40 --up5k --package sg48 --seed "$seed" --freq 56 --pcf-allow-unconstrained --json "$out/size_usb.json" --timing-allow-fail \
    --report "$out/size_usb.$seed.json" > "$out/size_usb.$seed.log" 2>&1 || { tail -n 3 "$out/size_usb.$seed.log"; exit 1; }
  python3 - "$seed" "$out/size_usb.$seed.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[2]))
use = {k: v["used"] for k, v in report["utilization"].items()}
fmax = min(v["achieved"] for v in report["fmax"].values())
print(f"usb_device seed {sys.argv[1]}: {use['ICESTORM_LC']} LC, {use['ICESTORM_RAM']} EBR, {fmax:.1f} MHz", flush=True)
sys.exit(use["ICESTORM_LC"] > 900 or use["ICESTORM_RAM"] > 4 or fmax < 56)
PYTHON
done
