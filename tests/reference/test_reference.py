"""The reference's own tests: against numerical integration, finite differences, explicit sums and Monte Carlo."""
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from reference import crlb, mle, truth  # noqa: E402
from reference.truth import Irf, Tail, Truth, make  # noqa: E402


def density(irf, t):
    """The response's density by numerical convolution, from its definition."""
    s = irf.sigma

    def gauss(x):
        return np.exp(-0.5 * (x / s) ** 2) / (s * np.sqrt(2 * np.pi))

    x = t - irf.centre
    value = (1 - irf.fraction) * gauss(x)
    if irf.fraction:
        top = min(60 * irf.tail, max(0.0, x + 10 * s))
        points = [p for p in (x - 4 * s, x, x + 4 * s) if 0 < p < top]
        value += irf.fraction * quad(lambda u: gauss(x - u) * np.exp(-u / irf.tail) / irf.tail, 0, top, points=points,
                                     epsabs=1e-13, epsrel=1e-11, limit=400)[0]
    return value


def by_integration(irf, tau, i, shift):
    """integral_i^(i+1) dt integral h(u) exp(-(t-shift-u)/tau) du, the inner order exchanged so that one quad of h is left."""
    def weight(u):   # of h(u): integral over the bin of exp(-(t-shift-u)/tau) for t > u + shift
        lo, hi = max(i, u + shift), i + 1
        return tau * (np.exp(-(lo - shift - u) / tau) - np.exp(-(hi - shift - u) / tau)) if hi > lo else 0.0

    low, high = irf.centre - 9 * irf.sigma, i + 1 - shift
    if high <= low:
        return 0.0
    points = sorted(p for p in {i - shift, irf.centre - 2 * irf.sigma, irf.centre, irf.centre + 2 * irf.sigma,
                                irf.centre + 6 * irf.sigma} if low < p < high)
    return quad(lambda u: density(irf, u) * weight(u), low, high, points=points, epsabs=1e-12, epsrel=1e-9, limit=400)[0]


@pytest.mark.parametrize("irf, tau, shift", [
    (Irf(12.3, 5.0, 0.15, 6.0), 20.0, 0.37), (Irf(12.3, 5.0, 0.15, 6.0), 6.0, -1.2), (Irf(12.3, 5.0, 0.15, 6.0), 6.5, 0.0),
    (Irf(12.3, 5.0, 0.15, 6.0), 7.5, 0.0), (Irf(12.3, 3.0, 0.0), 3.0, 0.5), (Irf(10.4, 0.2, 0.0), 8.0, 0.3), (Irf(12.0, 5.0, 0.2, 2.0), 0.4, 0.1)])
def test_bins_against_numerical_integration(irf, tau, shift):
    value = irf.response(48, tau, shift)[0]
    for i in (2, 8, 10, 11, 12, 14, 20, 40):
        expected = by_integration(irf, tau, i, shift)
        assert value[i] == pytest.approx(expected, rel=2e-7, abs=1e-11)


@pytest.mark.parametrize("period", [0.0, 300.0, 64.0, 40.0])
@pytest.mark.parametrize("tau", [0.5, 3.0, 5.9, 6.0, 6.2, 7.1, 50.0, 300.0, 3000.0])
def test_derivatives(tau, period):
    irf, h = Irf(12.3, 5.0, 0.15, 6.0), 3e-4
    _, by_tau, by_shift = irf.response(64, tau, 0.3, period)
    for got, up, down, step in ((by_tau, (tau * (1 + h), 0.3), (tau * (1 - h), 0.3), tau * h), (by_shift, (tau, 0.3 + h), (tau, 0.3 - h), h)):
        numeric = (irf.response(64, *up, period)[0] - irf.response(64, *down, period)[0]) / (2 * step)
        assert np.allclose(got, numeric, rtol=1e-5, atol=2e-6 * np.abs(numeric).max())


@pytest.mark.parametrize("tau, period", [(3.0, 70.0), (30.0, 64.0), (64.0, 64.0), (200.0, 80.0), (6.0, 30.0), (500.0, 20.0)])
def test_period_is_the_sum_of_pulses(tau, period):
    irf = Irf(12.3, 5.0, 0.15, 6.0)
    number = int(np.ceil(45 * max(tau, 6.0) / period)) + 1
    explicit = sum(irf.response(64, tau, 0.3 - r * period)[0] for r in range(number + 1))
    assert np.allclose(irf.response(64, tau, 0.3, period)[0], explicit, rtol=1e-9, atol=1e-14)


