"""taustream sclc: records against the truth, published voltages, flags with their numbers, both directions and polarities, --follow, outputs."""
import csv
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(os.environ.get("TAUSTREAM_SHARED", "/nowhere")) / "data/sclc"
GEOMETRY = ("--thickness", "500nm", "--permittivity", "24", "--temperature", "295K")
KEYS = ["v_tfl_v", "v_tfl_interval_v", "trap_density_m3", "trap_density_interval_m3", "trap_density_onset_m3", "trap_density_min_m3", "mobility_m2_vs",
        "mobility_sigma_m2_vs", "slope_max", "points", "direction", "polarity", "raw", "backend", "engine", "status", "flags", "source", "index"]


@pytest.fixture
def sweep(run):
    """sweep(options): s.csv of a device of 2e22 m^-3 and 1 cm2/Vs, 500 nm."""

    def make(*options, name="s.csv", density="2e22", to="11.31V"):
        done = run("simulate", "sclc", *GEOMETRY, "--mobility", "1cm2/Vs", "--trap-density", density, "--to", to, "--output", name, *options)
        assert done.code == 0, done.err
        return name

    return make


@pytest.fixture
def sclc(run):
    """sclc(arguments): the records, without the closing one."""

    def call(*arguments, stdin=b"", geometry=GEOMETRY):
        done = run("sclc", *arguments, *geometry, "--json", stdin=stdin)
        assert done.code == 0, done.err
        assert done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": sum(not r["provisional"] for r in done.records[:-1]), "failed": 0}
        return done.records[:-1]

    return call


def test_record(sweep, sclc):
    r, = sclc(sweep("--noise", "0.02", "--seed", "4"))
    assert r["schema"] == "taustream.sclc/1" and set(KEYS) <= set(r)
    assert (r["status"], r["flags"], r["source"], r["index"], r["points"]) == ("ok", [], "s.csv", 0, 80)
    assert (r["direction"], r["polarity"], r["backend"], r["engine"], r["cycles"]) == ("forward", "positive", "model", "e18", None)
    assert int(r["raw"], 16) > 0
    assert r["trap_density_m3"] == pytest.approx(2e22, rel=0.1)
    assert r["trap_density_interval_m3"][0] < 2e22 < r["trap_density_interval_m3"][1]
    assert r["v_tfl_interval_v"][0] < r["v_tfl_v"] < r["v_tfl_interval_v"][1]
    assert r["v_tfl_v"] / r["trap_density_m3"] == pytest.approx(1.8849 / 2e22, rel=1e-3)
    assert r["mobility_m2_vs"] == pytest.approx(1e-4, rel=0.1) and 0 < r["mobility_sigma_m2_vs"] < 1e-5
    assert 0.08 < r["trap_density_onset_m3"] / 2e22 < 0.2                  # what most papers would print
    assert r["trap_density_min_m3"] == pytest.approx(5.3243e21, rel=1e-4)
    assert r["slope_max"] == pytest.approx(7.3, abs=0.3) and r["v_max_over_v_tfl"] == pytest.approx(6, abs=0.5)


def test_nothing_to_see(sweep, sclc):
    for density in ("0", "1e21"):
        r, = sclc(sweep(density=density))
        assert r["status"] == "no_trap_filled_limit" and r["trap_density_m3"] is None and r["v_tfl_v"] is None and r["mobility_m2_vs"] is None
        assert r["trap_density_interval_m3"] == [None, None] and r["slope_max"] < 2.2


