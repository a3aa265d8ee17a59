"""Live with boards that go away: every frame is recorded, what can be is fitted, gaps are marked."""
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from time_tags import Recording
from test_live_tags import make_events, make_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from boards import SocketBoard  # noqa: E402

SIM = ("live", "sim:drift,seconds=3,seed=4", "--frame", "5000photons", "--irf-gauss", "500ps", "--speed", "max", "--json")


def frames(records):
    return [r for r in records if r["schema"] == "taustream.live/1"]


@pytest.mark.parametrize("send", ("histograms", "photons"))
def test_a_board_that_comes_back(run, board, tmp_path, send):
    b = board(breaks=[2000, 1500])
    done = run(*SIM, "--send", send, "--backend", b.backend, "--record", "a.tsr")
    model = run(*SIM, "--send", "histograms", "--backend", "model")
    assert done.code == 0 and b.connections == 3
    got, want = frames(done.records), frames(model.records)
    assert [r["frame"] for r in got] == list(range(len(want))) and all(r["status"] == "ok" for r in got)
    assert [r["photons"] for r in got] == [r["photons"] for r in want]
    if send == "histograms":
        assert [r["raw"] for r in got] == [r["raw"] for r in want]
    else:
        assert {r["framed_by"] for r in got} == {"device", "host"}   # the frames in which it went away came as histograms
        assert all(abs(g["lifetime_s"][0] - w["lifetime_s"][0]) < 0.1 * w["lifetime_sigma_s"][0] for g, w in zip(got, want))
    r = Recording(tmp_path / "a.tsr")
    assert r.gaps and r.gaps == [x for x in done.records if x["schema"] == "taustream.gap/1"] and len(r.frames) == len(r.records) == len(want)
    assert "came back" in r.gaps[0]["reason"] and "connected again" in done.err


def test_a_file_waits_for_the_board_and_says_when_it_stays_away(run, board, tmp_path, monkeypatch):
    monkeypatch.setenv("TAUSTREAM_RECONNECT_S", "0.2")
    done = run(*SIM, "--backend", board(breaks=[3000], stays_away=True).backend, "--record", "a.tsr")
    assert done.code == 1 and "stream" in done.err
    r = Recording(tmp_path / "a.tsr")
    assert len(r.frames) >= len(r.records) == len(frames(done.records)) > 0
    assert [x["status"] for x in r.records][-1] is None and "ok" in {x["status"] for x in r.records} and r.end["complete"] is False


def test_a_pipe_goes_on_without_the_board(program, board, tmp_path):
    """Frames are recorded while the board is away and pass without a fit; it is found again when it is back."""
    first = board(breaks=[6000], stays_away=True)
    data = make_file("GenericT3", make_events("GenericT3", 40000, seed=2), count=0)
    process = subprocess.Popen([program, "live", "tags:-", "--frame", "200photons", "--backend", first.backend, "--record", "a.tsr", "--json"], cwd=tmp_path,
                               stdin=subprocess.PIPE, stdout=open(tmp_path / "out.json", "wb"), stderr=subprocess.PIPE,
                               env=dict(os.environ, TAUSTREAM_RECONNECT_S="0.1"))
    half = len(data) // 2
    process.stdin.write(data[:half])
    process.stdin.flush()
    while b'"not_fitted"' not in (tmp_path / "out.json").read_bytes():
        assert process.poll() is None
        time.sleep(0.01)
    first.thread.join()                                         # it removes its path as it goes
    second = SocketBoard(first.path)
    while second.connections == 0:
        assert process.poll() is None
        time.sleep(0.01)
    _, error = process.communicate(data[half:], timeout=100)
    second.close()
    assert process.returncode == 0
    assert b"the device is back" in error and b"frames are recorded and not fitted" in error
    r = Recording(tmp_path / "a.tsr")
    assert len(r.frames) == len(r.records) > 150 and [x["frame"] for x in r.records] == list(range(len(r.frames)))
    status = [x["status"] for x in r.records]
    missing = [i for i, s in enumerate(status) if s is None]
    assert 0 < len(missing) < len(status) - 32 and all(r.records[i]["not_fitted"] for i in missing) and status[0] is not None and status[-1] is not None
    assert any("went away" in g["reason"] for g in r.gaps)
    # nothing of the recording is missing: all frames can be fitted now
    again = subprocess.run([program, "trpl", "a.tsr", "--backend", "model", "--json"], cwd=tmp_path, capture_output=True, check=True)
    assert again.stdout.count(b"\n") == len(r.frames) + 1