def test_whole_decay_has_area_tau_and_tail_model_is_its_limit():
    irf = Irf(24.3, 5.0, 0.15, 6.0)
    assert irf.response(4000, 25.0)[0].sum() == pytest.approx(25.0, rel=1e-12)
    assert irf.bins(4000).sum() == pytest.approx(1.0, rel=1e-12)
    narrow = Irf(0.0, 1e-4)
    for period in (0.0, 80.0):
        a, b = Tail().response(64, 9.0, 0.0, period), narrow.response(64, 9.0, 0.0, period)
        assert np.allclose(a[0][1:], b[0][1:], rtol=1e-5) and np.allclose(a[1][1:], b[1][1:], rtol=1e-4, atol=1e-6)


def test_long_lifetimes_and_late_bins_keep_their_digits():
    irf = Irf(300.3, 8.0, 0.1, 40.0)
    pure = Irf(300.3, 8.0).response(4096, 20.0)[0]
    assert np.allclose(pure[1001:3000] / pure[1000:2999], np.exp(-1 / 20.0), rtol=1e-9)
    assert np.all(pure[1000:] >= 0) and np.all(irf.response(4096, 1e5)[0] >= 0)


def test_many_at_once_equals_one_by_one():
    rng = np.random.default_rng(1)
    irf = truth.random_irf(rng, 256)
    many = truth.random_truths(rng, irf, 256, 20, 2, 1e5)
    mu = many.expected()
    assert np.allclose(mu.sum(-1), 1e5)
    for i in (0, 7, 19):
        assert np.allclose(many.rows(i).expected(), mu[i], rtol=1e-12)
    assert np.all(many.lifetime[:, 1] / many.lifetime[:, 0] >= 3 - 1e-9) and many.lifetime.max() <= 0.4 * 256 * (1 + 1e-9)
    fraction = many.amplitude / many.amplitude.sum(1, keepdims=True)
    assert fraction.min() >= 0.2 - 1e-9


def test_diffused_counts_keep_running_sums():
    mu = np.random.default_rng(1).uniform(0, 3, 500)
    for phase in (0.1, 0.5, 0.9):
        y = truth.diffuse(mu, phase)
        assert np.abs(np.cumsum(y) - np.cumsum(mu)).max() <= 1.0


CELL = make(Irf(24.3, 5.0, 0.15, 8.0), 256, [12.0, 60.0], [0.5, 0.5], 0.01, 1e6, shift=0.37)


def start(cell):
    return mle.vector(cell.amplitude * 1.1, cell.lifetime * np.array([0.8, 1.2])[:cell.components], cell.background * 0.7, 0.0)


@pytest.mark.parametrize("edges", [None, np.r_[0:60, 60:256:4, 256]])
def test_noise_free_fit_recovers_the_truth(edges):
    model = mle.Continuous(CELL.irf, 256, 2, edges)
    done = mle.fit(model, crlb.group(CELL.expected(), edges), start(CELL))
    assert done.converged
    assert np.abs((done.p - mle.vector(CELL.amplitude, CELL.lifetime, CELL.background, 0.37)) / crlb.sigma(CELL)).max() < 1e-5


def test_gradient_is_zero_at_the_fit_and_sigmas_agree():
    rng = np.random.default_rng(3)
    y = CELL.sample(rng)
    model = mle.Continuous(CELL.irf, 256, 2)
    done = mle.fit(model, y, start(CELL))
    gradient = done.jacobian @ (y / done.mu - 1.0)
    h = 1e-5
    for i, g in enumerate(gradient):        # derivative of the deviance itself, numerically
        up, down = done.p.copy(), done.p.copy()
        step = h * max(1.0, abs(done.p[i]))
        up[i] += step
        down[i] -= step
        numeric = (mle.deviance(y, model.evaluate(up)[0]) - mle.deviance(y, model.evaluate(down)[0])) / (2 * step)
        assert abs(numeric * done.sigma[i]) < 2e-3 and abs(g * done.sigma[i]) < 1e-4
    assert np.allclose(done.sigma, crlb.sigma(CELL), rtol=0.05)


def test_spread_of_fits_agrees_with_the_bound():
    rng = np.random.default_rng(4)
    cell = CELL.scaled(1e5)
    model, s, target = mle.Continuous(cell.irf, 256, 2), crlb.sigma(cell), mle.vector(cell.amplitude, cell.lifetime, cell.background, 0.37)
    z = np.array([(mle.fit(model, y, start(cell)).p - target) / s for y in cell.sample(rng, 300)])
    rmse = np.sqrt((z**2).mean(0))
    assert np.all(np.abs(rmse - 1.0) < 3.5 / np.sqrt(600)), rmse      # 3.5 standard errors of 300 fits


