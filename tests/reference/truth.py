"""Exact expectation of a TCSPC histogram, written from the mathematics; times are in bins.

The instrument response is  h = (1 - f) N(centre, s) + f N(centre, s) * (1/theta) exp(-t/theta), a continuous density.
The decay is  c(t) = (h * exp(-t/tau))(t - shift), t >= 0,  and bin i holds  mu_i = b + sum_k a_k integral_i^(i+1) c_k dt.

Gauss only, x = t - centre - shift, z = x/s, d = s/tau, q = (d - z)/sqrt 2:
    c(x) = 1/2 exp(-z^2/2) erfcx(q)            q >= 0     (no overflow, full relative accuracy before the pulse)
         = 1/2 exp(d^2/2 - x/tau) erfc(q)      q <  0     (exponent <= -d^2/2)
    c' = g - c/tau  with g the Gaussian, so the integral over a bin is B(tau) = tau (Delta G - Delta c), G the Gaussian's cdf.
The tail: (1/theta) exp(-t/theta) * exp(-t/tau) = tau (exp(-t/tau) - exp(-t/theta)) / (tau - theta), a divided difference
in tau that is evaluated as the mean of B'(tau) between theta and tau where the two lie close.
Earlier pulses (period T): where all of the Gaussian is past, c is exp(d^2/2 - x/tau) exactly and the sum over the pulses is
geometric, 1/expm1(T/tau); pulses that are not yet past are added one by one.

All functions broadcast: lifetimes and shifts may be arrays of any shape, the bins are the last axis of what is returned.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import erfc, erfcx

FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
SQRT2 = np.sqrt(2.0)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS


def _gauss_decay(x, s, tau, order):
    """c, dc/dtau, d2c/dtau2 (up to `order`) of Gauss * exp(-t/tau) at the points x."""
    z, d = x / s, s / tau
    q = (d - z) / SQRT2
    g = np.exp(-0.5 * z * z)
    with np.errstate(over="ignore", under="ignore"):
        late = np.exp(np.minimum(0.5 * d * d - x / tau, 0.0)) * erfc(np.minimum(q, 0.0))
        c = 0.5 * np.where(q >= 0.0, g * erfcx(np.maximum(q, 0.0)), late)
    out = [c]
    if order >= 1:
        g = g / np.sqrt(2.0 * np.pi)
        a = x / tau**2 - s * s / tau**3
        c1 = a * c + g * s / tau**2
        out.append(c1)
    if order >= 2:
        out.append(a * c1 + c * (-2.0 * x / tau**3 + 3.0 * s * s / tau**4) - 2.0 * g * s / tau**3)
    return out


def _gauss_bins(x, s):
    """Integral of the Gaussian over each bin, from whichever side keeps the digits."""
    low, high = 0.5 * erfc(-x / (s * SQRT2)), 0.5 * erfc(x / (s * SQRT2))
    return np.where(x[..., :-1] > 0.0, high[..., :-1] - high[..., 1:], low[..., 1:] - low[..., :-1])


def _earlier_pulses(x, s, tau, period, order):
    """B, B', B'' of all earlier pulses together, and Delta c; x: bin edges relative to the centre."""
    first = float(np.min(x))
    single = max(0, int(np.ceil((12.0 * s - first) / period)) - 1)   # pulses whose Gaussian reaches into the window
    total, dc = [0.0] * (order + 1), 0.0
    for r in range(1, single + 1):
        b, delta = _bins_of_one(x + r * period, s, tau, order)
        total, dc = [t + v for t, v in zip(total, b)], dc + delta
    x0, w = x[..., :-1] + single * period, np.diff(x, axis=-1)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        log_c = 0.5 * (s / tau) ** 2 - x0 / tau - np.log(np.expm1(np.minimum(period / tau, 700.0)))
        log_c = np.where(period / tau > 700.0, -np.inf, log_c)
        c = np.where((s / tau) ** 2 / 2.0 > (x0 + period) / (2.0 * tau), 0.0, np.exp(np.minimum(log_c, 700.0)))
        share = -np.expm1(-w / tau)                       # (c(x0) - c(x1)) / c(x0)
        p = tau * c * share
        out = [p]
        if order >= 1:
            u, v = w / tau, period / tau
            eu = np.where(u < 500.0, u / np.expm1(np.minimum(u, 500.0)), 0.0)       # u/(e^u - 1)
            ev = v / -np.expm1(-v)                                                  # v/(1 - e^-v)
            l1 = 1.0 - (s / tau) ** 2 - eu + x0 / tau + ev                          # tau dlnp/dtau
            out.append(p * l1 / tau)
        if order >= 2:
            deu = eu * (eu + u - 1.0)                                               # tau d(eu)/dtau
            dev = ev * (ev - v - 1.0)                                               # tau d(ev)/dtau
            l2 = 2.0 * (s / tau) ** 2 - deu - x0 / tau + dev                        # tau d(l1)/dtau
            out.append(p * (l1 * l1 - l1 + l2) / tau**2)
    return [t + v for t, v in zip(total, out)], dc - c * share


