"""taustream simulate: the same numbers from the same seed, the right expectation, Poisson moments, the right truth."""
import json
import math

import numpy as np
import pytest

BASE = ("simulate", "trpl", "--lifetimes", "4ns,1ns", "--amplitudes", "0.4,0.6", "--bins", "256", "--bin-width", "50ps", "--counts", "1e5",
        "--irf-gauss", "250ps", "--shift", "20ps", "--background", "0.5", "--output", "f.npy")


def expectation(truth, fine=200):
    """The model on a grid 200 times finer than the bins, by plain numerical convolution."""
    w, n = truth["bin_width_s"], truth["bins"]
    h = w / fine
    sigma = truth["irf_fwhm_s"] / (2 * math.sqrt(2 * math.log(2)))
    t = (np.arange(n * fine) + 0.5) * h
    mu = np.full(n, truth["background_per_bin"])
    x = t - truth["irf_position_s"] - truth["shift_s"]
    gauss = np.exp(-0.5 * (x / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)) * h
    size = 1 << (2 * len(t) - 1).bit_length()
    for tau, a in zip(truth["lifetime_s"], truth["amplitude"]):
        kernel = -np.diff(np.exp(-np.concatenate([[0], (np.arange(len(t)) + 0.5)]) * h / tau)) * tau / h
        if truth["period_s"]:
            kernel = kernel + np.exp(-(np.arange(len(t))) * h / tau) / np.expm1(truth["period_s"] / tau)
        c = np.fft.irfft(np.fft.rfft(gauss, size) * np.fft.rfft(kernel, size), size)[:len(t)]
        mu += a * c.reshape(n, fine).sum(axis=1) / fine
    return mu


def simulate(run, tmp_path, *options):
    done = run(*BASE, "--truth", "t.json", *options)
    assert done.code == 0, done.err
    return np.load(tmp_path / "f.npy"), json.loads((tmp_path / "t.json").read_text())


def test_same_seed_same_bytes(run, tmp_path):
    runs = []
    for seed in ("1", "1", "2"):
        assert run(*BASE, "--number", "20", "--seed", seed).code == 0
        runs.append((tmp_path / "f.npy").read_bytes())
    assert runs[0] == runs[1] != runs[2]


def test_a_histogram_does_not_depend_on_their_number(run, tmp_path):
    few, _ = simulate(run, tmp_path, "--number", "3")
    many, _ = simulate(run, tmp_path, "--number", "30")
    assert few.dtype == np.dtype("<u4") and few.shape == (3, 256)
    assert np.array_equal(few, many[:3])


def test_expectation(run, tmp_path):
    counts, truth = simulate(run, tmp_path, "--no-noise", "--counts", "1e9")
    mu = expectation(truth)
    assert np.max(np.abs(counts[0] - mu) / np.sqrt(mu)) < 1.0    # rounding is 0.5 counts, sqrt(mu) >= 0.7
    assert np.max(np.abs(counts[0] - mu) / np.maximum(mu, 1e4)) < 1e-4


def test_scale_and_truth(run, tmp_path):
    _, truth = simulate(run, tmp_path, "--number", "2", "--seed", "5")
    assert truth["schema"] == "taustream.truth/1"
    assert truth["lifetime_s"] == pytest.approx([1e-9, 4e-9])
    assert truth["amplitude_fraction"] == pytest.approx([0.6, 0.4])
    assert truth["counts_expected"] == pytest.approx(1e5 + 0.5 * 256)
    assert expectation(truth).sum() == pytest.approx(truth["counts_expected"], rel=1e-4)
    assert (truth["seed"], truth["number"], truth["bins"]) == (5, 2, 256)


