"""Maximum-likelihood fit in double precision, to compare the engine with: Poisson, Fisher scoring, damped, to the end.

Parameters of every model: ln a_1.., ln tau_1.., background, shift; times in bins. A model gives mu and J for the groups:
    Continuous   the response is known analytically (truth.py);
    Histogram    the response is a histogram G(n) = its integral over bin n, continued between the bins by the product's
                 rule through `taps` values: c[n] = exp(-k) c[n-1] + integral_0^1 exp(-k u) G(n - shift - u) du;
    Grouped      as Histogram in the single bins, with the group rule of the product behind them (constant-width steps driven
                 by sums of the response over the groups, interpolated linearly), so that a difference from the engine is one
                 of word lengths only.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from . import crlb
from .truth import Truth


class Continuous:
    def __init__(self, irf, bins, components, edges=None, period=0.0):
        self.irf, self.bins, self.components, self.edges, self.period = irf, bins, components, edges, period

    def evaluate(self, p):
        k = self.components
        mu, jac = Truth(self.irf, self.bins, np.exp(p[:k]), np.exp(p[k:2 * k]), np.float64(p[2 * k]), np.float64(p[2 * k + 1]),
                        self.period).jacobian()
        return crlb.group(mu, self.edges), crlb.group(jac, self.edges)


def lagrange(taps, x):
    """Values and slopes at x of the Lagrange polynomials on the nodes -(taps/2-1) .. taps/2; shape (taps, len(x))."""
    nodes = np.arange(taps) - (taps // 2 - 1.0)
    value, slope = np.ones((taps, len(x))), np.zeros((taps, len(x)))
    for i in range(taps):
        for j in range(taps):
            if j != i:
                slope[i] = slope[i] * (x - nodes[j]) / (nodes[i] - nodes[j]) + value[i] / (nodes[i] - nodes[j])
                value[i] = value[i] * (x - nodes[j]) / (nodes[i] - nodes[j])
    return value, slope


def interpolation(taps, x):
    """The product's rule, values and slopes: Lagrange's but for a part of the difference between two orders, with 4 and 8 taps."""
    value, slope = lagrange(taps, x)
    if taps not in (4, 8):
        return value, slope
    factor, change = (1 / 64, 0.0) if taps == 4 else (0.5 * x * (1 - x) - 0.4, 0.5 - x)
    low, high = (2, 4) if taps == 4 else (4, 6)

    def padded(order):
        return [np.pad(rows, (((taps - order) // 2,) * 2, (0, 0))) for rows in lagrange(order, x)]

    (a, a_slope), (b, b_slope) = padded(low), padded(high)
    return value + factor * (b - a), slope + factor * (b_slope - a_slope) + change * (b - a)


_U, _W = np.polynomial.legendre.leggauss(12)
_U, _W = 0.5 * (_U + 1.0), 0.5 * _W


def _weights(taps, s, kappa):
    """w_i = integral_0^1 exp(-kappa u) l_i(s + u) du, dw/dkappa, dw/ds."""
    value, slope = interpolation(taps, s + _U)
    e = _W * np.exp(-kappa * _U)
    return value @ e, -(value @ (e * _U)), slope @ e


def shifted(g, by, length):
    """g[n - by] for n = 0 .. length-1, zero outside."""
    n = np.arange(length) - by
    return np.where((n >= 0) & (n < len(g)), g[np.clip(n, 0, len(g) - 1)], 0.0)


class Histogram:
    def __init__(self, histogram, bins, components, edges=None, period=0.0, taps=6, anchor=None):
        g = np.asarray(histogram, float)
        self.g, self.bins, self.components, self.edges, self.period = g / g.sum(), bins, components, edges, period
        self.taps, self.anchor = taps, anchor

    def evaluate(self, p):
        k, n = self.components, self.bins
        a, tau, b, t0 = np.exp(p[:k]), np.exp(p[k:2 * k]), p[2 * k], p[2 * k + 1]
        i0 = int(np.rint(t0)) if self.anchor is None else self.anchor
        nodes = np.arange(self.taps) - (self.taps // 2 - 1)
        rows = np.stack([shifted(self.g, i0 + i, n) for i in nodes])
        jac = np.empty((2 * k + 2, n))
        js = np.zeros(n)
        for c in range(k):
            kappa = 1.0 / tau[c]
            decay = np.exp(-kappa)
            w, wk, ws = _weights(self.taps, t0 - i0, kappa)
            y = lfilter([1.0], [1.0, -decay], w @ rows)
            yk = lfilter([1.0], [1.0, -decay], wk @ rows - decay * np.concatenate([[0.0], y[:-1]]))
            ys = lfilter([1.0], [1.0, -decay], ws @ rows)
            if self.period:
                # state of bin -1 left by all earlier pulses: what bin N-1 holds, decayed to the next pulse, geometric
                gap, full, index = self.period - n, self.period, np.arange(1.0, n + 1.0)
                q = np.exp(-kappa * gap) / -np.expm1(-kappa * full)
                qk = -q * (gap + full / np.expm1(kappa * full))
                e = np.exp(-kappa * index)
                yk = yk + e * (q * yk[-1] + qk * y[-1] - index * q * y[-1])
                ys = ys + e * q * ys[-1]
                y = y + e * q * y[-1]
            jac[c], jac[k + c] = a[c] * y, -a[c] * kappa * yk
            js += a[c] * ys
        jac[2 * k], jac[2 * k + 1] = 1.0, js
        mu = jac[:k].sum(0) + b
        return crlb.group(mu, self.edges), crlb.group(jac, self.edges)


@dataclass(frozen=True)
class Layout:
    """Groups of a fitted range: `pre` of 8 bins, `fine` of one, then octaves[i] groups of 2^(i+1) bins."""
    pre: int
    fine: int
    octaves: tuple

    @property
    def edges(self):
        widths = [8] * self.pre + [1] * self.fine + [2 << i for i, c in enumerate(self.octaves) for _ in range(c)]
        return np.concatenate([[0], np.cumsum(widths)])

    @property
    def bins(self):
        return int(self.edges[-1])


class Grouped:
    """The product's rule for mu in double precision, with its true derivatives (the engine's are simpler: its columns for
    ln eps and the shift are midpoint and few-tap rules, which move its fixed point a little on noisy data)."""

    def __init__(self, histogram, layout, components, taps=6, anchor=None):
        g = np.asarray(histogram, float)
        self.g, self.layout, self.components, self.anchor, self.taps = g / g.sum(), layout, components, anchor, taps
        self.edges = layout.edges

    def _one(self, kappa, t0, i0, rows, g_groups):
        """Response of unit amplitude in every group: single bins by recursion (the first group of two bins is still two of
        them), then steps of growing width; the first group of a new width is two steps of the width before."""
        lay = self.layout
        decay = np.exp(-kappa)
        fine = lfilter([1.0], [1.0, -decay], _weights(self.taps, t0 - i0, kappa)[0] @ rows)
        out = np.zeros(len(self.edges) - 1)
        at = lay.pre + lay.fine
        out[lay.pre:at] = fine[:lay.fine]
        phi, lam, e, width = -np.expm1(-kappa) / kappa, _lam(kappa), -np.expm1(-kappa), 1
        state = previous = 0.0
        for number in lay.octaves:
            if number == 0:
                break

            def step(left, state):
                nonlocal previous
                gs, th = g_groups(left, left + width), (t0 * phi + lam) / width
                value = (1.0 - e) * state + (phi - th) * gs + th * previous
                previous = gs
                return value

            left = self.edges[at]
            if width == 1:
                state = fine[lay.fine] + fine[lay.fine + 1]
            else:
                half = step(left, state)
                state = half + step(left + width, half)
            lam, phi, e = lam * (2.0 - e) + (1.0 - e) * width * phi, phi * (2.0 - e), e * (2.0 - e)
            width *= 2
            previous = g_groups(left, left + width)
            out[at] = state
            for j in range(1, number):
                state = out[at + j] = step(self.edges[at + j], state)
            at += number
        return out

    def evaluate(self, p):
        k, lay = self.components, self.layout
        a, tau, b, t0 = np.exp(p[:k]), np.exp(p[k:2 * k]), p[2 * k], p[2 * k + 1]
        i0 = int(np.rint(t0)) if self.anchor is None else self.anchor
        first = 8 * lay.pre
        nodes = np.arange(self.taps) - (self.taps // 2 - 1)
        rows = np.stack([shifted(self.g, i0 + i, first + lay.fine + 2)[first:] for i in nodes])
        total = np.concatenate([[0.0], np.cumsum(self.g)])

        def g_groups(low, high):
            return total[min(high, len(self.g))] - total[min(low, len(self.g))]

        jac = np.empty((2 * k + 2, len(self.edges) - 1))
        js, h = 0.0, 1e-4
        for c in range(k):
            kappa = 1.0 / tau[c]
            jac[c] = a[c] * self._one(kappa, t0, i0, rows, g_groups)
            jac[k + c] = a[c] / (2 * h) * (self._one(kappa * (1 - h), t0, i0, rows, g_groups) - self._one(kappa * (1 + h), t0, i0, rows, g_groups))
            js = js + a[c] / (2 * h) * (self._one(kappa, t0 + h, i0, rows, g_groups) - self._one(kappa, t0 - h, i0, rows, g_groups))
        jac[2 * k], jac[2 * k + 1] = np.diff(self.edges), js
        return jac[:k].sum(0) + b * np.diff(self.edges), jac


def _lam(kappa):
    """integral_0^1 u exp(-kappa u) du without cancellation."""
    return float(np.dot(_W * _U, np.exp(-kappa * _U)))


@dataclass
class Fit:
    p: np.ndarray
    mu: np.ndarray
    jacobian: np.ndarray
    deviance: float
    evaluations: int
    decrement: float
    converged: bool
    free: np.ndarray

    @property
    def sigma(self):
        info = np.einsum("in,n,jn->ij", self.jacobian, 1.0 / np.maximum(self.mu, 1e-300), self.jacobian)
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(crlb.covariance(info, self.free)))


def deviance(y, mu):
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2.0 * float(np.sum(mu - y + np.where(y > 0, y * np.log(y / mu), 0.0)))


def fit(model, y, start, free=None, background_min=2.0**-14, shift_max=np.inf, tolerance=1e-12, limit=200):
    """Fit counts y (one number a group) from `start`; free: mask of the parameters. Accepts a step when the deviance falls
    (or cannot change any more), stops on the Newton decrement g' F^-1 g."""
    y, p = np.asarray(y, float), np.array(start, float)
    k = model.components
    free = np.ones(2 * k + 2, bool) if free is None else np.asarray(free, bool)
    mu, jac = model.evaluate(p)
    d, lam, evaluations, decrement, converged = deviance(y, mu), 1e-3, 1, np.inf, False
    while evaluations < limit:
        ok = mu > 0
        gradient = jac[:, ok] @ (y[ok] / mu[ok] - 1.0)
        info = (jac[:, ok] / mu[ok]) @ jac[:, ok].T
        active = free.copy()
        if p[2 * k] <= background_min and gradient[2 * k] < 0.0:
            active[2 * k] = False
        if abs(p[2 * k + 1]) >= shift_max and gradient[2 * k + 1] * p[2 * k + 1] > 0.0:
            active[2 * k + 1] = False
        m = np.flatnonzero(active)
        scale = np.sqrt(np.maximum(np.diag(info)[m], 1e-300))
        h, g = info[np.ix_(m, m)] / np.outer(scale, scale), gradient[m] / scale
        newton = np.linalg.lstsq(h, g, rcond=1e-14)[0]
        decrement = float(g @ newton)
        if decrement < tolerance:
            converged = True
            break
        while evaluations < limit:
            step = np.zeros_like(p)
            step[m] = (np.linalg.solve(h + lam * np.eye(len(m)), g) if lam > 1e-9 else newton) / scale
            step *= min(1.0, 1.2 / max(1e-300, np.abs(step[:2 * k]).max()), 1.0 / max(1e-300, abs(step[2 * k + 1])))
            trial = p + step
            trial[2 * k] = max(trial[2 * k], background_min, 0.1 * p[2 * k]) if free[2 * k] else p[2 * k]
            trial[2 * k + 1] = np.clip(trial[2 * k + 1], -shift_max, shift_max)
            mu1, jac1 = model.evaluate(trial)
            evaluations += 1
            d1 = deviance(y, mu1) if np.all(np.isfinite(mu1)) and np.all(mu1[y > 0] > 0) else np.inf
            if d1 <= d + 1e-9 * max(1.0, abs(d)) * (decrement < 1e-4):
                lam = lam * 0.1 if lam > 1e-9 else 0.0
                break
            lam = max(lam * 10.0, 1e-6)
            if lam > 1e12:
                return Fit(p, mu, jac, d, evaluations, decrement, False, free)
        else:
            break
        p, mu, jac, d = trial, mu1, jac1, d1
    return Fit(p, mu, jac, d, evaluations, decrement, converged, free)


def vector(amplitude, lifetime, background, shift):
    return np.concatenate([np.log(amplitude), np.log(lifetime), [background, shift]])
