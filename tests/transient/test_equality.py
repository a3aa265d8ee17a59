"""Model and simulated gateware give the same bits, single traces and matrices; the benches in tests/rtl/ta_* compare many more."""
import numpy as np
import pytest

from transient import library
from transient.harness import FWHM, PS, SIGMA, delays, gateware, reference

ENGINES = ("e18", "e20")
pytestmark = pytest.mark.skipif(not all(gateware(e).exists() for e in ENGINES), reason="the gateware is not built")


def devices(engine):
    return library.Device(engine=engine), library.Device("rtl", engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("components,count,options", [(1, 60, {"artefact": library.GAUSS}), (2, 80, {}), (3, 40, {"irf_free": True}), (4, 60, {})])
def test_traces(engine, components, count, options):
    rng = np.random.default_rng(components)
    t, sigma = delays(count), 0.7 / 300
    model = reference.Model(t, components, SIGMA)
    pair = devices(engine)
    plans = [library.Plan(d, t * PS, components, FWHM, sigma=sigma, **options) for d in pair]
    for _ in range(2):
        truth = [*np.sort(5 * rng.random(components)), *(rng.choice([1, -1], components) * (0.3 + rng.random(components))), 0.02, 0.05]
        y = model(truth)[0] + sigma * rng.standard_normal(count)
        a, b = (p.fit(y) for p in plans)
        assert a.raw == b.raw and a.evaluations == b.evaluations and a.text() == b.text()
        assert a.cycles == -1 and b.cycles > 0
    for d in pair:
        d.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_matrix(engine):
    rng = np.random.default_rng(5)
    t, sigma = delays(50), 0.7 / 300
    model = reference.Model(t, 2, SIGMA)
    y = np.array([model([0.0, np.log(9), *rng.uniform(-1, 1, 2), 0.01, 0.02])[0] for _ in range(4)]) + sigma * rng.standard_normal((4, 50))
    y[1, 20] = np.nan
    pair = devices(engine)
    (a, sa), (b, sb) = (library.Plan(d, t * PS, 2, FWHM, sigma=sigma).fit_global(y) for d in pair)
    assert list(a.lifetime_s[:2]) == list(b.lifetime_s[:2]) and a.t0_s == b.t0_s and a.chi2_reduced == b.chi2_reduced
    assert [list(s.amplitude[:2]) for s in sa] == [list(s.amplitude[:2]) for s in sb]
    for d in pair:
        d.close()
