"""Fisher information and Cramer-Rao bound of the full-resolution Poisson histogram (or of sums over groups of bins)."""
from __future__ import annotations

import numpy as np


def names(components):
    k = range(1, components + 1)
    return [f"ln a_{i}" for i in k] + [f"ln tau_{i}" for i in k] + ["background", "shift"]


def group(values, edges):
    """Sums over the groups edges[j] .. edges[j+1]-1 along the last axis."""
    return np.add.reduceat(values, np.asarray(edges[:-1]), axis=-1) if edges is not None else values


def fisher(truth, edges=None):
    mu, jac = truth.jacobian()
    mu, jac = group(mu, edges), group(jac, edges)
    weight = np.where(mu > 1e-300, 1.0 / np.maximum(mu, 1e-300), 0.0)
    return np.einsum("...in,...n,...jn->...ij", jac, weight, jac)


def covariance(information, free=None):
    """Inverse of the information of the free parameters; held ones get zeros. free: mask of 2K+2 (None: all)."""
    n = information.shape[-1]
    keep = np.ones(n, bool) if free is None else np.asarray(free, bool)
    part = information[..., keep, :][..., keep]
    scale = np.sqrt(np.einsum("...ii->...i", part))
    outer = scale[..., :, None] * scale[..., None, :]
    with np.errstate(all="ignore"):
        inverse = np.linalg.inv(part / outer) / outer
    out = np.zeros_like(information)
    index = np.flatnonzero(keep)
    out[..., index[:, None], index] = inverse
    return out


def sigma(truth, free=None, edges=None):
    """One standard deviation of each parameter (ln a.., ln tau.., b, shift); NaN where the information is singular."""
    variance = np.einsum("...ii->...i", covariance(fisher(truth, edges), free))
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.where(variance >= 0.0, variance, np.nan))
