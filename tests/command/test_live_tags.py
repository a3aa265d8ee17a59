"""Time tags: every type of PicoQuant's records, against the package ptufile; broken files give what is sound and say where they broke."""
import json
import subprocess

import numpy as np
import ptufile
import pytest
from time_tags import TYPES, Recording, header, records

RESOLUTION, PERIOD = 64e-12, 100e-9
DONE = {"schema": "taustream.end/1", "complete": True}


def make_events(kind, number, seed, spread=400):
    """A pulse every period; photons behind pulses; rarely markers."""
    rng = np.random.default_rng(seed)
    is_t2 = TYPES[kind][2]
    per_pulse = 25000 if is_t2 else 1     # ticks: 4 ps in T2
    lowest = 2 if kind == "PicoHarpT2" else 1
    events, pulse = [], 0
    for _ in range(number):
        pulse += int(rng.integers(1, spread)) + (int(rng.integers(0, 100000)) if rng.random() < 0.01 else 0)
        if rng.random() < 0.02:
            events.append((pulse * per_pulse & ~15 if is_t2 else pulse, "marker", int(rng.integers(1, 16)), 0))
            continue
        delay = min(rng.exponential(20e-9), 0.9 * PERIOD)
        if is_t2:
            events.append((pulse * per_pulse, "sync", 0, 0))
            events.append((pulse * per_pulse + int(delay / 4e-12), "photon", int(rng.integers(lowest, 5)), 0))
        else:
            events.append((pulse, "photon", int(rng.integers(1, 5)), int(delay / RESOLUTION)))
    return events


def make_file(kind, events, more=(), count=None):
    words = records(kind, events)
    is_t2 = TYPES[kind][2]
    count = len(words) if count is None else count
    return header(kind, count, RESOLUTION if not is_t2 else 4e-12, 4e-12 if is_t2 else PERIOD, round(1 / PERIOD), more) + words.tobytes()


def expected(events, is_t2, bins, per_bin, channel, rule):
    """Frames of (counts, outside, end in ticks) by the rule, straight from the events."""
    frames, counts, outside, sync, time = [], np.zeros(bins, int), 0, None, 0

    def close():
        nonlocal counts, outside
        frames.append((counts, outside, time))
        counts, outside = np.zeros(bins, int), 0

    for time, what, number, dtime in events:
        if what == "sync":
            sync = time
        elif what == "marker":
            if rule == "marker":
                close()
        elif channel in (None, number):
            place = (dtime if not is_t2 else time - sync if sync is not None else bins * per_bin) // per_bin
            if place < bins:
                counts[place] += 1
            else:
                outside += 1
            if rule != "marker" and counts.sum() == rule:
                close()
    if counts.sum() or outside:
        close()
    return frames


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_record(kind, run, write, tmp_path):
    is_t2 = TYPES[kind][2]
    events = make_events(kind, 3000, seed=sorted(TYPES).index(kind))
    name = write("f.ptu", make_file(kind, events))
    with ptufile.PtuFile(tmp_path / name) as f:
        decoded = f.decode_records()
    seen = [(int(x["time"]), int(x["channel"]), int(x["marker"])) for x in decoded if x["channel"] >= 0 or x["marker"]]
    low = kind == "PicoHarpT2"            # there the lowest bits of a marker's time are the marker; ptufile leaves them in the time
    assert seen == [(t | n if low and w == "marker" else t, n - 1 if w == "photon" else 0 if w == "sync" else -1, n if w == "marker" else 0) for t, w, n, _ in events]
    if not is_t2:
        delays = [int(x["dtime"]) for x in decoded if x["channel"] >= 0]
        assert delays == [d for _, w, _, d in events if w == "photon"]
    bins, per_bin = (int(PERIOD / RESOLUTION + 1e-6), 1) if not is_t2 else (3571, 7)   # 100 ns in multiples of 4 ps: at most 4096 bins
    for i, (rule, channel, more) in enumerate([("marker", None, ()), (200, 3, ("--channel", "3"))]):
        done = run("live", f"tags:{name}", "--frame", rule if rule == "marker" else f"{rule}photons", "--speed", "max", "--backend", "model",
                   "--record", f"{i}.tsr", "--json", *more)
        assert (done.code, done.err) == (0, "")
        r = Recording(tmp_path / f"{i}.tsr")
        want = expected(events, is_t2, bins, per_bin, channel, rule)
        assert r.begin["bins"] == bins and len(r.frames) == len(want) == len(r.records) and len(want) > 2
        for frame, (counts, outside, end) in zip(r.frames, want):
            assert np.array_equal(frame["counts"], counts) and frame["outside"] == outside
            assert frame["end_s"] == pytest.approx(end * (4e-12 if is_t2 else PERIOD), rel=1e-12)
        assert r.records == done.records[:-1]
        assert done.records[-1] == {**DONE, "done": len(want), "failed": 0}


