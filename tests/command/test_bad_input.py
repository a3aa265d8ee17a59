"""Every wrong input has its message, with the place, the value and what was expected; exit 1, and 2 for wrong usage."""
import os
import subprocess

import numpy as np
import pytest

GOOD = "time_ns,counts\n" + "".join(f"{i},{1000 - 9 * i}\n" for i in range(100))

# name, content, options, the whole message
TEXT = [
    ("empty", "", (), "f.csv: no data, the file is empty: expected lines of numbers"),
    ("header_only", "time_ns,counts\n# nothing\n", (), "f.csv: no data behind its header and comment lines: expected lines of numbers"),
    ("truncated", "time_ns,counts\n0,100\n1,90\n2", (),
     "f.csv:4: 1 column: expected 2 as in the lines before; is the file truncated?"),
    ("non_numeric", "time_ns,counts\n0,100\n1,abc\n", (), "f.csv:3: column 2: 'abc' is not a number: expected a decimal number"),
    ("half_number_first", "12abc,5\n1,3\n", ("--time-unit", "ns"), "f.csv:1: column 1: '12abc' is not a number: expected a decimal number"),
    ("hexadecimal", "time_ns,counts\n0,0x10\n1,3\n", (), "f.csv:2: column 2: '0x10' is not a number: expected a decimal number"),
    ("empty_field", "time_ns,counts\n0,100\n1,\n", (), "f.csv:3: column 2 is empty: expected a number"),
    ("negative", "time_ns,counts\n0,100\n1,-4\n", (),
     "f.csv:3: the count -4 is negative: expected photon counts as they were recorded, before a background was subtracted"),
    ("fraction", "time_ns,counts\n0,100\n1,90.5\n", (),
     "f.csv:3: the count 90.5 is not a whole number: expected photon counts as they were recorded, before they were normalised, averaged "
     "or corrected"),
    ("nan", "time_ns,counts\n0,100\n1,nan\n", (), "f.csv:3: column 2: 'nan' is not a number: expected a decimal number"),
    ("nan_first", "nan\n3\n", ("--bin-width", "1ns"), "f.csv:1: column 1: 'nan' is not a number: expected a decimal number"),
    ("infinite", "time_ns,counts\n0,1e999\n1,3\n", (), "f.csv:2: column 2: '1e999' is not a number: expected a decimal number"),
    ("too_many_counts", "time_ns,counts\n0,4294967296\n1,3\n", (),
     "f.csv:2: the count 4294967296 is more than 4294967295 in a bin: expected counts of at most 32 bits"),
    ("time_back", "time_ns,counts\n0,100\n1,90\n0.5,80\n", (),
     "f.csv:4: the time 0.5 comes after 1: expected rising times; several curves below each other must be files or columns of their own"),
    ("time_twice", "time_ns,counts\n0,100\n1,90\n1,80\n", (),
     "f.csv:4: the time 1 comes after 1: expected rising times; several curves below each other must be files or columns of their own"),
    ("missing_bin", "time_ns,counts\n0,100\n1,90\n2,80\n4,60\n5,50\n", (),
     "f.csv:5: the time steps by 2 from 2 to 4, elsewhere by 1: expected bins of one width"),
    ("no_unit", "0,100\n1,90\n", (),
     "f.csv:1: the time column names no unit: add --time-unit, such as --time-unit ns; if every column holds counts, add --bin-width"),
    ("no_unit_named", "time,counts\n0,100\n1,90\n", (),
     "f.csv:2: the time column 'time' names no unit: add --time-unit, such as --time-unit ns; if every column holds counts, add --bin-width"),
    ("time_without_unit_but_width", "time,counts\n0,100\n1,90\n", ("--bin-width", "1ns"),
     "f.csv:2: the time column 'time' names no unit: add --time-unit, such as --time-unit ns; if every column holds counts, add --bin-width"),
    ("no_width", "100\n90\n", (),
     "f.csv:1: one column and no time axis: expected the bins' width; add --bin-width, such as --bin-width 50ps"),
    ("two_widths", GOOD, ("--bin-width", "2ns"),
     "f.csv:2: the bins are 1e-09 s wide by the file and 2e-09 s by --bin-width: expected one width"),
    ("two_units", GOOD, ("--time-unit", "ps"), "f.csv:2: the column 'time_ns' names another unit than --time-unit: expected one unit"),
    ("no_such_column", GOOD, ("--columns", "1,3"), "f.csv:2: --columns names column 3, the file has 2"),
    ("one_bin", "time_ns,counts\n0,100\n", (), "f.csv:2: one bin only: expected at least two"),
    ("zero_byte", b"time_ns,counts\n0,1\x000\n", (), "f.csv:2: a zero byte: expected text, CSV or .npy"),
    ("spaces_and_commas", "0,5 100,\n1,0 90,\n", ("--time-unit", "ns"), "f.csv:1: column 2: '5 100' is not a number: expected a decimal number"),
    ("decimal_commas_between_commas", "".join(f"{i // 2},{i % 2 * 5},{90 - i}\n" for i in range(20)), ("--time-unit", "ns"),
     "f.csv:2: the time 0 comes after 0: expected rising times; several curves below each other must be files or columns of their own"),
    ("rounded_missing_bin", "time_ns,counts\n" + "".join(f"{0.02743 * (i + (i > 500)):.2f},7\n" for i in range(1000)), (),
     "f.csv:503: the time steps by 0.06 from 13.71 to 13.77, elsewhere by 0.03: expected bins of one width"),
    ("whole_numbers_missing_bins", "time_ns,counts\n" + "".join(f"{i + (i > 500) + (i > 1500)},7\n" for i in range(3000)), (),
     "f.csv:503: the time steps by 2 from 500 to 502, elsewhere by 1: expected bins of one width"),
    ("rounded_to_nothing", "time_ns,counts\n" + "".join(f"{0.02743 * i:.3g},7\n" for i in range(1000)), (),
     "f.csv:368: the time 10 comes after 10: expected rising times; several curves below each other must be files or columns of their own"),
    ("two_headers", GOOD + "\n" + GOOD, (),
     "f.csv:103: 'time_ns' behind 100 lines of numbers: expected one table a file; cut other blocks off, or put them into files of their own"),
    ("two_blocks_of_counts", "5\n4\n3\n\n5\n4\n3\n", ("--bin-width", "1ns"),
     "f.csv:5: counts go on behind an empty line: expected one block a file; put the others into files of their own"),
    ("two_marked_blocks", "*BLOCK 1 ( Time[ns] Counts )\n0 5\n1 4\n*END\n\n*BLOCK 2 ( Time[ns] Counts )\n0 5\n1 4\n*END\n", (),
     "f.csv:6: more behind *END: expected one block a file; put the others into files of their own"),
    ("two_curve_widths", "#channels per curve\n2\n#ns/channel\n0.5\t0.25\n#counts\n1\t2\n3\t4\n", (),
     "f.csv:4: curves with bins of 0.5 and 0.25 ns: expected one width a file"),
    ("values_missing", "time_ns,a,b\n0,5,\n1,4,\n", (), "f.csv:2: column 3 is empty: expected a number"),
    ("half_a_character", b"\xff\xfe" + "time_ns,counts\n0,5\n1,4\n".encode("utf-16-le") + b"2", (),
     "f.csv:4: '\ufffd' behind 2 lines of numbers: expected one table a file; cut other blocks off, or put them into files of their own"),
    ("wrong_in_lone_returns", "time_ns,counts\r0,100\r1,abc\r", (), "f.csv:3: column 2: 'abc' is not a number: expected a decimal number"),
    ("range_outside", GOOD, ("--range", "200ns..300ns"),
     "f.csv: --range 2e-07..3e-07 s holds none of the bins from 0 to 1e-07 s: expected a range inside the data"),
    ("channel_gap", "Time calibration: 0.5ns/ch\n\nChan\tData\n1\t5\n2\t4\n4\t3\n", (), "f.csv:6: channel 4 after 2: expected 3"),
]


