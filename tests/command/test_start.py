"""Fits of several histograms begin where a fit of their sum ended (--start sum): fewer evaluations, the same answers, and none is lost that is found from a start of its own."""
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]
from accuracy import harness  # noqa: E402
from equality import batches  # noqa: E402
from reference import truth  # noqa: E402

BINS, IRF = 256, truth.Irf(25.0, 5.0, 0.15, 8.0)
pytestmark = pytest.mark.skipif(not harness.command().exists(), reason="taustream is not built")


def histograms(seed, rows, lifetimes, amplitudes, counts, background=0.01, shift=0.3):
    """Each row of these draws is one decay's: functions of a random generator."""
    rng = np.random.default_rng(seed)
    draw = [f if callable(f) else (lambda r, f=f: f) for f in (lifetimes, amplitudes, background, counts, shift)]
    made = []
    for _ in range(rows):
        tau, a, b, n, t0 = (f(rng) for f in draw)
        made.append(truth.make(IRF, BINS, np.array(tau), np.array(a), b, n, shift=t0).sample(rng, 1)[0])
    return np.array(made)


def both(data, components, engine):
    response = IRF.histogram(BINS, 3e7)
    return [harness.run(data, response, components, engine=engine, options=("--start", start)) for start in ("own", "sum")]


def log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def distance(own, other):
    """Largest difference of a lifetime, in its sigmas, over the histograms that are ok from both starts."""
    pairs = [(np.array(a["lifetime_s"]), np.array(b["lifetime_s"]), np.array(a["lifetime_sigma_s"])) for a, b in zip(own, other) if a["status"] == b["status"] == "ok"]
    return max(np.max(np.abs(a - b) / sigma) for a, b, sigma in pairs)


def evaluations(records):
    return np.mean([r["evaluations"] for r in records])


@pytest.mark.parametrize("engine", ["u16", "e18"])
@pytest.mark.parametrize("components,lifetimes,amplitudes", [(1, [40.0], [1.0]), (2, [12.0, 60.0], [1.0, 0.2]), (2, [12.0, 60.0], [0.6, 0.4])])
def test_histograms_of_one_decay_take_two_evaluations(engine, components, lifetimes, amplitudes):
    own, like = both(histograms(components, 100, lifetimes, amplitudes, 1e5), components, engine)
    assert {r["status"] for r in own + like} == {"ok"}
    once = [r["evaluations"] for r in like if r["starts"] == 1]      # chi2 asks for further starts once in 370
    assert len(once) > 95 and np.mean(once) < 2.05 and max(once) <= 3
    assert evaluations(own) > 2.9
    assert distance(own, like) < (0.15 if engine == "u16" else 0.06)  # of u16 with equal amplitudes the own starts are 0.12 off, these 0.02


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_lifetimes_and_counts_may_vary(engine):
    data = histograms(5, 200, lambda r: [12 * log_uniform(r, 0.77, 1.3), 60 * log_uniform(r, 0.77, 1.3)], lambda r: [1.0, log_uniform(r, 0.1, 0.4)],
                      lambda r: log_uniform(r, 2e4, 2e5), lambda r: log_uniform(r, 0.003, 0.03), lambda r: r.uniform(0.1, 0.5))
    own, like = both(data, 2, engine)
    assert {r["status"] for r in own + like} == {"ok"}
    assert evaluations(like) < evaluations(own)
    assert distance(own, like) < 0.1


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_decays_that_are_nothing_like_their_sum_are_found(engine):
    """Two kinds of decays, shifts of whole bins: the sum is neither. What does not converge from there begins by itself."""
    kinds = ([2.5, 9.0], [30.0, 90.0])
    data = histograms(7, 120, lambda r: kinds[r.integers(2)], lambda r: [1.0, log_uniform(r, 0.1, 1.0)], lambda r: log_uniform(r, 1e4, 1e6),
                      lambda r: log_uniform(r, 0.0003, 0.2), lambda r: r.uniform(-2, 2))
    own, like = both(data, 2, engine)
    lost = [(a["index"], b["status"]) for a, b in zip(own, like) if a["status"] == "ok" != b["status"]]
    assert sum(r["status"] == "ok" for r in own) > 100 and not lost
    assert distance(own, like) < 0.15


@pytest.mark.parametrize("seed,engine,why", [(1002, "e18", "evaluations that are left for the own starts"), (1067, "u16", "further starts at the shift that was found, not the sum's"),
                                             (1013, "u16", "pulses whose sum no decay describes")])
def test_what_a_sum_of_many_kinds_does_not_lose(seed, engine, why):
    """Batches of random decays, each of its own kind, from which that rule is needed."""
    batch = batches.batch(seed, engine, 32, 10**9)
    own, like = (harness.run(batch.data, batch.irf, batch.components, engine=engine, options=(*batch.options, "--start", start)) for start in ("own", "sum"))
    lost = [(a["index"], b["status"], a["deviance"], b["deviance"]) for a, b in zip(own, like) if a["status"] == "ok" != b["status"]]
    assert sum(r["status"] == "ok" for r in own) >= 10 and not lost, why


def test_one_histogram_begins_by_itself():
    own, like = both(histograms(3, 1, [12.0, 60.0], [1.0, 0.2], 1e5), 2, "e18")
    assert own[0]["raw"] == like[0]["raw"] and like[0]["evaluations"] > 2


def test_a_start_that_there_is_not():
    with pytest.raises(harness.CommandFailed, match="--start: 'mean' cannot be used: expected sum or own"):
        harness.run(histograms(3, 1, [40.0], [1.0], 1e5), IRF.histogram(BINS, 3e7), 1, options=("--start", "mean"))
