"""`make hil DEVICE=...`; without it (in `make test`) the device is TAUSTREAM_HIL_DEVICE or the virtual board."""
import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from .board import PROGRAM, Board, command

FIGURES = pytest.StashKey()


def pytest_addoption(parser):
    group = parser.getgroup("hil")
    group.addoption("--device", default=os.environ.get("TAUSTREAM_HIL_DEVICE", "virtual"), help="see tests/hil/board.py")
    group.addoption("--hil-engine", default=None, help="engine of a device that has no own: model, rtl, virtual")
    group.addoption("--histograms", type=int, default=None, help="size of a batch (default: 2000 on a board, less where it would take long)")
    group.addoption("--summary", default=None, help="file for what stands at the end of the output, too")
    group.addoption("--power-cycle", default=os.environ.get("TAUSTREAM_POWER_CYCLE"), help="command that takes the board's power away and gives it back")


def pytest_configure(config):
    config.stash[FIGURES] = []


@pytest.fixture(scope="session")
def board(request):
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not built")
    b = Board(request.config.getoption("--device"), request.config.getoption("--hil-engine"))
    yield b
    b.close()


@pytest.fixture(scope="session")
def info(board):
    done = board.run("info", "--json")
    assert done.code == 0, done.err
    return done.records[0]


@pytest.fixture
def figure(request, record_property):
    """figure("fits a second", 2100): into the JUnit file and the summary."""
    def note(name, value):
        record_property(name, value)
        request.config.stash[FIGURES].append((request.node.name, name, value))

    return note


@pytest.fixture
def batch(board, info, request, tmp_path):
    """batch(components=2, bins=256) -> (arguments for trpl, number): histograms with known truth in the test's folder."""
    size = request.config.getoption("--histograms") or {"virtual": 40, "rtl": 40}.get(board.device, 2000)

    def make(components=2, bins=256, number=None, counts="1e5"):
        number = number or size
        lifetimes, amplitudes = ["0.6ns", "2.4ns", "0.15ns"][:components], ["0.6", "0.4", "0.5"][:components]
        command("simulate", "trpl", "--lifetimes", ",".join(lifetimes), "--amplitudes", ",".join(amplitudes), "--counts", counts, "--bins", bins,
                "--bin-width", "50ps", "--irf-gauss", "250ps", "--background", "0.5", "--number", number, "--seed", 7, "--output", "f.npy",
                "--irf-output", "i.npy", "--truth", "t.json", cwd=tmp_path)
        return ["trpl", "f.npy", "--irf", "i.npy", "--bin-width", "50ps", "--components", components, "--json"], number

    return make


@pytest.fixture
def power_cycle(request):
    line = request.config.getoption("--power-cycle")
    if not line:
        pytest.skip("no --power-cycle COMMAND (make hil POWER_CYCLE=...)")
    return lambda: subprocess.run(shlex.split(line), check=True, timeout=60)


def pytest_terminal_summary(terminalreporter, config):
    lines = [f"device {config.getoption('--device')}, {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}"]
    lines += [f"  {test:60s} {name}: {value}" for test, name, value in config.stash[FIGURES]]
    counts = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            if "tests/hil" not in report.nodeid or (outcome == "passed" and report.when != "call"):
                continue
            counts[outcome] = counts.get(outcome, 0) + 1
            lines.append(f"  {outcome:8s}{report.duration:7.1f} s  {report.nodeid.split('::')[-1]}")
    if not counts:
        return
    lines.append(", ".join(f"{n} {outcome}" for outcome, n in counts.items()))
    terminalreporter.section("hardware in the loop")
    for line in lines:
        terminalreporter.line(line)
    if config.getoption("--summary"):
        Path(config.getoption("--summary")).write_text("\n".join(lines) + "\n")
