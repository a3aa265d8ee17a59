"""Port addresses of the fit processor beside the pass of transient absorption (docs/ta_engine.md), and words of protocol/taustream.toml."""
from addresses import PROTOCOL, pair  # noqa: F401

IN_CONFIG, IN_START, IN_COMPONENTS, IN_EXTENDED, IN_BRIEF = 128, 160, 192, 193, 194
CONFIG = {entry["name"]: IN_CONFIG + n for n, entry in enumerate(PROTOCOL["ta_config_float"])}
START = {entry["name"]: IN_START + n for n, entry in enumerate(PROTOCOL["ta_start"])}
RESULT = {entry["name"]: 768 + n for n, entry in enumerate(PROTOCOL["ta_result"])}
RESULT_GRAM = 768 + len(PROTOCOL["ta_result"])
STATUS = {entry["name"]: 2.0 ** entry["bit"] for entry in PROTOCOL["ta_status_bit"]}
COMPONENTS_MAX = 4
ITEMS_MAX = 2 * COMPONENTS_MAX + 3

OUT_T0, OUT_INVERSE, OUT_OFFSET, OUT_ARTEFACT, OUT_SLOPE = range(5)


def out_component(k, offset):
    return 8 + 4 * k + offset
