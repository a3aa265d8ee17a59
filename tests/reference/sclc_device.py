"""Drift and diffusion of one kind of carrier in double precision, for sweeps of known truth: independent of `simulate sclc` and of the estimator's templates.

Poisson and continuity on a grid that is finer at the contacts, fluxes of Scharfetter and Gummel, Newton's method on potential and ln n by a banded solver.
Several trap levels; a mobility mu exp(gamma sqrt E), with Einstein's relation. Potentials in kT/q, densities in states, lengths in the thickness.
"""
import numpy as np
from scipy.linalg import solve_banded

Q, K_B, EPS_0 = 1.602176634e-19, 1.380649e-23, 8.8541878128e-12
NODES, STEPS, LEAP, LEAST_LEAP = 241, 80, 8.0, 1e-3
UPDATE, CONVERGED = 4.0, 1e-8
FIELD_SQUARED = 1e-2    # keeps sqrt E smooth at 0


class NotFound(RuntimeError):
    pass


def bernoulli(x):
    """x / (e^x - 1) and its derivative."""
    small = np.abs(x) < 1e-4
    safe = np.where(small, 1.0, x)
    b = np.where(small, 1 - x / 2 + x * x / 12, safe / np.expm1(np.clip(safe, -700, 700)))
    return b, np.where(small, -0.5 + x / 6, b * (1 - b - safe) / safe)


class Device:
    """traps: pairs of density in m^-3 and depth in eV."""

    def __init__(self, length, eps, mobility, temperature, traps, states=1e26, gamma=0.0):
        self.kt = K_B * temperature / Q
        debye = np.sqrt(eps * EPS_0 * self.kt / (Q * states))
        crowding = np.clip(np.log(length / debye) / 1.7, 2.5, 5)
        self.x = (1 + np.tanh(crowding * np.linspace(-1, 1, NODES)) / np.tanh(crowding)) / 2
        self.h = np.diff(self.x)
        self.cell = (self.h[1:] + self.h[:-1]) / 2
        self.kappa = Q * states * length**2 / (eps * EPS_0 * self.kt)
        self.scale = Q * mobility * self.kt * states / length
        self.levels = [(density / states, np.exp(-depth / self.kt)) for density, depth in traps]
        self.gamma = gamma * np.sqrt(self.kt / length)
        self.psi, self.ln_n, self.bias = np.zeros(NODES), np.zeros(NODES), 0.0
        if not self.relax(0.0):
            raise NotFound("equilibrium")

    def charge(self, n):
        """And its derivative by ln n."""
        charge, slope = n.copy(), n.copy()
        for density, n1 in self.levels:
            charge += density * n / (n + n1)
            slope += density * n * n1 / (n + n1) ** 2
        return charge, slope

    def mobility(self, step):
        """Between nodes whose potentials differ by `step`, over that without field, and its derivative."""
        if not self.gamma:
            return np.ones_like(step), np.zeros_like(step)
        field = step / self.h
        size = np.sqrt(field**2 + FIELD_SQUARED)
        m = np.exp(self.gamma * np.sqrt(size))
        return m, m * self.gamma / 2 * size**-1.5 * field / self.h

    def equations(self, psi, ln_n):
        """Banded Jacobian (unknowns: psi and ln n of each inner node in turn) and right side."""
        h, inner = self.h, NODES - 2
        step, n = np.diff(psi), np.exp(ln_n)
        into, into_slope = bernoulli(step)
        back, back_slope = bernoulli(-step)
        m, m_slope = self.mobility(step)
        right, left = m * n[1:] * into / h, m * n[:-1] * back / h
        flux = right - left
        by_step = m * (n[1:] * into_slope + n[:-1] * back_slope) / h + m_slope * flux / m
        charge, by_ln_n = self.charge(n[1:-1])
        size = np.abs(right[:-1]) + np.abs(left[1:]) + np.abs(by_step[1:]) + np.abs(by_step[:-1])
        bands = np.zeros((7, 2 * inner))
        every = np.arange(inner)

        def put(row, column, offset, value):
            """Equation `row` (0 Poisson, 1 continuity) of a node, unknown `column` of the node `offset` further."""
            at = every[(every + offset >= 0) & (every + offset < inner)]
            r, c = 2 * at + row, 2 * (at + offset) + column
            bands[3 + r - c, c] = value[at]

        put(0, 0, 0, -1 / h[1:] - 1 / h[:-1])
        put(0, 0, -1, 1 / h[:-1])
        put(0, 0, 1, 1 / h[1:])
        put(0, 1, 0, -self.cell * self.kappa * by_ln_n)
        put(1, 0, 0, (-by_step[1:] - by_step[:-1]) / size)
        put(1, 0, -1, by_step[:-1] / size)
        put(1, 0, 1, by_step[1:] / size)
        put(1, 1, 0, (-left[1:] - right[:-1]) / size)
        put(1, 1, -1, left[:-1] / size)
        put(1, 1, 1, right[1:] / size)
        side = np.empty(2 * inner)
        side[0::2] = self.cell * self.kappa * charge - step[1:] / h[1:] + step[:-1] / h[:-1]
        side[1::2] = (flux[:-1] - flux[1:]) / size
        return bands, side

    def relax(self, bias):
        psi, ln_n = self.psi.copy(), self.ln_n.copy()
        psi[-1] = bias
        for _ in range(STEPS):
            try:
                change = solve_banded((3, 3), *self.equations(psi, ln_n), check_finite=False)
            except np.linalg.LinAlgError:
                return False
            most = np.abs(change).max()
            if not np.isfinite(most):
                return False
            part = min(1, UPDATE / most) if most else 1
            psi[1:-1] += part * change[0::2]
            ln_n[1:-1] += part * change[1::2]
            if most < CONVERGED:
                self.psi, self.ln_n, self.bias = psi, ln_n, bias
                return True
        return False

    def go_to(self, voltage):
        bias, leap = voltage / self.kt, max(LEAP, self.bias / 4)
        while self.bias != bias:
            by = min(bias - self.bias, leap)
            next_bias, kept = (bias if by == bias - self.bias else self.bias + by), self.psi
            self.psi = kept + by * self.x
            if self.relax(next_bias):
                leap = max(leap, LEAP, self.bias / 4)
                continue
            self.psi, leap = kept, min(leap, by) / 2
            if leap < LEAST_LEAP:
                raise NotFound(f"{voltage} V")

    def current(self, voltage):
        """A/m2; voltages rise from call to call."""
        self.go_to(voltage)
        m, _ = self.mobility(np.diff(self.psi))
        back, _ = bernoulli(-np.diff(self.psi))
        return -np.expm1(-self.bias) * self.scale / np.sum(self.h * np.exp(-self.psi[:-1]) / (back * m))


def curve(v, **device):
    d = Device(**device)
    return np.array([d.current(one) for one in v])
