"""taustream live: frames, records, recordings, replay, export; with simulated photons, which are the same for a seed."""
import fcntl
import json
import os
import pty
import random
import signal
import struct
import subprocess
import tempfile
import termios
import time
import zlib
from pathlib import Path

import h5py
import numpy as np
import pyte
import pytest
from time_tags import Recording, leb128, messages

FIT = ("--irf-gauss", "500ps", "--backend", "model", "--speed", "max")
# interface: as of trpl, and these
LIVE_FIELDS = {"frame", "start_s", "end_s", "photons", "rate_hz", "dead_time_fraction", "latency_s"}
TRPL_FIELDS = {"source", "index", "backend", "engine", "status", "flags", "raw", "components", "counts", "lifetime_s", "lifetime_sigma_s",
               "lifetime_interval_s", "amplitude", "amplitude_sigma", "amplitude_fraction", "lifetime_mean_amplitude_s", "lifetime_mean_intensity_s",
               "background_per_bin", "background_sigma", "shift_s", "shift_sigma_s", "chi2_reduced", "degrees_of_freedom", "deviance", "evaluations", "cycles"}


def test_records(run):
    done = run("live", "sim:film,seconds=2,seed=3", "--frame", "20000photons", *FIT, "--json")
    assert (done.code, done.err) == (0, "")
    *frames, end = done.records
    assert end == {"schema": "taustream.end/1", "complete": True, "done": len(frames), "failed": 0} and len(frames) in (10, 11)
    for i, r in enumerate(frames):
        assert r["schema"] == "taustream.live/1" and LIVE_FIELDS | TRPL_FIELDS <= set(r)
        assert r["frame"] == r["index"] == i and r["status"] == "ok"
        assert r["photons"] == 20000 or i == len(frames) - 1
        assert r["rate_hz"] == pytest.approx(r["photons"] / (r["end_s"] - r["start_s"]))
        assert r["start_s"] == (frames[i - 1]["end_s"] if i else 0)
        assert "pile_up" not in r["flags"] and r["dead_time_fraction"] == 0
        assert abs(r["lifetime_s"][0] - 67e-9) < 5 * r["lifetime_sigma_s"][0]


def test_a_range_without_bins_is_no_matter_of_the_device(run):
    done = run("live", "sim:film,seconds=1", *FIT, "--range", "2us..3us", "--json")
    assert done.code == 1 and done.err == ("taustream: --range 2e-06..3e-06 s holds none of the bins from -1.01e-07 to 8.99e-07 s: expected a range inside the data\n")
    frames = [r for r in done.records if r["schema"] == "taustream.live/1"]
    assert frames and {(r["status"], r["not_fitted"]) for r in frames} == {(None, "the options do not fit these data")}


def test_options_that_no_frame_can_be_fitted_with_are_told_though_photons_are_few(run):
    """Frames wait for photons to find the bins from, but not to the end without a word."""
    done = run("live", "sim:film,seconds=0.1", "--irf-gauss", "3us", "--speed", "max", "--backend", "model", "--json")
    assert done.code == 1 and done.err == "taustream: the IRF's FWHM of 3e-06 s is wider than the data's window of 1e-06 s\n"
    assert done.records[-1] == {"schema": "taustream.end/1", "complete": False, "done": 1, "failed": 1}
    few = run("live", "sim:film,seconds=0.0002", "--irf-gauss", "3us", "--speed", "max", "--backend", "model", "--json")
    assert few.code == 0 and few.records[0]["photons"] < 40 and few.records[-1]["complete"]


def test_same_seed_same_frames(run):
    a, b, c = (run("live", f"sim:drift,seconds=1,seed={s}", *FIT, "--json").records for s in (1, 1, 2))
    assert a == b and a[0]["raw"] != c[0]["raw"]


