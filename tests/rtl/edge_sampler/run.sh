#!/bin/sh
# The pins' sampler with yosys' own model of the iCE40's pin cell, in Icarus.
set -u
cd "$(dirname "$0")/../../.."
work=build/rtl-benches/edge_sampler
mkdir -p "$work"
iverilog -g2005-sv -DNO_ICE40_DEFAULT_ASSIGNMENTS -o "$work/tb" -s tb tests/rtl/edge_sampler/tb.v rtl/photon/edge_sampler_ice40.v "$(dirname "$(command -v yosys)")/../share/yosys/ice40/cells_sim.v"
vvp "$work/tb" | tee "$work/log"
if grep -q '^PASS' "$work/log" && ! grep -q '^FAIL' "$work/log"; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