def test_period_adds_earlier_tails(run, tmp_path):
    """Window = period: all photons of a period are in it."""
    counts, truth = simulate(run, tmp_path, "--no-noise", "--counts", "1e9", "--period", "12.8ns")
    mu = expectation({**truth})
    # the Gaussian in the window meets every earlier pulse's tail but its own overlap, which the kernel above leaves out before it
    assert np.max(np.abs(counts[0][40:] - mu[40:]) / mu[40:]) < 2e-3
    late = truth["amplitude"][1] * 4e-9 / 50e-12
    early = truth["amplitude"][0] * 1e-9 / 50e-12
    assert late + early == pytest.approx(1e9, rel=1e-6)


def test_moments(run, tmp_path):
    """Mean and variance are the expectation, over means from below 1 (multiplication) to 2000 (transformed rejection)."""
    n = 4000
    counts, truth = simulate(run, tmp_path, "--number", n, "--seed", "11")
    mu = expectation(truth)
    z = (counts.mean(axis=0) - mu) / np.sqrt(mu / n)
    assert np.max(np.abs(z)) < 4.5 and abs(z.mean()) < 0.3 and 0.8 < z.std() < 1.2
    spread = (counts.var(axis=0, ddof=1) / mu - 1) / np.sqrt(2 / n + 1 / (n * mu))
    assert np.max(np.abs(spread)) < 5 and abs(spread.mean()) < 0.3 and 0.8 < spread.std() < 1.2
    neighbours = np.corrcoef(counts[:, 30], counts[:, 31])[0, 1], np.corrcoef(counts[:-1, 30], counts[1:, 30])[0, 1]
    assert np.max(np.abs(neighbours)) < 5 / math.sqrt(n)


def test_bounds_against_numerical_derivatives(run, tmp_path):
    _, truth = simulate(run, tmp_path)
    values = [truth["amplitude"], truth["lifetime_s"], [truth["background_per_bin"]], [truth["shift_s"]]]
    flat = np.concatenate(values)

    def model(p):
        return expectation({**truth, "amplitude": p[:2], "lifetime_s": p[2:4], "background_per_bin": p[4], "shift_s": p[5]})

    mu, columns = model(flat), []
    for i, v in enumerate(flat):
        step = np.zeros(6)
        step[i] = 1e-3 * (v if i < 5 else truth["bin_width_s"])
        columns.append((model(flat + step) - model(flat - step)) / (2 * step[i]))
    jac = np.array(columns) / flat_scale(flat)[:, None] ** -1
    sigma = np.sqrt(np.diag(np.linalg.inv((jac / mu) @ jac.T))) * flat_scale(flat)
    told = np.concatenate([truth["amplitude_sigma"], truth["lifetime_sigma_s"], [truth["background_sigma"], truth["shift_sigma_s"]]])
    assert told == pytest.approx(sigma, rel=0.02)


def flat_scale(flat):
    return np.abs(flat)


def test_irf(run, tmp_path):
    simulate(run, tmp_path, "--irf-output", "i.npy")
    irf = np.load(tmp_path / "i.npy")
    assert irf.shape == (256,) and irf.sum() == pytest.approx(3e7, rel=1e-6)
    t = (np.arange(256) + 0.5) * 50e-12
    mean = (irf * t).sum() / irf.sum()
    assert mean == pytest.approx(1e-9, rel=1e-4)               # 4 FWHM, without the shift
    width = math.sqrt((irf * (t - mean) ** 2).sum() / irf.sum() - (50e-12) ** 2 / 12)
    assert width == pytest.approx(250e-12 / (2 * math.sqrt(2 * math.log(2))), rel=1e-3)
    simulate(run, tmp_path, "--irf-output", "i.npy", "--irf-noise", "--irf-counts", "1000")
    assert 850 < np.load(tmp_path / "i.npy").sum() < 1150


