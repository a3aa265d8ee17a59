"""The smallest board's whole build: synthesis, place and route, image (45 s of processor); the small engine's clock. An ECP5's: test_bitstream_ecp5.py; the others are `make bitstreams`."""
import json
import os
import subprocess
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


def test_the_small_engine_alone_reaches_36_mhz():
    """One seed of the three of docs/small_engine.md (a minute of processor): the tools give the same figure for the same Verilog."""
    out = ROOT / "build/size-test"
    environment = {**os.environ, "TOPS": "size_engine", "OUT": str(out)}
    (out / "size_engine.1.json").unlink(missing_ok=True)
    done = subprocess.run(["sh", str(ROOT / "tests/size/up5k.sh"), "1"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((out / "size_engine.1.json").read_text())
    assert len(found["fmax"]) == 1 and min(clock["achieved"] for clock in found["fmax"].values()) >= 36, done.stdout
