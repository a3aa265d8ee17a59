"""Records, tables, curves, plots, statistics; nothing half-written; Ctrl-C; the other commands."""
import csv
import fcntl
import io
import json
import os
import re
import signal
import struct
import subprocess
import termios
import time

import numpy as np
import pytest

SINGLE = ["lifetime_mean_amplitude_s", "lifetime_mean_amplitude_sigma_s", "lifetime_mean_intensity_s", "lifetime_mean_intensity_sigma_s",
          "background_per_bin", "background_sigma", "shift_s", "shift_sigma_s", "chi2_reduced", "degrees_of_freedom", "deviance",
          "evaluations", "cycles"]
LISTS = ["lifetime_s", "lifetime_sigma_s", "lifetime_interval_s", "amplitude", "amplitude_sigma", "amplitude_fraction"]
COLUMNS = {"lifetime_{}_s": "lifetime_s", "lifetime_{}_sigma_s": "lifetime_sigma_s", "amplitude_{}": "amplitude",
           "amplitude_{}_sigma": "amplitude_sigma", "amplitude_{}_fraction": "amplitude_fraction"}


@pytest.fixture
def batch(run):
    """batch.npy and irf.npy: 40 mono-exponential decays of 2 ns with known truth."""
    done = run("simulate", "trpl", "--lifetimes", "2ns", "--counts", "1e5", "--bins", "256", "--bin-width", "50ps", "--irf-gauss", "250ps",
               "--shift", "20ps", "--background", "2", "--number", "40", "--seed", "3", "--output", "batch.npy", "--irf-output", "irf.npy",
               "--truth", "truth.json")
    assert done.code == 0, done.err
    return ("batch.npy", "--irf", "irf.npy", "--bin-width", "50ps")


def test_another_answer_of_few_photons(run):
    """1000 counts, 1 and 4 ns: a slow component in place of the background is a minimum of its own, and no `ok` (without the look for another: 8 and more are off)."""
    done = run("simulate", "trpl", "--lifetimes", "1ns,4ns", "--amplitudes", "1,0.4", "--counts", "1000", "--bins", "1024", "--bin-width", "50ps", "--irf-gauss", "250ps", "--irf-position", "2ns",
               "--background", "0.2", "--number", "4000", "--seed", "2", "--output", "few.npy", "--irf-output", "i.npy")
    assert done.code == 0, done.err
    done = run("trpl", "few.npy", "--irf", "i.npy", "--bin-width", "50ps", "--period", "1us", "-k", "2", "--json")
    good = [r for r in done.records[:-1] if r["status"] == "ok"]
    off = [r for r in good if any(abs(np.log(t / true)) > 6 * s / t for t, s, true in zip(r["lifetime_s"], r["lifetime_sigma_s"], (1e-9, 4e-9)))]
    print(len(good), len(off))
    assert len(good) > 2500 and len(off) <= 3


def test_averaged_scaled_and_smoothed_counts_are_no_counts(run, tmp_path):
    """Their sigmas mean nothing, and nothing else says so."""
    def flagged(counts, folder=tmp_path):
        np.save(folder / "c.npy", np.rint(counts).astype(np.uint32))
        done = run("trpl", "c.npy", "--bin-width", "50ps", "--irf-gauss", "250ps", "--json")
        assert done.code == 0
        return [("not_poisson" in r["flags"], "poor_fit" in r["flags"]) for r in done.records[:-1]]

    def simulated(counts, number, seed, background="1"):
        assert run("simulate", "trpl", "--lifetimes", "2ns", "--counts", str(counts), "--bins", "256", "--bin-width", "50ps", "--irf-gauss", "250ps", "--background", background,
                   "--number", str(number), "--seed", str(seed), "--output", "n.npy").code == 0
        return np.load(tmp_path / "n.npy").astype(float)

    for counts in (30, 1000, 100000):       # few counts a bin: chi2 is small there by itself
        assert not any(n for n, _ in flagged(simulated(counts, 300, 5)))
    found = flagged(simulated(3000, 400, 7, "0.02").reshape(-1, 4, 256).mean(axis=1))     # most bins hold hardly a count: neighbours are judged together
    assert sum(n for n, _ in found) >= 0.9 * len(found)
    sound = simulated(1e5, 400, 6)
    smooth = np.apply_along_axis(lambda c: np.convolve(c, np.ones(3) / 3, "same"), 1, sound[:40])
    for counts, moved in ((sound.reshape(-1, 4, 256).mean(axis=1), False), (sound * (1000 / sound.max()), False), (smooth, True)):
        found = flagged(counts)
        assert sum(n for n, _ in found) >= 0.9 * len(found)
        assert moved or sum(p for _, p in found) <= 0.02 * len(found)      # three bins smoothed make the response 6 % wider than it is told, which is seen


