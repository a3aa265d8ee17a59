"""taustream ta: what its readers take, and what they say of what they do not take."""
import numpy as np
import pytest

IRF = ("--irf-fwhm", "150fs")
PS = 1e-12


def table(delays=60, wavelengths=(500, 510, 520, 530), tau=5.0):
    """Rows of a matrix: delay in ps, signals of one exponential without an IRF to speak of."""
    t = np.concatenate([np.linspace(-1, 1, delays // 3), np.geomspace(1.1, 60, delays - delays // 3)])
    a = np.linspace(1, -0.5, len(wavelengths))
    from math import erf
    rise = np.array([0.5 * (1 + erf(x / 0.0637 / np.sqrt(2))) for x in t])
    return t, rise[:, None] * np.exp(-np.maximum(t, 0) / tau)[:, None] * a + 0.001 * np.cos(7 * np.arange(delays))[:, None]


def lines(t, y, head, separator=","):
    return "\n".join([head] + [separator.join(f"{v:.9g}" for v in (a, *row)) for a, row in zip(t, y)]) + "\n"


@pytest.fixture(name="ta")
def _ta(run):
    def call(*arguments, stdin=b""):
        done = run("ta", *arguments, *IRF, "--json", stdin=stdin)
        assert done.code == 0, done.err
        return done.records[:-1]
    return call


@pytest.fixture(name="expected")
def _expected(write, ta):
    write("plain.csv", lines(*table(), "delay_ps\\wavelength_nm,500,510,520,530"))
    return ta("plain.csv")[0]["lifetime_s"]


def same(record, expected):
    return record["lifetime_s"] == pytest.approx(expected, rel=1e-6) and record["wavelength_m"] == pytest.approx([5e-7, 5.1e-7, 5.2e-7, 5.3e-7])


@pytest.mark.parametrize("head, separator, options", [
    ("Time [ps],500,510,520,530", ",", ("--wavelength-unit", "nm")),
    ("Time [ps]\t500\t510\t520\t530", "\t", ("--wavelength-unit", "nm")),
    ("delay_ps;500nm;510 nm;0.52um;530nm", ";", ()),
    (",500,510,520,530", ",", ("--wavelength-unit", "nm", "--time-unit", "ps")),
    ("\t500\t510\t520\t530", "\t", ("--wavelength-unit", "nm", "--time-unit", "ps")),
    ("0 500 510 520 530", " ", ("--wavelength-unit", "nm", "--time-unit", "ps")),
    ("500 510 520 530", " ", ("--wavelength-unit", "nm", "--time-unit", "ps")),
    ("# delay_ps,500,510,520,530", ",", ("--wavelength-unit", "nm")),
    ("A film, 400 nm pump\ndelay_ps | wavelength_nm,500,510,520,530", ",", ()),
    ("A title\n0,500,510,520,530", ",", ("--wavelength-unit", "nm", "--time-unit", "ps")),
], ids=["brackets", "tabs", "own units", "no corner", "no corner, tabs", "number in the corner", "a field short", "comment", "title", "title and numbers"])
def test_ways_to_write_a_matrix(ta, write, expected, head, separator, options):
    r, = ta(write("m.csv", lines(*table(), head, separator)), *options)
    assert same(r, expected) and r["mode"] == "global" and r["delays"] == 60


def test_units_and_transpose(ta, write, expected):
    t, y = table()
    assert same(ta(write("f.csv", lines(t * 1000, y, "delay_fs\\wavelength_um,0.5,0.51,0.52,0.53")))[0], expected)
    turned = "\n".join(["wavelength_nm\\delay_ps," + ",".join(f"{x:.9g}" for x in t)] +
                       [",".join(f"{v:.9g}" for v in (w, *column)) for w, column in zip((500, 510, 520, 530), y.T)])
    assert same(ta(write("t.csv", turned), "--transpose")[0], expected)
    sia = lines(t, y, "Time [ps]\t500\t510\t520\t530", "\t").replace("\n", "\r\n")
    assert same(ta(write("M.SIA", sia))[0], expected)                      # nanometres by convention
    decimal = lines(t, y, "delay_ps\\wavelength_nm,500,510,520,530").replace(",", ";").replace(".", ",")
    assert same(ta(write("d.csv", decimal))[0], expected)
    assert same(ta("-", stdin=lines(t, y, "delay_ps\\wavelength_nm,500,510,520,530").encode())[0], expected)


def test_traces(ta, write):
    t, y = table()
    r, = ta(write("a.csv", lines(t, y[:, :1], "delay_ps,dA")))
    assert r["mode"] == "trace" and r["wavelength_m"] == [None] and r["noise_source"] == "residuals"
    assert ta(write("b.csv", lines(t, y[:, :1], "1,2").split("\n", 1)[1]), "--time-unit", "ps")[0]["lifetime_s"] == r["lifetime_s"]
    sigma = np.full((60, 1), 0.001)
    s, = ta(write("c.csv", lines(t, np.hstack([y[:, :1], sigma]), "delay_ps,dA,sigma")))
    assert s["noise_source"] == "given" and s["noise"] == pytest.approx(0.001)
    one, = ta(write("d.csv", lines(t, y[:, :1], "delay_ps,500nm")))
    assert one["wavelength_m"] == [5e-7] and one["mode"] == "trace" and one["lifetime_s"] == r["lifetime_s"]
    picked, = ta(write("e.csv", lines(t, y, "delay_ps,500,510,520,530")), "--columns", "1,3", "--wavelength-unit", "nm")
    assert picked["wavelength_m"] == pytest.approx([5.1e-7])


def test_selection(ta, write):
    t, y = table()
    write("m.csv", lines(t, y, "delay_ps\\wavelength_nm,500,510,520,530"))
    r, = ta("m.csv", "--wavelengths", "500nm..510nm,530nm..", "--range", "-0.5ps..20ps")
    assert r["wavelength_m"] == pytest.approx([5e-7, 5.1e-7, 5.3e-7])
    assert r["delays"] == np.sum((t >= -0.5) & (t <= 20))
    records = ta("m.csv", "--mode", "trace", "--wavelengths", "510nm..520nm")
    assert [(r["index"], r["mode"], r["wavelength_m"]) for r in records] == [(1, "trace", [5.1e-7]), (2, "trace", [5.2e-7])]


def test_missing_values_are_masked_and_counted(ta, write):
    t, y = table()
    y[5, 1] = y[30, 1] = y[31, 2] = np.nan
    y[:, 3] = np.nan
    r, = ta(write("m.csv", lines(t, y, "delay_ps\\wavelength_nm,500,510,520,530")))
    assert r["masked"] == 63 and r["wavelength_masked"] == [0, 2, 1, 60] and r["status"] == "ok"
    assert r["amplitude"][0][3] is None and r["offset_sigma"][3] is None and r["amplitude"][0][0] == pytest.approx(1, abs=0.01)
    r, = ta("m.csv", "--range", "-2ps..0.5ps")
    assert r["masked"] == 1 + np.sum(t <= 0.5)                            # those of the range


def test_sigma_files(ta, write):
    t, y = table()
    write("m.csv", lines(t, y, "delay_ps\\wavelength_nm,500,510,520,530"))
    plain, = ta("m.csv", "--sigma", "0.002")
    assert plain["noise"] == 0.002 and plain["noise_source"] == "given"
    same_everywhere, = ta("m.csv", "--sigma", write("s.txt", "0.002\n" * 60))
    assert same_everywhere["chi2_reduced"] == pytest.approx(plain["chi2_reduced"], rel=1e-4)
    by_wavelength, = ta("m.csv", "--sigma", write("w.txt", "wavelength_nm,sigma\n500,0.002\n510,0.002\n520,0.2\n530,0.002\n"))
    assert by_wavelength["wavelength_noise"] == pytest.approx([0.002, 0.002, 0.2, 0.002])
    by_delay, = ta("m.csv", "--sigma", write("d.txt", "".join(f"{x:.9g} {0.002 + 0.001 * (i % 2)}\n" for i, x in enumerate(t))))
    assert by_delay["noise"] == pytest.approx(0.002) and by_delay["chi2_reduced"] < plain["chi2_reduced"]


def test_chirp_is_each_wavelengths_own_time(run, ta, write):
    write("chirp.dat", "-2e-5,0.022,-5.5\n")
    assert run("simulate", "ta", "--lifetimes", "3ps", *IRF, "--t0", "50fs", "--delays", "150", "--from", "-2ps", "--to", "100ps", "--wavelengths", "450nm..650nm",
               "--wavelength-number", "20", "--snr", "300", "--chirp", "chirp.dat", "--output", "m.csv").code == 0
    r, = ta("m.csv", "--chirp", "chirp.dat")
    assert abs(r["t0_s"] / PS - 0.05) < 4 * r["t0_sigma_s"] / PS and abs(r["lifetime_s"][0] / PS - 3) < 4 * r["lifetime_sigma_s"][0] / PS
    assert r["time_zero_s"] == pytest.approx(np.polyval([-2e-5, 0.022, -5.5], np.linspace(450, 650, 20)) * PS, abs=1e-18)
    assert r["flags"] == []
    for trace in ta("m.csv", "--chirp", "chirp.dat", "--mode", "trace"):
        assert abs(trace["t0_s"] - r["t0_s"]) < 5 * trace["t0_sigma_s"]
    assert "poor_fit" in ta("m.csv")[0]["flags"]                          # without it


ROWS = "".join(f"{i},1,2,3\n" for i in range(20))
BAD = [
    ("empty", "", "m.csv: no data, the file is empty: expected"),
    ("header alone", "delay_ps,500,510,520\n", "m.csv: no data behind its header and comment lines"),
    ("no unit of time", "delay,500,510,520\n" + ROWS, "m.csv:1: the delays, 'delay', name no unit: add --time-unit, such as --time-unit ps"),
    ("no unit of wavelengths", "delay_ps,500,510,520\n" + ROWS, "m.csv:1: the wavelengths in the first row have no unit: add --wavelength-unit"),
    ("stage travel", "delay_mm,500nm,510nm,520nm\n" + ROWS, "m.csv:1: the delays, 'delay_mm', are lengths (stage travel), not times: expected fs, ps or ns; "
     "there and back 1 mm of travel is 6.6713 ps"),
    ("stage travel in brackets", "Delay [mm],500nm,510nm,520nm\n" + ROWS, "m.csv:1: the delays, 'Delay [mm]', are lengths (stage travel), not times: expected fs, ps or ns"),
    ("stage travel in micrometres", "delay_um,500nm,510nm,520nm\n" + ROWS, "m.csv:1: the delays, 'delay_um', are lengths (stage travel), not times"),
    ("stage position", "Stage position,500nm,510nm,520nm\n" + ROWS, "are lengths (stage travel)"),
    ("transposed", "wavelength_nm,1,2,3\n" + ROWS, "m.csv:1: the first column is named 'wavelength_nm': expected delays there; add --transpose"),
    ("no wavelength", "delay_ps,500nm,foo,520nm\n" + ROWS, "m.csv:1: column 3 is named 'foo': expected a wavelength, such as 500 or 500nm"),
    ("wavelength of zero", "delay_ps\\wavelength_nm,500,0,520\n" + ROWS, "m.csv:1: column 3: the wavelength is 0: expected a positive number"),
    ("ragged", "delay_ps,500nm,510nm,520nm\n0,1,2,3\n1,2,3\n", "m.csv:3: 3 columns: expected 4 as in the lines before; is the file truncated?"),
    ("ragged header", "delay_ps\\wavelength_nm,500,510,520\n0,1,2\n", "m.csv:2: 3 columns: expected 4 as in line 1; is the file truncated?"),
    ("a row too long", "delay_ps,500nm,510nm,520nm\n0,1,2,3\n1,1,2,3,4\n", "m.csv:3: 5 columns: expected 4 as in the lines before"),
    ("empty cell", "delay_ps,500nm,510nm,520nm\n0,1,2,3\n1,,2,3\n", "m.csv:3: column 2 is empty: expected a number, or nan where a value is missing"),
    ("text", "delay_ps,500nm,510nm,520nm\n0,1,2,3\n1,x,2,3\n", "m.csv:3: column 2: 'x' is not a number: expected a decimal number, or nan"),
    ("infinity", "delay_ps,500nm,510nm,520nm\n0,1,2,inf\n1,1,2,3\n", "m.csv:2: column 4: 'inf' is not a number"),
    ("nan delay", "delay_ps,500nm,510nm,520nm\n0,1,2,3\nnan,1,2,3\n", "m.csv:3: column 1: 'nan' is not a number: expected a decimal number"),
    ("falling", "delay_ps,500nm,510nm,520nm\n1,1,2,3\n0.5,1,2,3\n", "m.csv:3: the delay 0.5 comes after 1: expected rising delays"),
    ("twice", "delay_ps,500nm,510nm,520nm\n1,1,2,3\n1,1,2,3\n", "m.csv:3: the delay 1 comes after 1: expected rising delays"),
    ("binary", b"delay_ps,500nm\n0,\0\n", "m.csv:2: a zero byte: expected text or CSV"),
    ("one column", "delay_ps\n1\n2\n", "m.csv:1: one column: expected delays and signals"),
    ("ambiguous", "0,1,2\n1,2,3\n", "m.csv:1: the delays name no unit"),
    ("few", "delay_ps,500nm,510nm,520nm\n" + "".join(f"{i - 2},1,2,3\n" for i in range(7)), "m.csv: 7 delays, expected 8 to 512"),
    ("many", "delay_ps,a\n" + "".join(f"{i - 2},{i % 3}\n" for i in range(513)), "m.csv: 513 delays, expected 8 to 512"),
    ("bad sigma", "delay_ps,dA,sigma\n0,1,1\n1,2,0\n", "m.csv:3: column 3: sigma is 0: expected a positive number"),
    ("all missing", "delay_ps,a\n" + "".join(f"{i},nan\n" for i in range(12)), "m.csv: every signal is missing: expected numbers"),
    ("t0 outside", "delay_ps,a\n" + "".join(f"{i + 5},{i}\n" for i in range(12)), "m.csv: t0 at 0 s is outside of the delays from 5e-12 to 1.6e-11 s: expected one "
     "inside; say where it is by --t0-start, or hold it by --t0 TIME"),
]


@pytest.mark.parametrize("content, message", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_files(run, write, tmp_path, content, message):
    write("m.csv", content)
    done = run("ta", "m.csv", *IRF, "--json", "--csv", "out.csv", "--plot", "out.svg")
    assert done.code == 1 and message in done.err, done.err
    assert done.err.startswith("taustream: m.csv") and done.err.count("\n") == 1
    assert done.records == [{"schema": "taustream.end/1", "complete": True, "done": 0, "failed": 1}]
    assert not (tmp_path / "out.svg").exists() and not [f for f in tmp_path.iterdir() if f.name.startswith(".")]


def test_three_columns_without_names(run, write):
    done = run("ta", write("m.csv", "0,1,2\n1,2,3\n"), *IRF, "--time-unit", "ps")
    assert done.code == 1 and "m.csv:1: three columns without names: expected a first row such as delay_ps,signal,sigma" in done.err


TURNED = "wavelength_nm\\delay_{},0,1,2\n500,1,2,3\n510,{}\n"


@pytest.mark.parametrize("content, message", [
    (TURNED.format("ps", "1,2"), "m.csv:3: 3 columns: expected 4 as in the lines before; is the file truncated?"),
    (TURNED.format("ps", "1,2,3,4"), "m.csv:3: 5 columns: expected 4 as in the lines before"),
    (TURNED.format("ps", "1,2,3").replace("0,1,2", "0,2,1"), "m.csv:1: column 4: the delay 1 comes after 2: expected rising delays"),
    (TURNED.format("ps", "1,2,3").replace("0,1,2", "0,2,2"), "m.csv:1: column 4: the delay 2 comes after 2: expected rising delays"),
    (TURNED.format("mm", "1,2,3"), "m.csv:1: the delays, 'delay_mm', are lengths (stage travel), not times"),
], ids=["ragged", "a row too long", "falling", "twice", "stage travel"])
def test_bad_files_the_other_way_round(run, write, content, message):
    done = run("ta", write("m.csv", content), *IRF, "--transpose", "--json")
    assert done.code == 1 and message in done.err and done.err.count("\n") == 1, done.err


@pytest.mark.parametrize("rows, message", [
    ("0,1,2,3\n1,1,2\n", "-:3: 3 columns: expected 4 as in the lines before"),
    ("0,1,2,3\n1,1,2,3\n0.5,1,2,3\n", "-:4: the delay 0.5 comes after 1: expected rising delays"),
], ids=["ragged", "falling"])
def test_bad_rows_while_it_is_measured(run, rows, message):
    done = run("ta", "-", *IRF, "--follow", "--json", stdin=("delay_ps,500nm,510nm,520nm\n" + rows).encode())
    assert done.code == 1 and message in done.err and done.records[-1]["failed"] == 1, done.err


def test_islands_of_missing_values(ta, write):
    """Rectangles without values, such as a saturated region: masked, counted, and the answer is that of the rest."""
    t, y = table()
    y[12:30, 1:3] = y[40:44, :] = np.nan
    text = lines(t, y, "delay_ps\\wavelength_nm,500,510,520,530").replace("nan", "NaN", 7)
    r, = ta(write("m.csv", text))
    assert r["masked"] == 18 * 2 + 4 * 4 and r["wavelength_masked"] == [4, 22, 22, 4] and r["status"] == "ok"
    assert abs(r["lifetime_s"][0] - 5e-12) < 4 * r["lifetime_sigma_s"][0] and r["degrees_of_freedom"] == 4 * 60 - 52 - 4 * 2 - 2
    whole = [ta("m.csv", "--mode", "trace")[w]["masked"] for w in range(4)]
    assert whole == r["wavelength_masked"]


def test_nanoseconds(ta, write, expected):
    t, y = table()
    for head, options in (("delay_ns\\wavelength_nm,500,510,520,530", ()), ("Time (ns),500nm,510nm,520nm,530nm", ()), (",500nm,510nm,520nm,530nm", ("--time-unit", "ns"))):
        assert same(ta(write("n.csv", lines(t / 1000, y, head)), *options)[0], expected)


def test_t0_beyond_its_search_is_no_answer(run, ta):
    """5 ps where 1.5 ps around 0 are searched: not `ok`, and `ok` where it is looked for."""
    assert run("simulate", "ta", "--lifetimes", "8ps", *IRF, "--t0", "5ps", "--delays", "200", "--from", "-5ps", "--to", "200ps", "--snr", "100", "--output", "x.csv").code == 0
    assert ta("x.csv")[0]["status"] == "at_limit"
    r, = ta("x.csv", "--t0-start", "5ps")
    assert r["status"] == "ok" and abs(r["lifetime_s"][0] - 8e-12) < 4 * r["lifetime_sigma_s"][0]


GOOD = "delay_ps\\wavelength_nm,500,510,520\n" + "".join(f"{i - 3},{i % 3},{i % 2},1\n" for i in range(20))
SIDES = [
    (("--time-unit", "fs"), "m.csv:1: 'delay_ps' names another unit than --time-unit: expected one unit"),
    (("--wavelength-unit", "um"), "m.csv:1: 'wavelength_nm' names another unit than --wavelength-unit"),
    (("--wavelengths", "600nm..700nm"), "m.csv: --wavelengths holds none of its 3 wavelengths"),
    (("--range", "1ns..2ns"), "m.csv: --range 1e-09..2e-09 s holds none of the delays from -3e-12 to 1.6e-11 s"),
    (("--t0", "1ns"), "m.csv: t0 at 1e-09 s is outside of the delays"),
    (("--t0-start", "1ns"), "m.csv: t0 at 1e-09 s is outside of the delays from -3e-12 to 1.6e-11 s: expected one inside; say where it is by --t0-start"),
    (("--range", "1ps..15ps"), "m.csv: t0 at 0 s is outside of the delays from 1e-12 to 1.5e-11 s: expected one inside"),
    (("--columns", "1,9"), "m.csv:1: --columns names column 9, the line has 4"),
    (("--components", "4", "--artefact", "gauss"), "m.csv: 4 components with a free IRF width or an artefact, expected 1 to 3"),
    (("--chirp", "none.dat"), "none.dat: cannot be opened"),
    (("--chirp", "bad.dat"), "bad.dat:1: 'x' is not a number: expected the coefficients of a polynomial, highest power first"),
    (("--chirp", "empty.dat"), "empty.dat: no coefficients"),
    (("--sigma", "none.txt"), "none.txt: cannot be opened"),
    (("--sigma", "two.txt"), "two.txt: 2 sigmas: expected 20, one a delay, or one a wavelength"),
    (("--sigma", "zero.txt"), "zero.txt:2: sigma is 0: expected a positive number"),
    (("--sigma", "axis.txt"), "axis.txt:2: the first column is 555, the data have 510 there: expected the same axis in the same unit"),
    (("--engine", "u16"), "m.csv: engine u16 does not fit transient absorption: its words are too short"),
    (("--lifetime", "1=1fs"), "m.csv: lifetime 1 is 1e-15 s, expected at least"),
]


@pytest.mark.parametrize("options, message", SIDES, ids=lambda v: v[1] if isinstance(v, tuple) else "")
def test_what_does_not_fit_the_data(run, write, options, message):
    write("m.csv", GOOD)
    for name, text in (("bad.dat", "1,x\n"), ("empty.dat", "#\n"), ("two.txt", "1\n1\n"), ("zero.txt", "1\n0\n1\n"), ("axis.txt", "500 1\n555 1\n520 1\n")):
        write(name, text)
    done = run("ta", "m.csv", *IRF, *options)
    assert done.code == 1 and message in done.err and done.err.count("\n") == 1 and not done.out, done.err


USAGE = [
    ((), "no file named"), (("a", "b", "--follow"), "--follow reads one measurement"), (("-", "-"), "- is named more than once"),
    (("a", "--components", "5"), "--components: '5' cannot be used: expected a whole number from 1 to 4"),
    (("a", "--irf-fwhm", "0fs"), "--irf-fwhm: '0fs' is not more than zero"), (("a", "--irf-fwhm", "loose"), "--irf-fwhm: 'loose' is not a time"),
    (("a", "--t0", "x"), "--t0: 'x' is not a time"), (("a", "--t0", "1ps", "--t0-start", "1ps"), "expected one of them"),
    (("a", "--offset", "zero"), "--offset: 'zero' is unknown: expected free or none"),
    (("a", "--drowned", "maybe"), "--drowned: 'maybe' is unknown: expected leave-out or keep"),
    (("a", "--artefact", "ring"), "--artefact: 'ring' is unknown: expected none, gauss or gauss2"),
    (("a", "--sigma", "-1"), "--sigma: '-1' is not more than zero"), (("a", "--sigma", "1", "--sigma", "f"), "as a value and as a file"),
    (("a", "--range", "2ps..1ps"), "--range: '2ps..1ps' is an empty range"), (("a", "--wavelengths", "500nm"), "--wavelengths: '500nm' is not a range"),
    (("a", "--wavelengths", "5nm..4nm"), "is an empty range: expected FROM below TO"), (("a", "--wavelengths", "4ps..5ps"), "--wavelengths:"),
    (("a", "--mode", "both"), "--mode: 'both' is unknown: expected trace or global"),
    (("a", "--lifetime", "2=1ps"), "--lifetime names a component beyond --components"), (("a", "--lifetime", "1:1ps"), "expected K=VALUE or K=VALUE,fixed"),
    (("a", "--time-unit", "mm"), "--time-unit: 'mm' is a length: delays of stage travel are not taken, expected fs, ps"),
    (("a", "--time-unit", "parsec"), "--time-unit: 'parsec' is unknown"), (("a", "--wavelength-unit", "eV"), "--wavelength-unit: 'eV' is unknown"),
    (("a", "--columns", "1"), "--columns: '1' is no list of columns"), (("a", "--follow", "--transpose"), "expected no --transpose"),
    (("a", "--follow", "--mode", "trace"), "expected --mode global"), (("a", "--follow", "--sigma", "f"), "expected --sigma VALUE"),
    (("a", "--resume", "f"), "expected --mode trace beside it"), (("a", "--json", "--csv", "-"), "both write to standard output"),
    (("a", "--csv", "x.csv", "--curve", "x.csv"), "--csv and --curve both write 'x.csv'"),
    (("a", "--csv", "a"), "--csv would write over 'a', which is read"), (("a", "--sigma", "s", "--csv", "s"), "--csv would write over 's', which is read"),
    (("a", "--chirp", "c", "--curve", "c"), "--curve would write over 'c', which is read"),
    (("a", "--plot", "x.svg", "--stats", "x.svg"), "--plot and --stats both write 'x.svg'"),
    (("a", "--plot", "p.bmp"), "expected a name that ends in .svg, .png or .pdf"),
]


@pytest.mark.parametrize("options, message", USAGE, ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_wrong_usage(run, options, message):
    done = run("ta", *options, *([] if "--irf-fwhm" in options else IRF))
    assert done.code == 2 and message in done.err and not done.out, done.err


def test_no_irf(run):
    done = run("ta", "a")
    assert done.code == 2 and "no IRF: add --irf-fwhm, such as --irf-fwhm 150fs, or free" in done.err
