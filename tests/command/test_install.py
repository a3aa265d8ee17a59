"""`make install`: what lies where, and that it works from there without the source tree."""
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("u16", "e18", "e20")
IMAGES = {"icebreaker/icebreaker.bin": b"image", "ulx3s-25f/ulx3s-25f.bit": b"other image"}
BINS, BIN_WIDTH_S, IRF_FWHM_S = 128, 100e-12, 500e-12


def called(*command, **options):
    done = subprocess.run([str(x) for x in command], capture_output=True, text=True, timeout=300, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build folder with what `make` and `make rtl` leave, and images of two boards."""
    folder = tmp_path_factory.mktemp("built")
    for name in ("taustream", "libtaustream.a", "libtaustream.so", *(f"taustream-rtl-{e}" for e in ENGINES)):
        (folder / name).symlink_to(ROOT / "build" / name)
    for name, content in {**IMAGES, "icebreaker/configuration.bin": b"a part of one"}.items():
        (folder / "boards" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "boards" / name).write_bytes(content)
    return folder


def install(built, **places):
    # `all` counts as done: what is there is installed
    called("make", "-C", ROOT, "-o", "all", "install", f"BUILD={built}", *(f"{k}={v}" for k, v in places.items()),
           env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")})


@pytest.fixture(scope="module")
def prefix(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    install(built, PREFIX=folder)
    return folder


def test_everything_is_there(prefix):
    found = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if not p.is_dir()}
    tables = {p for p in found if p.startswith("share/taustream/rtl-tables/")}
    assert tables == {f"share/taustream/rtl-tables/{p.name}" for p in ROOT.glob("rtl/*/*.hex")}
    library = {p for p in found if p.startswith("lib/libtaustream.so")}
    assert found - tables - library == {
        "bin/taustream", *(f"bin/taustream-rtl-{e}" for e in ENGINES), "include/taustream.h", "lib/libtaustream.a", "lib/pkgconfig/taustream.pc",
        "lib/udev/rules.d/70-taustream.rules", "share/man/man1/taustream.1", *(f"share/taustream/bitstreams/{Path(p).name}" for p in IMAGES)}
    for name, content in IMAGES.items():
        assert (prefix / "share/taustream/bitstreams" / Path(name).name).read_bytes() == content


def test_a_package_is_staged(built, tmp_path):
    install(built, DESTDIR=tmp_path, PREFIX="/usr")
    assert [p.name for p in tmp_path.iterdir()] == ["usr"]
    assert "prefix=/usr\n" in (tmp_path / "usr/lib/pkgconfig/taustream.pc").read_text()
    name = os.readlink(tmp_path / "usr/lib/libtaustream.so")
    assert not os.path.isabs(name) and (tmp_path / "usr/lib" / name).exists()


@pytest.mark.parametrize("backend", ["model", "rtl"])
def test_the_library_fits_as_the_command_does(prefix, tmp_path, backend):
    """examples/library/fit.c, compiled as its head says, beside the installed command."""
    rng = np.random.default_rng(3)
    at = np.arange(BINS) * BIN_WIDTH_S
    mean = np.exp(-at / 0.5e-9) * 3000 + np.exp(-at / 3e-9) * 1500
    response = np.exp(-0.5 * ((at - 1.5e-9) / (IRF_FWHM_S / 2.3548)) ** 2)
    counts = rng.poisson(np.convolve(response / response.sum(), mean)[:BINS] + 2, (2 if backend == "rtl" else 40, BINS))
    np.save(tmp_path / "f.npy", counts.astype(np.uint32))

    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(prefix / "lib"),
                   "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
    environment.pop("TAUSTREAM_RTL_DIR", None)
    flags = called("pkg-config", "--cflags", "--libs", "taustream", env=environment).split()
    called("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", tmp_path / "fit", ROOT / "examples/library/fit.c", *flags, "-lm")
    lines = called(tmp_path / "fit", BIN_WIDTH_S, IRF_FWHM_S, BINS, backend, env=environment, cwd=tmp_path,
                   input=" ".join(map(str, counts.ravel()))).splitlines()
    table = tmp_path / "f.csv"
    called("taustream", "trpl", "f.npy", "--bin-width", "100ps", "--irf-gauss", "500ps", "--components", "2", "--start", "own", "--backend", backend, "--csv",
           table, "--quiet", env=environment, cwd=tmp_path)
    rows = np.genfromtxt(table, delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert len(lines) == len(rows) == len(counts)
    for n, (line, row) in enumerate(zip(lines, rows)):
        words = line.replace("[", "").replace("]", "").replace(",", "").split()
        assert words[:2] == [str(n), row["status"]]
        given = [float(words[i]) for i in (2, 4, 5, 6, 8, 9)]
        assert given == pytest.approx([row[f"lifetime_{k}_{what}"] for k in (1, 2) for what in ("s", "low_s", "high_s")], rel=1e-5)