def test_file_written_by_ptufile(run, tmp_path):
    """An image of one pixel, 200 frames' worth of photons in 1 channel: the sum over the frames is the histogram that was written."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(40 * np.exp(-np.arange(64) / 12)).astype(np.uint8)
    ptufile.imwrite(tmp_path / "i.ptu", counts.reshape(1, 1, 1, 1, 64), global_resolution=PERIOD, tcspc_resolution=PERIOD / 64, pixel_time=1e-3,
                    record_type=ptufile.PtuRecordType.PicoHarpT3)
    done = run("live", "tags:i.ptu", "--speed", "max", "--backend", "model", "--record", "r.tsr", "--json")
    assert (done.code, done.err) == (0, "")
    r = Recording(tmp_path / "r.tsr")
    assert np.array_equal(sum(f["counts"] for f in r.frames)[:64], counts)


def test_bin_width_is_a_multiple(run, write, tmp_path):
    events = make_events("GenericT3", 1000, seed=1)
    write("f.ptu", make_file("GenericT3", events))
    done = run("live", "tags:f.ptu", "--bin-width", "256ps", "--speed", "max", "--backend", "model", "--record", "r.tsr", "--quiet")
    assert (done.code, done.err) == (0, "")
    r = Recording(tmp_path / "r.tsr")
    assert r.begin["bins"] == 390 and r.begin["bin_width_s"] == pytest.approx(256e-12)
    want = expected(events, False, 390, 4, None, 20000)
    assert len(r.frames) == len(want) == 1 and np.array_equal(r.frames[0]["counts"], want[0][0]) and r.frames[0]["outside"] == want[0][1]
    done = run("live", "tags:f.ptu", "--bin-width", "100ps", "--speed", "max", "--backend", "model", "--json")
    assert done.code == 1
    assert done.err == ("taustream: f.ptu: bins of 1e-10 s: expected a multiple of the file's resolution of 6.4e-11 s; change --bin-width\n")


def test_t2_with_the_sync_on_another_input(run, write, tmp_path):
    """The same photons with the sync on input 2 instead of the instrument's."""
    events = make_events("GenericT2", 1000, seed=4)
    moved = [(t, "photon", 2, 0) if w == "sync" else (t, w, 3, d) if w == "photon" else (t, w, n, d) for t, w, n, d in events]
    write("a.ptu", make_file("GenericT2", events))
    write("b.ptu", make_file("GenericT2", moved))
    run("live", "tags:a.ptu", "--speed", "max", "--backend", "model", "--record", "a.tsr", "--quiet")
    run("live", "tags:b.ptu", "--sync-channel", "2", "--speed", "max", "--backend", "model", "--record", "b.tsr", "--quiet")
    a, b = Recording(tmp_path / "a.tsr"), Recording(tmp_path / "b.tsr")
    assert len(a.frames) == len(b.frames) == 1 and a.frames[0]["photons"] > 900
    assert np.array_equal(a.frames[0]["counts"], b.frames[0]["counts"])


