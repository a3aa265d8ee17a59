"""Groups and taps that the host chose for a fit, asked of the command itself through a device that records (recorder.py)."""
from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from unittest import mock

from . import harness
from reference import mle


def configuration(data, irf, components, engine, options=()):
    """What the host configures a device with for these counts and this IRF histogram (see recorder.decode)."""
    with tempfile.TemporaryDirectory(prefix="taustream-recorder-") as folder:
        device = Path(folder) / f"taustream-rtl-{engine}"
        device.symlink_to(Path(__file__).resolve().with_name("recorder.py"))
        record = Path(folder) / "record.json"
        with mock.patch.dict(os.environ, TAUSTREAM_RTL_DIR=folder, TAUSTREAM_RECORD=str(record)):
            harness.run(data, irf, components, backend="rtl", engine=engine, options=options)
        return json.loads(record.read_text(encoding="utf-8"))


def layout_of(data, irf, components, engine, options=()):
    """(Layout, taps, taps of the shift column, floats) of a fit."""
    c = configuration(data, irf, components, engine, options)
    layout = mle.Layout(c["pre"], c["fine"], tuple(c["octaves"]))
    assert layout.bins == c["bins"] and len(layout.edges) - 1 == c["groups"], c
    return layout, c["taps"], c["shift_taps"], c["floats"]
