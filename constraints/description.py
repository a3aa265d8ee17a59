"""Board descriptions (constraints/*.toml): read, checked; docs/boards.md says what stands in one."""
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
ENGINES = {"u16": 1, "e18": 2}
LEDS = ("link", "busy", "error")
# what a top of rtl/board needs: family, transport
TOPS = {"ice40_uart": ("ice40", "uart"), "ice40_usb": ("ice40", "usb"), "ecp5_uart": ("ecp5", "uart"), "ecp5_usb": ("ecp5", "usb")}
PINS = {"uart": ("uart_rx", "uart_tx"), "usb": ("usb_dp", "usb_dn", "usb_pullup"),
        "ice40": ("flash_select_n", "flash_clock", "flash_out", "flash_in"),
        # photons: used where `photon_samples` is given
        "ecp5": ("pin_sync", "pin_detector", "pin_marker"),
        "ice40_uart": ("pin_sync", "pin_detector", "pin_marker"),
        # its flash's clock is a cell of the part
        "ecp5_usb": ("flash_select_n", "flash_out", "flash_in")}
# what writes an image: needed, and optional keys
TOOLS = {"iceprog": ((), ()), "dfu-util": (("id",), ("alternates",)), "openFPGALoader": (("board",), ())}
USB_MHZ = 48
# of a UP5K's configuration, and of the fit's program behind it (flash_image.py)
CONFIGURATION_BYTES = 104090
PROGRAM_BYTES = 6 * 8192
REQUIRED = {"description": str, "top": str, "part": str, "package": str, "clock_mhz": (int, float), "engine_mhz": (int, float), "engine": str,
            "contexts": int, "seeds": list, "pins": dict, "write": dict}
OPTIONAL = {"engines": int, "uart_baud": int, "usb_mhz": int, "pll_feedback_mhz": (int, float), "decay": bool, "sclc": bool, "transient": bool, "transient_keep": bool, "transient_few_cells": bool, "photon_samples": int, "timing_weight": int, "lut_rounds": int, "logic_memories": list, "lookup_memories": list, "leds": dict, "flash": dict, "io": dict,
            "excluded": str}


class BoardError(Exception):
    """What is wrong with a description, or with what was built from it."""