def test_a_pipe_that_ends_while_the_board_is_away(program, board, tmp_path):
    b = board(breaks=[6000], stays_away=True)
    data = make_file("GenericT3", make_events("GenericT3", 8000, seed=2), count=0)
    done = subprocess.run([program, "live", "tags:-", "--frame", "200photons", "--backend", b.backend, "--record", "a.tsr", "--json"], cwd=tmp_path, input=data,
                          capture_output=True, timeout=100, env=dict(os.environ, TAUSTREAM_RECONNECT_S="0.1"), check=False)
    assert done.returncode == 0
    r = Recording(tmp_path / "a.tsr")
    assert len(r.frames) == len(r.records) > 30 and r.records[-1]["status"] is None and r.end["failed"] > 0



def test_a_frame_s_message_that_never_ends(run, board, monkeypatch):
    """A byte of it is lost, and the device has no more to say: it was waited for without end."""
    monkeypatch.setenv("TAUSTREAM_TIMEOUT_S", "0.5")
    b = board(cut_frame=3)
    done = run(*SIM, "--send", "photons", "--backend", b.backend, timeout=60)
    model = run(*SIM, "--send", "histograms", "--backend", "model")
    assert done.code == 0 and b.connections == 2 and "no answer" in done.err
    got, want = frames(done.records), frames(model.records)
    assert [r["photons"] for r in got] == [r["photons"] for r in want] and [r["framed_by"] for r in got].count("host") == 4
    assert all(abs(g["lifetime_s"][0] - w["lifetime_s"][0]) < 0.1 * w["lifetime_sigma_s"][0] for g, w in zip(got, want))


def photons_of(data):
    """Photons in the messages that a board got."""
    n = at = 0
    while len(data) >= at + 16:
        kind, length = data[at + 3], struct.unpack_from("<I", data, at + 8)[0]
        if kind == 0x11 and len(data) >= at + 24:
            n += struct.unpack_from("<I", data, at + 20)[0]
        at += 16 + length + 4
    return n


def test_photons_are_sent_while_their_frame_is_open(program, board, tmp_path):
    """Of a frame that does not close before the pipe ends the device has every photon already; its fit is that of the same frame sent at once."""
    b = board()
    events = make_events("GenericT3", 60000, seed=2, spread=3)
    data = make_file("GenericT3", events, count=0)
    arguments = [program, "live", "tags:-", "--frame", "25000photons", "--send", "photons", "--range", "0ns..80ns", "--json", "--backend"]
    process = subprocess.Popen([*arguments, b.backend], cwd=tmp_path, stdin=subprocess.PIPE, stdout=open(tmp_path / "out.json", "wb"))
    process.stdin.write(data)
    process.stdin.flush()
    photons = sum(what == "photon" for _, what, _, dtime in events)
    fitted = sum(what == "photon" and dtime < 1250 for _, what, _, dtime in events)
    while photons_of(bytes(b.received)) < fitted:
        assert process.poll() is None
        time.sleep(0.01)
    assert photons_of(bytes(b.received)) == fitted
    open_photons = photons - 2 * 25000
    assert open_photons > 5000 and (tmp_path / "out.json").read_bytes().count(b"\n") <= 2
    process.stdin.close()
    assert process.wait(timeout=100) == 0
    records = [json.loads(x) for x in (tmp_path / "out.json").read_bytes().splitlines()][:-1]
    assert [(r["photons"], r["framed_by"]) for r in records] == [(25000, "device"), (25000, "device"), (open_photons, "device")]
    assert photons_of(bytes(b.received)) == fitted, "none is sent twice"
    process = subprocess.run([*arguments, "model"], cwd=tmp_path, input=data, capture_output=True, check=True)
    again = [json.loads(x) for x in process.stdout.splitlines()][:-1]
    assert [r["raw"] for r in again] == [r["raw"] for r in records]
