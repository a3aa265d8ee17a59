"""`make hil DEVICE=...`; without it (in `make test`) the device is TAUSTREAM_HIL_DEVICE or the virtual board."""
import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from .board import PROGRAM, Board, command, needs_decays

FIGURES = pytest.StashKey()


# name, default, type, help. Where this folder is one of many (make test) pytest knows the options too late: the defaults hold then.
OPTIONS = [
    ("device", os.environ.get("TAUSTREAM_HIL_DEVICE", "virtual"), str, "see tests/hil/board.py"),
    ("engine", None, str, "engine of a device that has no own: model, rtl, virtual"),
    ("histograms", None, int, "size of a batch (default: 2000 on a board, less where it would take long)"),
    ("summary", None, str, "file for what stands at the end of the output, too"),
    ("power_cycle", os.environ.get("TAUSTREAM_POWER_CYCLE"), str, "command that takes the board's power away and gives it back"),
]


def pytest_addoption(parser):
    group = parser.getgroup("hil")
    for name, default, kind, text in OPTIONS:
        group.addoption("--hil-" + name.replace("_", "-"), dest="hil_" + name, default=default, type=kind, help=text)


def option(config, name):
    return getattr(config.option, "hil_" + name, next(default for n, default, *_ in OPTIONS if n == name))


def pytest_configure(config):
    config.stash[FIGURES] = []


@pytest.fixture(scope="session")
def board(request):
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not built")
    b = Board(option(request.config, "device"), option(request.config, "engine"))
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
        if request.config.getini("junit_family") != "xunit2":  # which has no properties of a test
            record_property(name, value)
        request.config.stash[FIGURES].append((request.node.name, name, value))

    return note


@pytest.fixture
def batch(board, info, request, tmp_path):
    """batch(components=2, bins=256) -> (arguments for trpl, number): histograms with known truth in the test's folder."""
    needs_decays(info)
    size = option(request.config, "histograms") or {"virtual": 40, "rtl": 40}.get(board.device, 2000)

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
    line = option(request.config, "power_cycle")
    if not line:
        pytest.skip("no POWER_CYCLE=COMMAND")
    return lambda: subprocess.run(shlex.split(line), check=True, timeout=60)


def pytest_terminal_summary(terminalreporter, config):
    lines = [f"device {option(config, 'device')}, {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}"]
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
    if option(config, "summary"):
        Path(option(config, "summary")).write_text("\n".join(lines) + "\n")
