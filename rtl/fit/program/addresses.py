"""Port addresses of the fit processor (docs/fit_processor.md) and configuration words (protocol/taustream.toml)."""
import tomllib
from pathlib import Path

from assembler import OUT_BEGIN, OUT_OFFSET  # noqa: F401

PROTOCOL = tomllib.loads((Path(__file__).parents[3] / "protocol" / "taustream.toml").read_text())
CONFIG = {entry["name"]: 128 + n for n, entry in enumerate(PROTOCOL["config_float"])}
RESULT = {entry["name"]: 768 + n for n, entry in enumerate(PROTOCOL["result"])}
RESULT_FISHER = 768 + len(PROTOCOL["result"])
STATUS = {entry["name"]: entry["bit"] for entry in PROTOCOL["status_bit"]}

(IN_COMPONENTS, IN_TAPS, IN_SHIFT_TAPS, IN_OCTAVES, IN_FRACTION, IN_RESIDUAL, IN_BACKGROUND, IN_POST, IN_MOMENT2, IN_PRE, IN_LAST,
 IN_SATURATED, IN_FRACTION_DOWN) = range(192, 205)

OUT_BACKGROUND, OUT_ANCHOR, OUT_SHIFT_NODE, OUT_SHIFT_TAPS, OUT_AMPLITUDE_SUM = 0, 1, 2, 4, 12
OUT_INDEXED = 512      # + address: goes to address + 4 x offset


def pair(i, j):
    """Accumulator of items i >= j."""
    return i * (i + 1) // 2 + j


def component(k, offset):
    return 16 + 64 * k + offset


EPS, RATE, WEIGHTS, FINE_C, FINE_V, PRE_C, PRE_V, OCTAVES = 0, 1, 2, 10, 11, 12, 13, 16