def _bins_of_one(x, s, tau, order):
    c = _gauss_decay(x, s, tau, order)
    dg, dc = _gauss_bins(x, s), [np.diff(v, axis=-1) for v in c]
    out = [np.maximum(tau * (dg - dc[0]), 0.0)]
    if order >= 1:
        out.append(dg - dc[0] - tau * dc[1])
    if order >= 2:
        out.append(-2.0 * dc[1] - tau * dc[2])
    return out, dc[0]


def _bins(x, s, tau, period, order):
    out, dc = _bins_of_one(x, s, tau, order)
    if period:
        more, dmore = _earlier_pulses(x, s, tau, period, order)
        out, dc = [a + b for a, b in zip(out, more)], dc + dmore
    return out, dc


@dataclass(frozen=True)
class Irf:
    """Gaussian of `fwhm` at `centre`, a fraction `fraction` of it with an exponential tail `tail`; all in bins."""
    centre: float
    fwhm: float
    fraction: float = 0.0
    tail: float = 1.0

    @property
    def sigma(self):
        return self.fwhm / FWHM_PER_SIGMA

    def bins(self, n, shift=0.0):
        """Integral of the response over each of n bins."""
        x = np.arange(n + 1.0) - self.centre - shift
        p = _gauss_bins(x, self.sigma)
        if self.fraction:
            p = (1.0 - self.fraction) * p + self.fraction * _bins_of_one(x, self.sigma, self.tail, 0)[0][0] / self.tail
        return p

    def histogram(self, n, counts, rng=None):
        """A measured response of about `counts` photons: the rounded expectation, or Poisson numbers from rng."""
        mu = counts * self.bins(n)
        return (np.rint(mu) if rng is None else rng.poisson(mu)).astype(np.uint32)

    def response(self, n, tau, shift=0.0, period=0.0):
        """Bin integrals of h * exp(-t/tau), their derivatives by tau and by shift; shape (broadcast tau, shift) + (n,)."""
        tau, shift = np.broadcast_arrays(np.asarray(tau, float), np.asarray(shift, float))
        tau, shift = tau[..., None], shift[..., None]
        x, s, f = np.arange(n + 1.0) - self.centre - shift, self.sigma, self.fraction
        (b0, b1), dc = _bins(x, s, tau, period, 1)
        if not f:
            return b0, b1, -dc
        theta = self.tail
        (t0,), dct = _bins(x, s, np.full_like(tau, theta), period, 0)
        gap = tau - theta
        near = np.abs(gap) < 0.15 * theta
        gap_safe = np.where(near, 1.0, gap)
        q0, qc = (b0 - t0) / gap_safe, (dc - dct) / gap_safe
        q1 = (b1 - q0) / gap_safe
        if near.any():
            rows = near[..., 0]
            xs, ts = (x[rows] if x.ndim > 1 else np.broadcast_to(x, (int(rows.sum()), n + 1))), tau[rows]
            m0, m1, mc = 0.0, 0.0, 0.0
            for u, w in zip(_NODES, _WEIGHTS):
                t = theta + u * (ts - theta)
                (v0, v1, v2), _ = _bins(xs, s, t, period, 2)
                m0, m1 = m0 + w * v1, m1 + w * u * v2
                mc = mc + w * (v0 / t**2 - v1 / t)            # Delta c = Delta G - B/tau
            q0[rows], q1[rows], qc[rows] = m0, m1, mc
        return ((1.0 - f) * b0 + f * tau * q0, (1.0 - f) * b1 + f * (q0 + tau * q1), -((1.0 - f) * dc + f * tau * qc))


@dataclass(frozen=True)
class Tail:
    """No response: bin-integrated exponentials from the left edge of bin 0, the amplitude taken there, no shift."""

    def response(self, n, tau, shift=0.0, period=0.0):
        tau = np.asarray(tau, float)[..., None]
        i = np.arange(float(n))
        u, e = 1.0 / tau, np.exp(-i / tau)
        value = tau * -np.expm1(-u) * e
        slope = value / tau - np.exp(-u) / tau * e + value * i / tau**2
        if period:
            v = np.minimum(period / tau, 700.0)
            g = 1.0 / np.expm1(v)
            dg = v / tau * np.exp(-v) / np.expm1(-v) ** 2
            value, slope = value * (1.0 + g), slope * (1.0 + g) + value * dg
        return value, slope, np.zeros_like(value)


