"""The board under test, reached by the command line alone.

DEVICE        what it is                                                     --backend
model         the engine's integer model                                     model
rtl           the simulated gateware without a bus                           rtl
virtual       the simulated gateware on a simulated USB bus, bit by bit      usb
virtual-packet  the model behind USB packets: fast, no gateware              usb
usb[:SERIAL]  a board on USB                                                 usb[:SERIAL]
uart:PATH     a board on a serial port                                       uart:PATH
socket:PATH   a simulated board in another process                           socket:PATH

A virtual board stays plugged in for the whole run, as a real one does: one taustream-vboard holds it, and the commands run in its environment.
"""
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("TAUSTREAM", ROOT / "build/taustream"))
VBOARD = PROGRAM.parent / "taustream-vboard"
VIRTUAL_SERIAL = "00000000000000F1"
COMMAND_S = 600
LEVELS = {"virtual": "bit", "virtual-packet": "packet"}


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Board:
    def __init__(self, device, engine):
        kind = device.split(":")[0]
        if kind not in ("model", "rtl", "usb", "uart", "socket", *LEVELS) or (":" in device and kind in ("model", "rtl", *LEVELS)) or (
                kind in ("uart", "socket") and device[len(kind):] in ("", ":")):
            raise ValueError(f"DEVICE={device}: expected virtual, virtual-packet, model, rtl, usb, usb:SERIAL, uart:PATH or socket:PATH")
        self.device, self.level = device, LEVELS.get(kind)
        self.is_usb = kind == "usb" or self.level is not None
        self.is_hardware = kind in ("usb", "uart")
        self.backend = "usb" if self.level else device
        self.asked_engine = engine
        self.environment = dict(os.environ)
        self.holder = None
        if self.level:
            self.holder = subprocess.Popen([VBOARD, "--quiet", *self.virtual_options(), "--", "sh", "-c", 'echo "$UMOCKDEV_DIR" "$LD_PRELOAD"; read -r line'],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            words = self.holder.stdout.readline().split()
            if len(words) != 2:
                raise RuntimeError("taustream-vboard did not start")
            self.environment["UMOCKDEV_DIR"], self.environment["LD_PRELOAD"] = words

    def virtual_options(self):
        return ["--level", self.level, "--engine", self.asked_engine or "u16", "--serial", VIRTUAL_SERIAL]

    def close(self):
        if self.holder:
            self.holder.communicate("\n", timeout=COMMAND_S)

    def arguments(self, words, backend=None):
        engine = ["--engine", self.asked_engine] if self.asked_engine and self.backend in ("model", "rtl") else []
        return [PROGRAM, *map(str, words), "--backend", backend or self.backend, *engine]

    def run(self, *words, cwd=None, backend=None):
        """taustream WORDS --backend THE_BOARD"""
        p = subprocess.run(self.arguments(words, backend), cwd=cwd, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           timeout=COMMAND_S, check=False)
        return Done(p.returncode, p.stdout, p.stderr)

    def start(self, *words, cwd=None):
        return subprocess.Popen(self.arguments(words), cwd=cwd, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run_on_new_virtual_board(self, options, *words, cwd=None):
        """The same on a virtual board of its own, which is unplugged or wedges as the options say."""
        stats = Path(cwd) / "vboard.json"
        p = subprocess.run([VBOARD, "--quiet", *self.virtual_options(), "--stats", stats, *map(str, options), "--", *self.arguments(words)], cwd=cwd,
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_S, check=False)
        return Done(p.returncode, p.stdout, p.stderr), json.loads(stats.read_text())


def command(*words, cwd=None):
    """taustream without a board, for data and for the model's answers."""
    p = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    assert p.returncode == 0, p.stderr
    return Done(p.returncode, p.stdout, p.stderr)


def needs_decays(info):
    if not info["components_max"]:
        pytest.skip("this device has no engine for decays")


def interrupt(process, how=signal.SIGINT):
    process.send_signal(how)
    out, err = process.communicate(timeout=COMMAND_S)
    return Done(process.returncode, out, err)