# ---- published voltages ----
def test_published_example(run, sclc):
    """0.469 V and 0.058 V, 500 nm, eps_r 25.1: 5.21e21 and 6.4e20 m^-3 as printed; both below V_min: the same upper bound."""
    geometry = ("--thickness", "500nm", "--permittivity", "25.1")
    records = sclc("--v-tfl", "0.469V,58mV", geometry=geometry)
    assert [r["trap_density_onset_m3"] for r in records] == [pytest.approx(5.21e21, rel=2e-3), pytest.approx(6.4e20, rel=7e-3)]
    for i, r in enumerate(records):
        assert (r["status"], r["trap_density_m3"], r["v_tfl_v"], r["index"]) == ("upper_bound", None, None, i)
        assert r["trap_density_interval_m3"] == [0, pytest.approx(5.6e21, rel=5e-3)]
        assert r["v_tfl_interval_v"] == [0, pytest.approx(0.507, rel=1e-3)]
        assert r["flags"] == ["conventional_value"] and r["backend"] is None and r["raw"] is None
    text = run("sclc", "--v-tfl", "0.469V", "--v-tfl", "0.058V", *geometry).out
    assert "5.2e+21 m^-3 = 5.2e+15 cm^-3" in text and "at most 5.62e+21 m^-3 = 5.62e+15 cm^-3" in text
    assert "2 of the voltages lie below V_min: a difference between them is no difference of trap density" in text


def test_published_above_v_min(sclc):
    r, = sclc("--v-tfl", "1.2V", geometry=("--thickness", "500nm", "--permittivity", "25.1"))
    assert r["status"] == "ok" and r["trap_density_m3"] == r["trap_density_onset_m3"] == pytest.approx(1.2 * 5.2045e21 / 0.469, rel=1e-4)
    assert r["trap_density_interval_m3"] == [None, None] and r["flags"] == ["conventional_value"]
    cold, = sclc("--v-tfl", "0.469V", geometry=("--thickness", "500nm", "--permittivity", "25.1", "--temperature", "200K"))
    assert cold["status"] == "ok" and cold["v_min_v"] == pytest.approx(0.507 * 200 / 298, rel=1e-3)


def test_published_voltage_of_a_thickness_that_was_mistyped(sclc, run):
    """5 nm for 500 nm: 3.3e26 traps a cubic metre, and 6e8 V/m; it was ok without a word."""
    for thickness, flags in (("500nm", ["conventional_value"]), ("5nm", ["conventional_value", "implausible"])):
        geometry = ("--thickness", thickness, "--permittivity", "25.1")
        r, = sclc("--v-tfl", "3V", geometry=geometry)
        assert r["status"] == "ok" and sorted(r["flags"]) == flags
    text = run("sclc", "--v-tfl", "3V", *geometry).out
    assert "a field beyond breakdown, 6e+08 V/m" in text and "more traps than a contact has carriers to fill" in text


# ---- what a careful reader wants to know ----
@pytest.mark.parametrize("options, flags", [
    (("--series-resistance", "1e-6", "--to", "33V"), {"series_resistance"}), (("--barrier", "0.2eV"), {"injection_barrier"}),
    (("--barrier", "0.1eV"), {"injection_barrier"})], ids=["series", "barrier 0.2", "barrier 0.1"])
def test_devices_that_a_template_does_not_describe(sweep, sclc, options, flags):
    r, = sclc(sweep("--noise", "0.01", *options))
    assert r["status"] == "no_trap_filled_limit" and r["trap_density_m3"] is None and flags <= set(r["flags"])
    assert r["slope_last"] < 2 and r["residual_rms"] > 3 * r["noise_rms"]


def test_short_sweep(sweep, sclc):
    r, = sclc(sweep(to="3.6V"))
    assert "sweep_too_short" in r["flags"]
    if r["v_max_over_v_tfl"]:
        assert r["v_max_over_v_tfl"] < 2.4


def test_power_law(sweep, sclc):
    """Traps spread over energies: l + 1 = E / kT + 1 = 4 far above the diffusion."""
    r, = sclc(sweep("--exponential-traps", "76.3meV", "--density-of-states", "1e27", "--from", "0.5V", "--noise", "0.01", density="1e26", to="100V"))
    assert r["status"] == "no_trap_filled_limit" and "exponential_traps" in r["flags"]
    assert r["mark_helfrich_l"] == pytest.approx(3, abs=0.3)


