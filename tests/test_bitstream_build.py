"""The smallest board's whole build: synthesis, place and route, image (45 s of processor); the small engine's clock. An ECP5's: test_bitstream_ecp5.py; the others are `make bitstreams`."""
import json
import os
import subprocess

from bitstream_whole import ROOT, whole
from description import CONFIGURATION_BYTES


def test_a_board_meets_its_clock_and_its_record(monkeypatch):
    board, _, parameters, image = whole("icebreaker-photon", monkeypatch)
    assert parameters["PIN_SAMPLES"] == board.photon_samples
    assert len(image) == CONFIGURATION_BYTES


def test_the_small_engine_alone_reaches_36_mhz():
    """One seed of the three of docs/small_engine.md (a minute of processor): the tools give the same figure for the same Verilog."""
    out = ROOT / "build/size-test"
    environment = {**os.environ, "TOPS": "size_engine", "OUT": str(out)}
    (out / "size_engine.1.json").unlink(missing_ok=True)
    done = subprocess.run(["sh", str(ROOT / "tests/size/up5k.sh"), "1"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((out / "size_engine.1.json").read_text())
    assert len(found["fmax"]) == 1 and min(clock["achieved"] for clock in found["fmax"].values()) >= 36, done.stdout
