"""Live from the pins of a simulated board (sim/pins.h): the device makes the frames, ends them by photons, time or marker, and fits each."""
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from messages import ERR, MSG, message, parse  # noqa: E402

FILM = "period=200,tau=20,photons=2,background=0.01"          # samples of 2.5 ns; 4 a clock of 10 ns
FIT = ("--period", "500ns", "--irf-gauss", "0.5ns")


def live(program, folder, film, *options, frames, backend="rtl", **environment):
    """Records until so many frames are there, then an interrupt; (exit code, records, what was complained)."""
    child = subprocess.Popen([program, "live", "board:", "--backend", backend, "--engine", "u16", "--bin-width", "2.5ns", "--json", *FIT, *options], cwd=folder,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, TAUSTREAM_RTL_PINS=film, **environment))
    out = []
    for line in child.stdout:
        out.append(json.loads(line))
        if "frame" in out[-1] and sum("frame" in r for r in out) == frames:
            child.send_signal(signal.SIGINT)
    complaint = child.stderr.read()
    return child.wait(timeout=60), out, complaint


class Socket:
    """The simulated gateware behind a socket, a new one for every connection; the first is cut after so many bytes of answer."""

    def __init__(self, folder, film, cut):
        self.path, self.film, self.cut = str(folder / "board"), film, cut
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(1)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                self.serve(peer)
            self.cut = None

    def serve(self, peer):
        device = subprocess.Popen([ROOT / "build/taustream-rtl-u16"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                  env=dict(os.environ, TAUSTREAM_RTL_PINS=self.film))
        told = 0
        try:
            while self.cut is None or told < self.cut:
                ready, _, _ = select.select([peer, device.stdout], [], [])
                if peer in ready:
                    data = peer.recv(65536)
                    if not data:
                        return
                    device.stdin.write(data)
                if device.stdout in ready:
                    data = device.stdout.read(4096)
                    told += len(data)
                    peer.sendall(data)
        except OSError:
            return
        finally:
            device.kill()
            device.wait()
            device.stdin.close()
            device.stdout.close()


def on_a_virtual_board(program, folder, vboard_options, *options):
    """The same through the real driver: a USB device with the gateware and the film behind it; (exit code, records, complaints, statistics)."""
    done = subprocess.run([ROOT / "build/taustream-vboard", "--pins", FILM, "--stats", "stats.json", *vboard_options, "--", program, "live", "board:", "--bin-width",
                           "2.5ns", "--json", *FIT, *options], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, [json.loads(x) for x in done.stdout.splitlines()], done.stderr, json.loads((folder / "stats.json").read_text())


def judged(records, gaps_told=1):
    """Frames are numbered without gaps, and touch but where a gap is told."""
    frames = [r for r in records if "frame" in r]
    gaps = {r["before_frame"]: r for r in records if r["schema"] == "taustream.gap/1"}
    assert [r["frame"] for r in frames] == list(range(len(frames)))
    for a, b in zip(frames, frames[1:]):
        if b["frame"] in gaps:
            assert (gaps[b["frame"]]["start_s"], gaps[b["frame"]]["end_s"]) == (a["end_s"], b["start_s"])
        else:
            assert b["start_s"] == pytest.approx(a["end_s"], abs=1e-12)
    assert len(gaps) == gaps_told, "once the bins are found the measurement begins anew"
    assert all(r["framed_by"] == "device" and r["pulses"] == pytest.approx((r["end_s"] - r["start_s"]) / 500e-9, abs=1.01) for r in frames)
    assert all("pile_up" in r["flags"] and r["lost"] > 0 for r in frames), "10 % are lost at the peak"
    return frames


def test_frames_by_photons_recorded_and_fitted_again(program, run, tmp_path):
    code, records, complaint = live(program, tmp_path, FILM, "--frame", "3000photons", "--record", "pins.tsr", frames=20)
    assert code == 130 and not complaint
    frames = judged(records)
    assert all(r["ended_by"] == "photons" and r["photons"] == 3000 for r in frames)
    assert [r["status"] for r in frames].count("ok") >= len(frames) - 2
    again = run("trpl", "pins.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json")
    fits = [r for r in again.records if r["schema"] == "taustream.trpl/1"]
    assert len(fits) == len(frames)
    for a, b in zip(frames, fits):
        assert b["counts"] == a["photons"]
        if a["status"] == b["status"] == "ok":
            assert abs(a["lifetime_s"][0] - b["lifetime_s"][0]) < 0.2 * b["lifetime_sigma_s"][0]


COUNTS_ONLY = ROOT / "build/photon-only"                       # the gateware of constraints/icebreaker-photon.toml
needs_counts_only = pytest.mark.skipif(not (COUNTS_ONLY / "taustream-rtl-u16").exists(), reason="build/photon-only is not built (make test)")


@needs_counts_only
def test_a_board_without_fits(program, run, tmp_path):
    code, records, complaint = live(program, tmp_path, FILM, "--frame", "3000photons", "--record", "pins.tsr", frames=20, TAUSTREAM_RTL_DIR=str(COUNTS_ONLY))
    assert code == 130 and complaint.splitlines() == ["taustream: rtl counts photons and holds no fits: its frames are fitted here, by the model of engine u16"]
    frames = judged(records, gaps_told=0)                       # the measurement need not begin anew for the fits
    assert all(r["photons"] == 3000 and r["lifetime_s"][0] == pytest.approx(52e-9, rel=0.15) for r in frames)   # 10 % lost at the peak: a little longer
    again = run("trpl", "pins.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json")
    fits = [r for r in again.records if r["schema"] == "taustream.trpl/1"]
    assert [r["counts"] for r in fits] == [r["photons"] for r in frames]
    # what the model makes of the device's configuration as it was recorded
    sent = {m[0]: m for m in parse((tmp_path / "pins.tsr").read_bytes())}
    refused(tmp_path, sent)


def refused(folder, sent):
    """The device takes the configuration, and refuses fits: a histogram is unknown to it, and a measurement that would fit."""
    def words(mode):
        return struct.pack("<6I", mode, 1000, 0, 0, 8, 0)

    config, irf = sent[MSG["config"]], sent[MSG["irf"]]
    asked = [message(MSG["config"], 1, config[3], config[2]), message(MSG["irf"], 2, irf[3], irf[2]), message(MSG["histogram_raw"], 3, bytes(64), config[2]),
             message(MSG["frames_config"], 4, words(12 << 8 | 8 | 1), config[2]), message(MSG["frames_config"], 5, words(12 << 8 | 16 | 8 | 1), config[2]),
             message(MSG["frames_end"], 6, b"", config[2])]
    done = subprocess.run([COUNTS_ONLY / "taustream-rtl-u16"], input=b"".join(asked), capture_output=True, check=True, cwd=folder)
    answers = {m[1]: (m[0], m[3][:1]) for m in parse(done.stdout) if m[0] in (MSG["ack"], MSG["error"])}
    ack = (MSG["ack"], b"")
    assert answers == {1: ack, 2: ack, 3: (MSG["error"], bytes([ERR["type"]])), 4: (MSG["error"], bytes([ERR["value"]])), 5: ack, 6: ack}


@needs_counts_only
def test_fits_are_refused_by_name(run, monkeypatch, tmp_path):
    monkeypatch.setenv("TAUSTREAM_RTL_DIR", str(COUNTS_ONLY))
    (tmp_path / "decay.csv").write_text("time_ns,counts\n" + "".join(f"{n},{1000 >> n // 8}\n" for n in range(64)))
    done = run("trpl", "decay.csv", "--backend", "rtl", "--engine", "u16")
    assert done.code == 1 and "rtl u16 counts photons and holds no fits" in done.err
    info = run("info", "--backend", "rtl", "--engine", "u16")
    assert info.code == 0 and "fits               none" in info.out


def test_frames_are_fitted_from_the_first_on(program, tmp_path):
    """Weak light: results long before there are the photons from which bins and shift are found for good."""
    code, records, complaint = live(program, tmp_path, "period=200,tau=20,photons=0.02,background=0.0001", "--frame", "500photons", frames=3)
    assert code == 130 and not complaint
    frames = [r for r in records if "frame" in r]
    assert [r["status"] for r in frames].count("ok") >= 2 and all(r["photons"] == 500 and r["framed_by"] == "device" for r in frames)


def test_the_board_s_own_configuration_is_recorded(program, tmp_path):
    """Two frames by the model, whose second configuration has the number of the board's own: that is in the recording too, behind the gap."""
    live(program, tmp_path, FILM, "--frame", "10000photons", "--record", "pins.tsr", frames=5)
    kinds = [m[0] for m in parse((tmp_path / "pins.tsr").read_bytes())]
    gap = max(i for i, k in enumerate(kinds) if k == MSG["recording_gap"])
    assert kinds[:gap].count(MSG["config"]) >= 2 and kinds[gap:].count(MSG["config"]) == 1


def test_frames_by_time(program, tmp_path):
    _, records, _ = live(program, tmp_path, FILM, "--frame", "0.5ms", frames=14)
    frames = judged(records)
    assert all(r["ended_by"] == "time" and r["end_s"] - r["start_s"] == pytest.approx(0.5e-3, abs=1e-12) for r in frames)


def test_frames_by_marker(program, tmp_path):
    _, records, _ = live(program, tmp_path, FILM + ",marker=60000", "--frame", "marker", frames=12)
    frames = judged(records)
    begun = [n for n, r in enumerate(frames) if n == 0 or r["start_s"] > frames[n - 1]["end_s"] + 1e-9]   # these begin between two markers
    assert all(r["ended_by"] == "marker" for r in frames)
    assert all(r["end_s"] - r["start_s"] == pytest.approx(0.6e-3, abs=1e-12) for n, r in enumerate(frames) if n not in begun)


def test_a_board_that_comes_back(program, run, tmp_path):
    board = Socket(tmp_path, FILM, cut=14000)
    code, records, complaint = live(program, tmp_path, FILM, "--frame", "3000photons", "--record", "pins.tsr", frames=20, backend=f"socket:{board.path}")
    board.listener.close()
    assert code == 130 and "the board ended the connection" in complaint
    away = [r for r in records if r["schema"] == "taustream.gap/1" and "went away" in r["reason"]]
    assert len(away) == 1
    frames = judged([r for r in records if r not in away], gaps_told=2)
    assert len(run("trpl", "pins.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json").out.splitlines()) == len(frames) + 1


def test_a_usb_board_through_the_driver(program, run, tmp_path):
    """Packet level with a bad line: frames numbered and touching, recorded, lifetimes that hold the truth."""
    code, records, complaint, stats = on_a_virtual_board(program, tmp_path, ("--loss", "0.02"), "--frame", "3000photons", "--frames", "20", "--record", "usb.tsr",
                                                         "--pile-up", "correct")
    assert code == 0 and "a film at its pins" in complaint and stats["errors"] > 10
    frames = judged([r for r in records if r["schema"] != "taustream.end/1"])
    assert len(frames) == 20 and [r["status"] for r in frames].count("ok") >= 17
    assert frames[0]["backend"] == "usb:0000000000000001"
    held = [r["lifetime_interval_s"][0] for r in frames if r["status"] == "ok"]
    assert sum(low < 50e-9 < high for low, high in held) >= len(held) - 3
    again = run("trpl", "usb.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json")
    assert [r["counts"] for r in again.records[:-1]] == [r["photons"] for r in frames]


def test_a_usb_board_that_is_unplugged(program, tmp_path):
    """In the first measurement, which counts, and in that which fits: the gap is told, time does not go back."""
    code, records, complaint, stats = on_a_virtual_board(program, tmp_path, ("--unplug-after", "4000,9000", "--replug-after", "50"), "--frame", "3000photons",
                                                         "--frames", "30", "--record", "usb.tsr")
    assert code == 0 and stats["unplugs"] == 2 and "the board was unplugged" in complaint
    away = [r for r in records if r["schema"] == "taustream.gap/1" and "went away" in r["reason"]]
    assert len(away) == 2
    frames = judged([r for r in records if r["schema"] != "taustream.end/1" and r not in away], gaps_told=3)
    assert len(frames) == 30 and [r["start_s"] for r in frames] == sorted(r["start_s"] for r in frames)


@pytest.mark.parametrize("options, says", [
    ((), "board: needs --period"),
    (("--period", "1us", "--range", "0ns..1us"), "--range: a board's photons are counted from SYNC on"),
    (("--period", "1us", "--send", "photons"), "--send: a board's photons are there already"),
    (("--period", "1us", "--channel", "1"), "--channel and --sync-channel belong to time tags"),
])
def test_options_that_do_not_fit(run, options, says):
    done = run("live", "board:", "--backend", "rtl", *options)
    assert done.code == 2 and says in done.err


@pytest.mark.parametrize("backend, options, says", [
    ("model", ("--bin-width", "2.5ns", "--period", "1us"), "has no pins for photons"),
    ("rtl", ("--period", "1us"), "has no clock: give --bin-width"),
    ("rtl", ("--period", "10us", "--bin-width", "2.5ns"), "has 4000 bins of 2.5e-09 s: expected 16 to 1024"),
])
def test_devices_that_cannot(run, backend, options, says):
    done = run("live", "board:", "--backend", backend, "--engine", "u16", "--irf-gauss", "1ns", *options)
    assert done.code == 1 and says in done.err