def test_directions_without_hysteresis(sweep, sclc):
    forward, reverse = sclc(sweep("--directions", "both", "--noise", "0.02"))
    assert (forward["direction"], reverse["direction"]) == ("forward", "reverse") and (forward["index"], reverse["index"]) == (0, 1)
    assert "hysteresis" not in forward["flags"] + reverse["flags"]
    assert forward["hysteresis_ratio"] == pytest.approx(1, abs=0.06) and reverse["hysteresis_ratio"] == pytest.approx(1, abs=0.06)
    assert forward["polarity_ratio"] is None and forward["built_in_voltage_least_v"] is None


def test_hysteresis(sweep, sclc, tmp_path):
    """A reverse branch with 6 % less current around 0.7 V."""
    sweep("--directions", "both", "--noise", "0.005")
    data = np.loadtxt(tmp_path / "s.csv", delimiter=",", skiprows=1)
    data[80:, 1] *= 1 - 0.06 * np.exp(-np.log(data[80:, 0] / 0.7)**2)
    np.savetxt(tmp_path / "h.csv", data, delimiter=",", header="V_V,J_A_m2", comments="")
    for r in sclc("h.csv"):
        assert "hysteresis" in r["flags"] and r["hysteresis_ratio"] == pytest.approx(1.06, abs=0.01) and 0.5 < r["hysteresis_at_v"] < 1


@pytest.mark.parametrize("barrier", ["0.1eV", "0.2eV", "0.4eV"])
def test_built_in_voltage(sweep, sclc, barrier):
    positive, negative = sclc(sweep("--polarity", "both", "--barrier", f"0eV,{barrier}", "--noise", "0.01"))
    assert (positive["polarity"], negative["polarity"]) == ("positive", "negative")
    for r in (positive, negative):
        assert "built_in_voltage" in r["flags"] and 0 < r["built_in_voltage_least_v"] < float(barrier[:-2]) and r["polarity_ratio"] > 1.25
    symmetric = sclc(sweep("--polarity", "both", "--noise", "0.02"))
    assert not any("built_in_voltage" in r["flags"] for r in symmetric)


def test_built_in_voltage_in_one_polarity(sweep, sclc):
    """0.4 eV: less ohmic current than symmetric contacts and traps of that V_TFL can leave. Without it, or doped instead: no flag."""
    r, = sclc(sweep("--barrier", "0eV,0.4eV", "--noise", "0.01"))
    assert r["status"] == "ok" and "ohmic_low" in r["flags"] and 0.01 < r["ohmic_over_least"] < 0.8
    for options in ((), ("--doping", "5e21"), ("--shunt-resistance", "0.1ohm*m2"), ("--density-of-states", "1e28"), ("--density-of-states", "1e23")):
        r, = sclc(sweep("--noise", "0.01", *options))
        assert "ohmic_low" not in r["flags"] and (r["status"] != "ok" or r["ohmic_over_least"] > 1)


def fitted(path):
    """Rows of --curve where it was fitted: V, ln of J over the fit."""
    with open(path, encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["weighted_residual"]]
    return np.array([(float(r["v_v"]), np.log(float(r["j_a_m2"]) / float(r["fit_a_m2"]))) for r in rows]).T


def test_leak(run, sweep, sclc, tmp_path):
    """A shunt that carries some per cent of the current where the fit begins: taken off, in the curve too, and told. The same without it: nothing."""
    name = sweep("--shunt-resistance", "3e-5ohm*m2", "--noise", "0.01", "--points", "160")
    r, = sclc(name, "--curve", "c.csv")
    assert r["status"] == "ok" and r["flags"] == ["leak"] and 0.02 < r["leak_part"] < 0.25
    assert r["leak_a_m2_v"] == pytest.approx(1 / 3e-5, rel=0.03)
    assert r["trap_density_m3"] == pytest.approx(2e22, rel=0.06) and r["trap_density_interval_m3"][0] < 2e22 < r["trap_density_interval_m3"][1]
    v, off = fitted(tmp_path / "c.csv")
    assert len(v) > 15 and np.sqrt(np.mean(off[v > 1.3 * r["fit_from_v"]] ** 2)) < 0.015
    assert re.search(r"leak: 3\.\de\+04 A/m2/V beside the device, \d+ % of the current where the fit begins, are taken off", run("sclc", name, *GEOMETRY).out)
    r, = sclc(sweep("--noise", "0.01", "--points", "160"))
    assert r["flags"] == [] and r["leak_a_m2_v"] is None and r["field_gamma_sqrt_m_v"] is None


