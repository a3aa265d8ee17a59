"""taustream ta with few degrees of freedom, and where the delays do not tell t0 or the given sigmas not the noise: what is told has to hold all the same."""
import numpy as np
import pytest
from scipy.special import erfc, erfcx

SIGMA = 0.15 / 2.3548200450309493            # of the IRF, ps
FEW = {number: np.concatenate([[-1, -0.5, 0], np.geomspace(0.1, 1000, number - 3)]) for number in (8, 12, 16)}


def decay(t, tau):
    """exp(-t/tau), t >= 0, convolved with the IRF; ps."""
    k, x = SIGMA / tau, (SIGMA / tau - t / SIGMA) / np.sqrt(2)
    late, early = np.minimum(x, 0), np.maximum(x, 0)
    return 0.5 * np.where(x < 0, np.exp(k * k / 2 - t / tau * (x < 0)) * erfc(late), np.exp(-t**2 / (2 * SIGMA**2)) * erfcx(early))


@pytest.fixture(name="fits")
def _fits(run, write):
    """fits(delays, signals, options): a record each of the signals' columns."""
    def call(t, y, *options):
        head = "delay_ps\\wavelength_nm," + ",".join(str(400 + i) for i in range(y.shape[1]))
        write("d.csv", "\n".join([head, *(",".join(f"{x:.9g}" for x in [a, *row]) for a, row in zip(t, y))]) + "\n")
        done = run("ta", "d.csv", "--irf-fwhm", "150fs", *(options or ("--mode", "trace")), "--json")
        assert done.code == 0, done.err
        return [r for r in done.records if "status" in r]
    return call


@pytest.mark.parametrize("number", FEW)
def test_few_delays_are_no_poor_fit(fits, number):
    rng = np.random.default_rng(number)
    tau = np.exp(rng.uniform(np.log(3), np.log(200), 60))
    y = np.stack([decay(FEW[number], x) for x in tau], 1)
    records = fits(FEW[number], y + rng.normal(0, 1 / 150, y.shape))
    assert sum("poor_fit" in r["flags"] for r in records) == 0