@pytest.mark.parametrize("every, gone", [(1, 5000), (1000, 0)], ids=["gone for 0.5 ms", "each thousandth"])
def test_t2_without_its_sync_for_a_while(every, gone, run, write):
    """The measured period holds for some time behind a sync, the longer the rarer syncs are; later photons have no bin. They smeared the decay: 10.5 (0.1) ns for 10 ns, ok."""
    rng, period = np.random.default_rng(2), 99.7123e-9 / 4e-12
    pulse = np.cumsum(rng.integers(1, 40, 20000))
    photons = [(int(p * period + (5e-9 + d) / 4e-12), "photon", 1, 0) for p, d in zip(pulse, rng.exponential(10e-9, len(pulse)))]
    syncs = [n for n in range(0, int(pulse[-1]) + 2, every) if not gone or n // gone % 2 == 0]
    events = sorted(photons + [(int(n * period), "sync", 0, 0) for n in syncs])
    words = records("GenericT2", events)
    write("f.ptu", header("GenericT2", len(words), 4e-12, 4e-12, round(1 / 99.7123e-9)) + words.tobytes())
    frames = run("live", "tags:f.ptu", "--frame", "5000photons", "--irf-gauss", "235ps", "--speed", "max", "--backend", "model", "--json").records[:-1]
    since = pulse - np.array(syncs)[np.searchsorted(syncs, pulse, "right") - 1]
    assert abs(sum(r["outside"] for r in frames) - np.sum(since > 64) if gone else sum(r["outside"] for r in frames)) <= (60 if every > 1 else 10)
    assert all(r["status"] == "ok" and abs(r["lifetime_s"][0] - 10e-9) < 3.5 * r["lifetime_sigma_s"][0] for r in frames)


def test_frames_by_time(run, write, tmp_path):
    """Frames touch, empty ones count, a long silence is a gap."""
    events = []
    for pulse in (5, 999_999, 1_000_000, 3_500_000, 200_000_000_000 + 5):
        events += [(25000 * pulse, "sync", 0, 0), (25000 * pulse + 1000, "photon", 1, 0)]
    write("f.ptu", make_file("GenericT2", events))
    done = run("live", "tags:f.ptu", "--frame", "100ms", "--speed", "max", "--backend", "model", "--record", "r.tsr", "--json")
    assert (done.code, done.err) == (0, "")
    r = Recording(tmp_path / "r.tsr")
    assert [f["photons"] for f in r.frames[:4]] == [2, 1, 0, 1] and sum(f["photons"] for f in r.frames) == 5 and len(r.frames) < 10
    assert [round(f["start_s"], 9) for f in r.frames[:4]] == [0, 0.1, 0.2, 0.3] and r.frames[-1]["start_s"] == 20000.0
    # every second is in a frame or in a gap
    pieces = sorted([(f["start_s"], f["end_s"]) for f in r.frames] + [(g["start_s"], g["end_s"]) for g in r.gaps])
    assert len(r.gaps) >= 1 and r.gaps[0]["before_frame"] == 4
    assert all(a[1] == pytest.approx(b[0]) for a, b in zip(pieces, pieces[1:]))
    assert [x["frame"] for x in done.records if x["schema"] == "taustream.live/1"] == list(range(len(r.frames)))


def test_pipe_that_comes_in_pieces(program, tmp_path):
    """Any cut of the bytes gives the same frames; records come as their frames close."""
    data = make_file("HydraHarp2T3", make_events("HydraHarp2T3", 3000, seed=2), count=0)
    process = subprocess.Popen([program, "live", "tags:-", "--frame", "1000photons", "--backend", "model", "--json"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, cwd=tmp_path)
    half = data[:4 * 1500 + len(data) - 4 * (len(data) // 4)]
    process.stdin.write(half + data[len(half):len(data) // 2 + 1])
    process.stdin.flush()
    first = json.loads(process.stdout.readline())      # before the end was written
    assert first["frame"] == 0 and first["photons"] == 1000
    rest = data[len(data) // 2 + 1:]
    for at in range(0, len(rest), 777):
        process.stdin.write(rest[at:at + 777])
        process.stdin.flush()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [json.loads(x)["photons"] for x in out.splitlines()[:-1]][0] == 1000 and json.loads(out.splitlines()[-1])["complete"]


GOOD = make_file("GenericT3", make_events("GenericT3", 200, seed=9, spread=3))
HEAD = len(GOOD) - 4 * len(records("GenericT3", make_events("GenericT3", 200, seed=9, spread=3)))
BROKEN = [
    ("empty", b"", "f.ptu: the file is empty: expected a .ptu file"),
    ("other", b"hello, this is no file of time tags", "f.ptu: is no .ptu file: expected PQTTTR at its start"),
    ("header_cut", GOOD[:100], "f.ptu: truncated within its header, at byte 100"),
    ("record_cut", GOOD[:HEAD + 4 * 50 + 3], f"f.ptu: truncated within record 50, at byte {HEAD + 203}; those before it are sound"),
    ("records_missing", GOOD[:HEAD + 4 * 50],
     f"f.ptu: truncated behind record 50 of {(len(GOOD) - HEAD) // 4}, at byte {HEAD + 200}; these are sound"),
    ("too_long", GOOD + b"abcd", f"f.ptu: there are bytes behind the {(len(GOOD) - HEAD) // 4} records that its header tells of, at byte {len(GOOD)}"),
    ("no_such_record", GOOD[:HEAD + 4 * 50] + b"\xff\xff\xff\xa8" + GOOD[HEAD + 4 * 51:],
     f"f.ptu: record 50 at byte {HEAD + 200}, 0xa8ffffff, is none of this instrument; those before it are sound"),
    ("other_type", GOOD.replace(b"\x07\x03\x01\x00", b"\x09\x03\x01\x00", 1),
     "f.ptu: records of type 0x00010309: expected those of PicoHarp, HydraHarp, TimeHarp 260 or MultiHarp"),
]


@pytest.mark.parametrize("content, message", [x[1:] for x in BROKEN], ids=[x[0] for x in BROKEN])
def test_broken_files(content, message, run, write, tmp_path):
    done = run("live", f"tags:{write('f.ptu', content)}", "--frame", "20photons", "--speed", "max", "--backend", "model", "--record", "r.tsr", "--json")
    assert done.err == f"taustream: {message}\n"
    assert done.code == 1 and done.records[-1]["failed"] == 1
    if len(content) > HEAD + 100 and "type" not in message:
        r = Recording(tmp_path / "r.tsr")
        whole = run("live", f"tags:{write('g.ptu', GOOD)}", "--frame", "20photons", "--speed", "max", "--backend", "model", "--record", "g.tsr", "--quiet")
        assert whole.code == 0
        good = Recording(tmp_path / "g.tsr")
        n = 50 // 20 if len(content) < len(GOOD) or "none" in message else len(good.frames)
        assert len(r.frames) >= n >= 2
        assert all(np.array_equal(a["counts"], b["counts"]) for a, b in zip(r.frames[:n], good.frames))


def test_t3_has_no_other_sync(run, write):
    done = run("live", f"tags:{write('f.ptu', GOOD)}", "--sync-channel", "1", "--backend", "model", "--json")
    assert (done.code, done.err) == (1, "taustream: f.ptu: T3 records count the syncs themselves: expected T2 beside --sync-channel\n")


@pytest.mark.parametrize("kind, options, message", [
    ("HydraHarp2T3", ("--channel", "7"), "no photon came on input 7: expected one of 1, 2, 4 for --channel"),
    ("GenericT2", (), "no sync came, and without it a photon has no bin: add --sync-channel N, one of the inputs 1, 2, 4"),
    ("GenericT2", ("--sync-channel", "9"), "no sync came on input 9, and without it a photon has no bin: expected another of 1, 2, 4 for --sync-channel"),
    ("PicoHarpT2", ("--sync-channel", "1"), "no sync came on input 1, and without it a photon has no bin: expected another of 2, 4 for --sync-channel"),
])
def test_inputs_that_bring_nothing(kind, options, message, run, write):
    """All photons are left out, or stand in no bin: that is told, it is no measurement."""
    lowest = 2 if kind == "PicoHarpT2" else 1
    content = make_file(kind, [(100 * n + n % 7, "photon", (4, 2, lowest)[n % 3], n % 500) for n in range(1, 2000)])
    done = run("live", f"tags:{write('f.ptu', content)}", "--frame", "20photons", "--speed", "max", "--backend", "model", "--json", *options)
    assert done.code == 1 and done.err == f"taustream: f.ptu: {message}\n"
    assert not [r for r in done.records[:-1] if r["photons"] or r["status"] == "ok"]


def test_time_that_goes_back(run, write):
    events = make_events("GenericT3", 50, seed=5, spread=3)
    words = records("GenericT3", events)
    photons = np.flatnonzero(words >> 31 == 0)
    at = photons[30]
    words[at] = words[photons[29]] - 1 if words[photons[29]] & 1023 else words[at] & ~np.uint32(1023)
    head = make_file("GenericT3", events)[:-4 * len(words)]
    done = run("live", f"tags:{write('f.ptu', head + words.tobytes())}", "--frame", "20photons", "--speed", "max", "--backend", "model", "--json")
    assert done.code == 1
    assert f"record {at} at byte {len(head) + 4 * at}: time goes back from" in done.err


@pytest.mark.parametrize("send", ("histograms", "photons"))
def test_a_jump_of_time_zero_is_followed(send, run, write):
    """The decay comes 4 ns later from the middle on, much more than a fit may shift: no frame behind it is lost or wrong."""
    rng = np.random.default_rng(8)
    events = []
    for i in range(20000):
        delay = (5e-9 if i < 10000 else 9e-9) + 0.212e-9 * rng.normal() + rng.exponential(5e-9)
        events.append((50 * i, "photon", 1, min(int(delay / RESOLUTION), 1561)))
    done = run("live", f"tags:{write('f.ptu', make_file('GenericT3', events))}", "--frame", "2500photons", "--irf-gauss", "500ps", "--speed", "max", "--send", send,
               "--backend", "model", "--json")
    assert (done.code, done.err) == (0, "")
    assert len(done.records) == 9
    for i, r in enumerate(done.records[:-1]):
        assert r["status"] == "ok", (i, r["status"])
        assert abs(r["shift_s"] - (5e-9 if i < 4 else 9e-9)) < 0.1e-9 and abs(r["lifetime_s"][0] - 5e-9) < 5 * r["lifetime_sigma_s"][0]


@pytest.mark.parametrize("engine", ("e18", "u16"))
def test_frames_of_the_device_are_judged_as_those_of_the_host(engine, run, write):
    """A response told 15 % too wide: where single bins are looked at (poor_fit, deviance) it makes no difference who built the histogram."""
    rng = np.random.default_rng(5)
    delays = np.minimum(5e-9 + 0.41e-9 * rng.normal(size=160000) + rng.exponential(4e-9, 160000), 99e-9) / RESOLUTION
    events = [(20 * i, "photon", 1, int(d)) for i, d in enumerate(delays)]
    arguments = ("live", f"tags:{write('f.ptu', make_file('GenericT3', events))}", "--irf-gauss", "1.11ns", "--speed", "max", "--engine", engine, "--backend", "model", "--json")
    host, device = run(*arguments).records[:-1], run(*arguments, "--send", "photons").records[:-1]
    assert [r["framed_by"] for r in device[1:]] == ["device"] * 7 and sum("poor_fit" in r["flags"] for r in host) >= 4
    for h, d in zip(host, device):
        assert (d["status"], d["flags"]) == (h["status"], h["flags"])
        assert d["deviance"] == pytest.approx(h["deviance"], rel=1e-3)


def test_a_frame_without_a_decay_is_not_followed(run, write):
    """Background alone (a shutter, now and then): the frames behind it are fitted where the decay was."""
    rng = np.random.default_rng(3)
    events, dark = [], range(3, 40, 3)
    for i in range(2000 * 40):
        delay = 5e-9 + 0.4e-9 * rng.normal() + rng.exponential(4e-9)
        delay = rng.uniform(0, 99e-9) if i // 2000 in dark else min(delay, 99e-9)
        events.append((20 * i, "photon", 1, int(delay / RESOLUTION)))
    name = write("f.ptu", make_file("GenericT3", events))
    done = run("live", f"tags:{name}", "--frame", "2000photons", "--irf-gauss", "940ps", "--speed", "max", "--backend", "model", "--json")
    light = [r for r in done.records[:-1] if r["frame"] not in dark]
    assert done.code == 0 and len(light) == 27 and {r["status"] for r in light} == {"ok"}
    assert all(abs(r["lifetime_s"][0] - 4e-9) < 4.5 * r["lifetime_sigma_s"][0] for r in light)


@pytest.mark.parametrize("kind", ["GenericT3", "HydraHarp2T2"])
def test_a_period_that_is_not_the_syncs(kind, run, write):
    """Lifetimes would be too short without a word; one and several pulses a sync are good. The recording knows it, too."""
    write("f.ptu", make_file(kind, make_events(kind, 4000, seed=3)))
    fit = ("--frame", "2000photons", "--irf-gauss", "300ps", "--speed", "max", "--json")
    for period, told in (("150ns", True), ("97ns", True), ("100.2ns", False), ("50ns", False)):
        done = run("live", "tags:f.ptu", *fit, "--period", period, "--record", f"{period}.tsr")
        frames = [r for r in done.records if "frame" in r]
        assert done.code == 0 and (any(r["status"] for r in frames) or not told) and all(("period_unknown" in r["flags"]) == told for r in frames if r["status"])
        assert (f"SYNC comes every 1e-07 s, and --period is {float(period[:-2]) * 1e-9:g} s: lifetimes are fitted as if" in done.err) == told
        again = run("live", f"replay:{period}.tsr", "--speed", "max", "--json")
        assert again.err == done.err and [r["flags"] for r in again.records if "frame" in r] == [r["flags"] for r in frames]
        refit = run("trpl", f"{period}.tsr", "--irf-gauss", "300ps", "--json")
        assert all(("period_unknown" in r["flags"]) == told for r in refit.records[:-1] if r["lifetime_s"][0])
        assert ("SYNC came every 1e-07 s, and the period is" in refit.err) == told


def test_pile_up_is_flagged(run, write):
    """0.2 photons a pulse: beyond 5 % the detector's first-photon bias is flagged, and the share of dead time told where it is known."""
    for spread, flagged in ((11, True), (100, False)):
        events = [(t, w, 1, d) for t, w, _, d in make_events("GenericT3", 4000, seed=6, spread=spread) if w == "photon"]
        span = 0
        dense = []
        for i, (_, w, n, d) in enumerate(events):
            span += 1 + i % (spread - 1) if spread == 11 else 60
            dense.append((span, w, n, d))
        done = run("live", f"tags:{write('f.ptu', make_file('GenericT3', dense))}", "--frame", "1000photons", "--dead-time", "80ns", "--speed", "max", "--backend",
                   "model", "--json")
        assert (done.code, done.err) == (0, "")
        for r in done.records[:-1]:
            assert ("pile_up" in r["flags"]) == flagged
            assert r["dead_time_fraction"] == pytest.approx(r["rate_hz"] * 80e-9)
            assert r["pulses"] == pytest.approx((r["end_s"] - r["start_s"]) / PERIOD)


def test_no_such_file(run):
    done = run("live", "tags:no/such.ptu", "--json")
    assert (done.code, done.err) == (1, "taustream: no/such.ptu: cannot be opened: No such file or directory\n")