class Board:
    """One description. Attributes as in the file; what is optional there has a value here."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as e:
            raise BoardError(f"{path}: {e}") from e
        self.values = values
        for key, kind in REQUIRED.items():
            if not isinstance(values.get(key), kind):
                self.fail(f"`{key}` is {values.get(key)!r}, expected {kind}")
        for key, value in values.items():
            kind = REQUIRED.get(key) or OPTIONAL.get(key)
            if kind is None:
                self.fail(f"unknown key `{key}`, expected one of {', '.join([*REQUIRED, *OPTIONAL])}")
            if not isinstance(value, kind):
                self.fail(f"`{key}` is {value!r}, expected {kind}")
        self.top, self.pins = values["top"], values["pins"]
        if self.top not in TOPS:
            self.fail(f"top {self.top!r}, expected one of {', '.join(TOPS)}")
        self.family, self.transport = TOPS[self.top]
        self.with_decay = values.get("decay", True)
        values.setdefault("engines", 1)
        self.check()

    def fail(self, text):
        raise BoardError(f"{self.path}: {text}")

    def __getattr__(self, name):
        if name in REQUIRED or name in OPTIONAL:
            return self.values.get(name)
        raise AttributeError(name)

    def check(self):
        wanted = {"clk_in", *(f"led_{n}" for n in LEDS), *PINS[self.transport], *PINS[self.family], *PINS.get(self.top, ())}
        if set(self.pins) != wanted:
            self.fail(f"pins {', '.join(sorted(self.pins))}, expected {', '.join(sorted(wanted))}")
        places = list(self.pins.values())
        for place in places:
            if places.count(place) > 1:
                self.fail(f"pin {place} is used twice")
        if self.engine not in ENGINES:
            self.fail(f"engine {self.engine!r}, expected one of {', '.join(ENGINES)}")
        if self.family == "ice40" and (self.engine != "u16" or self.contexts != 1):
            self.fail(f"engine {self.engine}, contexts {self.contexts}: the small engine is u16 with one context")
        if (self.transient_keep or self.transient_few_cells) and not self.transient:
            self.fail("transient_keep and transient_few_cells are for `transient = true`")
        if self.family == "ice40" and (self.with_decay == bool(self.sclc) or self.transient):
            self.fail("this part holds one engine: decay = true or sclc = true")
        if not 1 <= self.contexts <= 4:
            self.fail(f"contexts {self.contexts}, expected 1 to 4")
        if not 1 <= self.engines <= (8 if self.family == "ecp5" else 1):
            self.fail(f"engines {self.engines}, expected 1, on an ECP5 to 8")
        if self.photon_samples is not None and (self.photon_samples != 2 or "pin_sync" not in wanted or not self.with_decay):
            self.fail(f"photon_samples {self.photon_samples}, expected 2 (samples of the photons' pins in a clock), for decays, where a top has their pins")
        if self.lut_rounds is not None and (not 1 <= self.lut_rounds <= 10 or self.family != "ice40"):
            self.fail(f"lut_rounds {self.lut_rounds}, expected 1 to 10 (how often ABC maps to tables; its own script when left out), on a UP5K")
        if self.timing_weight is not None and (not 1 <= self.timing_weight <= 1000 or self.family != "ice40"):
            self.fail(f"timing_weight {self.timing_weight}, expected 1 to 1000 (of nextpnr's placer, 10 when left out), on a UP5K")
        if not self.seeds or not all(isinstance(s, int) for s in self.seeds):
            self.fail(f"seeds {self.seeds}, expected numbers")
        for key in ("logic_memories", "lookup_memories"):
            found = getattr(self, key) or []
            if not all(isinstance(m, str) and m.isidentifier() for m in found) or (found and self.family != "ecp5"):
                self.fail(f"{key} {found}, expected names of memories, on an ECP5")
        if (self.uart_baud is None) != (self.transport != "uart"):
            self.fail("uart_baud goes with a UART, and only with one")
        if self.transport == "usb" and self.usb_mhz != USB_MHZ:
            self.fail(f"usb_mhz {self.usb_mhz}, expected {USB_MHZ}")
        leds = self.leds or {}
        for key, names in leds.items():
            if key not in ("low", "rgb") or not isinstance(names, list) or not set(names) <= set(LEDS):
                self.fail(f"leds.{key} {names!r}, expected low or rgb and a list of {', '.join(LEDS)}")
        if self.family == "ice40":
            flash = self.flash or {}
            if set(flash) != {"image", "program"} or not all(isinstance(v, int) for v in flash.values()):
                self.fail(f"flash {flash}, expected image and program, addresses")
            if flash["program"] < flash["image"] + CONFIGURATION_BYTES or flash["program"] + PROGRAM_BYTES > 1 << 24:
                self.fail(f"flash.program {flash['program']:#x}, expected {flash['image'] + CONFIGURATION_BYTES:#x} or more, in 24 bits")
        tool = self.write.get("tool")
        if tool not in TOOLS or not {"tool", *TOOLS[tool][0]} <= set(self.write) <= {"tool", *TOOLS[tool][0], *TOOLS[tool][1]}:
            self.fail(f"write {self.write}, expected one of "
                      + "; ".join(f"tool {t}{''.join(', ' + k for k in needed)}" for t, (needed, _) in TOOLS.items()))

    @property
    def with_fit(self):
        """Whether there is a decay engine: a UP5K with the photons' pins has no room for one."""
        return self.with_decay and not (self.family == "ice40" and self.photon_samples)

    @property
    def pass_kind(self):
        """The decay engine's pass, as rtl/decay/decay_engine.v calls it."""
        return "serial" if self.family == "ice40" else "ring"

    @property
    def clocks_key(self):
        """What the clocks of a fit depend on; in clocks.json they stand under it."""
        return f"{self.engines} x {self.contexts}" + (", serial" if self.pass_kind == "serial" else "")

    def led_bits(self, key):
        names = (self.leds or {}).get(key, [])
        return sum(1 << n for n, led in enumerate(LEDS) if led in names)


def names():
    return sorted(p.stem for p in FOLDER.glob("*.toml"))


def load(name):
    if name not in names():
        raise BoardError(f"no board {name!r}, expected one of {', '.join(names())}")
    return Board(FOLDER / f"{name}.toml")
