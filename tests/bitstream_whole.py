"""A board's whole build with its first seed, as test_bitstream_build.py (iCE40) and test_bitstream_ecp5.py have it made: in two files, so that they run side by side."""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "constraints"))
import build  # noqa: E402
import description  # noqa: E402

OUT = ROOT / "build/bitstream-test"


def whole(name, monkeypatch):
    """Synthesis, place and route, image, against the board's clocks and its record. Returns the description, the first seed's figures, the top's parameters, the image."""
    monkeypatch.setattr(build, "OUT", OUT)
    board = description.load(name)
    found = build.build(board, board.seeds[:1], "0000000000000001")      # raises when it does not fit, misses a clock, or yosys warns of conflicting drivers
    build.grown(board, found, build.recorded_file())
    folder = OUT / name
    image = folder / f"{name}.{'bin' if board.family == 'ice40' else 'bit'}"
    return board, found[str(board.seeds[0])], json.loads((folder / "parameters.json").read_text()), image.read_bytes()