@dataclass(frozen=True)
class Truth:
    """One or many decays seen through one response. Arrays of components have shape (..., K), others (...)."""
    irf: object
    bins: int
    amplitude: np.ndarray
    lifetime: np.ndarray
    background: np.ndarray
    shift: np.ndarray
    period: float = 0.0
    label: str = field(default="", compare=False)

    @property
    def components(self):
        return np.shape(self.lifetime)[-1]

    def jacobian(self):
        """mu (..., n) and J (..., 2K+2, n) in the order ln a_1.., ln tau_1.., b, shift."""
        a, tau = np.asarray(self.amplitude, float), np.asarray(self.lifetime, float)
        shift = np.broadcast_to(np.asarray(self.shift, float)[..., None], tau.shape)
        r, dr, ds = self.irf.response(self.bins, tau, shift, self.period)
        ja, jt = a[..., None] * r, (a * tau)[..., None] * dr
        mu = ja.sum(-2) + np.asarray(self.background, float)[..., None]
        js = (a[..., None] * ds).sum(-2, keepdims=True)
        return mu, np.concatenate([ja, jt, np.ones_like(js), js], axis=-2)

    def expected(self):
        return self.jacobian()[0]

    def sample(self, rng, number=None):
        mu = self.expected()
        return rng.poisson(mu, mu.shape if number is None else (number,) + mu.shape).astype(np.uint32)

    def rows(self, index):
        """The decays `index` of many."""
        return replace(self, amplitude=self.amplitude[index], lifetime=self.lifetime[index],
                       background=self.background[index], shift=self.shift[index])

    def scaled(self, counts):
        """The same decay with `counts` expected photons in all, amplitudes and background together."""
        factor = counts / self.expected().sum(-1)
        return replace(self, amplitude=np.asarray(self.amplitude) * factor[..., None], background=self.background * factor)


def make(irf, bins, lifetime, fraction, background_share, counts, shift=0.0, period=0.0, label=""):
    """Truth from amplitude fractions, the background's share of all counts, and the total number of counts."""
    lifetime, fraction = np.broadcast_arrays(np.asarray(lifetime, float), np.asarray(fraction, float))
    fraction = fraction / fraction.sum(-1, keepdims=True)
    zero = np.zeros(lifetime.shape[:-1])
    shift = zero + shift
    raw = Truth(irf, bins, fraction, lifetime, zero, shift, period)
    signal = raw.expected().sum(-1)
    return Truth(irf, bins, fraction * (counts * (1.0 - background_share) / signal)[..., None], lifetime,
                 zero + background_share * counts / bins, shift, period, label)


def random_irf(rng, bins, fwhm=(3.0, 10.0)):
    """A response of the issue's domain: FWHM 3 to 10 bins with a tail, its rise well inside the window."""
    width = rng.uniform(*fwhm)
    centre = rng.uniform(max(0.08 * bins, 2.5 * width + 3.0), max(0.15 * bins, 3.5 * width + 4.0))
    return Irf(centre, width, rng.uniform(0.05, 0.2), rng.uniform(1.0, 0.2 * bins**0.5 + 3.0) * 0.5 * (1.0 + width / 5.0))


def random_truths(rng, irf, bins, number, components, counts, ratio=3.0, fraction=(0.2, 0.8), background=(1e-3, 0.1),
                  shift=(-2.0, 2.0), tau=(3.0, 0.4), period=0.0):
    """Decays of the issue's domain: lifetimes log-uniform from tau[0] bins to tau[1] of the window, neighbours at least
    `ratio` apart, amplitude fractions within `fraction`, background share log-uniform, shift uniform. counts: a number or
    (low, high), log-uniform."""
    k, low, high = components, np.log(tau[0]), np.log(tau[1] * bins)
    room = high - low - (k - 1) * np.log(ratio)
    if room <= 0.0:
        raise ValueError("no lifetimes of that ratio within the domain")
    lifetime = np.exp(low + np.sort(rng.uniform(0.0, room, (number, k)), axis=1) + np.arange(k) * np.log(ratio))
    share = np.ones((number, 1))
    if k > 1:
        share = np.empty((0, k))
        while len(share) < number:
            draw = rng.dirichlet(np.ones(k), 4 * number)
            share = np.concatenate([share, draw[(draw.min(1) >= min(fraction[0], 0.9 / k)) & (draw.max(1) <= fraction[1])]])
        share = share[:number]
    total = counts if np.ndim(counts) == 0 else np.exp(rng.uniform(*np.log(counts), number))
    return make(irf, bins, lifetime, share, np.exp(rng.uniform(*np.log(background), number)), total,
                rng.uniform(*shift, number), period)


def diffuse(mu, phase=0.5):
    """Whole counts whose running sums are right to half a count (phase moves the rounding): noise-free data."""
    total = np.floor(np.cumsum(mu, axis=-1) + phase)
    return np.diff(total, prepend=np.floor(phase), axis=-1).astype(np.uint32)
