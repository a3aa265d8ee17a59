"""One ECP5 board's whole build, an engine and USB on a 25F (four minutes of processor); the others are `make bitstreams`."""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "constraints"))
import build  # noqa: E402
import description  # noqa: E402

BOARD = "ulx3s-25f"


def test_a_25f_meets_its_clocks_and_its_record(monkeypatch):
    out = ROOT / "build/bitstream-test"
    monkeypatch.setattr(build, "OUT", out)
    board = description.load(BOARD)
    found = build.build(board, board.seeds[:1], "0000000000000001")      # raises when it does not fit, misses a clock, or yosys warns of conflicting drivers
    build.grown(board, found, build.recorded_file())
    assert sorted(clock["wanted"] for clock in found[str(board.seeds[0])]["clocks"].values()) == [48, board.engine_mhz]
    assert json.loads((out / BOARD / "parameters.json").read_text())["CONTEXTS"] == board.contexts
    image = (out / BOARD / f"{BOARD}.bit").read_bytes()
    assert b"LFE5U-25F" in image[:200] and len(image) > 100_000