@pytest.mark.parametrize("lifetimes, counts, fwhm, finished", [("3ns", "1e5", "235ps", 0), ("30ns", "3e3", "235ps", 60), ("0.5ns,6ns", "1e6", "800ps", 0)])
def test_a_response_of_many_bins(run, lifetimes, counts, fwhm, finished):
    """8 ps bins, as counters have them: the coarse shift is found to a bin or two of the response's 29 or 100, and the host ends fits whose counts leave more of it open."""
    components = 1 + lifetimes.count(",")
    done = run("simulate", "trpl", "--lifetimes", lifetimes, "--counts", counts, "--bins", "4096", "--bin-width", "8ps", "--irf-gauss", fwhm, "--irf-position", "5ns",
               "--background", "0.001", "--period", "100ns", "--number", "100", "--seed", "4", "--output", "f.npy", "--irf-output", "i.npy")
    assert done.code == 0, done.err
    records = run("trpl", "f.npy", "--irf", "i.npy", "--bin-width", "8ps", "--period", "100ns", "-k", str(components), "--json").records[:-1]
    assert [r["status"] for r in records] == ["ok"] * 100
    for k, tau in enumerate(lifetimes.split(",")):
        assert sum(r["lifetime_interval_s"][k][0] < float(tau[:-2]) * 1e-9 < r["lifetime_interval_s"][k][1] for r in records) >= 89
    assert sum(abs(r["shift_s"]) < 1.96 * r["shift_sigma_s"] for r in records) >= 89
    assert abs(sum("host_finished" in r["flags"] for r in records) - finished) <= (20 if finished else 5)


def test_a_period_that_nobody_gave(run):
    """Pulses as often as the window is long, a lifetime of a third of it: without --period it comes out too short, often without poor_fit, and period_unknown says why."""
    def fit(tau, *options, counts="8e3"):
        done = run("simulate", "trpl", "--lifetimes", tau, "--counts", counts, "--bins", "256", "--bin-width", "50ps", "--irf-gauss", "250ps", "--background", "1", "--period", "12.8ns",
                   "--number", "20", "--output", "w.npy", "--irf-output", "i.npy")
        assert done.code == 0, done.err
        done = run("trpl", "w.npy", "--bin-width", "50ps", "--json", *options)
        assert done.code == 0, done.err
        return [(r["lifetime_interval_s"][0], "period_unknown" in r["flags"], "poor_fit" in r["flags"]) for r in done.records[:-1]]

    blind = fit("4.2ns", "--irf", "i.npy")
    assert all(unknown for _, unknown, _ in blind) and sum(high < 4.2e-9 for (_, high), *_ in blind) >= 18 and not all(poor for *_, poor in blind)
    told = fit("4.2ns", "--irf", "i.npy", "--period", "12.8ns")
    assert sum(low < 4.2e-9 < high for (low, high), *_ in told) >= 17 and not any(unknown for _, unknown, _ in told)
    assert not any(unknown for _, unknown, _ in fit("1.2ns", "--irf", "i.npy"))             # nothing is left at the window's end
    assert not any(unknown for _, unknown, _ in fit("4.2ns"))                               # a fit of the tail alone needs no period


