"""A board that goes away and comes back at random moments of a batch: every result once, in order, the model's bit for bit."""
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("TAUSTREAM", ROOT / "build/taustream"))
# moments between nearly nothing moved and several histograms done since it was plugged in; a histogram is some 350 bytes both ways, and six may be under way
# before the first result comes
MOMENT_BYTES, FRUITFUL_BYTES = (20, 5000), 3600


def taustream(cwd, *words):
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def batch(cwd, number):
    taustream(cwd, "simulate", "trpl", "--lifetimes", "1ns,4ns", "--amplitudes", "0.6,0.4", "--counts", "1e5", "--bins", 256, "--bin-width", "50ps",
              "--irf-gauss", "250ps", "--number", number, "--seed", 1, "--output", "f.npy", "--irf-output", "i.npy", "--truth", "t.json")
    return ["trpl", "f.npy", "--irf", "i.npy", "--bin-width", "50ps", "--components", 2, "--json"]


def some_moments(rng, times):
    moments = []
    for _ in range(times):
        # The command gives a board up that goes away three times in a row without a result: configuration and IRF alone are some 1400 bytes.
        early = len(moments) >= 2 and max(moments[-2:]) < FRUITFUL_BYTES
        moments.append(rng.randint(FRUITFUL_BYTES if early else MOMENT_BYTES[0], MOMENT_BYTES[1]))
    return moments


def results(text):
    records = [json.loads(line) for line in text.splitlines()]
    assert records[-1]["complete"] and records[-1]["done"] == len(records) - 1
    return [(r["index"], r["raw"], r["status"]) for r in records[:-1]]


@pytest.mark.parametrize("level, times, number, seed", [
    ("packet", 100, 900, 1), ("packet", 100, 900, 2), ("packet", 6, 900, 3), ("bit", 20, 160, 4)])
def test_no_result_is_lost_or_given_twice(vboard, tmp_path, level, times, number, seed):
    arguments = batch(tmp_path, number)
    expected = results(taustream(tmp_path, *arguments, "--backend", "model", "--engine", "u16"))
    moments = some_moments(random.Random(seed), times)
    if times < 20:
        moments = [n * 10 for n in moments]
    done = vboard(["--level", level, "--replug-after", 1, "--unplug-after", ",".join(map(str, moments))],
                  [PROGRAM, *arguments, "--backend", "usb"], timeout=900)
    assert done.code == 0, done.err
    assert done.boards[0]["unplugs"] == times
    got = results(done.out)
    assert len(got) == number and got == expected


def test_a_board_that_stays_away_ends_the_run_and_what_is_done_is_kept(vboard, tmp_path, monkeypatch):
    arguments = batch(tmp_path, 200)
    expected = results(taustream(tmp_path, *arguments, "--backend", "model", "--engine", "u16"))
    monkeypatch.setenv("TAUSTREAM_RECONNECT_S", "1")
    done = vboard(["--unplug-after", 20000, "--replug-after", "never"], [PROGRAM, *arguments, "--backend", "usb"])
    records = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1 and "usb:0000000000000001" in done.err, done.err
    end, given = records[-1], [(r["index"], r["raw"], r["status"]) for r in records[:-1] if r.get("raw")]
    assert end["schema"] == "taustream.end/1" and not end["complete"]
    assert 30 < len(given) < 80 and given == expected[:len(given)]
