"""Transient absorption in double precision, written from the mathematics: model, derivatives, bound, least squares.

  f(t; tau) = exp(-t/tau) theta(t) * Gauss(s)  =  1/2 exp(-u^2/2) erfcx((kappa - u)/sqrt 2),   u = (t - t0)/s,  kappa = s/tau
  df/du = g - kappa f,   df/dkappa = (kappa - u) f - g,   g = exp(-u^2/2)/sqrt(2 pi)

Parameters: ln tau_1..K, A_1..K, offset, t0, then ln s, c0, c1 where wanted (c0 exp(-u^2/2), c1 B u exp(-u^2/2), B = sqrt(log2(e)/2)).
"""
import numpy as np
from scipy.special import erfcx, log_ndtr

B = np.sqrt(np.log2(np.e) / 2)


def decay(u, kappa):
    z = u - kappa
    low = np.minimum(z, 0)
    early = 0.5 * np.exp(-u * u / 2) * erfcx(-low / np.sqrt(2))
    late = np.exp(np.minimum(-kappa * u + kappa * kappa / 2 + log_ndtr(np.maximum(z, 0)), 700))
    return np.where(z > 0, late, early)


class Model:
    """Names of the parameters; values and Jacobian at a vector of them."""

    def __init__(self, t, components, s, free=("offset", "t0"), t0=0.0):
        self.t, self.k, self.s, self.t0 = np.asarray(t, float), components, s, t0
        self.names = [f"ln tau {i}" for i in range(components)] + [f"A {i}" for i in range(components)] + list(free)

    def __call__(self, x):
        value = dict(zip(self.names, x))
        k = self.k
        tau, a = np.exp(x[:k]), x[k:2 * k]
        s = self.s * np.exp(value.get("ln s", 0.0))
        u = (self.t - value.get("t0", self.t0)) / s
        g = np.exp(-u * u / 2) / np.sqrt(2 * np.pi)
        e = np.exp(-u * u / 2)
        c0, c1 = value.get("c0", 0.0), value.get("c1", 0.0)
        y = np.full_like(self.t, value.get("offset", 0.0)) + (c0 + c1 * B * u) * e
        by_u = -c0 * u * e + c1 * B * (1 - u * u) * e
        by_ln_s = np.zeros_like(self.t)
        columns = {"offset": np.ones_like(self.t), "c0": e, "c1": B * u * e}
        for i in range(k):
            kappa = s / tau[i]
            f = decay(u, kappa)
            by_kappa = a[i] * ((kappa - u) * f - g)
            y = y + a[i] * f
            by_u = by_u + a[i] * (g - kappa * f)
            by_ln_s = by_ln_s + kappa * by_kappa
            columns[f"ln tau {i}"] = -kappa * by_kappa
            columns[f"A {i}"] = f
        columns["t0"] = -by_u / s
        columns["ln s"] = by_ln_s - u * by_u
        return y, np.stack([columns[n] for n in self.names], axis=1)


def bound(model, x, sigma):
    """Cramer-Rao: covariance at x for independent normal noise of standard deviation sigma (a number or one a delay)."""
    _, jacobian = model(x)
    weighted = jacobian / np.broadcast_to(np.asarray(sigma, float), model.t.shape)[:, None]
    return np.linalg.inv(weighted.T @ weighted)


def fit(model, y, sigma, start, steps=200):
    """Least squares from a start (Levenberg-Marquardt). Returns parameters, chi2, whether it converged."""
    w = 1 / np.broadcast_to(np.asarray(sigma, float), model.t.shape)
    use = np.isfinite(y)
    w = np.where(use, w, 0.0)
    y = np.where(use, y, 0.0)
    x, damping = np.array(start, float), 1e-3
    value, jacobian = model(x)
    chi2 = np.sum(((y - value) * w) ** 2)
    for _ in range(steps):
        j = jacobian * w[:, None]
        h, gradient = j.T @ j, j.T @ ((y - value) * w)
        step = np.linalg.solve(h + damping * np.diag(np.diag(h)), gradient)
        decrement = gradient @ step
        if decrement < 1e-10 * max(1.0, chi2 / len(y)) and damping <= 1e-3:
            return x + step, chi2, True
        step[:model.k] = np.clip(step[:model.k], -1, 1)
        trial, trial_jacobian = model(x + step)
        trial_chi2 = np.sum(((y - trial) * w) ** 2)
        if trial_chi2 <= chi2 * (1 + 1e-13):
            x, value, jacobian, chi2, damping = x + step, trial, trial_jacobian, trial_chi2, damping * 0.1
        else:
            damping = max(damping, 1e-8) * 10
            if damping > 1e12:
                return x, chi2, False
    return x, chi2, False
