"""Models that are wrong in one of the usual ways: told (poor_fit) where chi2 over all groups sees nothing; and answers whose sigmas mean nothing are not ok. Histograms made here: 50 ps bins, a
Gaussian response, exact integrals of a grid of 16 cells a bin."""
import numpy as np
import pytest

BINS, CELLS, FWHM = 512, 16, 6.0
GRID = (np.arange(BINS * CELLS) + 0.5) / CELLS


def pulse(at, fwhm=FWHM):
    g = np.exp(-4 * np.log(2) * ((GRID - at) / fwhm) ** 2)
    return g / g.sum()


def expected(response, decay, counts, background):
    kernel = sum(part / tau * np.exp(-GRID / tau) for part, tau in decay)
    curve = np.convolve(response, kernel)[:GRID.size].reshape(BINS, CELLS).sum(1)
    return curve / curve.sum() * counts + background * counts / BINS


@pytest.fixture
def fit(run, tmp_path):
    def go(curve, response, *options, number=60, irf_counts=1e7, seed=1):
        rng = np.random.default_rng(seed)
        np.save(tmp_path / "d.npy", rng.poisson(curve, (number, BINS)).astype(np.uint32))
        np.save(tmp_path / "i.npy", rng.poisson(irf_counts * response.reshape(BINS, CELLS).sum(1)).astype(np.uint32))
        done = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "50ps", "--period", "1us", "--backend", "model", "--json", *options)
        assert done.code == 0, done.err
        return done.records[:-1]

    return go


def told(records):
    assert all(r["status"] == "ok" for r in records)
    return sum("poor_fit" in r["flags"] for r in records)


ONE, TWO = ((1, 40),), ((0.5, 15), (0.5, 60))

# name, decay and its counts, what the data's response is and what the fit is told, components, options, how many of 60 are told at least
WRONG = [
    ("response 10 % too wide", TWO, 1.2e5, pulse(40.3), pulse(40.3, 1.1 * FWHM), 2, (), 55),
    ("response 10 % too narrow", ONE, 1.1e5, pulse(40.3), pulse(40.3, 0.9 * FWHM), 1, (), 55),
    ("rise", ((1.25, 40), (-0.25 * 3 / 40, 3)), 2e5, pulse(40.3), pulse(40.3), 1, (), 55),
    ("slow rise, few counts", ((1, 40), (-0.9 * 10 / 40, 10)), 2e3, pulse(40.3), pulse(40.3), 1, (), 55),
    ("scattered light", ((0.97, 40), (0.03, 0.05)), 2e5, pulse(40.3), pulse(40.3), 1, (), 55),
    ("held shift", ONE, 5e4, pulse(40.3), pulse(40.6), 1, ("--shift", "none"), 55),
    ("held background", ONE, 3e4, pulse(40.3), pulse(40.3), 1, ("--background", "1"), 55),
    ("held lifetime", TWO, 6e5, pulse(40.3), pulse(40.3), 2, ("--lifetime", "2=3.1ns,fixed"), 55),
]


