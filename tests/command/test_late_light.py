"""A response with late light (a reflection, an afterpulse): the engine sums the bins there in groups, and its slopes know nothing of light that comes in them. The host looks whether the answer is where
the likelihood is highest, and goes on where it is not."""
import numpy as np
import pytest

from reference import truth

FIT = ("trpl", "d.npy", "--bin-width", "1ns", "--irf", "i.npy", "--backend", "model", "--json")


def expected(bins, part, after, fwhm, lifetimes, fractions, background, period=0.0, centre=40.3):
    """A decay of one count behind a response of which a part comes later, and that response."""
    direct, late = truth.Irf(centre, fwhm), truth.Irf(centre + after, fwhm)
    mu = 0
    for tau, fraction in zip(lifetimes, fractions):
        one = (1 - part) * direct.response(bins, tau, 0.0, period)[0] + part * late.response(bins, tau, 0.0, period)[0]
        mu = mu + fraction * one / one.sum()
    return (1 - background) * mu + background / bins, (1 - part) * direct.bins(bins) + part * late.bins(bins)


def fit(run, tmp_path, mu, irf, counts, number, *options, seed=1):
    np.save(tmp_path / "d.npy", np.random.default_rng(seed).poisson(mu * counts, (number, len(mu))).astype(np.uint32))
    np.save(tmp_path / "i.npy", np.rint(1e8 * irf).astype(np.uint32))
    done = run(*FIT, *options)
    assert done.code == 0, done.err
    return done.records[:-1]


def off(records, lifetimes):
    """Errors of ln tau in the fits' own sigmas."""
    return np.array([[np.log(t / (1e-9 * true)) * t / s for t, s, true in zip(r["lifetime_s"], r["lifetime_sigma_s"], lifetimes)] for r in records])


@pytest.mark.parametrize("engine", ["e18", "u16"])
@pytest.mark.parametrize("bins, part, after, fwhm, lifetimes", [(1024, 0.05, 30, 4.0, (8.0,)), (256, 0.05, 60, 2.4, (5.0, 25.0)), (256, 0.05, 30, 4.0, (8.0,))])
def test_late_light_in_groups_of_bins(run, tmp_path, engine, bins, part, after, fwhm, lifetimes):
    mu, irf = expected(bins, part, after, fwhm, lifetimes, [1 / len(lifetimes)] * len(lifetimes), 0.02)
    records = fit(run, tmp_path, mu, irf, 1e6, 100, "--components", str(len(lifetimes)), "--engine", engine)
    assert all(r["status"] == "ok" for r in records)
    z = off(records, lifetimes)
    assert np.all(np.abs(z.mean(0)) < 0.4) and np.mean(np.abs(z) < 1.96) > 0.89, (z.mean(0), np.mean(np.abs(z) < 1.96))
    assert sum("poor_fit" in r["flags"] for r in records) <= 2
    assert sum("host_finished" in r["flags"] for r in records) > 80


def test_three_lifetimes_with_late_light_are_not_better_known_than_the_data_allow(run, tmp_path):
    """Sigmas were some five times too small: of 300 fits six were ok, five of them wrong by 4 sigma and more."""
    lifetimes = (4.2, 8.0, 41.0)
    mu, irf = expected(128, 0.05, 38.4, 6.4, lifetimes, (0.576, 0.383, 0.041), 0.0732, 169.0, 20.3)
    records = fit(run, tmp_path, mu, irf, 4.26e5, 300, "--components", "3", "--period", "169ns")
    z = off([r for r in records if r["status"] == "ok"], lifetimes)
    assert np.sum(np.any(np.abs(z) > 4, axis=-1)) <= 1


def test_early_light_needs_no_help(run, tmp_path):
    mu, irf = expected(256, 0.05, 10, 4.0, (8.0,), (1,), 0.02)
    records = fit(run, tmp_path, mu, irf, 1e6, 100)
    assert all(r["status"] == "ok" and "host_finished" not in r["flags"] for r in records)


def test_a_response_that_swings_below_zero_is_told(run, tmp_path):
    """Two pulses within two bins, of which the bins tell too little: chi2 took a model below zero for one of very few counts, whose chi2 scatters widely, and no fit was a poor one."""
    lifetimes = (4.38, 53.86)
    mu, irf = expected(200, 0.3, 1.24, 1.03, lifetimes, (0.37, 0.63), 2e-4, 200.0, 21.0)
    records = fit(run, tmp_path, mu, irf, 3.15e4, 60, "--components", "2", "--period", "200ns")
    z = off([r for r in records if r["status"] == "ok" and "poor_fit" not in r["flags"]], lifetimes)
    assert np.sum(np.abs(z) > 1.96) <= 8
