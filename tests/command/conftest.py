"""Runs the command as a user does: arguments in, exit code, standard output and standard error out."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from boards import SocketBoard  # noqa: E402

PROGRAM = Path(os.environ.get("TAUSTREAM", ROOT / "build/taustream"))


class Done:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def program():
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not built")
    return str(PROGRAM)


@pytest.fixture
def run(tmp_path, program):
    """run("trpl", "f.csv", ...) in a folder of its own."""
    def call(*arguments, stdin=b"", timeout=120):
        return Done(subprocess.run([program, *map(str, arguments)], cwd=tmp_path, input=stdin, capture_output=True,
                                   timeout=timeout, check=False))

    return call


@pytest.fixture
def write(tmp_path):
    """write("f.csv", text or bytes) puts a file into the test's folder."""

    def put(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return put


@pytest.fixture
def decay():
    """Counts of one exponential from bin 0 on, without noise: 2.56 ns at 64 bins of 256 ps."""
    t = np.arange(64) * 0.256
    return np.rint(4000 * np.exp(-t / 2.56) + 3).astype(int)


@pytest.fixture
def board(tmp_path):
    """board(breaks=[2000]) is a new board of the model behind a socket."""
    made = []

    def make(**how):
        made.append(SocketBoard(tmp_path / f"board{len(made)}", **how))
        return made[-1]

    yield make
    for b in made:
        b.close()