@pytest.mark.parametrize("content, options, message", [t[1:] for t in TEXT], ids=[t[0] for t in TEXT])
def test_text(run, write, content, options, message):
    done = run("trpl", write("f.csv", content), "--json", *options)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 1
    assert done.records == [{"schema": "taustream.end/1", "complete": True, "done": 0, "failed": 1}]


def test_more_bins_than_there_may_be(run, write):
    done = run("trpl", write("f.csv", "counts\n" + "7\n" * 65537), "--bin-width", "1ns")
    assert done.err == "taustream: f.csv:65538: more than 65536 bins: expected at most 65536; sum neighbouring bins or cut the window\n"
    assert done.code == 1


def test_endless_file_is_refused_as_soon_as_it_is_too_long(program):
    """Lines without end on standard input: the command leaves early instead of filling the memory."""
    lines = subprocess.Popen(["yes", "7"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    done = subprocess.run([program, "trpl", "-", "--bin-width", "1ns"], stdin=lines.stdout, capture_output=True, timeout=30, check=False)
    lines.stdout.close()
    lines.wait(timeout=30)
    assert done.returncode == 1
    assert b"-:65537: more than 65536 bins" in done.stderr


def test_endless_line(run, write):
    done = run("trpl", write("f.csv", "1" * (1 << 21)), "--bin-width", "1ns")
    assert done.err == "taustream: f.csv:1: the line is longer than 1048576 bytes: expected text or CSV with one bin a line\n"
    assert done.code == 1


def test_missing_file_and_folder(run, tmp_path):
    (tmp_path / "folder").mkdir()
    done = run("trpl", "nothing.csv", "folder", "--json")
    assert done.err == ("taustream: nothing.csv: cannot be opened: No such file or directory\n"
                        "taustream: folder: cannot be read: Is a directory\n")
    assert done.code == 1
    assert done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": 0, "failed": 2}


def save(path, array, version=(1, 0)):
    with open(path, "wb") as f:
        np.lib.format.write_array(f, array, version=version)


ARRAYS = [
    ("float", np.zeros(8), "the array's type is '<f8' (floating point): expected integers; if they are whole photon counts, save them with "
     ".astype(numpy.uint32)"),
    ("bool", np.zeros(8, bool), "the array's type is '|b1': expected an integer of 1, 2, 4 or 8 bytes such as '<u4'"),
    ("text", np.array(["a"]), "the array's type is '<U1': expected an integer of 1, 2, 4 or 8 bytes such as '<u4'"),
    ("records", np.zeros(3, [("a", "<u4")]), "the array's type is '[('a', '<u4')], 'fortran_order': expected an integer of 1, 2, 4 or 8 bytes such as '<u4'"),
    ("fortran", np.asfortranarray(np.ones((3, 4), "u4")),
     "the array is in Fortran order: expected C order; save numpy.ascontiguousarray(array)"),
    ("cube", np.zeros((2, 2, 2), "u4"), "the array has 3 dimensions: expected 1 (bins) or 2 (histograms x bins)"),
    ("scalar", np.array(5, "u4"), "the array has 0 dimensions: expected 1 (bins) or 2 (histograms x bins)"),
    ("empty", np.zeros((0, 4), "u4"), "the array is empty (0 x 4): expected at least one histogram with at least one bin"),
    ("wide", np.zeros(65537, "u1"), "65537 bins: expected at most 65536; sum neighbouring bins or cut the window"),
    ("negative", np.array([5, -3, 2, 1], "i2"),
     "the count -3 in row 0, bin 1 is negative: expected photon counts as they were recorded, before a background was subtracted"),
    ("huge", np.array([5, 1 << 40], ">u8"), "the count 1099511627776 in row 0, bin 1 is more than 4294967295: expected counts of at most 32 bits"),
]


@pytest.mark.parametrize("array, message", [a[1:] for a in ARRAYS], ids=[a[0] for a in ARRAYS])
def test_npy(run, tmp_path, array, message):
    save(tmp_path / "f.npy", array)
    done = run("trpl", "f.npy", "--bin-width", "1ns", "--json")
    assert done.err == f"taustream: f.npy: {message}\n"
    assert done.code == 1
    assert done.records[-1]["failed"] == 1


@pytest.mark.parametrize("options", [("--columns", "1,2"), ("--skip", "2"), ("--irf", "f.npy", "--irf-columns", "1"), ("--irf", "f.npy", "--irf-skip", "1")])
def test_options_of_texts_beside_an_array(run, tmp_path, options):
    """All rows were fitted, as if nothing had been chosen."""
    save(tmp_path / "f.npy", np.ones((3, 100), "u4"))
    done = run("trpl", "f.npy", "--bin-width", "1ns", "--json", *options)
    assert (done.code, done.err) == (1, f"taustream: f.npy: {options[-2]} is for text files: expected a .npy file without it\n")
    assert done.records == [{"schema": "taustream.end/1", "complete": True, "done": 0, "failed": 1}]


def test_npy_truncated(run, tmp_path):
    save(tmp_path / "f.npy", np.ones((3, 100), "u4"))
    whole = (tmp_path / "f.npy").read_bytes()
    (tmp_path / "f.npy").write_bytes(whole[:-10 - 400])
    done = run("trpl", "f.npy", "--bin-width", "1ns", "--json")
    assert done.err.splitlines()[-1] == "taustream: f.npy: truncated in row 1 of 3: expected 400 bytes, found 390"
    assert done.code == 1
    for n in (3, 7, 9, 40):
        (tmp_path / "h.npy").write_bytes(whole[:n])
        done = run("trpl", "h.npy", "--bin-width", "1ns")
        assert done.code == 1 and done.err.startswith("taustream: h.npy"), n
    assert done.err == "taustream: h.npy: the .npy header is truncated\n"


def test_npy_with_more_than_it_says(run, tmp_path):
    save(tmp_path / "f.npy", np.zeros((1, 100), "u4"))
    with open(tmp_path / "f.npy", "ab") as f:
        f.write(b"more")
    done = run("trpl", "f.npy", "--bin-width", "1ns", "--json")
    assert "f.npy: data follow the 1 histograms that the header tells of: expected the end of the file" in done.err
    assert done.code == 1


def test_npy_without_width(run, tmp_path):
    save(tmp_path / "f.npy", np.zeros(100, "u4"))
    done = run("trpl", "f.npy")
    assert done.err == ("taustream: f.npy: a .npy file has no time axis: expected the bins' width; add --bin-width, such as "
                        "--bin-width 50ps\n")
    assert done.code == 1


BACKENDS = "auto, model, rtl, usb, usb:SERIAL, uart:PATH, uart:ftdi:SERIAL, socket:PATH"
USAGE = [
    ((), "no file named: expected one or more files, or - for standard input"),
    (("f", "--bin-width", "48.8 parsecs"), "--bin-width: '48.8 parsecs' has the unknown unit 'parsecs': expected fs, ps, ns, us, ms or s"),
    (("f", "--bin-width", "wide"), "--bin-width: 'wide' is not a time: expected a number and a unit, such as 48.8ps or 12.5ns"),
    (("f", "--bin-width", "0ns"), "--bin-width: '0ns' is not more than zero: expected a positive time"),
    (("f", "--bin-width", "1e999ns"), "--bin-width: '1e999ns' is beyond the range of a number"),
    (("f", "--bin-width", "nan"), "--bin-width: 'nan' is not a time: expected a number and a unit, such as 48.8ps or 12.5ns"),
    (("f", "--components", "5"), "--components: '5' cannot be used: expected 1, 2, 3, 4 or auto"),
    (("f", "--lifetime", "2.5ns"),
     "--lifetime: '2.5ns' cannot be used: expected K=VALUE or K=VALUE,fixed with K from 1 to 4, such as 1=2.5ns,fixed"),
    (("f", "--lifetime", "1=2ns,held"),
     "--lifetime: '1=2ns,held' cannot be used: expected K=VALUE or K=VALUE,fixed with K from 1 to 4, such as 1=2.5ns,fixed"),
    (("f", "--lifetime", "2=2ns"), "--lifetime names a component beyond --components: expected K of at most that number"),
    (("f", "--background", "some"), "--background: 'some' cannot be used: expected free, zero or counts per bin"),
    (("f", "--background", "-1"), "--background: '-1' cannot be used: expected free, zero or counts per bin"),
    (("f", "--range", "5ns"), "--range: '5ns' is not a range: expected FROM..TO, such as 0ns..200ns"),
    (("f", "--range", "5ns..2ns"), "--range: '5ns..2ns' is an empty range: expected FROM before TO"),
    (("f", "--time-unit", "furlong"), "--time-unit: 'furlong' is unknown: expected fs, ps, ns, us, ms or s"),
    (("f", "--columns", "0"), "--columns: '0' is no list of columns: expected numbers from 1 such as 1,2 or 1,3-5"),
    (("f", "--skip", "-1"), "--skip: '-1' cannot be used: expected a whole number from 0 to 1000000000"),
    (("f", "--dead-time", "50ns", "--period", "1us"), "--dead-time is taken into the model by --pile-up correct: expected both"),
    (("f", "--pulses", "0"), "--pulses: '0' is too small: expected at least 1"),
    (("f", "--shift", "free"), "--shift needs an IRF: expected --irf or --irf-gauss beside it"),
    (("f", "--irf", "i", "--irf-gauss", "1ns"), "--irf and --irf-gauss exclude each other: expected one of them"),
    (("f", "--irf-background", "zero"), "--irf-background, --irf-columns and --irf-skip need --irf FILE beside them"),
    (("-", "--irf", "-"), "- is named more than once: expected one use of standard input"),
    (("f", "--json", "--csv", "-"), "--csv - and --json both write to standard output: expected one of them"),
    (("f", "--json", "--curve", "-"), "--curve - and --json both write to standard output: expected one of them"),
    (("f", "--csv", "-", "--curve", "-"), "--curve - and --csv - both write to standard output: expected one of them"),
    (("f", "--csv", "x.csv", "--stats", "x.csv"), "--csv and --stats both write 'x.csv': expected a file each"),
    (("f", "--curve", "x.svg", "--plot", "x.svg"), "--curve and --plot both write 'x.svg': expected a file each"),
    (("f", "--csv", "x.csv", "--curve", "./x.csv"), "--csv and --curve both write './x.csv': expected a file each"),
    (("f", "--curve", "x-2.svg", "--plot", "./x.svg"), "--curve and --plot both write 'x-2.svg': expected a file each"),
    (("f", "--csv", "f"), "--csv would write over 'f', which is read: expected another name"),
    (("f", "--irf", "i", "--plot", "p.svg", "--curve", "i"), "--curve would write over 'i', which is read: expected another name"),
    (("f", "--dnl", "w", "--stats", "w"), "--stats would write over 'w', which is read: expected another name"),
    (("f", "--resume", "r", "--csv", "r"), "--csv would write over 'r', which is read: expected another name"),
    (("f", "--engine", "x99"), "--engine: 'x99' is unknown: expected one of u16, e18, e20"),
    (("f", "--backend", "abacus"), "--backend: 'abacus' is unknown: expected one of " + BACKENDS),
    (("f", "--backend", "uart:"), "--backend: 'uart:' is unknown: expected one of " + BACKENDS),
]


def test_an_output_by_another_name_of_the_input(run, write, tmp_path):
    (tmp_path / "other.csv").symlink_to(write("f.csv", GOOD))
    done = run("trpl", "f.csv", "--csv", "./other.csv")
    assert (done.code, done.err) == (2, "taustream: --csv would write over 'f.csv', which is read: expected another name\n")
    assert (tmp_path / "f.csv").read_text() == GOOD


@pytest.mark.parametrize("arguments, message", USAGE, ids=[" ".join(u[0]) or "nothing" for u in USAGE])
def test_wrong_usage(run, arguments, message):
    done = run("trpl", *arguments)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 2
    assert done.out == ""


def test_unknown_and_incomplete_options(run):
    done = run("trpl", "f", "--bogus")
    assert done.code == 2 and done.err.splitlines()[0] == "taustream: unrecognized option '--bogus'"
    done = run("trpl", "f", "--irf")
    assert done.code == 2 and done.err.splitlines()[0] == "taustream: option '--irf' requires an argument"
    done = run("trpl", "f", "--json=yes")
    assert done.code == 2 and done.err.splitlines()[0] == "taustream: option '--json' doesn't allow an argument"


def test_unknown_command(run):
    done = run("fit")
    assert done.code == 2
    assert done.err == "taustream: unknown command 'fit': expected trpl, ta, sclc, live, export, simulate, devices, info or selftest\n"


@pytest.mark.parametrize("option", ["--csv", "--curve", "--plot", "--stats"])
def test_unwritable_output(run, write, tmp_path, option):
    name = "missing/out.svg"
    done = run("trpl", write("f.csv", GOOD), option, name)
    assert done.code == 2
    assert done.err == f"taustream: {name}: cannot be written: No such file or directory\n"
    assert done.out == ""
    assert os.listdir(tmp_path) == ["f.csv"]


def test_output_is_a_folder(run, write, tmp_path):
    (tmp_path / "out").mkdir()
    done = run("trpl", write("f.csv", GOOD), "--csv", "out")
    assert done.err == "taustream: out: cannot be written: Is a directory\n"
    assert done.code == 2


def test_unknown_plot(run, write, tmp_path):
    done = run("trpl", write("f.csv", GOOD), "--plot", "out.gif")
    assert done.err == "taustream: --plot: 'out.gif' is no kind of plot: expected a name that ends in .svg, .png or .pdf\n"
    assert done.code == 2
    assert os.listdir(tmp_path) == ["f.csv"]


IRFS = [
    ("negative", "time_ns,counts\n0,1\n1,-2\n", (), "i.csv:3: the count -2 is negative: expected photon counts as they were recorded, before a "
     "background was subtracted"),
    ("no_unit", "0,1\n1,2\n", (), "i.csv:1: the time column names no unit: add --time-unit, such as --time-unit ns; if every column holds "
     "counts, add --bin-width"),
    ("two", "time_ns,a,b\n0,1,1\n1,2,2\n", (), "i.csv: 2 histograms: expected one IRF; choose it by --irf-columns"),
    ("column", "time_ns,a\n0,1\n1,2\n", ("--irf-columns", "1,9"), "i.csv:2: --irf-columns names column 9, the file has 2"),
]


@pytest.mark.parametrize("content, options, message", [i[1:] for i in IRFS], ids=[i[0] for i in IRFS])
def test_irf(run, write, content, options, message):
    done = run("trpl", write("f.csv", GOOD), "--irf", write("i.csv", content), "--json", *options)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 1
    assert done.records == [{"schema": "taustream.end/1", "complete": True, "done": 0, "failed": 1}]


def test_irf_that_cannot_be_used(run, write, tmp_path):
    zero = write("zero.csv", "time_ns,counts\n" + "".join(f"{i},0\n" for i in range(100)))
    done = run("trpl", write("f.csv", GOOD), "--irf", zero, "--json")
    assert done.code == 1 and done.err == "taustream: f.csv: all 100 bins of the IRF are 0\n"
    wide = run("trpl", "f.csv", "--irf-gauss", "500ns", "--json")
    assert wide.code == 1 and wide.err.startswith("taustream: f.csv: ") and "wide" in wide.err


def test_more_components_than_data(run, write):
    done = run("trpl", write("f.csv", "time_ns,counts\n0,50\n1,30\n2,20\n3,9\n"), "--components", "4", "--json")
    assert done.code == 1
    assert done.err.startswith("taustream: f.csv: ")
    assert done.records[-1]["failed"] == 1