@pytest.mark.parametrize("decay, counts, real, given, components, options, least", [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_model_is_told(fit, decay, counts, real, given, components, options, least):
    assert told(fit(expected(real, decay, counts, 0.01), given, "-k", components, *options)) >= least


@pytest.mark.parametrize("decay, counts, components, options, irf_counts", [
    (ONE, 3e2, 1, (), 1e7), (ONE, 1e5, 1, (), 1e7), (TWO, 1e5, 2, (), 1e7), (TWO, 1e6, 2, (), 1e7), (TWO, 1e6, 2, (), 1e6), (TWO, 1e5, 2, ("--shift", "none"), 1e7),
    (TWO, 1e5, 2, ("--lifetime", "2=3ns,fixed"), 1e7), (TWO, 1e5, 2, ("--period", "25.6ns"), 1e7)])
def test_a_sound_model_is_left_alone(fit, decay, counts, components, options, irf_counts):
    curve = expected(pulse(40.3), decay, counts, 0.01)
    if "25.6ns" in options:
        kernel = sum(part / tau * np.exp(-GRID / tau) / -np.expm1(-BINS / tau) for part, tau in decay)
        curve = np.fft.irfft(np.fft.rfft(pulse(40.3)) * np.fft.rfft(kernel), GRID.size).reshape(BINS, CELLS).sum(1)
        curve = curve / curve.sum() * counts + 0.01 * counts / BINS
    assert told(fit(curve, pulse(40.3), "-k", components, *options, number=300, irf_counts=irf_counts)) <= 3


def test_a_lifetime_beyond_what_was_measured_behind_the_pulse(fit):
    """The pulse at 0.8 of the window: 102 bins behind it, a lifetime of 205."""
    records = fit(expected(pulse(409.6), ((1, 205),), 1e5, 0.01), pulse(409.6))
    assert all("lifetime_beyond_window" in r["flags"] for r in records)
    records = fit(expected(pulse(40.3), ((1, 205),), 1e5, 0.01), pulse(40.3))
    assert not any("lifetime_beyond_window" in r["flags"] for r in records)


def test_with_the_next_pulse_at_the_end_of_the_window_all_of_it_is_measured(fit):
    kernel = np.exp(-GRID / 205) / -np.expm1(-BINS / 205)
    curve = np.fft.irfft(np.fft.rfft(pulse(409.6)) * np.fft.rfft(kernel), GRID.size).reshape(BINS, CELLS).sum(1)
    records = fit(curve / curve.sum() * 1e5 + 2, pulse(409.6), "--period", "25.6ns")
    assert not any("lifetime_beyond_window" in r["flags"] for r in records)


@pytest.mark.parametrize("lifetimes, counts", [((89.6, 358.4), 1e4), ((179.2, 716.8), 1e5)])
def test_lifetimes_that_only_seem_to_be_apart(fit, lifetimes, counts):
    """358 bins behind the pulse. Chance puts the maximum of some where the Fisher matrix promises sigmas that are several times too small."""
    records = fit(expected(pulse(153.6), tuple((0.5, tau) for tau in lifetimes), counts, 0.01), pulse(153.6), "-k", "2", number=600)
    wrong = [r for r in records if r["status"] == "ok" and
             max(abs(t / 50e-12 - tau) / (s / 50e-12) for t, s, tau in zip(r["lifetime_s"], r["lifetime_sigma_s"], lifetimes)) > 4]
    assert len(wrong) <= 1, [(r["lifetime_s"], r["lifetime_sigma_s"]) for r in wrong]


@pytest.mark.parametrize("lifetime, most", [(0.3, 2), (0.6, 9)])
def test_lifetimes_below_what_is_searched(fit, lifetime, most):
    """A third of a bin behind a response of 6: chance makes a bin of it, and half a bin, the shortest that is searched, describes those data as well."""
    records = fit(expected(pulse(40.3), ((1, lifetime),), 1e3, 0.01), pulse(40.3), number=200)
    wrong = [r for r in records if r["status"] == "ok" and not r["lifetime_interval_s"][0][0] < lifetime * 50e-12]
    assert len(wrong) <= most, [(r["lifetime_s"], r["lifetime_sigma_s"]) for r in wrong]
    if lifetime > 0.5:
        assert sum(r["status"] == "at_limit" for r in records) >= 60


@pytest.mark.parametrize("decay, real, given, components", [
    (((1, 9.5), (-0.6 * 1.36 / 9.5, 1.36)), pulse(40.3, 3), pulse(40.3, 3), 1), (((1, 9.5),), pulse(40.3, 3), pulse(40.3, 3.3), 1)],
    ids=["rise", "response too wide"])
def test_a_wrong_model_without_background(fit, decay, real, given, components):
    """Bins in which nothing is expected make up nearly all the variance of chi2, and their weight leaves nothing of what the other bins show."""
    assert told(fit(expected(real, decay, 6e5, 0), given, "-k", components)) >= 55


@pytest.mark.parametrize("decay, counts, components", [(ONE, 1e3, 1), (ONE, 1e6, 1), (TWO, 1e5, 2), (TWO, 1e6, 2)])
def test_a_sound_model_without_background(fit, decay, counts, components):
    assert told(fit(expected(pulse(40.3), decay, counts, 0), pulse(40.3), "-k", components, number=300)) <= 3