def test_jump_is_followed(run):
    """67 ns to 134 ns and back from one frame to the next: no frame of one kind has the other's lifetime."""
    frames = run("live", "sim:jump,seconds=20,seed=2", "--frame", "250ms", *FIT, "--json").records[:-1]
    assert len(frames) in (80, 81)
    for r in frames[:80]:
        truth = 134e-9 if int(r["start_s"] // 5) % 2 else 67e-9
        assert r["status"] == "ok" and r["truth_lifetime_s"] == pytest.approx(truth) and abs(r["lifetime_s"][0] - truth) < 5 * r["lifetime_sigma_s"][0]


@pytest.mark.parametrize("engine", ("e18", "u16"))
def test_photons_are_sent_and_counted_by_the_device(run, engine):
    """The device makes the histograms and starts each fit from the frame before; through jumps the fits are those of cold starts within 0.1 sigma."""
    arguments = ("live", "sim:jump,seconds=20,seed=2", "--frame", "20000photons", "--engine", engine, *FIT, "--json")
    device, host = run(*arguments, "--send", "photons").records, run(*arguments).records
    assert len(device) == len(host) > 90
    for d, h in zip(device[:-1], host[:-1]):
        assert (d["framed_by"], h["framed_by"], d["photons"]) == ("device", "host", h["photons"])
        assert d["status"] == h["status"] == "ok" and abs(d["lifetime_s"][0] - h["lifetime_s"][0]) < 0.1 * h["lifetime_sigma_s"][0]


def test_recording_replay_and_refit_give_the_same_bits(run, tmp_path):
    live = run("live", "sim:drift,seconds=3,seed=4", "--frame", "5000photons", *FIT, "--json", "--record", "a.tsr")
    r = Recording(tmp_path / "a.tsr")
    assert r.records == live.records[:-1] and r.end["done"] == len(r.frames) == len(r.records)
    assert r.begin["source"] == "sim:drift,seconds=3,seed=4" and r.begin["fit"]["irf_fwhm_s"] == 5e-10 and r.begin["fit"]["period_s"] == pytest.approx(1e-6)
    # the device's own messages: configuration, IRF, and each result as it came
    assert [k for k, _ in r.others][:2] == [0x02, 0x03]
    results = [p.hex() for k, p in r.others if k == 0x84]
    assert [x[:-8] for x in results] == [x["raw"] for x in r.records]
    replay = run("live", "replay:a.tsr", "--backend", "model", "--speed", "max", "--json", "--record", "b.tsr")
    assert (replay.code, replay.err) == (0, "")
    again = run("trpl", "a.tsr", "--irf-gauss", "500ps", "--backend", "model", "--json")     # the recording knows the period
    assert (again.code, again.err) == (0, "")
    raw = [x["raw"] for x in live.records[:-1]]
    assert [x["raw"] for x in replay.records[:-1]] == raw and [x["raw"] for x in again.records[:-1]] == raw
    b = Recording(tmp_path / "b.tsr")
    assert all(np.array_equal(x["counts"], y["counts"]) and x["end_s"] == y["end_s"] for x, y in zip(r.frames, b.frames))
    other = run("live", "replay:a.tsr", "--backend", "model", "--speed", "max", "--json", "--irf-gauss", "500ps", "--components", "2")
    assert {x["components"] for x in other.records[:-1]} == {2}


def test_recorded_irf_is_used_again(run, tmp_path):
    t = np.arange(250) * 4.0 - 101
    (tmp_path / "i.csv").write_text("time_ns,counts\n" + "".join(f"{a:g},{int(1e5 * (a <= 0 < a + 4)) + int(2e4 * (a <= 4 < a + 4))}\n" for a in t))
    live = run("live", "sim:film,seconds=1", "--irf", "i.csv", "--backend", "model", "--speed", "max", "--record", "a.tsr", "--json")
    assert live.code == 0, live.err
    r = Recording(tmp_path / "a.tsr")
    assert len(r.irf) == 250 and sum(r.irf) == 120000
    replay = run("live", "replay:a.tsr", "--backend", "model", "--speed", "max", "--json")
    assert [x["raw"] for x in replay.records[:-1]] == [x["raw"] for x in live.records[:-1]]


END = 0x47                                                   # of a recording


def test_options_of_a_replay_take_the_place_of_all_that_were_recorded(run):
    """A tail fit came of -k 2 alone, without a word."""
    run("live", "sim:film,seconds=1", *FIT, "--record", "a.tsr", "--quiet")
    for options, told in ((("-k", "2"), True), (("-k", "2", "--irf-gauss", "500ps"), False), ((), False)):
        done = run("live", "replay:a.tsr", "--speed", "max", "--json", *options)
        assert done.code == 0 and (done.records[0]["shift_s"] == 0) == told
        assert done.err == ("taustream: replay:a.tsr: it was fitted with --irf-gauss, and with other options of the fit it is not: give all of them, or none\n" if told else "")


def sound_frames(data):
    """How many frames are sound before the data break, by a reader of its own, and where they break."""
    frames, at, number = 0, 0, 0
    while at < len(data):
        if at + 20 > len(data):
            break
        magic, _, kind, sequence, length, _, check = struct.unpack_from("<HBBIIHH", data, at)
        end = at + 16 + length
        if magic != 0x7354 or sequence != number or check != zlib.crc32(data[at:at + 14]) & 0xFFFF or end + 4 > len(data):
            break
        if struct.unpack_from("<I", data, end)[0] != zlib.crc32(data[at:end]):
            break
        frames += kind == 0x43
        at, number = end + 4, number + 1
    return frames, at


def test_torn_recordings(run, tmp_path):
    """Cut at any byte, or with any byte wrong: what is sound is given, and the byte where it broke is told."""
    run("live", "sim:film,seconds=0.2,seed=6", "--frame", "2000photons", *FIT, "--quiet", "--record", "a.tsr")
    data = (tmp_path / "a.tsr").read_bytes()
    rng = random.Random(1)
    whole = Recording(tmp_path / "a.tsr")
    starts = [m[0] for m in messages(data)]
    cuts = rng.sample(range(starts[1], len(data)), 12) + starts[1:4] + [starts[-1]]
    flips = rng.sample(range(starts[1], len(data)), 12)
    for kind, places in (("cut", cuts), ("flip", flips)):
        for place in places:
            bad = bytearray(data[:place] if kind == "cut" else data)
            if kind == "flip":
                bad[place] ^= 1 << rng.randrange(8)
            (tmp_path / "b.tsr").write_bytes(bad)
            frames, at = sound_frames(bytes(bad))
            done = run("export", "b.tsr", "--csv", "b.csv", "--quiet")
            assert done.code == 1 and done.err.startswith(f"taustream: b.tsr: broken off at byte {at}, "), (kind, place, done.err)
            assert done.err.endswith(f"; the {frames} frames before it are sound\n")
            assert len((tmp_path / "b.csv").read_text().splitlines()) == 1 + frames
    # the same for a refit, and for one that was not ended
    (tmp_path / "b.tsr").write_bytes(data[:starts[-1]])
    done = run("trpl", "b.tsr", "--irf-gauss", "500ps", "--period", "1us", "--backend", "model", "--json")
    assert done.code == 1 and len(done.records) == len(whole.frames) + 1 and done.records[-1]["failed"] == 1
    assert "the recording was not ended in order" in done.err
    (tmp_path / "b.tsr").write_bytes(data + b"x")
    assert "there are bytes behind the end" in run("export", "b.tsr", "--csv", "b.csv").err


def test_messages_that_are_sound_and_wrong(run, tmp_path):
    """CRCs that hold over contents that do not: sums, numbers and lengths are judged, too."""
    run("live", "sim:film,seconds=0.1,seed=6", "--frame", "2000photons", *FIT, "--quiet", "--record", "a.tsr")
    data = (tmp_path / "a.tsr").read_bytes()
    all_messages = list(messages(data))

    def rebuilt(change):
        out = b""
        number = 0
        for at, kind, config, payload in all_messages:
            payload = change(kind, payload)
            if payload is None:
                continue
            head = struct.pack("<HBBIIH", 0x7354, 1, kind, number, len(payload), config)
            head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
            out += head + payload + struct.pack("<I", zlib.crc32(head + payload))
            number += 1
        return out

    assert rebuilt(lambda k, p: p) == data
    for change, text in [
            (lambda k, p: p[:8] + struct.pack("<I", 1999) + p[12:] if k == 0x43 else p, "has 250 bins and 2000 photons, expected 250 and 1999"),
            (lambda k, p: p[:-1] if k == 0x43 else p, "a frame of 51 bytes, expected 52"),
            (lambda k, p: p + b"\0" if k == 0x42 else p, "counts that are no 250 numbers"),
            (lambda k, p: p[:20] + struct.pack("<d", float("nan")) + p[28:] if k == 0x43 else p, "from nan s"),
            (lambda k, p: struct.pack("<I", 5) + p[4:] if k == 0x42 else p, "counts of frame 5 from bin 0, expected frame 0, bin 0"),
            (lambda k, p: None if k == 0x42 else p, "has 0 bins"),
            (lambda k, p: b"[1]" if k == 0x44 else p, "no object"),
            (lambda k, p: b'{"frame":0}' if k == 0x44 else p, "the record's components cannot be read"),
            (lambda k, p: b'{"schema":"taustream.recording/1","bins":1,"bin_width_s":1,"start_s":0}' if k == 0x40 else p, "1 bins of 1 s: expected 2 to 65536"),
            (lambda k, p: b'{"schema":"other"}' if k == 0x40 else p, "schema 'other'")]:
        (tmp_path / "b.tsr").write_bytes(rebuilt(change))
        done = run("export", "b.tsr", "--csv", "b.csv")
        assert done.code == 1 and text in done.err, (text, done.err)


@pytest.mark.parametrize("top, status", [(131071, "saturated"), (16777215, "saturated"), (131070, None)])
def test_frames_whose_counters_were_full(top, status, run, tmp_path):
    """A device counts photons that a full bin does not hold: the frame is read, and its fit says saturated; any other sum is wrong."""
    run("live", "sim:film,seconds=0.1,seed=6", "--frame", "2000photons", *FIT, "--quiet", "--record", "a.tsr")
    def packed(v):
        return bytes([v & 127 | 128]) + packed(v >> 7) if v > 127 else bytes([v])

    out, number = b"", 0
    for _, kind, config, payload in messages((tmp_path / "a.tsr").read_bytes()):
        if kind == 0x42:
            counts = np.minimum(np.array(leb128(payload[8:])) * (top // 50), top)
            payload = payload[:8] + b"".join(packed(int(v)) for v in counts)
        elif kind == 0x43:
            payload = payload[:8] + struct.pack("<I", int(counts.sum()) + 1000) + payload[12:]
        elif kind >= 0x44 or kind < 0x40:
            continue
        head = struct.pack("<HBBIIH", 0x7354, 1, kind, number, len(payload), config)
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
        out += head + payload + struct.pack("<I", zlib.crc32(head + payload))
        number += 1
    (tmp_path / "b.tsr").write_bytes(out)
    for done in (run("trpl", "b.tsr", *FIT[:4], "--json"), run("live", "replay:b.tsr", *FIT, "--json")):
        fits = [r for r in done.records if "lifetime_s" in r]
        assert len(fits) == (5 if status else 0) and all(r["status"] == status for r in fits), done.err
        assert status or "photons, expected 250 and" in done.err


@pytest.fixture
def fast_folder(tmp_path):
    """In memory where there is such a place: a kill loses nothing that was written, whatever the file system."""
    where = Path("/dev/shm")
    if not os.access(where, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


def test_killed_at_any_moment(program, run, fast_folder):
    """kill -9 at 50 moments: the recording opens, its frames are those of the whole measurement, and none whose record was told is missing."""
    tmp_path = fast_folder
    arguments = ["live", "sim:drift,seed=8,seconds=3", "--frame", "500photons", *FIT, "--json", "--record"]
    whole = subprocess.run([program, *arguments, "w.tsr"], cwd=tmp_path, capture_output=True, check=True)
    size = (tmp_path / "w.tsr").stat().st_size
    good = [p for _, k, _, p in messages((tmp_path / "w.tsr").read_bytes()) if k in (0x42, 0x43)]
    rng = random.Random(5)
    torn = 0
    for i in range(50):
        path = tmp_path / f"k{i}.tsr"
        with open(tmp_path / "out.json", "wb") as out:
            process = subprocess.Popen([program, *arguments, path.name], cwd=tmp_path, stdout=out, stderr=subprocess.DEVNULL)
            until = rng.randrange(0, size * 2 // 3)
            while process.poll() is None and (not path.exists() or path.stat().st_size < until):
                time.sleep(0.0005)
            time.sleep(rng.random() * 0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
        told = (tmp_path / "out.json").read_bytes().count(b'"taustream.live/1"')
        if not path.exists():
            assert told == 0
            continue
        data = path.read_bytes()
        path.unlink()
        frames, at = sound_frames(data)
        torn += at < len(data)
        assert told <= frames <= len(good) // 2
        (tmp_path / "cut.tsr").write_bytes(data)
        if not data:
            continue
        done = run("export", tmp_path / "cut.tsr", "--csv", "-")
        kinds = [k for _, k, _, _ in messages(data[:at])]
        assert done.code == (kinds[-1:] != [END])             # where this machine was slow to kill, it had ended
        rows = done.out.splitlines()[1:]
        assert len(rows) == frames
        assert [p for _, k, _, p in messages(data[:at]) if k in (0x42, 0x43)][:2 * frames] == good[:2 * frames]
    assert whole.returncode == 0 and torn < 50


def test_recording_is_never_overwritten(run, write):
    write("a.tsr", "precious")
    done = run("live", "sim:film,seconds=1", *FIT, "--json", "--record", "a.tsr")
    assert done.code == 1 and done.err == "taustream: a.tsr: exists already: expected a new name; a recording is never overwritten\n"


def test_full_disk(program, tmp_path):
    """A recording that cannot grow ends behind its last whole message, and the exit code says so; the measurement goes on."""
    script = f'ulimit -f 64; trap "" XFSZ; exec {program} live sim:film,seconds=5 --frame 2000photons {" ".join(FIT)} --record a.tsr --json'
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1 and b"a.tsr: cannot be written: File too large; the recording holds" in done.stderr
    records = [json.loads(x) for x in done.stdout.splitlines()]
    assert len(records) > 240 and records[-1]["failed"] == 1
    data = (tmp_path / "a.tsr").read_bytes()
    frames, at = sound_frames(data)
    assert at == len(data) and 0 < frames < len(records)


def test_export(run, tmp_path):
    live = run("live", "sim:film,seconds=1,seed=9", "--frame", "5000photons", "--components", "2", *FIT, "--json", "--record", "a.tsr").records[:-1]
    done = run("export", "a.tsr", "--hdf5", "a.h5", "--csv", "a.csv")
    assert (done.code, done.err) == (0, "")
    r = Recording(tmp_path / "a.tsr")
    with h5py.File(tmp_path / "a.h5") as f:
        assert np.array_equal(f["histogram"][:], [x["counts"] for x in r.frames]) and f["histogram"].attrs["units"] == "counts"
        assert np.allclose(f["time_s"][:], -101e-9 + 4e-9 * np.arange(250)) and f["time_s"].attrs["units"] == "s"
        assert json.loads(f.attrs["recording"]) == r.begin and f.attrs["broken"] == ""
        for name, unit in (("lifetime_s", "s"), ("lifetime_sigma_s", "s"), ("amplitude", "counts/bin")):
            values = f["frames"][name]
            assert values.attrs["units"] == unit and values.shape == (len(live), 4)
            assert np.array_equal(values[:, :2], [[np.nan if v is None else v for v in x[name]] for x in live], equal_nan=True)
            assert np.isnan(values[:, 2:]).all()
        for name in ("start_s", "end_s", "photons", "rate_hz", "chi2_reduced", "frame", "dead_time_fraction", "background_per_bin", "deviance"):
            assert np.array_equal(f["frames"][name][:], [np.nan if x[name] is None else x[name] for x in live], equal_nan=True), name
            assert "units" in f["frames"][name].attrs
        assert [x.decode() for x in f["frames/status"][:]] == [x["status"] for x in live]
        assert [x.decode() for x in f["frames/flags"][:]] == [";".join(x["flags"]) for x in live]
    header, *rows = (tmp_path / "a.csv").read_text().splitlines()
    names = header.split(",")
    for row, x in zip(rows, live):
        row = dict(zip(names, row.replace('"sim:film,seconds=1,seed=9"', "source").split(",")))
        assert int(row["frame"]) == x["frame"] and row["status"] == x["status"] and row["raw"] == x["raw"]
        assert float(row["lifetime_1_s"]) == x["lifetime_s"][0] and float(row["end_s"]) == x["end_s"]
    # the CSV of live itself has the same columns, with those of the components asked for
    live_csv = run("live", "sim:film,seconds=1,seed=9", "--frame", "5000photons", *FIT, "--csv", "-").out.splitlines()
    assert set(live_csv[0].split(",")) <= set(names) and len(live_csv) == len(live) + 1


WRONG = [
    (("live",), "one source is needed: expected board:[SERIAL], tags:FILE.ptu, tags:-, replay:FILE.tsr or sim:NAME"),
    (("live", "f.ptu"), "'f.ptu' is no source: expected board:[SERIAL], tags:FILE.ptu, tags:-, replay:FILE.tsr or sim:NAME"),
    (("live", "tags:"), "tags:: nothing stands behind the colon: expected a file"),
    (("live", "sim:film", "--frame", "20"), "--frame: '20' cannot be used: expected a number of photons such as 20000photons, a time such as 100ms, or marker"),
    (("live", "sim:film", "--frame", "1.5photons"),
     "--frame: '1.5photons' cannot be used: expected a number of photons such as 20000photons, a time such as 100ms, or marker"),
    (("live", "sim:film", "--speed", "0"), "--speed: '0' cannot be used: expected a factor such as 1 or 10, or max"),
    (("live", "tags:-", "--speed", "2"), "--speed: photons come as they come: expected a file or a simulation beside it"),
    (("live", "sim:film", "--channel", "1"), "--channel and --sync-channel belong to time tags: expected a source tags:"),
    (("live", "tags:f.ptu", "--channel", "0"), "--channel: '0' cannot be used: expected a whole number from 1 to 64"),
    (("live", "sim:film", "--bin-width", "1ns"), "--bin-width belongs to time tags and boards: the source has its own"),
    (("live", "replay:f.tsr", "--frame", "100ms"), "--frame: a recording has its own frames"),
    (("live", "sim:film", "--components", "auto"), "--components auto is not done while photons arrive: expected 1, 2, 3 or 4"),
    (("live", "sim:film", "--record", "a.svg", "--snapshot", "a.svg"), "--record and --snapshot both write 'a.svg': expected a file each"),
    (("live", "sim:film", "--csv", "a", "--save-dnl", "a"), "--csv and --save-dnl both write 'a': expected a file each"),
    (("live", "tags:f.ptu", "--curve", "f.ptu"), "--curve would write over 'f.ptu', which is read: expected another name"),
    (("live", "replay:f.tsr", "--csv", "f.tsr"), "--csv would write over 'f.tsr', which is read: expected another name"),
    (("export", "a.tsr", "--csv", "x", "--hdf5", "x"), "--hdf5 and --csv both write 'x': expected a file each"),
    (("export", "a.tsr", "--hdf5", "a.tsr"), "--hdf5 would write over 'a.tsr', which is read: expected another name"),
    (("export", "a.tsr", "--hdf5", "x", "--csv", "./x"), "--hdf5 and --csv both write './x': expected a file each"),
    (("live", "sim:film", "--record", "x.tsr", "--csv", "./x.tsr"), "--csv and --record both write 'x.tsr': expected a file each"),
    (("live", "sim:film", "--record", "-"), "--record: a recording is not written to a pipe: expected a file"),
    (("export", "a.tsr"), "nothing to write: expected --hdf5 FILE, --csv FILE or both"),
    (("export", "a.tsr", "--hdf5", "-"), "--hdf5: HDF5 cannot be written to a pipe: expected a file"),
    (("export",), "one recording is needed: expected a file written by taustream live --record"),
]


@pytest.mark.parametrize("arguments, message", WRONG)
def test_wrong_usage(arguments, message, run):
    done = run(*arguments)
    assert (done.code, done.err, done.out) == (2, f"taustream: {message}\n", "")


@pytest.mark.parametrize("arguments, message", [
    (("live", "sim:storm"), "sim: there is no 'storm': expected film, drift or jump"),
    (("live", "sim:film,seed=x"), "sim: 'seed=x' cannot be used: expected seed=N, rate=HZ (at most 1e8) or seconds=S"),
    (("live", "replay:no.tsr"), "no.tsr: cannot be opened: No such file or directory"),
    (("live", "replay:text.tsr"), "text.tsr: is no recording: expected a file written by taustream live --record"),
    (("export", "text.tsr", "--csv", "x.csv"), "text.tsr: is no recording: expected a file written by taustream live --record")])
def test_bad_sources(arguments, message, run, write):
    write("text.tsr", "hello\n")
    done = run(*arguments)
    assert (done.code, done.err, done.out) == (1, f"taustream: {message}\n", "")


def test_interrupt_from_a_terminal_leaves_the_simulated_device_at_work(program):
    """The terminal interrupts the simulation, too: what is under way gets its fit all the same."""
    process = subprocess.Popen([program, "live", "sim:film,rate=1e6", "--frame", "20000photons", "--irf-gauss", "500ps", "--backend", "rtl", "--engine", "u16", "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    first = [process.stdout.readline() for _ in range(3)]
    os.killpg(process.pid, signal.SIGINT)
    records = [json.loads(x) for x in first + process.stdout.read().splitlines()]
    assert (process.wait(), process.stderr.read()) == (130, "") and records[-1]["done"] == len(records) - 1
    assert all(r["status"] and "not_fitted" not in r for r in records[:-1])


def test_interrupt_keeps_what_is_closed(program, tmp_path):
    process = subprocess.Popen([program, "live", "sim:film,rate=1e6", "--frame", "10ms", "--irf-gauss", "500ps", "--backend", "model", "--json", "--record",
                                "a.tsr"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read().splitlines()
    assert process.wait(timeout=60) == 130
    end = json.loads(rest[-1])
    r = Recording(tmp_path / "a.tsr")
    assert end["complete"] is False and end["done"] == len(lines) + len(rest) - 1 == len(r.frames) == len(r.records) and r.end["complete"] is False


def test_a_hangup_ends_in_order(program, tmp_path):
    """A connection that drops: as an interrupt, however often it is told; --csv is there under its name."""
    process = subprocess.Popen([program, "live", "sim:film,rate=1e6", "--frame", "10ms", "--irf-gauss", "500ps", "--backend", "model", "--json", "--record",
                                "a.tsr", "--csv", "a.csv"], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))     # whatever started the tests may ignore it
    lines = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    rest = process.stdout.read().splitlines()
    assert process.wait(timeout=60) == 130
    end = json.loads(rest[-1])
    r = Recording(tmp_path / "a.tsr")
    assert end["complete"] is False and end["done"] == len(lines) + len(rest) - 1 == len(r.frames) == len(r.records) and r.end["complete"] is False
    assert (tmp_path / "a.csv").read_text().splitlines()[-1] == "# incomplete"


def test_a_hangup_that_is_to_be_ignored(program, tmp_path):
    process = subprocess.Popen([program, "live", "sim:film,rate=1e6", "--frames", "20", "--frame", "10ms", "--irf-gauss", "500ps", "--backend", "model", "--json"],
                               cwd=tmp_path, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    first = process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    lines = [first, *process.stdout.read().splitlines()]
    assert process.wait(timeout=60) == 0 and json.loads(lines[-1])["complete"] is True and len(lines) == 21


@pytest.mark.parametrize("output", [["--json"], ["--csv", "-"], ["--plain"]])
def test_a_reader_that_is_gone_ends_no_recording(output, program, tmp_path):
    process = subprocess.Popen([program, "live", "sim:film,seconds=20", "--frame", "1000photons", *FIT, "--record", "a.tsr", *output],
                               cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    told = process.stderr.read()
    assert (process.wait(timeout=60), told) == (1, "taustream: standard output cannot be written: frames go on being recorded\n")
    r = Recording(tmp_path / "a.tsr")
    assert r.end["complete"] is True and r.end["done"] == len(r.frames) == len(r.records) > 1950


def test_view_on_a_terminal(program, tmp_path):
    """The view of the whole terminal, in a terminal emulator: it shows what is measured and takes keys."""
    main, child = pty.openpty()
    screen = pyte.Screen(110, 30)
    stream = pyte.ByteStream(screen)
    environment = dict(os.environ, TERM="xterm-256color", LINES="30", COLUMNS="110", LC_ALL="C.UTF-8")
    process = subprocess.Popen([program, "live", "sim:film,rate=1e6", "--frame", "20000photons", "--irf-gauss", "500ps", "--backend", "model", "--record", "a.tsr"],
                               cwd=tmp_path, stdin=child, stdout=child, stderr=subprocess.PIPE, env=environment)
    os.close(child)

    def wait_for(test, what):
        for _ in range(3000):       # ends when it is seen; a terminal that stays silent ends the test by the error below
            stream.feed(os.read(main, 65536))
            if test():
                return
        pytest.fail(f"{what} was not shown:\n" + "\n".join(screen.display))

    def text():
        return "\n".join(screen.display)

    wait_for(lambda: "tau1 6" in text() and "chi2" in text() and "rec a.tsr" in text() and "ok " in text(), "a result")
    assert "photons/s" in text() and "lifetimes, 95 %" in text() and "residuals" in text()
    assert any(0x2800 < ord(c) <= 0x28FF for c in text())
    os.write(main, b"2")
    wait_for(lambda: "tau2" in text(), "two components")
    os.write(main, b"m")
    wait_for(lambda: "mark at" in text(), "the mark")
    os.write(main, b"f")
    wait_for(lambda: "frozen" in text(), "freezing")
    os.write(main, b"s")
    wait_for(lambda: "saved as taustream-frame-" in text(), "saving")
    os.write(main, b"fr")
    wait_for(lambda: "reset" in text(), "the reset")
    os.write(main, b"q")
    try:
        while os.read(main, 65536):
            pass
    except OSError:
        pass                        # the other side was closed
    assert process.wait(timeout=60) == 0 and process.stderr.read() == b""
    os.close(main)
    r = Recording(tmp_path / "a.tsr")
    assert len(r.marks) == 1 and r.end["complete"] and {x["components"] for x in r.records} == {1, 2}
    saved = list(tmp_path.glob("taustream-frame-*.svg"))
    assert len(saved) == 1 and saved[0].read_text().startswith("<svg")


def test_a_terminal_that_takes_nothing_holds_nothing_up(program, tmp_path):
    """Nobody reads the terminal (^S, a connection that hangs): frames are recorded all the same, and the measurement ends when it is asked to."""
    main, child = pty.openpty()
    before = termios.tcgetattr(child)
    process = subprocess.Popen([program, "live", "sim:film,rate=1e6", "--frame", "20000photons", "--irf-gauss", "500ps", "--backend", "model", "--record", "a.tsr"],
                               cwd=tmp_path, stdin=child, stdout=child, stderr=subprocess.PIPE, env=dict(os.environ, TERM="xterm-256color", LINES="60", COLUMNS="200", LC_ALL="C.UTF-8"))
    for _ in range(3000):           # what a terminal holds is full long before: a screen has more
        if (tmp_path / "a.tsr").exists() and len(Recording(tmp_path / "a.tsr").frames) >= 150:
            break
        assert process.poll() is None
        time.sleep(0.02)
    else:
        pytest.fail("frames are not recorded while the terminal takes nothing")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130 and process.stderr.read() == b""
    assert termios.tcgetattr(child) == before, "the terminal is as it was"
    r = Recording(tmp_path / "a.tsr")
    assert r.end["complete"] is False and r.end["done"] == len(r.frames) == len(r.records)
    os.close(child)
    os.close(main)


def test_view_while_photons_come_from_a_pipe(program, tmp_path):
    """Standard input holds the photons; keys come from the terminal itself."""
    from test_live_tags import make_events, make_file
    main, child = pty.openpty()
    screen = pyte.Screen(110, 30)
    stream = pyte.ByteStream(screen)

    def controlling():
        os.setsid()
        fcntl.ioctl(child, termios.TIOCSCTTY, 0)

    process = subprocess.Popen([program, "live", "tags:-", "--frame", "1000photons", "--backend", "model", "--record", "a.tsr"], cwd=tmp_path,
                               stdin=subprocess.PIPE, stdout=child, stderr=subprocess.PIPE, preexec_fn=controlling,
                               env=dict(os.environ, TERM="xterm", LINES="30", COLUMNS="110", LC_ALL="C"))
    os.close(child)
    events = make_events("GenericT3", 3000, seed=2)
    process.stdin.write(make_file("GenericT3", events, count=0))
    process.stdin.flush()
    while "tau1" not in "\n".join(screen.display):
        stream.feed(os.read(main, 65536))
    assert all(ord(c) < 128 for line in screen.display for c in line) and "running" in screen.display[0]
    os.write(main, b"q")
    try:
        while os.read(main, 65536):
            pass
    except OSError:
        pass
    assert process.wait(timeout=60) == 0
    os.close(main)
    assert sum(sum(f["counts"]) for f in Recording(tmp_path / "a.tsr").frames) == sum(what == "photon" for _, what, _, _ in events), "the open frame too"


def test_plain_lines_and_snapshot(run, tmp_path):
    done = run("live", "sim:film,seconds=1", "--frame", "100ms", *FIT, "--snapshot", "v.txt")
    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) == 2 + 10
    text = (tmp_path / "v.txt").read_text()
    assert "10 frames" in text and "tau1" in text
    assert run("live", "sim:film,seconds=1", *FIT, "--quiet", "--snapshot", "v.doc").code == 1