def test_record(run, batch, tmp_path):
    done = run("trpl", *batch, "--json")
    assert done.code == 0 and done.err == ""
    records = done.records
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert len(records) == 41
    assert records[-1] == {"schema": "taustream.end/1", "complete": True, "done": 40, "failed": 0}
    for i, r in enumerate(records[:-1]):
        assert list(r)[0] == "schema" and r["schema"] == "taustream.trpl/1"
        assert (r["source"], r["index"], r["backend"], r["engine"], r["components"]) == ("batch.npy", i, "model", "e18", 1)
        assert isinstance(r["flags"], list) and int(r["raw"], 16) >= 0
        assert set(SINGLE + LISTS + ["status", "counts"]) <= set(r)
        assert all(len(r[name]) == 1 for name in LISTS) and len(r["lifetime_interval_s"][0]) == 2
        assert r["cycles"] is None                             # the model has no clock
        low, high = r["lifetime_interval_s"][0]
        tau, sigma = r["lifetime_s"][0], r["lifetime_sigma_s"][0]
        assert (low, high) == pytest.approx((tau * np.exp(-1.96 * sigma / tau), tau * np.exp(1.96 * sigma / tau)), rel=1e-5)
        assert sigma == pytest.approx(truth["lifetime_sigma_s"][0], rel=0.1)
    pull = np.array([(r["lifetime_s"][0] - 2e-9) / r["lifetime_sigma_s"][0] for r in records[:-1]])
    assert np.abs(pull).max() < 5 and abs(pull.mean()) < 0.7 and 0.6 < pull.std() < 1.5
    shift = np.array([(r["shift_s"] - 20e-12) / r["shift_sigma_s"] for r in records[:-1]])
    assert np.abs(shift).max() < 5 and abs(shift.mean()) < 0.7