@pytest.mark.parametrize("thickness,said", [("7um", r"carriers faster than saturated drift, .*; are thickness, area and units right\?"),
                                            ("10nm", r"a field beyond breakdown, 1\.\de\+09 V/m; are thickness, area and units right\?"),
                                            ("50um", r"a mobility above that of pure crystals"), ("500nm", None)])
def test_implausible(run, sweep, thickness, said):
    geometry = ("--thickness", thickness, *GEOMETRY[2:])
    name = sweep("--noise", "0.01")
    r = run("sclc", name, *geometry, "--json").records[0]
    assert r["status"] == "ok" and ("implausible" in r["flags"]) == bool(said)
    assert r["drift_velocity_m_s"] == pytest.approx(r["mobility_m2_vs"] * r["field_max_v_m"])
    text = run("sclc", name, *geometry).out
    assert re.search("implausible: .*" + said, text) if said else "implausible" not in text


def test_far_beyond(sweep, sclc):
    """40 V on a V_TFL of 0.9 V: the engine's fit has no steps left for so many bins; the host's ends at 8 V_TFL."""
    r, = sclc(sweep("--from", "0.01V", "--points", "300", "--noise", "0.01", density="1e22", to="40V"))
    assert r["status"] == "ok" and r["flags"] == [] and r["v_max_over_v_tfl"] > 35
    assert r["trap_density_m3"] == pytest.approx(1e22, rel=0.1)


def test_dopants_are_the_net_density(sweep, tmp_path):
    """A doped device carries the current of an undoped one of N_t - N_D: no single curve tells them apart."""
    doped, net = (np.loadtxt(tmp_path / sweep(*options, name=name, density=density), delimiter=",", skiprows=1)
                  for name, density, options in (("d.csv", "2e22", ("--doping", "5e21")), ("n.csv", "1.5e22", ())))
    assert np.all(doped[:, 0] == net[:, 0]) and np.abs(doped[:, 1] / net[:, 1] - 1).max() < 0.005


def test_compliance(sweep, sclc):
    r, = sclc(sweep("--compliance", "5e6", "--noise", "0.01"))
    assert "compliance" in r["flags"] and r["current_limit_a_m2"] == 5e6 and r["points_clipped"] >= 3
    assert r["points"] + r["points_clipped"] == 80 and r["trap_density_m3"] == pytest.approx(2e22, rel=0.12)
    free, = sclc(sweep("--noise", "0.01"))
    assert free["points_clipped"] == 0 and free["current_limit_a_m2"] is None


