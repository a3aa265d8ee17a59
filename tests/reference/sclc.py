"""The estimator of trap-filled-limit voltage and mobility in double precision, to compare the engine with.

Mathematics only, nothing of the engine's words: x = ln V, y = ln J of points with V > 0, J > 0, rising V.

    weights     w_i: the width in x that point i stands for, so that the spacing of a sweep does not decide
    slope       of the weighted line through the points within +-0.12 decade of x_i (`windowed`)
    gate        its largest value must exceed 2.4: a trap-filled limit
    onset       V1: the ohmic line (slope one, through the windowed lines of slope < 1.3 below) meets the steepest tangent
    V2          the steepest tangent meets the last window's line, where that is a Child region (slope 1.7 .. 2.6)
    template    all traps filled, a = q N_t / eps, z = E_L / E*, E* = J / (q mu N_t):
                    V / V_t = 2 (z^2/2 - z + ln(1+z)) / (z - ln(1+z))^2,    J = J_0 / (z - ln(1+z)),  J_0 = 4 eps mu V_t^2 / L^3
                one curve, shifted by ln V_t and ln J_0 over the points with V > 1.3 V2 (or 1.3 * 2 V_inf)
    V_TFL       26.7 kT/q + 1.125 V_t: diffusion
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Q, K_B, EPS_0 = 1.602176634e-19, 1.380649e-23, 8.8541878128e-12
HALF_WINDOW = 0.12 * np.log(10)
GATE = 2.4
CHILD = (1.7, 2.6)
OHMIC_SLOPE = 1.3
MARGIN = 1.3
OFFSET_KT, FACTOR = 26.7, 1.125
MODEL_TERM = 0.04


# ---- the template ----
def _parts(z):
    """z - ln(1+z) and z^2/2 - z + ln(1+z), by their series where they cancel."""
    z = np.asarray(z, float)
    small = z < 1e-2
    s = np.where(small, z, 1e-3)
    g_series = s**2 * (1 / 2 - s * (1 / 3 - s * (1 / 4 - s * (1 / 5 - s * (1 / 6 - s / 7)))))
    h_series = s**3 * (1 / 3 - s * (1 / 4 - s * (1 / 5 - s * (1 / 6 - s * (1 / 7 - s / 8)))))
    big = np.where(small, 1.0, z)
    return np.where(small, g_series, big - np.log1p(big)), np.where(small, h_series, big**2 / 2 - big + np.log1p(big))


def template_at(z):
    """ln(V/V_t), ln(J/J_0) and d ln J / d ln V at z."""
    g, h = _parts(z)
    v = 2 * h / g**2
    dg, dh = z / (1 + z), z**2 / (1 + z)
    dlnv, dlnj = dh / h - 2 * dg / g, -dg / g
    return np.log(v), -np.log(g), dlnj / dlnv


_Z = np.exp(np.linspace(np.log(1e13), np.log(1e-7), 200_001))
_X, _Y, _SLOPE = template_at(_Z)   # x rises: interpolation is good to 1e-8


def template(x):
    """ln(J/J_0) and its slope over x = ln(V/V_t) > 0."""
    return np.interp(x, _X, _Y), np.interp(x, _X, _SLOPE)


# ---- slopes ----
def spacing(x):
    """The width of ln V that a point stands for."""
    edges = np.concatenate([[x[0]], (x[1:] + x[:-1]) / 2, [x[-1]]])
    return np.diff(edges)


@dataclass
class Line:
    slope: float
    x: float     # its centre of gravity
    y: float
    points: int

    def meets(self, other):
        return (other.y - self.y + self.slope * self.x - other.slope * other.x) / (self.slope - other.slope)


def line(x, y, w):
    xm, ym = np.average(x, weights=w), np.average(y, weights=w)
    sxx = np.sum(w * (x - xm) ** 2)
    return Line(np.sum(w * (x - xm) * (y - ym)) / sxx if sxx > 0 else np.nan, xm, ym, len(x))


def windowed(x, y, w):
    """The line around every point; None where fewer than 3 points or half a window are there."""
    out = []
    for centre in x:
        at = np.abs(x - centre) <= HALF_WINDOW
        enough = at.sum() >= 3 and np.ptp(x[at]) >= HALF_WINDOW
        out.append(line(x[at], y[at], w[at]) if enough else None)
    return out


# ---- the answer ----
@dataclass
class Answer:
    status: str
    slope_max: float = np.nan
    v_onset: float = np.nan
    v_inflection: float = np.nan
    v_2: float = np.nan
    v_t: float = np.nan
    v_tfl: float = np.nan
    v_tfl_sigma: float = np.nan
    j_0: float = np.nan
    residual_rms: float = np.nan
    slope_last: float = np.nan
    points_fitted: int = 0

    def density(self, thickness, permittivity):
        return 2 * permittivity * EPS_0 * self.v_tfl / (Q * thickness**2)

    def mobility(self, thickness, permittivity):
        return self.j_0 * thickness**3 / (4 * permittivity * EPS_0 * self.v_t**2)


def v_min(temperature):
    return 2 * np.pi**2 * K_B * temperature / Q


def fit_template(x, y, w):
    """Gauss-Newton in s = ln V_t with the offset eliminated, after a search over a grid; s stays below the first point."""
    def residual(s):
        t, slope = template(x - s)
        offset = np.average(y - t, weights=w)
        return y - t - offset, slope, offset

    grid = x[0] - np.geomspace(1e-3, 4.0, 60)
    costs = [np.sum(w * residual(s)[0] ** 2) for s in grid]
    i = int(np.argmin(costs))
    low, high = grid[min(i + 1, len(grid) - 1)], grid[max(i - 1, 0)]
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(60):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if np.sum(w * residual(a)[0] ** 2) < np.sum(w * residual(b)[0] ** 2):
            high = b
        else:
            low = a
    s = (low + high) / 2
    r, slope, offset = residual(s)
    d = slope - np.average(slope, weights=w)   # d(residual)/ds with the offset eliminated
    n = len(x)
    variance = np.sum(r**2) / max(n - 2, 1)
    information = np.sum(w * d**2) ** 2 / np.sum(w**2 * d**2)
    return s, offset, np.sqrt(variance), np.sqrt(variance / information)


def estimate(v, j, temperature=295.0):
    v, j = np.asarray(v, float), np.asarray(j, float)
    keep = (v > 0) & (j > 0)
    order = np.argsort(v[keep], kind="stable")
    x, y = np.log(v[keep][order]), np.log(j[keep][order])
    if len(x) < 8 or np.ptp(x) < 2 * HALF_WINDOW:
        return Answer("insufficient_data")
    w = spacing(x)
    lines = windowed(x, y, w)
    slopes = np.array([l.slope if l else -np.inf for l in lines])
    top = int(np.argmax(slopes))
    steepest = lines[top]
    if not slopes[top] > GATE:
        return Answer("no_trap_filled_limit", slope_max=float(slopes[top]))
    a = Answer("ok", slope_max=float(slopes[top]), v_inflection=float(np.exp(steepest.x)))
    ohmic = [l for l in lines[:top] if l and l.slope < OHMIC_SLOPE]
    if ohmic:
        shelf = Line(1.0, 0.0, float(np.mean([l.y - l.x for l in ohmic])), len(ohmic))
        a.v_onset = float(np.exp(steepest.meets(shelf)))
    at = x >= x[-1] - 2 * HALF_WINDOW
    last = line(x[at], y[at], w[at]) if at.sum() >= 3 else None
    a.slope_last = last.slope if last else np.nan
    start = MARGIN * 2 * a.v_inflection
    if last and CHILD[0] <= last.slope <= CHILD[1] and slopes[top] - last.slope > 0.4:
        a.v_2 = float(np.exp(steepest.meets(last)))
        start = MARGIN * a.v_2
    use = x > np.log(start)
    a.points_fitted = int(use.sum())
    if use.sum() < 4:
        a.status = "insufficient_data"
        return a
    s, offset, a.residual_rms, sigma = fit_template(x[use], y[use], w[use])
    a.v_t, a.j_0 = float(np.exp(s)), float(np.exp(offset))
    a.v_tfl = OFFSET_KT * K_B * temperature / Q + FACTOR * a.v_t
    a.v_tfl_sigma = float(np.hypot(FACTOR * a.v_t * sigma, MODEL_TERM * a.v_tfl))
    if a.v_tfl < v_min(temperature):
        a.status = "upper_bound"
    return a
