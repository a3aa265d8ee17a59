#!/usr/bin/env bash
# The USB core (rtl/usb/usb_device.v) under Verilator, driven bit by bit by the host of sim/usb. Arguments go to the bench (main.cpp).
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=build/usb_bus
mkdir -p "$work"
make -s "$work/bench"
exec "$work/bench" "$@"
