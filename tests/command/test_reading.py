"""Every kind of input gives the same counts on the same time axis. What was read is seen in --curve."""
import csv

import numpy as np
import pytest


@pytest.fixture
def curve(run, tmp_path):
    """curve(file, options): the record(s) and time, counts of every histogram as they were read."""

    def read(*arguments, stdin=b""):
        done = run("trpl", *arguments, "--json", "--curve", "curve.csv", stdin=stdin)
        assert done.code == 0, done.err
        with open(tmp_path / "curve.csv", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        found = {}
        for row in rows:
            found.setdefault((row["source"], int(row["index"])), []).append((float(row["time_s"]), float(row["counts"])))
        return done.records, [np.array(v).T for v in found.values()]

    return read


def table(times, counts, separator=",", header="time_ns,counts\n", end="\n"):
    return header + "".join(f"{t}{separator}{c}{end}" for t, c in zip(times, counts))


FORMS = {
    "comma": (lambda t, c: table(t, c), ()),
    "semicolon": (lambda t, c: table(t, c, ";", "time_ns;counts\n"), ()),
    "decimal comma": (lambda t, c: table([str(x).replace(".", ",") for x in t], c, ";", "time_ns;counts\n"), ()),
    "tab": (lambda t, c: table(t, c, "\t", "Time [ns]\tCounts\n"), ()),
    "tab and decimal comma": (lambda t, c: table([str(x).replace(".", ",") for x in t], c, "\t", "Time [ns]\tCounts\n"), ()),
    "spaces": (lambda t, c: table(t, c, "   ", "Time [ns]  Counts\n"), ()),
    "comma and spaces": (lambda t, c: table(t, c, " , ", "t (ns) , counts\n"), ()),
    "quoted header": (lambda t, c: table(t, c, ",", '"time/ns","counts"\n'), ()),
    "comment header": (lambda t, c: table(t, c, " ", "# time_ns counts\n"), ()),
    "comments and blank lines": (lambda t, c: "# measured\n\n" + table(t, c) + "\n# the end\n\n", ()),
    "picoseconds": (lambda t, c: table([round(1000 * x, 6) for x in t], c, ",", "Time [ps],counts\n"), ()),
    "microseconds": (lambda t, c: table([f"{x / 1000:.9f}" for x in t], c, ",", "time_\u00b5s,counts\n"), ()),
    "microseconds in Latin-1": (lambda t, c: table([f"{x / 1000:.9f}" for x in t], c, ",", "time_\u00b5s,counts\n").encode("latin-1"), ()),
    "seconds": (lambda t, c: table([f"{1e-9 * x:.6e}" for x in t], c, ",", "time (s),counts\n"), ()),
    "unit by option": (lambda t, c: table(t, c, ",", ""), ("--time-unit", "ns")),
    "windows lines": (lambda t, c: table(t, c, ",", "time_ns,counts\r\n", "\r\n"), ()),
    "old Mac lines": (lambda t, c: table(t, c, ",", "time_ns,counts\r\r", "\r"), ()),
    "returns doubled": (lambda t, c: table(t, c, ",", "time_ns,counts\r\r\n", "\r\r\n"), ()),
    "UTF-16": (lambda t, c: ("\ufeff" + table(t, c, "\t", "Time [\u00b5s]\tCounts\r\n", "\r\n").replace("Time [\u00b5s]", "Time [ns]")).encode("utf-16-le"), ()),
    "UTF-16, the other end first": (lambda t, c: ("\ufeff" + table([f"{x / 1000:.9f}" for x in t], c, ",", "time_\u00b5s,\U0001f4a1\n")).encode("utf-16-be"), ()),
    "decimal comma between spaces": (lambda t, c: table([str(x).replace(".", ",") for x in t], c, " ", "Zeit[ns] Counts\n"), ()),
    "separators at the ends": (lambda t, c: table(t, c, ",", "time_ns,counts,\n", ",\n"), ()),
    "separators at the ends but of the header": (lambda t, c: table(t, c, ";", "time_ns;counts\n", ";\n"), ()),
    "dates on top": (lambda t, c: "2026-11-26 12:33:01\n26.11.2026\n12:33\n" + table(t, c), ()),
    "falling times": (lambda t, c: table(t[::-1], c[::-1]), ()),
    "falling channels": (lambda t, c: table(range(len(c) - 1, -1, -1), c[::-1], ",", "channel,counts\n"), ("--bin-width", "256 ps")),
    "Becker & Hickl": (lambda t, c: "  Title : x\n  Date : 2003-10-05\n\n*BLOCK 1 ( Time[ns]  No_of_photons )\n" + table(t, c, "  ", "") + "*END\n", ()),
    "PicoQuant": (lambda t, c: "#PicoHarp 300\n#channels per curve\n64\n#display curve no.\n0\t\n#ns/channel\n0.256\t\n#counts\n" + "".join(f"{x}\t\n" for x in c), ()),
    "Edinburgh": (lambda t, c: table([f"{x:.6E}" for x in t], [f"{x:.5E}" for x in c], ",", "Labels,a,\nType,TCSPC,\nXAxis,Time(ns),\nYAxis,Counts,\n\n", ",\n"), ("--time-unit", "ns")),
    "byte-order mark": (lambda t, c: "\ufeff" + table(t, c), ()),
    "no last newline": (lambda t, c: table(t, c)[:-1], ()),
    "counts as 1.0e2": (lambda t, c: table(t, [f"{x:.7e}" for x in c]), ()),
    "counts alone": (lambda t, c: "".join(f"{x}\n" for x in c), ("--bin-width", "0.256ns")),
    "counts alone with header": (lambda t, c: "counts\n" + "".join(f"{x}\n" for x in c), ("--bin-width", "256ps")),
    "channels": (lambda t, c: table(range(len(c)), c, ",", "channel,counts\n"), ("--bin-width", "256 ps")),
    "horiba": (lambda t, c: "Item name: Decay\n\nReal time: 32.5\nTime calibration: 2.56E-01ns/ch\n\nComment: \n12 mW\n\n\nChan\tData\n"
               + "".join(f"{i + 1}\t{x}\n" for i, x in enumerate(c)) + "\n", ()),
    "odd rows on top": (lambda t, c: "x1,x2\n0,6.94e-8\n0,0.69\n" + table(t, c, ",", ""), ("--skip", "3", "--time-unit", "ns")),
    "columns": (lambda t, c: "a,time_ns,counts\n" + "".join(f"x{i},{u},{v}\n" for i, (u, v) in enumerate(zip(t, c))), ("--columns", "2,3")),
}


@pytest.mark.parametrize("name", FORMS)
def test_text(curve, write, decay, name):
    times = [round(0.256 * i, 6) for i in range(len(decay))]
    make, options = FORMS[name]
    records, (read,) = curve(write("f.txt", make(times, decay)), "--range", "0..1s", *options)
    assert np.allclose(read[0], np.array(times) * 1e-9, rtol=1e-6, atol=1e-15)
    assert np.array_equal(read[1], decay)
    assert records[0]["counts"] == decay.sum()
    assert records[0]["source"] == "f.txt" and records[0]["index"] == 0
    assert records[-1] == {"schema": "taustream.end/1", "complete": True, "done": 1, "failed": 0}


def test_rounded_times_are_a_grid(curve, write, decay):
    """27.43 ps in two decimals of a nanosecond-picosecond mix: steps of 0.02 and 0.03 ns are one width."""
    times = [f"{0.2743 * i:.2f}" for i in range(len(decay))]
    _, (read,) = curve(write("f.csv", table(times, decay)), "--range", "0..1s")
    assert np.diff(read[0]) == pytest.approx(np.full(len(decay) - 1, 0.2743e-9), rel=1e-3)


ROUNDED = {"two decimals": "{:.2f}".format, "four digits": "{:.4g}".format, "cut, not rounded": lambda x: f"{np.floor(100 * x + 1e-9) / 100:.2f}", "exponents": "{:.3e}".format}


@pytest.mark.parametrize("how", ROUNDED)
@pytest.mark.parametrize("start, turned", [(0, False), (0, True), (-3.217, False)])
def test_coarsely_rounded_times_are_a_grid(curve, write, how, start, turned):
    """Bins of 27.43 ps whose times are known to a third of one: the width comes from the whole axis."""
    counts = np.rint(4000 * np.exp(-np.arange(1024) / 90) + 3).astype(int)
    rows = [(ROUNDED[how](start + 0.02743 * i), c) for i, c in enumerate(counts)]
    records, (read,) = curve(write("f.csv", table(*zip(*(rows[::-1] if turned else rows)))), "--range", "-1s..1s")
    assert np.array_equal(read[1], counts)
    assert records[0]["bin_width_s"] == pytest.approx(27.43e-12, rel=2e-6)
    assert read[0][0] == pytest.approx(start * 1e-9, abs=6e-12)


def test_whole_numbers_that_were_rounded(curve, write):
    counts = np.rint(4000 * np.exp(-np.arange(4000) / 500) + 3).astype(int)
    records, _ = curve(write("f.csv", table([f"{1.003 * i:.0f}" for i in range(4000)], counts)), "--range", "0..1s")
    assert records[0]["bin_width_s"] == pytest.approx(1.003e-9, rel=2e-5)


def test_several_curves_of_one_instrument(curve, write, decay):
    text = "#PicoHarp 300\n#channels per curve\n64\n#display curve no.\n0\t1\n#ns/channel\n0.256\t0.256\n#counts\n" + "".join(f"{c}\t{2 * c}\n" for c in decay)
    records, read = curve(write("f.dat", text), "--range", "0..1s")
    assert [r["counts"] for r in records[:-1]] == [decay.sum(), 2 * decay.sum()]
    assert read[1][0][1] == pytest.approx(0.256e-9)


@pytest.mark.parametrize("kind", ["u1", "<u2", ">u2", "<u4", ">u4", "<i4", ">i8", "<u8", "i1"])
def test_npy_types(curve, tmp_path, decay, kind):
    counts = decay // 40
    np.save(tmp_path / "f.npy", counts.astype(kind))
    _, (read,) = curve("f.npy", "--bin-width", "256ps", "--range", "0..1s")
    assert np.array_equal(read[1], counts)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_versions(curve, tmp_path, decay, version):
    with open(tmp_path / "f.npy", "wb") as f:
        np.lib.format.write_array(f, decay.astype("u4"), version=version)
    _, (read,) = curve("f.npy", "--bin-width", "256ps", "--range", "0..1s")
    assert np.array_equal(read[1], decay)


def test_npy_batch(curve, tmp_path, decay):
    batch = np.array([decay * (i % 7 + 1) for i in range(50)], "<u4")
    np.save(tmp_path / "f.npy", batch)
    records, read = curve("f.npy", "--bin-width", "256ps", "--range", "0..1s")
    assert [r["index"] for r in records[:-1]] == list(range(50))
    assert np.array_equal([r[1] for r in read], batch)
    assert records[-1]["done"] == 50


@pytest.mark.parametrize("kind", ["text", "npy"])
def test_standard_input(curve, tmp_path, decay, kind):
    if kind == "npy":
        np.save(tmp_path / "f.npy", decay.astype("u4"))
        records, (read,) = curve("-", "--bin-width", "256ps", "--range", "0..1s", stdin=(tmp_path / "f.npy").read_bytes())
    else:
        records, (read,) = curve("-", "--bin-width", "256ps", "--range", "0..1s", stdin="".join(f"{c}\n" for c in decay).encode())
    assert np.array_equal(read[1], decay)
    assert records[0]["source"] == "-"


def test_several_columns_are_several_histograms(curve, write, decay):
    text = "time_ns,10 mW,20 mW,40 mW\n" + "".join(f"{0.256 * i:.3f},{c},{2 * c},{4 * c}\n" for i, c in enumerate(decay))
    records, read = curve(write("f.csv", text), "--range", "0..1s")
    assert [(r["index"], r["column"]) for r in records[:-1]] == [(0, "10 mW"), (1, "20 mW"), (2, "40 mW")]
    assert [r["counts"] for r in records[:-1]] == [decay.sum(), 2 * decay.sum(), 4 * decay.sum()]
    assert np.array_equal(read[2][1], 4 * decay)


def test_columns_of_counts_alone(curve, write, decay):
    text = "a b\n" + "".join(f"{c} {2 * c}\n" for c in decay)
    records, read = curve(write("f.csv", text), "--bin-width", "256ps", "--range", "0..1s")
    assert [r["counts"] for r in records[:-1]] == [decay.sum(), 2 * decay.sum()]


def test_good_files_are_done_beside_bad_ones(run, write, decay):
    good = table([0.256 * i for i in range(len(decay))], decay)
    done = run("trpl", write("a.csv", good), write("bad.csv", "x"), write("b.csv", good), "--json")
    assert done.code == 1
    assert [r.get("source") for r in done.records[:-1]] == ["a.csv", "b.csv"]
    assert done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": 2, "failed": 1}


def test_range_takes_left_edges(curve, write, decay):
    text = table([i for i in range(len(decay))], decay)
    _, (read,) = curve(write("f.csv", text), "--range", "3ns..40ns")
    assert read[0][0] == pytest.approx(3e-9) and read[0][-1] == pytest.approx(39e-9)
    _, (read,) = curve("f.csv", "--range", "2.5ns..40.5ns")
    assert read[0][0] == pytest.approx(3e-9) and read[0][-1] == pytest.approx(40e-9)
    _, (read,) = curve("f.csv", "--range", "..40ns")
    assert read[0][0] == 0 and len(read[0]) == 40


def test_tail_fit_starts_behind_the_maximum(curve, write, decay):
    """Twice the time from half of the maximum (2003 of 4003 counts, 0.57 bins before it) to it; at the maximum where nothing comes before that."""
    counts = np.concatenate([[1, 2, 500], decay])
    _, (read,) = curve(write("f.csv", table(range(len(counts)), counts)))
    assert read[0][0] == pytest.approx(5e-9) and len(read[0]) == len(decay) - 2
    _, (read,) = curve(write("f.csv", table(range(len(decay)), decay)))
    assert read[0][0] == 0 and len(read[0]) == len(decay)


def test_tail_fit_of_a_wide_response(run, write):
    """1 and 4 ns behind a response of 1 ns FWHM that the command is not told of: from the bin of the maximum on no interval of the shorter one held it."""
    rng, fine = np.random.default_rng(4), 0.005
    t = np.arange(0, 40, fine) + fine / 2
    pulse = np.exp(-0.5 * ((t - 4) * 2.3548)**2)
    truth = np.convolve(pulse, np.exp(-t) + 0.4 * np.exp(-t / 4))[:len(t)].reshape(-1, 10).sum(1)
    counts = rng.poisson(truth / truth.sum() * 1e5 + 1, (60, len(truth)))
    text = "time_ns" + "".join(f",c{i}" for i in range(60)) + "\n" + "".join(f"{i * 0.05:.4g}," + ",".join(map(str, row)) + "\n" for i, row in enumerate(counts.T))
    done = run("trpl", write("f.csv", text), "--json", "-k", "2")
    assert done.code == 0, done.err
    inside = [[low < tau < high for (low, high), tau in zip(r["lifetime_interval_s"], (1e-9, 4e-9))] for r in done.records[:-1]]
    assert all(np.mean(inside, axis=0) > 0.85), np.mean(inside, axis=0)


def test_dead_bins_are_cut(curve, write, decay):
    """Bins that the electronics never fill, beside a background of 9 counts a bin."""
    counts = np.concatenate([np.zeros(30, int), np.full(20, 9), decay + 9, np.zeros(25, int)])
    _, (read,) = curve(write("f.csv", table(range(len(counts)), counts)), "--irf-gauss", "3ns")
    assert read[0][0] == pytest.approx(30e-9) and len(read[0]) == len(counts) - 55


def test_zeros_of_a_decay_without_background_stay(curve, write):
    """Here the photons run out: zeros at the end belong to the data."""
    rng = np.random.default_rng(3)
    counts = np.concatenate([np.zeros(30, int), rng.poisson(900 * np.exp(-np.arange(200) / 9))])
    assert counts[-50:].sum() == 0
    _, (read,) = curve(write("f.csv", table(range(len(counts)), counts)), "--irf-gauss", "3ns")
    assert len(read[0]) == len(counts)
