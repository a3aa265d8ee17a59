"""Runs programs under taustream-vboard."""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TAUSTREAM_RTL_DIR") or ROOT / "build")
VBOARD = BUILD / "taustream-vboard"


class Done:
    def __init__(self, process, stats):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")
        self.boards = [json.loads(line) for line in stats.read_text().splitlines()] if stats.exists() else []


@pytest.fixture
def vboard(tmp_path):
    """vboard(["--level", "packet"], ["lsusb"])"""
    def call(options, command, timeout=300):
        stats = tmp_path / "stats.json"
        stats.unlink(missing_ok=True)
        return Done(subprocess.run([VBOARD, "--stats", stats, *map(str, options), *(["--", *map(str, command)] if command else [])],
                                   cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False), stats)

    return call


@pytest.fixture(scope="session")
def probe():
    """A plain libusb program."""
    path = ROOT / "build/tests/vboard/probe"
    subprocess.run(["make", "-s", str(path.relative_to(ROOT))], cwd=ROOT, check=True)
    return path