def test_pulse_without_irf(run, tmp_path):
    done = run("simulate", "trpl", "--lifetimes", "2ns", "--counts", "1e8", "--bins", "100", "--bin-width", "0.1ns", "--no-noise",
               "--output", "f.npy")
    assert done.code == 0, done.err
    counts = np.load(tmp_path / "f.npy")[0]
    edges = np.exp(-np.arange(101) * 0.1 / 2)
    assert np.max(np.abs(counts - 1e8 * -np.diff(edges) / (1 - edges[-1]))) <= 0.5 + 1e-6


WRONG = [
    ((), "simulate: nothing named to simulate: expected trpl, ta or sclc"),
    (("live",), "simulate: this build has no 'live': expected trpl, ta or sclc"),
    (("trpl", "f"), "simulate: 'f' is too much: expected options only"),
    (("trpl",), "simulate trpl needs --lifetimes: see taustream simulate --help"),
    (("trpl", "--lifetimes", "1ns", "--counts", "-5"), "--counts: '-5' is too small: expected at least 0"),
    (("trpl", "--lifetimes", "1ns,2ns,3ns,4ns,5ns"), "--lifetimes: '1ns,2ns,3ns,4ns,5ns' has too many or too long parts: expected at most 4"),
    (("trpl", "--lifetimes", "1ns,0ns"), "--lifetimes: '0ns' is not more than zero: expected a positive time"),
    (("trpl", "--bins", "65537"), "--bins: '65537' cannot be used: expected a whole number from 1 to 65536"),
    (("trpl", "--lifetimes", "1ns", "--amplitudes", "1,2", "--counts", "10", "--bins", "9", "--bin-width", "1ns", "--output", "f.npy"),
     "--amplitudes: 2 values for 1 lifetimes: expected one each"),
    (("trpl", "--lifetimes", "1ns", "--counts", "10", "--bins", "9", "--bin-width", "1ns", "--output", "f.npy", "--irf-output", "i.npy"),
     "--irf-output: a pulse has no histogram: expected --irf-gauss beside it"),
    (("trpl", "--lifetimes", "1ns", "--counts", "1e12", "--bins", "9", "--bin-width", "1ns", "--output", "f.npy"),
     "--counts: 6.32199e+11 expected counts in a bin: expected at most 4294967295"),
]


@pytest.mark.parametrize("arguments, message", WRONG, ids=[" ".join(w[0])[:40] or "nothing" for w in WRONG])
def test_wrong_usage(run, arguments, message, tmp_path):
    done = run("simulate", *arguments)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 2
    assert not list(tmp_path.iterdir())


def test_unwritable(run, tmp_path):
    done = run(*BASE[:-1], "missing/f.npy")
    assert done.err == "taustream: missing/f.npy: cannot be written: No such file or directory\n"
    assert done.code == 1


@pytest.mark.parametrize("command", [
    ("trpl", "--lifetimes", "1ns", "--counts", "1e4", "--bins", "64", "--bin-width", "50ps"),
    ("ta", "--lifetimes", "1ps", "--irf-fwhm", "150fs", "--delays", "50", "--to", "100ps"),
    ("sclc", "--thickness", "500nm", "--permittivity", "25", "--mobility", "1cm2/Vs", "--trap-density", "2e16cm-3", "--to", "11V")], ids=["trpl", "ta", "sclc"])
@pytest.mark.parametrize("outputs, message", [
    (("--output", "x", "--truth", "x"), "--output and --truth both write 'x': expected a file each"),
    (("--output", "x", "--truth", "./x"), "--output and --truth both write './x': expected a file each"),
    (("--output", "-", "--truth", "-"), "--truth - and --output - both write to standard output: expected one of them"),
    (("--output", "-", "--json"), "--output - and --json both write to standard output: expected one of them")], ids=["same", "other name", "-", "--json"])
def test_outputs_do_not_take_the_place_of_another(run, command, outputs, message, tmp_path):
    """The data were lost, or the truth stood behind them."""
    done = run("simulate", *command, *outputs)
    assert (done.code, done.out, done.err) == (2, "", f"taustream: {message}\n") and not (tmp_path / "x").exists()
