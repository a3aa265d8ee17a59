"""What taustream sclc reads, and every wrong input with its message: the place, the value and what was expected."""
import csv

import numpy as np
import pytest

GEOMETRY = ("--thickness", "500nm", "--permittivity", "24", "--temperature", "295K")
V = np.geomspace(0.01, 10, 60)
J = 3.0 * V**1.5                               # A/m2
AREA_M2 = 9e-6                                 # 0.09 cm2


@pytest.fixture
def read(run, write, tmp_path):
    """read(text, options): the records, and volts and A/m2 of every curve as they were read."""

    def call(text, *options, stdin=b"", name="f.csv"):
        done = run("sclc", "-" if text is None else write(name, text), *GEOMETRY, "--json", "--curve", "c.csv", *options, stdin=stdin)
        assert done.code == 0, done.err
        with open(tmp_path / "c.csv", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        found = {}
        for row in rows:
            found.setdefault(int(row["index"]), []).append((float(row["v_v"]), float(row["j_a_m2"])))
        return done.records[:-1], [np.array(v).T for v in found.values()]

    return call


def table(v, j, header="V_V,J_A_m2", separator=","):
    return header + "\n" * bool(header) + "".join(f"{a:.9e}{separator}{b:.9e}\n" for a, b in zip(v, j))


FORMS = {
    "si": (table(V, J), ()),
    "mA/cm2": (table(V, J / 10, "Voltage (V),J (mA/cm2)"), ()),
    "A/cm2 with a circumflex": (table(V, J / 1e4, "V [V],J [A/cm^2]"), ()),
    "A cm-2": (table(V, J / 1e4, "U/V;J / A cm-2", ";"), ()),
    "squares": (table(V, J, "Bias (V),Current density (A/m\u00b2)"), ()),
    "squares in Latin-1": (table(V, J / 10, "Bias (V),Current density (mA/cm\u00b2)").encode("latin-1"), ()),
    "micro in Latin-1": (table(V, J * AREA_M2 * 1e6, "Bias (V),I (\u00b5A)").encode("latin-1"), ("--area", "0.09cm2")),
    "millivolts": (table(1000 * V, J, "V_mV,J_A_m2"), ()),
    "currents": (table(V, J * AREA_M2, "Voltage (V),Current (A)"), ("--area", "0.09cm2")),
    "nanoamperes": (table(V, J * AREA_M2 * 1e9, "V_V\tI_nA", "\t"), ("--area", "9mm2")),
    "no header": (table(V, J, ""), ("--current-density", "A/m2")),
    "no header, tab": (table(V, J / 10, "", "\t"), ("--current-density", "mA/cm2")),
    "no header, currents": (table(V, J * AREA_M2, "", " "), ("--current", "A", "--area", "0.09 cm2")),
    "units by options": (table(1000 * V, J / 1e4, "V,J"), ("--voltage-unit", "mV", "--current-density", "A/cm2")),
    "unit twice and the same": (table(V, J / 10, "V_V,J_mA_cm2"), ("--current-density", "mA/cm2")),
    "time beside": ("t_s,V_V,J_A_m2\n" + "".join(f"{i},{a:.9e},{b:.9e}\n" for i, (a, b) in enumerate(zip(V, J))), ()),
    "columns": ("n,x,J (A/m2),V (V)\n" + "".join(f"{i},text,{b:.9e},{a:.9e}\n" for i, (a, b) in enumerate(zip(V, J))), ("--columns", "4,3")),
    "comment header": ("# a device\n# V_V J_A_m2\n" + table(V, J, "", " "), ()),
    "skip": ("1,2,3\n" + table(V, J), ("--skip", "1")),
    "decimal comma": ("V_V;J_A_m2\n" + "".join(f"{a:.9e};{b:.9e}\n".replace(".", ",") for a, b in zip(V, J)), ()),
    "negative polarity": (table(-V, -J), ()),
    "currents without sign": (table(-V, J), ()),
    "falling": (table(V[::-1], J[::-1]), ()),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(read, name):
    text, options = FORMS[name]
    records, ((v, j),) = read(text, *options)
    assert np.abs(v) == pytest.approx(V, rel=1e-8) and np.abs(j) == pytest.approx(J, rel=1e-8)
    assert records[0]["points"] == 60 and records[0]["polarity"] == ("negative" if name in ("negative polarity", "currents without sign") else "positive")
    assert records[0]["direction"] == ("reverse" if name == "falling" else "forward")


def test_standard_input(read):
    _, ((v, _),) = read(None, stdin=table(V, J).encode())
    assert v == pytest.approx(V, rel=1e-8)


def test_mixed_units_in_their_own_columns(read):
    """Every column by its own unit."""
    text = "V_V,J1 (A/m2),J2 (mA/cm2),J3_A_cm2\n" + "".join(f"{a},{b},{b / 10},{b / 1e4}\n" for a, b in zip(V, J))
    records, curves = read(text)
    assert [r["column"] for r in records] == ["J1 (A/m2)", "J2 (mA/cm2)", "J3_A_cm2"] and [r["index"] for r in records] == [0, 1, 2]
    assert all(j == pytest.approx(J, rel=1e-6) for _, j in curves)


def test_unsorted_and_repeated_voltages(read):
    order = np.random.default_rng(1).permutation(120)
    v, j = np.tile(V, 2)[order], np.concatenate([0.9 * J, 1.1 * J])[order]
    (r,), ((v_read, j_read),) = read(table(v, j))
    assert v_read == pytest.approx(V, rel=1e-8) and j_read == pytest.approx(J, rel=1e-8)
    assert r["direction"] == "unsorted" and "unsorted" in r["flags"] and r["points_merged"] == 60


def test_zero_voltage_and_zero_current(read):
    v, j = np.concatenate([[0], V]), np.concatenate([[1e-9], J])
    j[30] = 0
    (r,), ((v_read, _),) = read(table(v, j))
    assert len(v_read) == 59 and "points_excluded" in r["flags"] and r["points_excluded"] == 1


def test_offset_of_the_current(read):
    """Negative currents at the lowest voltages: nothing below ten times that is used."""
    (r,), ((v, _),) = read(table(V, J - 3.0 * 0.02**1.5))
    assert {"current_offset", "points_excluded"} <= set(r["flags"])
    last = V[V < 0.02][-1]
    assert r["current_offset_up_to_v"] == pytest.approx(10 * last, rel=1e-6) and v[0] > 10 * last
    assert r["points_excluded"] == 60 - len(v)


@pytest.mark.parametrize("part", [0.05, 0.1, 0.15, 0.2, 0.25])
def test_large_offset_of_the_current_is_no_step(read, part):
    """Child's law in even steps, less what it has at a part of the highest voltage: above the zero the curve is steep. Three tenths of the highest voltage is no end of that."""
    for points in (25, 80, 300):
        v = np.arange(1, points + 1) * 4 / points
        noise = np.random.default_rng(points).normal(1, 0.01, points)
        (r,), ((v_read, j_read),) = read(table(v, v**2 * noise - (4 * part)**2))
        assert "current_offset" in r["flags"] and r["status"] != "ok"
        assert v_read[0] > 1.2 and j_read[0] >= 9 * (4 * part)**2


def test_offset_below_the_step_leaves_the_density(run, read, tmp_path):
    """Half of the way up to the step, in the ohmic part: what the step and what follows it say is not touched."""
    done = run("simulate", "sclc", *GEOMETRY, "--mobility", "1e-4", "--trap-density", "4e22", "--density-of-states", "1e26", "--to", "15V", "--points", "120", "--spacing", "linear",
               "--from", "0.125V", "--noise", "0.01", "--output", "s.csv")
    assert done.code == 0, done.err
    v, j = np.loadtxt(tmp_path / "s.csv", delimiter=",", skiprows=1).T
    (r,), ((_, j_read),) = read(table(v, j - j[v < 0.9][-1]))
    low, high = r["trap_density_interval_m3"]
    assert r["status"] == "ok" and "current_offset" in r["flags"] and low < 4e22 < high and r["current_offset_up_to_v"] == pytest.approx(4.5)


def test_constant_current_is_no_leak(run, read, tmp_path):
    """Light, or the meter: the same current at every voltage. Taken for a conductance it gave 1.2 times the density, with an interval of 7 %."""
    done = run("simulate", "sclc", "--thickness", "135nm", "--permittivity", "32", "--temperature", "220K", "--mobility", "6e-9", "--trap-density", "3.4e23", "--density-of-states", "1e26",
               "--to", "4.8V", "--points", "500", "--spacing", "linear", "--from", "9.6mV", "--noise", "0.02", "--output", "s.csv")
    assert done.code == 0, done.err
    v, j = np.loadtxt(tmp_path / "s.csv", delimiter=",", skiprows=1).T
    geometry = ("--thickness", "135nm", "--permittivity", "32", "--temperature", "220K")
    for part in (0.005, 0.01, 0.02):
        (r,), _ = read(table(v, j + part * j[-1]), *geometry)
        low, high = r["trap_density_interval_m3"]
        assert r["status"] == "ok" and "leak" not in r["flags"] and low < 3.4e23 < high, part


def test_inverted_current(read):
    (r,), ((_, j),) = read(table(V, -J))
    assert "current_inverted" in r["flags"] and j == pytest.approx(J, rel=1e-8)


def test_compliance_plateau(read):
    (r,), ((v, j),) = read(table(V, np.minimum(J, 20.0)))
    assert "compliance" in r["flags"] and r["current_limit_a_m2"] == 20 and j[-1] <= 20 and j[-2] < 19.9
    assert r["points_clipped"] + len(v) == 60


def test_a_plateau_is_not_a_slow_rise(read):
    v = np.linspace(0.01, 10, 3000)
    (r,), _ = read(table(v, 3 * v))
    assert "compliance" not in r["flags"] and r["points_clipped"] == 0


def test_both_directions_and_polarities(read):
    v = np.concatenate([V, V[::-1], -V, -V[::-1]])
    records, curves = read(table(v, 3 * v * np.sqrt(np.abs(v))))
    assert [(r["polarity"], r["direction"]) for r in records] == [("positive", "forward"), ("positive", "reverse"), ("negative", "forward"),
                                                                  ("negative", "reverse")]
    assert all(np.abs(c[0]) == pytest.approx(V[:len(c[0])], rel=1e-8) for c in curves) and curves[2][0][0] < 0


def test_more_points_than_the_engine_holds(read):
    v = np.geomspace(0.01, 10, 1500)
    (r,), _ = read(table(v, 3 * v**1.5))
    assert "rebinned" in r["flags"] and r["points"] <= 512 and r["slope_max"] == pytest.approx(1.5, abs=0.01)


BAD = [
    ("empty", "", (), "f.csv: no data, the file is empty: expected lines of numbers"),
    ("truncated", "V_V,J_A_m2\n1,2\n3\n", (), "f.csv:3: 1 column: expected 2 as in the lines before; is the file truncated?"),
    ("words", "V_V,J_A_m2\n1,abc\n", (), "f.csv:2: column 2: 'abc' is not a number: expected a decimal number"),
    ("nan", "V_V,J_A_m2\n1,nan\n", (), "f.csv:2: column 2: 'nan' is not a number: expected a decimal number"),
    ("one column", "V_V\n1\n", (), "f.csv:2: one column: expected voltage and current"),
    ("no unit", "1,2\n3,4\n", (), "f.csv:1: the current column names no unit: add --current-density, such as --current-density mA/cm2, or --current A --area "
     "0.09cm2"),
    ("no unit of J", "V_V,J\n1,2\n", (), "f.csv:2: the current column 'J' names no unit: add --current-density, such as --current-density mA/cm2, or "
     "--current A --area 0.09cm2"),
    ("another area", "V_V,J (mA/in2)\n1,2\n", (), "f.csv:2: no column is named as a current: expected a name such as J_A_m2, J (mA/cm2) or I (A), or "
     "--columns with the voltage first"),
    ("another area, no brackets", "V_V,J_mA_sqcm\n1,2\n", (), "f.csv:2: the current column 'J_mA_sqcm' names no unit: add --current-density, such as "
     "--current-density mA/cm2, or --current A --area 0.09cm2"),
    ("no unit of I", "V_V,I\n1,2\n", (), "f.csv:2: the current column 'I' names no unit: add --current and --area, such as --current A --area 0.09cm2"),
    ("no unit of V", "V,J_A_m2\n1,2\n", (), "f.csv:2: the voltage column 'V' names no unit: add --voltage-unit, such as --voltage-unit V"),
    ("no area", "V_V,I_mA\n1,2\n", (), "f.csv:2: the column 'I_mA' holds a current: add --area, such as --area 0.09cm2"),
    ("area for a density", "V_V,J_A_m2\n1,2\n", ("--area", "1cm2"),
     "f.csv:2: the column 'J_A_m2' holds a current density, and --area is given: expected a current with --area, or none of them"),
    ("two units", "V_V,J_A_m2\n1,2\n", ("--current-density", "mA/cm2"),
     "f.csv:2: the column 'J_A_m2' names another unit than --current-density: expected one unit"),
    ("two units of V", "V_V,J_A_m2\n1,2\n", ("--voltage-unit", "mV"), "f.csv:2: the column 'V_V' names another unit than --voltage-unit: expected one unit"),
    ("a current told as a density", "V_V,I_A\n1,2\n", ("--current-density", "A/m2"),
     "f.csv:2: the column 'I_A' holds a current, the option is --current-density: expected the one or the other"),
    ("a density told as a current", "V_V,J_A_m2\n1,2\n", ("--current", "A", "--area", "1cm2"),
     "f.csv:2: the column 'J_A_m2' holds a current density, the option is --current: expected the one or the other"),
    ("current and density", "V_V,I_A,J_A_m2\n1,2,3\n", ("--area", "1cm2"),
     "f.csv:2: columns of current and of current density: expected one kind; choose by --columns, the voltage first"),
    ("no voltage", "x (K),J_A_m2\n1,2\n", (), "f.csv:2: no column is named as a voltage: expected a name such as V_V or Voltage (V), or --columns with the "
     "voltage first"),
    ("no current", "V_V,p (Pa)\n1,2\n", (), "f.csv:2: no column is named as a current: expected a name such as J_A_m2, J (mA/cm2) or I (A), or --columns with "
     "the voltage first"),
    ("two voltages", "V_V,V2_V,J_A_m2\n1,2,3\n", (), "f.csv:2: several columns of voltage: expected one; choose by --columns, the voltage first"),
    ("current first", "J_A_m2,V_V\n1,2\n", ("--columns", "1,2"), "f.csv:2: the first column, 'J_A_m2', holds a current: expected the voltage first"),
    ("no such column", "V_V,J_A_m2\n1,2\n", ("--columns", "1,3"), "f.csv:2: --columns names column 3, the file has 2"),
    ("all zero", "V_V,J_A_m2\n0,0\n1,0\n2,0\n", (), "f.csv: none of the 3 points has a voltage and a current other than zero: expected a sweep"),
    ("zero byte", b"V_V,J_A_m2\n1,\x002\n", (), "f.csv:2: a zero byte: expected text, CSV or .npy"),
]


@pytest.mark.parametrize("content, options, message", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input(run, write, content, options, message):
    done = run("sclc", write("f.csv", content), *GEOMETRY, "--json", *options)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 1
    assert done.records == [{"schema": "taustream.end/1", "complete": True, "done": 0, "failed": 1}]


IN_A_STREAM = {"empty": "f.csv: no points: expected lines of voltage and current", "truncated": "f.csv:3: 1 column: expected 2 as in the lines before",
               "zero byte": "f.csv:2: a zero byte: expected text"}


@pytest.mark.parametrize("name, content, options, message", BAD, ids=[b[0] for b in BAD])
def test_bad_input_while_it_comes(run, write, name, content, options, message):
    """--follow refuses the same; what came before a bad line is kept."""
    done = run("sclc", write("f.csv", content), *GEOMETRY, "--json", "--follow", *options)
    assert done.err == f"taustream: {IN_A_STREAM.get(name, message)}\n"
    assert done.code == 1 and done.records[-1]["failed"] == 1
    assert done.records[-1]["done"] == (1 if name == "truncated" else 0)


def test_changes_of_sign(run, write):
    """Light on the cell, or two devices: the current changes its sign where it is large."""
    j = J.copy()
    j[50::2] *= -1
    done = run("sclc", write("f.csv", table(V, j)), *GEOMETRY, "--json")
    assert done.code == 1 and done.records[-1]["failed"] == 1
    assert done.err.startswith("taustream: f.csv:60: the current -79.5885 A/m2 at 8.89513 V") and "has another sign than most, as have 5 of the" in done.err
    assert done.err.endswith("expected the dark current of one device, with one sign for one polarity\n")


def test_good_files_are_done_beside_bad_ones(run, write):
    done = run("sclc", write("a.csv", table(V, J)), write("bad.csv", "x"), write("b.csv", table(V, J)), "missing.csv", *GEOMETRY, "--json")
    assert done.code == 1
    assert [r.get("source") for r in done.records[:-1]] == ["a.csv", "b.csv"]
    assert done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": 2, "failed": 2}
    assert "missing.csv: cannot be opened: No such file or directory" in done.err


def test_too_many_lines(run, write):
    done = run("sclc", write("f.csv", "V_V,J_A_m2\n" + "1,2\n" * 65537), *GEOMETRY)
    assert done.code == 1 and done.err == "taustream: f.csv:65538: more than 65536 points: expected at most that\n"


USAGE = [
    ((), "no file named: expected one or more files, - for standard input, or --v-tfl"),
    (("f",), "no thickness: add --thickness, such as --thickness 500nm; without it a voltage gives no density"),
    (("f", "--thickness", "500nm"), "no permittivity: add --permittivity, such as --permittivity 25; without it a voltage gives no density"),
    (("f", "--thickness", "500"), "--thickness: '500' is 500 m: expected 1 nm to 1 cm; a bare number is in metres"),
    (("f", "--thickness", "500 furlong"), "--thickness: '500 furlong' has the unknown unit 'furlong': expected nm, um, mm, cm or m"),
    (("f", "--thickness", "-5nm"), "--thickness: '-5nm' is negative: expected a positive length"),
    (("f", "--permittivity", "0.5"), "--permittivity: '0.5' is too small: expected at least 1"),
    (("f", "--temperature", "20"), "--temperature: '20' is 20 K: expected 50 K to 1000 K"),
    (("f", "--temperature", "warm"), "--temperature: 'warm' is not a temperature: expected a number and a unit: K or C"),
    (("f", "--current-density", "A"), "--current-density: 'A' is unknown: expected A/m2, A/cm2, mA/cm2, uA/cm2, nA/cm2 or mA/mm2"),
    (("f", "--current", "A/m2"), "--current: 'A/m2' is unknown: expected A, mA, uA, nA or pA"),
    (("f", "--area", "0.09cm"), "--area: '0.09cm' has the unknown unit 'cm': expected cm2, mm2, um2 or m2"),
    (("f", "--area", "0.09"), "--area: '0.09' is 0.09 m2: expected 0.1 um2 to 100 cm2; a bare number is in m2"),
    (("f", "--area", "0.05um2"), "--area: '0.05um2' is 5e-14 m2: expected 0.1 um2 to 100 cm2; a bare number is in m2"),
    (("f", *GEOMETRY, "--current", "A"), "--current needs the area: add --area, such as --area 0.09cm2"),
    (("f", *GEOMETRY, "--current", "A", "--current-density", "A/m2"), "--current and --current-density exclude each other: expected one of them"),
    (("f", "--columns", "1"), "--columns: '1' is no list of columns: expected the voltage's number and the currents', such as 1,2 or 2,3-5"),
    (("f", *GEOMETRY, "--v-tfl", "1V"), "--v-tfl converts a voltage without a curve: expected no files beside it"),
    (("--v-tfl", "1V"), "no thickness: add --thickness, such as --thickness 500nm; without it a voltage gives no density"),
    (("--v-tfl", "0V", *GEOMETRY), "--v-tfl: '0V' is zero: expected a positive voltage"),
    (("--v-tfl", "1V", *GEOMETRY, "--plot", "p.svg"), "--v-tfl has no curve: expected no --curve, --plot or --stats beside it"),
    (("f", "g", *GEOMETRY, "--follow"), "--follow reads one measurement: expected one file or -"),
    (("-", "-", *GEOMETRY), "- is named more than once: expected one use of standard input"),
    (("f", *GEOMETRY, "--json", "--csv", "-"), "--csv - and --json both write to standard output: expected one of them"),
    (("f", *GEOMETRY, "--curve", "x", "--csv", "x"), "--csv and --curve both write 'x': expected a file each"),
    (("f", "g", *GEOMETRY, "--csv", "g"), "--csv would write over 'g', which is read: expected another name"),
    (("f", *GEOMETRY, "--plot", "x.svg", "--csv", "x.svg"), "--csv and --plot both write 'x.svg': expected a file each"),
]


@pytest.mark.parametrize("arguments, message", USAGE, ids=[" ".join(u[0])[:50] or "nothing" for u in USAGE])
def test_wrong_usage(run, arguments, message):
    done = run("sclc", *arguments)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 2 and done.out == ""


@pytest.mark.parametrize("option", ["--csv", "--curve", "--plot", "--stats"])
def test_unwritable_output(run, write, option):
    done = run("sclc", write("f.csv", table(V, J)), *GEOMETRY, option, "missing/out.svg")
    assert (done.code, done.out) == (2, "") and done.err == "taustream: missing/out.svg: cannot be written: No such file or directory\n"
