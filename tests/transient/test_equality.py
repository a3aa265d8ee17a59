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
@pytest.mark.parametrize("own", ["gaps", "sigmas", "chirp"])
def test_matrix(engine, own):
    """What a wavelength has for itself: missing signals, a sigma, a time zero. The gateware keeps an evaluation's columns for the wavelengths that share them."""
    rng = np.random.default_rng(5)
    t, sigma = delays(50), 0.7 / 300
    model = reference.Model(t, 2, SIGMA)
    y = np.array([model([0.0, np.log(9), *rng.uniform(-1, 1, 2), 0.01, 0.02])[0] for _ in range(5)]) + sigma * rng.standard_normal((5, 50))
    if own == "gaps":
        y[1, 20] = y[3, 20] = y[4, 30] = np.nan
    extra = {"sigmas": {"sigma": [1, 2, 0.5, 1, 1.5]}, "chirp": {"time_zero_s": [0, 5e-14, 5e-14, 0, 1e-13]}}.get(own, {})
    pair = devices(engine)
    (a, sa), (b, sb) = (library.Plan(d, t * PS, 2, FWHM, sigma=sigma).fit_global(y, **extra) for d in pair)
    assert a.cycles == -1 and b.cycles > 0
    a.cycles = b.cycles
    assert bytes(a) == bytes(b) and [bytes(x) for x in sa] == [bytes(x) for x in sb]
    for d in pair:
        d.close()
