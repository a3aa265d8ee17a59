"""Traces of transient absorption with known truth, and what the library makes of them against truth, bound and double precision."""
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from reference import ta_model as reference  # noqa: E402
from transient import library  # noqa: E402

PS = 1e-12
FWHM = 0.15 * PS
SIGMA = FWHM / 2.3548200450309493 / PS       # of the IRF, ps
PEAK = 0.7                                   # of a signal


def delays(count):
    """ps: two fifths even from -1 to 2, the rest logarithmic to 2000."""
    even = count * 2 // 5
    return np.concatenate([-1 + 3 / even * np.arange(even), 2 * 1000 ** (np.arange(count - even) / (count - 1 - even))])


@dataclass
class Cell:
    """What a set of fits came to. z: (fit - truth)/bound; fixed: largest |fit - double|/bound of each."""
    z: np.ndarray
    fixed: np.ndarray
    status: list
    evaluations: list
    sigma_ratio: np.ndarray
    names: list = field(default_factory=list)

    def rmse(self, k):
        return np.sqrt(np.mean(self.z[:, :k] ** 2, axis=0))


def traces(components, ratio, signs, snr, seed, count=200, cancel=0.15):
    """Endlessly: truth, signals, model. signs: 1 all amplitudes positive, -1 alternating. cancel: smallest |sum of amplitudes| over the largest."""
    rng = np.random.default_rng(seed)
    t, sigma = delays(count), PEAK / snr
    model = reference.Model(t, components, SIGMA)
    while True:
        tau = np.exp(0.4 * (rng.random() - 0.5)) * float(ratio) ** np.arange(components)
        amplitude = (0.5 + 0.5 * rng.random(components)) * np.where(np.arange(components) % 2, signs, 1)
        if abs(amplitude.sum()) < cancel * np.abs(amplitude).max():
            continue
        truth = np.concatenate([np.log(tau), amplitude, [0.02, 0.05 * (2 * rng.random() - 1)]])
        clean, _ = model(truth)
        scale = PEAK / np.abs(clean).max()
        truth[components:2 * components + 1] *= scale
        yield truth, clean * scale + sigma * rng.standard_normal(count), model


def cell(components, ratio, signs, snr, number, seed=1, count=200, cancel=0.15, engine="e18", **options):
    """See traces()."""
    sigma = PEAK / snr
    device = library.Device(engine=engine)
    plan = library.Plan(device, delays(count) * PS, components, FWHM, sigma=sigma, **options)
    z, fixed, status, evaluations, ratios = [], [], [], [], []
    for _, (truth, y, model) in zip(range(number), traces(components, ratio, signs, snr, seed, count, cancel)):
        r = plan.fit(y)
        bound = np.sqrt(np.diag(reference.bound(model, truth, sigma)))
        best, _, _ = reference.fit(model, y, sigma, truth)
        got = np.concatenate([np.log(np.array(r.lifetime_s[:components]) / PS), r.amplitude[:components], [r.offset, r.t0_s / PS]])
        z.append((got - truth) / bound)
        fixed.append(np.max(np.abs(got - best) / bound))
        status.append(r.text())
        evaluations.append(r.evaluations)
        told = [*(np.array(r.lifetime_sigma_s[:components]) / np.array(r.lifetime_s[:components])), *r.amplitude_sigma[:components], r.offset_sigma,
                r.t0_sigma_s / PS]
        ratios.append(np.array(told) / bound)
    plan.close()
    device.close()
    return Cell(np.array(z), np.array(fixed), status, evaluations, np.array(ratios), model.names)


def gateware(engine="e18"):
    return library.ROOT / f"build/taustream-rtl-{engine}"


def shared():
    for path in (os.environ.get("TAUSTREAM_SHARED"), library.ROOT.parent / "shared"):
        if path and (Path(path) / "data/ta").is_dir():
            return Path(path) / "data/ta"
    return None
