"""The estimator of trap-filled-limit voltage and mobility in double precision, to compare the engine with.

The mathematics of docs/sclc_engine.md, nothing of its words. x = log2 (V / 1 V), y = log2 (J / 1 A/m2); kT stands for kT/q in volts.

    bins        neighbouring points of one 1/8 octave of V are averaged; a bin weighs its number of points
    noise       of a point, from its distance to the line through its two neighbours
    slope       of the weighted line through the bins within +-0.4 octave; the steepest must exceed 2.45 (`steep`)
    passed      the slope of the last 0.8 octave is below the steepest again
    onset       V1: the ohmic level of the first four bins meets the steepest tangent; V2: the steepest tangent meets the last
    template    all traps filled, a = q N_t / eps, z = E_L / E*, E* = J / (q mu N_t):
                    V / V_t = 2 (z^2/2 - z + ln(1+z)) / (z - ln(1+z))^2,    J = J_0 / (z - ln(1+z)),    J_0 = 4 eps mu V_t^2 / L^3
                one curve, shifted by log2 V_t and log2 J_0: Gauss-Newton over the bins above 1.2 V_TFL, the weight rising over a quarter octave
    V_TFL       26.7 kT + 1.125 V_t: diffusion
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Q, K_B, EPS_0 = 1.602176634e-19, 1.380649e-23, 8.8541878128e-12
BINS_PER_OCTAVE = 8
HALF_WINDOW, TOP_WINDOW = 0.4, 0.8
GATE, FALL = 2.45, 0.1
OFFSET_KT, FACTOR = 26.7, 1.125
CUT, CUT_ABOVE_STEEPEST, RAMP = np.log2(1.2), 0.5, 0.25
STEPS, STEPS_FREE, STOP = 8, 2, 32 * 2.0**-16      # the range of the fit moves with it for the first steps
WORK = 150                                          # bins x evaluations of the fit
START, STARTS = np.log2(1.1), 4                     # the fit begins at V_TFL = 1.1 V2, found by substitution
SHAPE_LEAST = 27 / 64                               # of log2 (V/V_t) in the template
POINTS_MAX, RANGE_X, RANGE_Y = 512, 24, 60
MS_LEAST, POOR = 7.2e-5, 8
RESOLVED = 1.45       # V_TFL over V_min
HIGH, LOW, STEEPNESS, TOP_FLAT = np.log2(1.3), np.log2(8), 2.5, 1.9


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
    """log2 (V/V_t), log2 (J/J_0) and d log J / d log V at z."""
    g, h = _parts(z)
    dg, dh = z / (1 + z), z**2 / (1 + z)
    return np.log2(2 * h / g**2), -np.log2(g), (-dg / g) / (dh / h - 2 * dg / g)


_X, _Y, _SLOPE = template_at(np.exp(np.linspace(np.log(1e13), np.log(1e-7), 200_001)))   # x rises: interpolation is good to 1e-8


def template(x):
    """log2 (J/J_0) and its slope over x = log2 (V/V_t) > 0."""
    return np.interp(x, _X, _Y), np.interp(x, _X, _SLOPE)


def v_min(temperature):
    return 2 * np.pi**2 * K_B * temperature / Q


# ---- bins and lines ----
@dataclass
class Bins:
    x: np.ndarray
    y: np.ndarray
    n: np.ndarray
    noise: np.ndarray      # sum of squared distances, and of
    noise_n: np.ndarray    # how many; those of the points before the bin's
    points: int
    skipped: int


def bins_of(v, j):
    x, y, skipped = [], [], 0
    for one_v, one_j in zip(v, j):
        if len(x) < POINTS_MAX and one_j > 0 and one_v > 0 and abs(np.log2(one_v)) < RANGE_X and abs(np.log2(one_j)) < RANGE_Y \
                and (not x or np.log2(one_v) > x[-1]):
            x.append(np.log2(one_v))
            y.append(np.log2(one_j))
        else:
            skipped += 1
    x, y = np.array(x), np.array(y)
    if not len(x):
        return Bins(x, y, x, x, x, 0, skipped)
    place = np.floor(BINS_PER_OCTAVE * x)
    number = np.concatenate([[0], np.cumsum(np.diff(place) != 0)])
    count = np.bincount(number)
    noise, noise_n = np.zeros(len(count)), np.zeros(len(count))
    for i in range(1, len(x) - 1):
        f = (x[i] - x[i - 1]) / (x[i + 1] - x[i - 1])
        d = np.clip(y[i] - (1 - f) * y[i - 1] - f * y[i + 1], -8, 8)
        noise[number[i + 1]] += d * d / (1 + f * f + (1 - f) ** 2)
        noise_n[number[i + 1]] += 1
    return Bins(np.bincount(number, x) / count, np.bincount(number, y) / count, count, noise, noise_n, len(x), skipped)


@dataclass
class Line:
    slope: float
    x: float               # its centre of gravity
    y: float
    spread: float          # sum of n (x - centre)^2


def window(b, c, left=HALF_WINDOW):
    """The line through the bins around bin c."""
    low = high = c
    while low > 0 and b.x[c] - b.x[low - 1] <= left:
        low -= 1
    while high < len(b.x) - 1 and b.x[high + 1] - b.x[c] <= HALF_WINDOW:
        high += 1
    if low == c and c > 0:
        low -= 1
    if high == c and c < len(b.x) - 1:
        high += 1
    if high - low < 2:
        if high == len(b.x) - 1:
            low -= 1
        else:
            high += 1
    x, y, n = (a[low:high + 1] for a in (b.x, b.y, b.n))
    xm, ym = np.average(x, weights=n), np.average(y, weights=n)
    spread = np.sum(n * (x - xm) ** 2)
    return Line(np.sum(n * (x - xm) * (y - ym)) / spread, xm, ym, spread)


# ---- the answer ----
@dataclass
class Answer:
    """bits: the names of docs/protocol.md, section SCLC status bits. Voltages and currents as log2; NAN: not reached."""
    temperature: float
    bits: set = field(default_factory=set)
    points: int = 0
    skipped: int = 0
    bins: int = 0
    slope: float = np.nan
    slope_top: float = np.nan
    x_inflection: float = np.nan
    x_tangent: float = np.nan
    y_tangent: float = np.nan
    x_top: float = np.nan
    y_top: float = np.nan
    ohmic: float = np.nan
    x_onset: float = np.nan
    x_second: float = np.nan
    x_template: float = np.nan
    y_template: float = np.nan
    x_limit: float = np.nan
    x_cut: float = np.nan
    fit_bins: int = 0
    weight: float = np.nan
    information: float = np.nan
    slope_mean: float = np.nan
    fit_variance: float = np.nan
    noise_variance: float = np.nan
    iterations: int = 0

    CONTRADICTIONS = {"poor", "inflection_high", "inflection_low", "too_steep", "top_flat"}

    @property
    def status(self):
        if "enough" not in self.bits:
            return "insufficient_data"
        if not {"steep", "passed"} <= self.bits or self.bits & self.CONTRADICTIONS:
            return "no_trap_filled_limit"
        if "fitted" not in self.bits:
            return "insufficient_data"
        if "converged" not in self.bits:
            return "not_converged"
        return "upper_bound" if "unresolved" in self.bits else "ok"

    @property
    def v_tfl(self):
        return 2**self.x_limit

    def density(self, thickness, permittivity):
        return 2 * permittivity * EPS_0 * self.v_tfl / (Q * thickness**2)

    def mobility(self, thickness, permittivity):
        return 2**self.y_template * thickness**3 / (4 * permittivity * EPS_0 * 4**self.x_template)


def limit(a, low):
    """log2 V_TFL"""
    return np.log2(FACTOR) + np.log2(2**a + 2**low)


def fit(answer, b, k, low):
    """Gauss-Newton in a = log2 V_t with the offset eliminated; low = log2 of V_TFL / 1.125 at V_t = 0."""
    x, y, n, work = b.x[k + 1:], b.y[k + 1:], b.n[k + 1:], 0
    a = answer.x_second + START - np.log2(FACTOR)
    for _ in range(STARTS):
        a += max(answer.x_second + START - limit(a, low), -1)
    for step in range(STEPS + 1):
        a = max(min(a, b.x[-1] - 0.4), low - 5)
        if step <= STEPS_FREE:
            cut = max(limit(a, low) + CUT, b.x[k] + CUT_ABOVE_STEEPEST)
        om = n * np.clip((x - cut) / RAMP, 0, 1)
        used = om > 0
        if used.sum() < 3:
            return
        w, slope = template(np.maximum(x - a, SHAPE_LEAST))
        weight = om.sum()
        offset, mean = np.sum(om * (y - w)) / weight, np.sum(om * -slope) / weight
        r, d = y - w - offset, -slope - mean
        information = np.sum(om * d * d)
        if not information > 0:
            return
        change = np.sum(om * d * r) / information
        work += used.sum()
        if abs(change) < STOP or step == STEPS or work + used.sum() > WORK:
            break
        a += np.clip(change, -0.5, 0.5)
    if abs(change) < STOP:
        answer.bits.add("converged")
        a, offset = a + change, offset - mean * change
    counted = b.noise_n[k + 1:][used].sum()
    answer.x_template, answer.y_template, answer.x_limit, answer.x_cut = a, offset, limit(a, low), cut
    answer.fit_bins, answer.weight, answer.information, answer.slope_mean, answer.iterations = int(used.sum()), weight, information, mean, step
    answer.fit_variance = np.sum(om * r * r) / (used.sum() - 2)
    answer.noise_variance = b.noise[k + 1:][used].sum() / counted if counted else 0.0
    answer.bits.add("fitted")
    if np.sum(om * r * r) / weight > MS_LEAST and answer.fit_variance > POOR * answer.noise_variance:
        answer.bits.add("poor")


def estimate(v, j, temperature=295.0):
    b, kt, answer = bins_of(v, j), K_B * temperature / Q, Answer(temperature)
    answer.points, answer.skipped, answer.bins = b.points, b.skipped, len(b.x)
    if len(b.x) < 6:
        return answer
    answer.bits.add("enough")
    lines = [window(b, c) for c in range(len(b.x))]
    k = int(np.argmax([one.slope for one in lines]))
    steepest, top = lines[k], window(b, len(b.x) - 1, TOP_WINDOW)
    answer.slope, answer.x_inflection, answer.x_tangent, answer.y_tangent = steepest.slope, b.x[k], steepest.x, steepest.y
    answer.slope_top, answer.x_top, answer.y_top = top.slope, top.x, top.y
    if not steepest.slope > GATE:
        return answer
    answer.bits.add("steep")
    if not (top.slope < steepest.slope - FALL and k < len(b.x) - 3):
        return answer
    answer.bits.add("passed")
    answer.ohmic = np.average((b.y - b.x)[:4], weights=b.n[:4])
    answer.x_onset = steepest.x + (answer.ohmic + steepest.x - steepest.y) / (steepest.slope - 1)
    answer.x_second = steepest.x + ((top.y - steepest.y) - top.slope * (top.x - steepest.x)) / (steepest.slope - top.slope)
    fit(answer, b, k, np.log2(OFFSET_KT * kt / FACTOR))
    if "fitted" not in answer.bits:
        return answer
    tests = {"inflection_high": b.x[k] > answer.x_limit + HIGH, "inflection_low": b.x[k] < answer.x_limit - LOW,
             "too_steep": np.log2(steepest.slope / STEEPNESS) > answer.x_limit - np.log2(v_min(temperature)),
             "top_flat": top.slope < TOP_FLAT and (TOP_FLAT - top.slope) ** 2 > 4 * answer.noise_variance / top.spread,
             "unresolved": answer.x_limit < np.log2(RESOLVED * v_min(temperature))}
    answer.bits |= {name for name, holds in tests.items() if holds}
    return answer
