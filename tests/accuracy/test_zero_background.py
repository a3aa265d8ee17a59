"""No background at all: the fit's background falls by powers of ten to its floor, and what the pass kept of the point before must not be in the result."""
import subprocess

import numpy as np
import pytest

from accuracy import harness
from reference import crlb, truth as ref

FITS = 100
# bins, lifetimes in bins, shares of the counts, FWHM of the response; 1e5 counts
CASES = {"mono": (4096, (996.0,), (1.0,), 8.0), "bi": (256, (12.0, 60.0), (0.5, 0.5), 5.0)}


@pytest.mark.parametrize("engine", ("u16", "e18"))
@pytest.mark.parametrize("name", CASES)
def test_errors(engine, name):
    bins, lifetime, share, fwhm = CASES[name]
    irf, k = ref.Irf(4 * fwhm + 0.5, fwhm), len(lifetime)
    one = ref.make(irf, bins, lifetime, share, 0.0, 1e5, shift=-0.03)
    records = harness.run(one.sample(np.random.default_rng(21), FITS), irf.histogram(bins, 3e7), k, engine=engine)
    assert [r["status"] for r in records] == ["ok"] * FITS
    # with a background that is nothing and known the bound is lower by what its being free costs
    known = crlb.sigma(one, free=np.arange(2 * k + 2) != 2 * k)[k:2 * k]
    sigma = np.array([np.divide(r["lifetime_sigma_s"], r["lifetime_s"]) for r in records])
    assert np.all(sigma > 0.85 * known) and np.all(sigma < 1.4 * known), (sigma.min(axis=0) / known, sigma.max(axis=0) / known)
    z = (np.log([r["lifetime_s"] for r in records]) - np.log(np.multiply(lifetime, harness.NS))) / known
    assert np.all(np.abs(z.mean(axis=0)) < 4 / np.sqrt(FITS)) and np.all(np.sqrt(np.mean(z**2, axis=0)) < 1 + 4 / np.sqrt(2 * FITS)), (z.mean(axis=0), z.std(axis=0))


@pytest.mark.parametrize("engine", ("u16", "e18"))
def test_foot_of_the_response(engine, tmp_path):
    """A bin where the response begins has less light than a step of the words: it must not make the sums singular, whatever way the shift comes."""
    data, irf = tmp_path / "data.npy", tmp_path / "irf.npy"
    subprocess.run([harness.command(), "simulate", "trpl", "--lifetimes", "4.5ns,48ns", "--amplitudes", "1,0.068", "--counts", "1e6", "--bin-width", "1ns", "--bins", "256",
                    "--irf-gauss", "3ns", "--shift", "-0.42ns", "--number", str(FITS), "--seed", "5", "--output", data, "--irf-output", irf], check=True)
    records = harness.call([data, "--irf", irf, "--bin-width", "1ns", "--components", "2"], engine=engine)
    assert [r["status"] for r in records] == ["ok"] * FITS