def test_compliance_too_early(sweep, sclc):
    """The limit of the source is reached while traps still fill."""
    r, = sclc(sweep("--compliance", "1e4", "--noise", "0.01"))
    assert r["status"] == "saturated" and {"compliance", "sweep_too_short"} <= set(r["flags"]) and r["trap_density_m3"] is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_ions(run):
    """Mobile ions: wherever V_TFL is off by more than 20 %, the directions differ and it is said, at every speed of the sweep."""
    for name in ("i1e+21_r0.01", "i1e+21_r1", "i1e+21_r100", "i5e+21_r0.01", "i5e+21_r1", "i5e+21_r100", "noion_r1"):
        for r in run("sclc", SHARED / f"hysteresis/{name}.csv", *GEOMETRY, "--json").records[:-1]:
            if name == "noion_r1":
                assert "hysteresis" not in r["flags"]
            if r["v_tfl_v"] and abs(np.log(r["v_tfl_v"] / 1.8849)) > np.log(1.2):
                assert "hysteresis" in r["flags"], name
            if name.startswith("i5"):
                assert "hysteresis" in r["flags"], name


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_measured_curves_have_no_limit(run):
    with open(SHARED / "measured/MANIFEST.csv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    alarms = []
    for r in rows:
        done = run("sclc", SHARED / "measured" / r["file"], "--thickness", f"{r['L_nm']}nm", "--permittivity", "3.5", "--temperature", f"{r['T_K']}K",
                   "--current-density", "A/m2", "--json")
        assert done.code == 0, done.err
        alarms += [r["file"] for record in done.records[:-1] if record["trap_density_m3"] is not None]
    assert len(rows) == 100 and not alarms


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_both_polarities_of_a_known_device(run, tmp_path):
    """Built-in voltage 0.2 eV, known from one file a polarity: joined they are flagged."""
    one = np.loadtxt(SHARED / "simulated/c38_builtin.csv", delimiter=",", skiprows=1)
    other = np.loadtxt(SHARED / "simulated/c40_builtin_rev.csv", delimiter=",", skiprows=1)
    np.savetxt(tmp_path / "both.csv", np.concatenate([one, -other]), delimiter=",", header="V_V,J_A_m2", comments="")
    records = run("sclc", "both.csv", *GEOMETRY, "--json").records[:-1]
    assert len(records) == 2 and all("built_in_voltage" in r["flags"] for r in records)
    assert 0.05 < records[0]["built_in_voltage_least_v"] < 0.2


# ---- outputs ----
def test_text_has_both_units_and_a_table_for_several_files(run, sweep):
    text = run("sclc", sweep("--noise", "0.02"), sweep(name="free.csv", density="0"), *GEOMETRY).out
    assert "m^-3 = " in text and "cm^-3" in text and "V_min = 2 pi^2 kT/q = 0.502 V" in text
    assert "nan" not in text and "no_trap_filled_limit: the current nowhere rises" in text
    table = text[text.index("\nsource"):].splitlines()
    assert [line.split()[0] for line in table[2:]] == ["s.csv", "free.csv"] and len(table) == 4
    assert "\nsource" not in run("sclc", "s.csv", *GEOMETRY).out


def test_csv_and_curve(run, sweep, tmp_path):
    done = run("sclc", sweep("--directions", "both", "--noise", "0.02"), *GEOMETRY, "--json", "--csv", "r.csv", "--curve", "c.csv")
    with open(tmp_path / "r.csv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == 2
    for row, record in zip(rows, done.records):
        for name in ("v_tfl_v", "trap_density_m3", "trap_density_onset_m3", "mobility_m2_vs", "residual_rms", "hysteresis_ratio", "points", "fit_points"):
            assert float(row[name]) == pytest.approx(record[name], rel=1e-15)
        assert [float(row["trap_density_low_m3"]), float(row["trap_density_high_m3"])] == record["trap_density_interval_m3"]
        assert row["flags"] == ";".join(record["flags"]) and row["raw"] == record["raw"] and row["mark_helfrich_l"] == ""
    with open(tmp_path / "c.csv", encoding="utf-8") as f:
        curve = [r for r in csv.DictReader(f) if r["index"] == "0"]
    assert len(curve) == 80
    fitted = [r for r in curve if r["weighted_residual"]]
    assert 8 < len(fitted) < 25 and max(abs(float(r["weighted_residual"])) for r in fitted) < 5
    assert all(np.log(float(r["j_a_m2"]) / float(r["fit_a_m2"])) == pytest.approx(0, abs=0.1) for r in fitted)
    assert float(curve[5]["slope"]) == pytest.approx(1, abs=0.2) and curve[5]["fit_a_m2"] == ""


@pytest.mark.parametrize("kind, magic", [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_plot(run, sweep, tmp_path, kind, magic):
    done = run("sclc", sweep("--directions", "both"), *GEOMETRY, "--plot", f"p.{kind}", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    files = sorted(n for n in os.listdir(tmp_path) if n.startswith("p"))
    assert files == ([f"p.{kind}"] if kind == "pdf" else [f"p-2.{kind}", f"p.{kind}"])
    assert all((tmp_path / n).read_bytes().startswith(magic) for n in files)
    if kind == "pdf":
        assert len(re.findall(rb"/Type /Page\b[^s]", (tmp_path / "p.pdf").read_bytes())) == 2


def test_plot_of_nothing(run, write):
    """A sweep without a limit, without an answer, of two points: drawn as it is."""
    for text in ("V_V,J_A_m2\n1,1\n2,2\n", "V_V,J_A_m2\n1,1\n"):
        assert run("sclc", write("f.csv", text), *GEOMETRY, "--plot", "p.svg").code == 0


def test_stats(run, sweep, tmp_path):
    assert run("sclc", sweep("--directions", "both"), *GEOMETRY, "--quiet", "--stats", "t.json").code == 0
    stats = json.loads((tmp_path / "t.json").read_text())
    assert (stats["fits"], stats["points"], stats["backend"], stats["clock_cycles"]) == (2, 160, "model", None)
    assert stats["wall_s"] > 0 and stats["bytes_to_device"] > 8 * 160


# ---- --follow ----
def test_follow_updates_while_points_come(sweep, sclc, program, tmp_path):
    """A record a point as soon as it is written; the last one is that of the whole file."""
    lines = (tmp_path / sweep("--noise", "0.01")).read_text().splitlines(keepends=True)
    p = subprocess.Popen([program, "sclc", "-", *GEOMETRY, "--follow", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    p.stdin.write(lines[0].encode())
    found = []
    for line in lines[1:]:
        p.stdin.write(line.encode())
        found.append(json.loads(p.stdout.readline()))
    rest, _ = p.communicate(timeout=60)
    final, end = [json.loads(line) for line in rest.splitlines()]
    assert [r["points"] for r in found] == list(range(1, 81)) and all(r["provisional"] for r in found)
    assert found[20]["status"] != "ok" and found[-1]["status"] == "ok"
    first_answer = next(r for r in found if r["status"] == "ok")
    assert "sweep_too_short" in first_answer["flags"] and first_answer["points"] < 78
    whole, = sclc("s.csv")
    assert final["raw"] == found[-1]["raw"] == whole["raw"] and not final["provisional"] and end["done"] == 1


def test_follow_both_directions(sweep, sclc, tmp_path):
    text = (tmp_path / sweep("--directions", "both", "--noise", "0.01", "--points", "40")).read_bytes()
    records = sclc("-", "--follow", stdin=text)
    finals = [r for r in records if not r["provisional"]]
    whole = sclc("s.csv")
    assert [r["raw"] for r in finals] == [r["raw"] for r in whole] and [r["direction"] for r in finals] == ["forward", "reverse"]
    assert records[-3]["direction"] == "reverse" and records[-3]["raw"] == whole[1]["raw"]


def test_follow_text_tells_only_news(run, sweep, tmp_path):
    text = (tmp_path / sweep("--noise", "0.01")).read_bytes()
    done = run("sclc", "-", *GEOMETRY, "--follow", stdin=text)
    lines = [line for line in done.out.splitlines() if "points, " in line and "V " in line and "+fwd" in line]
    assert done.code == 0 and 4 < len(lines) < 40
    assert "net trap density" in done.out


def test_follow_keeps_what_came_before_a_bad_line(run, sweep, tmp_path):
    text = (tmp_path / sweep("--noise", "0.01")).read_bytes() + b"12,oops\n"
    done = run("sclc", "-", *GEOMETRY, "--follow", "--json", stdin=text)
    assert done.code == 1 and done.err == "taustream: -:82: column 2: 'oops' is not a number: expected a decimal number\n"
    assert done.records[-2]["status"] == "ok" and not done.records[-2]["provisional"]
    assert done.records[-1]["failed"] == 1


def test_follow_without_points(run):
    done = run("sclc", "-", *GEOMETRY, "--follow", "--json", stdin=b"V_V,J_A_m2\n")
    assert done.code == 1 and done.err == "taustream: -: no points: expected lines of voltage and current\n"