def test_csv_has_the_same_numbers(run, batch, tmp_path):
    records = run("trpl", *batch, "--json", "--csv", "r.csv").records[:-1]
    with open(tmp_path / "r.csv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == len(records) == 40
    for row, record in zip(rows, records):
        for name in ["schema", "source", "status", "raw"]:
            assert row[name] == record[name]
        assert row["flags"] == ";".join(record["flags"])
        for name in SINGLE + ["counts", "index", "components"]:
            assert (None if row[name] == "" else float(row[name])) == record[name], name
        for k in range(record["components"]):
            for column, name in COLUMNS.items():
                value = row[column.format(k + 1)]
                assert (None if value == "" else float(value)) == record[name][k]
            interval = [float(row[f"lifetime_{k + 1}_{end}_s"]) for end in ("low", "high")]
            assert interval == record["lifetime_interval_s"][k]


def test_csv_on_standard_output(run, batch):
    done = run("trpl", *batch, "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 40 and rows[39]["index"] == "39"


def test_text(run, batch, write, decay):
    done = run("trpl", *batch)
    lines = done.out.splitlines()
    assert lines[0] == "batch.npy on model e18" and lines[1].split()[:2] == ["index", "status"] and len(lines) == 42
    assert run("trpl", *batch, "--quiet").out == ""
    done = run("trpl", write("f.csv", "".join(f"{c}\n" for c in decay)), "--bin-width", "256ps")
    assert done.out.startswith("f.csv [0]   ")
    assert "lifetime 1" in done.out and "2.5" in done.out and "ns +-" in done.out and "chi2 reduced" in done.out


def test_curve(run, batch, tmp_path):
    run("trpl", *batch, "--curve", "c.csv", "--quiet")
    data = np.load(tmp_path / "batch.npy")
    with open(tmp_path / "c.csv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == data.size
    counts, fit, residual = (np.array([float(r[n]) for r in rows]).reshape(data.shape) for n in ("counts", "fit", "weighted_residual"))
    assert np.array_equal(counts, data)
    assert fit.sum(axis=1) == pytest.approx(data.sum(axis=1), rel=2e-3)
    assert residual == pytest.approx((data - fit) / np.sqrt(fit), abs=1e-4)
    assert 0.8 < np.mean(residual ** 2) < 1.2


@pytest.mark.parametrize("end, start", [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_plot(run, batch, tmp_path, end, start):
    before = set(os.listdir(tmp_path))
    assert run("trpl", *batch, "--plot", f"p.{end}", "--quiet").code == 0
    new = sorted(set(os.listdir(tmp_path)) - before)
    if end == "pdf":
        assert new == ["p.pdf"]
    else:
        assert new == [f"p.{end}"]                # more than 20 are a map
    for name in new:
        assert (tmp_path / name).read_bytes().startswith(start)
    if end == "pdf":
        content = (tmp_path / "p.pdf").read_bytes()
        assert content.rstrip().endswith(b"%%EOF") and b"/Count 40" in content


def test_text_says_what_is_a_guess(run, batch, tmp_path):
    rng = np.random.default_rng(3)
    for name, row in (("empty", np.zeros(256)), ("few", np.arange(256) == 50), ("flat", rng.poisson(5, 256)),
                      ("wrong", 1000 * np.exp(-np.arange(256) / 60) + 500 * (np.arange(256) % 40 < 20))):
        np.save(tmp_path / f"{name}.npy", np.asarray(row, np.uint32) * (8 if name == "few" else 1))
    np.save(tmp_path / "few.npy", np.load(tmp_path / "few.npy") + (np.arange(256) == 60).astype(np.uint32) * 2)

    def text(name, *options):
        done = run("trpl", f"{name}.npy", "--bin-width", "50ps", "--range", "0ns..12.8ns", *options)
        assert done.code == 0 and "nan" not in done.out
        return done.out

    assert "note               insufficient_data: too few counts" in text("empty")
    assert "(no error)" in text("few", "--components", "2") and "what is given is a guess" in text("few", "--components", "2")
    flat = text("flat", "--components", "auto")
    assert "the lifetimes are guesses" in flat or "these are not its values" in flat or "do not use these values" in flat
    assert "(none is ok; shown: lowest bic)" in flat
    assert "poor_fit: the model does not describe the data" in text("wrong")
    np.save(tmp_path / "two.npy", np.zeros((2, 256), np.uint32))
    assert "nan" not in run("trpl", "two.npy", "--bin-width", "50ps").out
    assert "note" not in run("trpl", "batch.npy", *batch[1:]).out


def test_plot_of_twenty_fits_is_twenty_files(run, batch, tmp_path):
    data = np.load(tmp_path / "batch.npy")
    for n in (20, 21):
        np.save(tmp_path / "few.npy", data[:n])
        before = set(os.listdir(tmp_path))
        assert run("trpl", "few.npy", *batch[1:], "--plot", f"f{n}.svg", "--quiet").code == 0
        new = set(os.listdir(tmp_path)) - before
        assert new == ({"f20.svg"} | {f"f20-{i}.svg" for i in range(2, 21)} if n == 20 else {"f21.svg"})


def test_map_of_many_fits(run, batch, tmp_path):
    """Every lifetime is a dot over its histogram's number; blue dots: status ok, open grey ones: not ok."""
    assert run("simulate", "trpl", "--lifetimes", "4ns", "--counts", "1e5", "--bins", "256", "--bin-width", "50ps", "--irf-gauss", "250ps",
               "--background", "2", "--number", "30", "--seed", "5", "--output", "slow.npy").code == 0
    slow = np.load(tmp_path / "slow.npy")
    flat = np.full((5, 256), 40, slow.dtype)
    np.save(tmp_path / "mixed.npy", np.concatenate([np.load(tmp_path / "batch.npy"), slow, flat]))
    records = run("trpl", "mixed.npy", *batch[1:], "--plot", "m.svg", "--json").records[:-1]
    assert [r["status"] == "ok" for r in records] == [True] * 70 + [False] * 5
    text = (tmp_path / "m.svg").read_text()
    dots = [(float(x), float(y)) for x, y in re.findall(r'<path style="[^"]*fill:rgb\(12%,36%,68%\)[^"]*" d="M ([0-9.]+) ([0-9.]+) C', text)]
    bars = re.findall(r'<path style="[^"]*stroke:rgb\(12%,36%,68%\)[^"]*" d="M ([0-9.]+) [0-9.]+ L \1 [0-9.]+ "', text)
    assert len(dots) == len(bars) == 70
    x, y = np.array(dots).T
    assert np.allclose(np.diff(x), np.diff(x).mean(), atol=0.01)
    lifetime = np.array([r["lifetime_s"][0] for r in records[:70]])
    slope, offset = np.polyfit(np.log(lifetime), y, 1)
    assert slope < 0 and np.abs(y - offset - slope * np.log(lifetime)).max() < 0.05
    assert not [n for n in os.listdir(tmp_path) if n.startswith("m-") or n.startswith(".")]


def test_stats(run, batch, tmp_path):
    records = run("trpl", *batch, "--json", "--stats", "s.json").records[:-1]
    s = json.loads((tmp_path / "s.json").read_text())
    assert s["fits"] == 40 and s["photons"] == sum(r["counts"] for r in records)
    assert s["wall_s"] > 0 and s["fits_per_s"] == pytest.approx(40 / s["wall_s"])
    assert s["evaluations_mean"] == pytest.approx(np.mean([r["evaluations"] for r in records]))
    assert s["bytes_to_device"] > 40 * 100 and s["bytes_from_device"] > 40 * 50
    assert s["clock_cycles"] is s["cycles_per_fit"] is s["clock_hz"] is None      # the model has none
    assert (s["backend"], s["engine"]) == ("model", "e18")


def test_nothing_stays_behind_and_old_files_survive_a_failure(run, batch, tmp_path):
    (tmp_path / "r.csv").write_text("old")
    done = run("trpl", *batch, "--csv", "r.csv", "--curve", "missing/c.csv")
    assert done.code == 2
    assert (tmp_path / "r.csv").read_text() == "old"
    assert not [n for n in os.listdir(tmp_path) if n.startswith(".")]
    assert run("trpl", *batch, "--csv", "r.csv", "--plot", "p.svg", "--quiet").code == 0
    assert (tmp_path / "r.csv").read_text().startswith("schema,")
    assert not [n for n in os.listdir(tmp_path) if n.startswith(".")]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("option", ["--csv", "--curve"])
def test_full_disk(run, batch, option):
    done = run("trpl", *batch, option, "/dev/full", "--quiet")
    assert done.code == 1
    assert done.err == "taustream: /dev/full: cannot be written: No space left on device\n"


PIPE_BYTES = 65536


def in_pipe(stream):
    return struct.unpack("i", fcntl.ioctl(stream, termios.FIONREAD, bytes(4)))[0]


def test_interrupt_keeps_what_is_finished(run, batch, program, tmp_path):
    rows = np.resize(np.load(tmp_path / "batch.npy"), (1024 + 40, 256))            # a full block; a little more waits in the pipe
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<u4", "fortran_order": False, "shape": (1000000, 256)})
    p = subprocess.Popen([program, "trpl", "-", *batch[1:], "--json", "--csv", "r.csv"], cwd=tmp_path, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    fcntl.fcntl(p.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    p.stdin.write(header.getvalue() + rows.tobytes())
    p.stdin.flush()
    first = p.stdout.readline()
    assert json.loads(first)["index"] == 0
    assert not (tmp_path / "r.csv").exists()                                       # still under its temporary name
    while in_pipe(p.stdout) < PIPE_BYTES - 4096:                                   # full but for the page begun: the next record waits in a write: it must not be torn
        time.sleep(0.01)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130, err
    records = [json.loads(line) for line in (first + out).splitlines()]
    end = records[-1]
    assert end["schema"] == "taustream.end/1" and end["complete"] is False and end["done"] == len(records) - 1 > 0
    assert [r["index"] for r in records[:-1]] == list(range(end["done"]))
    lines = (tmp_path / "r.csv").read_text().splitlines()
    assert lines[-1] == "# incomplete" and len(lines) == end["done"] + 2
    assert not [n for n in os.listdir(tmp_path) if n.startswith(".")]


def peak_memory(line, folder, number):
    """Of the program alone, KiB, read while it waits for a reader of its last records. (ru_maxrss is at least that of the process that started it.)"""
    p = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    fcntl.fcntl(p.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    for _ in range(number - 200):                                                  # what is left does not go into pipe and buffers
        p.stdout.readline()
    assert p.poll() is None
    status = open(f"/proc/{p.pid}/status", encoding="ascii").read()
    rest = p.communicate(timeout=60)[0].splitlines()
    assert p.returncode == 0 and len(b"".join(rest)) > 2 * PIPE_BYTES and json.loads(rest[-1])["complete"]
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


def test_batches_stream_in_constant_memory(batch, program, tmp_path):
    """Ten times as many histograms take no more memory. Both are more than the 1024 that are held at a time."""
    data = np.load(tmp_path / "batch.npy")
    used = []
    for n in (40, 400):
        np.save(tmp_path / f"{n}.npy", np.tile(data, (n, 1)))                       # 1600 and 16000 histograms
        used.append(peak_memory([program, "trpl", f"{n}.npy", *batch[1:], "--json"], tmp_path, 40 * n))
    print(used)
    assert used[1] < used[0] + 2048 and used[1] < 65536                            # KiB


def test_automatic_order(run, batch):
    records = run("trpl", *batch, "--components", "auto", "--json").records[:-1]
    assert len(records) == 40
    for r in records:
        tried = r["components_tried"]
        assert [t["components"] for t in tried] == list(range(1, len(tried) + 1)) and len(tried) >= 2
        assert "bic" in r["components_criterion"]
        good = [t for t in tried if t["status"] == "ok"]
        assert r["components"] == min(good, key=lambda t: t["bic"])["components"]
        assert all(len(t["lifetime_s"]) == t["components"] for t in tried)
    assert np.mean([r["components"] == 1 for r in records]) > 0.9


def test_held_and_free_parameters(run, batch):
    r = run("trpl", *batch, "--lifetime", "1=2.1ns,fixed", "--background", "3", "--shift", "none", "--json").records[0]
    assert r["lifetime_s"][0] == pytest.approx(2.1e-9, rel=1e-3) and r["lifetime_sigma_s"] == [None]
    assert r["background_per_bin"] == pytest.approx(3, rel=1e-3) and r["background_sigma"] is None
    assert r["shift_s"] == 0 and r["shift_sigma_s"] is None
    r = run("trpl", *batch, "--shift", "30ps", "--json").records[0]
    assert r["shift_s"] == pytest.approx(30e-12, rel=1e-3) and r["shift_sigma_s"] is None


@pytest.mark.parametrize("name, counts", [("nothing", [0] * 64), ("one_bin", [0] * 20 + [500] + [0] * 43)])
def test_no_lifetime_from_nothing(run, write, name, counts):
    done = run("trpl", write("f.csv", "".join(f"{c}\n" for c in counts)), "--bin-width", "1ns", "--json")
    assert done.code == 0, done.err
    r = done.records[0]
    assert r["status"] == "insufficient_data"
    assert r["lifetime_s"] == [None] and r["lifetime_sigma_s"] == [None] and r["lifetime_interval_s"] == [[None, None]]


def test_neighbouring_bins_are_summed(run, write):
    counts = np.rint(2000 * np.exp(-np.arange(20000) / 3000.0) + 1).astype(int)
    r = run("trpl", write("f.csv", "".join(f"{c}\n" for c in counts)), "--bin-width", "1ps", "--json").records[0]
    assert "rebinned" in r["flags"] and r["lifetime_s"][0] == pytest.approx(3e-9, rel=0.01)


def test_irf_on_its_own_grid_is_resampled(run, batch, write, tmp_path):
    irf = np.load(tmp_path / "irf.npy").astype(float)
    fine = np.interp((np.arange(512) + 0.5) * 25e-12, (np.arange(256) + 0.5) * 50e-12, irf) / 2
    write("i.csv", "time_ps,irf\n" + "".join(f"{25 * i},{v:.3f}\n" for i, v in enumerate(fine)))
    r = run("trpl", "batch.npy", "--irf", "i.csv", "--bin-width", "50ps", "--json").records[0]
    assert "irf_resampled" in r["flags"] and r["lifetime_s"][0] == pytest.approx(2e-9, rel=0.05)


def test_devices_and_info(run):
    done = run("devices", "--json")
    assert done.code == 0
    found = {(r["backend"], r["engine"]) for r in done.records}
    assert {("model", "u16"), ("model", "e18")} <= found
    info = run("info", "--backend", "model", "--engine", "u16", "--json").records[0]
    assert info["schema"] == "taustream.device/1" and info["engine"] == "u16" and info["components_max"] == 3 and info["bins_max"] == 1024
    assert [info[f"photon_{n}"] for n in ("stream", "pins", "raw", "samples")] == [True, False, True, 0]
    text = run("info", "--backend", "model").out
    for engine, bits, kept in (("u16", 0, False), ("e18", 18, True), ("e20", 20, True)):
        of = run("info", "--backend", "model", "--engine", engine, "--json").records[0]
        assert (of["ta_word_bits"], of["ta_kept"]) == (bits, kept)
    assert "holds 8192 signals of a matrix, columns made once an evaluation\n" in text
    assert "engine             e18" in text and "photons            sent by the host; frames of single bins\n" in text


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_selftest(run, engine):
    done = run("selftest", "--backend", "model", "--engine", engine, "--json")
    assert done.code == 0, done.out
    tests = ["echo", "fit one lifetime", "fit two lifetimes", "fit three lifetimes", "current-voltage sweeps"] + ["transient absorption"] * (engine == "e18")
    assert [r["test"] for r in done.records[:-1]] == tests
    assert done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": len(tests), "failed": 0}


def test_selftest_compares_the_gateware_with_the_model(run):
    if not any(r["backend"] == "rtl" for r in run("devices", "--json").records):
        pytest.skip("the simulated gateware is not built")
    done = run("selftest", "--backend", "rtl", "--json", timeout=600)
    assert done.code == 0, done.out
    assert all("the model's bits" in r["detail"] for r in done.records[1:-1])


def test_more_than_a_device_holds_is_refused_by_name(run, batch):
    done = run("trpl", *batch, "--engine", "u16", "--components", "4")
    assert done.code == 1
    assert done.err.startswith("taustream: batch.npy: ") and "u16" in done.err and "4" in done.err


@pytest.mark.parametrize("command", [(), ("trpl",), ("ta",), ("sclc",), ("simulate",), ("simulate", "ta"), ("simulate", "sclc"), ("devices",), ("info",), ("selftest",)])
def test_help_and_version(run, command):
    done = run(*command, "--help")
    assert done.code == 0 and done.err == "" and done.out.startswith("Usage: taustream")
    done = run(*command, "--version")
    assert done.code == 0 and done.out.split()[0] == "taustream" and done.out.split()[1][0].isdigit()


def test_closed_pipe_is_no_silent_success(batch, program, tmp_path):
    done = subprocess.run(f"{program} trpl {' '.join(batch)} --json > /dev/full", shell=True, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"standard output cannot be written" in done.stderr
