"""One board's whole build, the smallest: synthesis, place and route, image (45 s of processor). The others are `make bitstreams`."""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "constraints"))
import build  # noqa: E402
import description  # noqa: E402

BOARD = "icebreaker-photon"


def test_a_board_meets_its_clock_and_its_record(monkeypatch):
    out = ROOT / "build/bitstream-test"
    monkeypatch.setattr(build, "OUT", out)
    board = description.load(BOARD)
    found = build.build(board, board.seeds[:1], "0000000000000001")      # raises when it does not fit, misses a clock, or yosys warns of conflicting drivers
    build.grown(board, found, build.recorded_file())
    assert json.loads((out / BOARD / "parameters.json").read_text())["PIN_SAMPLES"] == board.photon_samples
    assert (out / BOARD / f"{BOARD}.bin").stat().st_size == description.CONFIGURATION_BYTES