def test_held_parameters():
    free = np.ones(6, bool)
    free[[1, 3, 5]] = False
    done = mle.fit(mle.Continuous(CELL.irf, 256, 2), CELL.expected(), mle.vector(CELL.amplitude * [1.2, 1.0], CELL.lifetime * [0.8, 1.0],
                   CELL.background * 2, 0.37), free)
    assert done.converged and np.allclose(done.p[free], mle.vector(CELL.amplitude, CELL.lifetime, CELL.background, 0.37)[free], rtol=1e-6)
    s = crlb.sigma(CELL, free)
    assert np.all(s[~free] == 0) and np.all(s[free] < crlb.sigma(CELL)[free])


def test_background_at_its_floor():
    cell = make(CELL.irf, 256, [20.0], [1.0], 0.0, 1e3, shift=0.0)
    y = np.minimum(cell.sample(np.random.default_rng(5)), 10**9)
    y[:12] = 0
    y[-60:] = 0
    done = mle.fit(mle.Continuous(cell.irf, 256, 1), y, mle.vector(cell.amplitude, cell.lifetime, 0.5, 0.0))
    assert done.converged and done.p[2] == 2.0**-14


@pytest.mark.parametrize("fwhm, taps, limit", [(10.0, 4, 0.1), (5.0, 4, 0.1), (5.0, 6, 0.1), (3.0, 6, 0.1), (2.0, 8, 0.3)])
@pytest.mark.parametrize("shift", [0.37, -1.3])
def test_interpolated_histogram_bias(fwhm, taps, limit, shift):
    """The rule that the product states for the response between the bins: its bias alone, in sigmas at 1e6 counts."""
    cell = make(Irf(30.3, fwhm, 0.15, 8.0), 256, [12.0, 60.0], [0.5, 0.5], 0.01, 1e6, shift=shift)
    model = mle.Histogram(cell.irf.bins(256), 256, 2, taps=taps)
    done = mle.fit(model, cell.expected(), mle.vector(cell.amplitude, cell.lifetime, cell.background, shift))
    bias = (done.p - mle.vector(cell.amplitude, cell.lifetime, cell.background, shift)) / crlb.sigma(cell)
    assert done.converged and np.abs(bias[2:4]).max() < limit, bias


@pytest.mark.parametrize("period", [0.0, 256.0, 300.0])
def test_jacobian_of_the_histogram_model(period):
    cell = CELL
    model = mle.Histogram(cell.irf.bins(256), 256, 2, period=period, taps=6, anchor=0)
    p = mle.vector(cell.amplitude, cell.lifetime, cell.background, 0.37)
    _, jac = model.evaluate(p)
    for i in range(6):
        h = 1e-5 * max(1.0, abs(p[i]))
        up, down = p.copy(), p.copy()
        up[i] += h
        down[i] -= h
        numeric = (model.evaluate(up)[0] - model.evaluate(down)[0]) / (2 * h)
        assert np.allclose(jac[i], numeric, rtol=1e-5, atol=1e-6 * np.abs(numeric).max())


def test_histogram_model_with_period_against_the_exact_one():
    cell = make(Irf(24.3, 5.0, 0.1, 6.0), 256, [20.0, 100.0], [0.5, 0.5], 0.05, 1e6, shift=0.3, period=256.0)
    model = mle.Histogram(cell.irf.bins(256), 256, 2, period=256.0, taps=6)
    assert np.allclose(model.evaluate(mle.vector(cell.amplitude, cell.lifetime, cell.background, 0.3))[0], cell.expected(), rtol=5e-3)


def test_grouped_rule_agrees_with_the_bins():
    lay = mle.Layout(1, 96, (8, 8, 13))
    assert lay.bins == 8 + 96 + 16 + 32 + 104 == 256
    cell = make(Irf(24.3, 5.0, 0.15, 8.0), 256, [12.0, 60.0], [0.5, 0.5], 0.01, 1e6, shift=0.37)
    p = mle.vector(cell.amplitude, cell.lifetime, cell.background, 0.37)
    full = mle.Histogram(cell.irf.bins(256), 256, 2, edges=lay.edges, taps=6)
    grouped = mle.Grouped(cell.irf.bins(256), lay, 2, taps=6)
    y, s = crlb.group(cell.expected(), lay.edges), crlb.sigma(cell)
    a, b = mle.fit(full, y, p), mle.fit(grouped, y, p)
    assert np.abs((a.p - b.p) / s).max() < 0.05
    assert 1.0 <= (crlb.sigma(cell, edges=lay.edges) / s).max() < 1.02
