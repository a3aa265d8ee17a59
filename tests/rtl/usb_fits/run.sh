#!/usr/bin/env bash
# Fits through the whole board (rtl/core/device_usb.v) on a bus of bits. Arguments go to the bench (main.cpp).
set -euo pipefail
cd "$(dirname "$0")/../../.."
make -s build/usb_fits/bench build/rtl-tables/.copied
exec build/usb_fits/bench "$@"
