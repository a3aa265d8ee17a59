#!/usr/bin/env python3
"""Bitstreams from board descriptions.

    build.py list                       boards, and why some are left out
    build.py files BOARD                constraints file and parameters only, into build/boards/BOARD
    build.py build BOARD [--seed N] [--serial TEXT]
                                        synthesis, place and route with one seed, image: build/boards/BOARD/BOARD.bin or .bit
    build.py all [BOARD ...]            each board with all its seeds; compares with what is recorded, exit code 1 on any failure
    build.py record [BOARD ...]         the same, and records what was found (constraints/recorded.json)
    build.py size BOARD ...             synthesis and packing only (a minute or two): compares cells with what is recorded, exit code 1 on any failure
    build.py flash BOARD                writes the image to the board

A build fails, and leaves no image, when it does not fit, misses a clock, or yosys prints "Driver-driver conflict".
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pll
from description import CONFIGURATION_BYTES, ENGINES, PROGRAM_BYTES, ROOT, BoardError, load, names

OUT = ROOT / "build/boards"
RECORDED = ROOT / "constraints/recorded.json"
GROWTH = 1.03
sys.path.insert(0, str(ROOT / "rtl/board"))
import flash_image  # noqa: E402



class Misfit(BoardError):
    """The part is too small: what is needed and what is there."""

    def __init__(self, text, needs):
        super().__init__(text)
        self.needs = needs


# names of the cells in nextpnr's report, of what the part has
CELLS = {"ice40": {"logic": "ICESTORM_LC", "ram": "ICESTORM_RAM", "multipliers": "ICESTORM_DSP"},
         "ecp5": {"logic": "TRELLIS_COMB", "ram": "DP16KD", "multipliers": "MULT18X18D"}}


def say(text):
    print(text, flush=True)


def run(command, folder, log):
    """Runs a tool; its output goes to a file."""
    try:
        with (folder / log).open("w", encoding="utf-8") as f:
            return subprocess.run(["nice", *map(str, command)], cwd=folder, stdout=f, stderr=subprocess.STDOUT, check=False).returncode
    except FileNotFoundError as e:
        raise BoardError(f"{command[0]} is not there: run `make setup`") from e


def ending(folder, log, pattern=r"ERROR|error"):
    lines = (folder / log).read_text(encoding="utf-8", errors="replace").splitlines()
    chosen = [x for x in lines if re.search(pattern, x)] or lines[-5:]
    return "\n    ".join(chosen[-5:])


def constraints(board):
    """Text of the .pcf or .lpf."""
    lines = [f"# {board.description}: made from constraints/{board.path.name}"]
    if board.family == "ice40":
        lines += [f"set_io {port} {place}" for port, place in board.pins.items()]
        lines.append(f"set_frequency clk_in {board.clock_mhz}")
    else:
        io = board.io or {}
        for port, place in board.pins.items():
            lines += [f'LOCATE COMP "{port}" SITE "{place}";', f'IOBUF PORT "{port}" IO_TYPE={io.get(port, "LVCMOS33")};']
        lines.append(f'FREQUENCY PORT "clk_in" {board.clock_mhz} MHZ;')
    return "\n".join(lines) + "\n"


def files(board, serial):
    """Writes what the tools read; returns folder and parameters of the top."""
    folder = OUT / board.name
    folder.mkdir(parents=True, exist_ok=True)
    parameters, clock = pll.settings(board, folder)
    engine_hz = round(board.engine_mhz * 1e6)
    parameters["CLOCK_HZ"] = engine_hz
    parameters["LED_LOW"] = f"3'd{board.led_bits('low')}"
    if board.family == "ice40":
        program = flash_image.image([int(x, 16) for x in (ROOT / "rtl/fit/decay_program.hex").read_text().split()], 13)
        (folder / "program.bin").write_bytes(program)
        parameters.update(WITH_DECAY=int(board.with_decay), WITH_SCLC=int(bool(board.sclc)))
        if board.photon_samples:
            parameters.update(PIN_SAMPLES=board.photon_samples)
        parameters["LED_RGB"] = f"3'd{board.led_bits('rgb')}"
        parameters["FLASH_ADDRESS"] = f"24'd{board.flash['program']}"
        parameters["PROGRAM_CRC"] = f"32'd{flash_image.crc(program)}"
    else:
        if not board.with_decay:
            raise BoardError(f"{board.path}: decay = false is for the small parts")
        parameters.update(ENGINE=ENGINES[board.engine], ENGINES=board.engines, CONTEXTS=board.contexts, WITH_SCLC=int(bool(board.sclc)), WITH_TA=int(bool(board.transient)))
        if board.transient:
            parameters.update(TA_KEEP=int(bool(board.transient_keep)), TA_FEW_CELLS=int(bool(board.transient_few_cells)))
        if board.photon_samples:
            parameters.update(WITH_PHOTON=1, WITH_RAW=1, PIN_SAMPLES=board.photon_samples)
    if board.transport == "uart":
        parameters["UART_DIVIDER"] = f"24'd{round(engine_hz / board.uart_baud * 256)}"
    else:
        parameters["SERIAL"] = f"128'h{serial.encode('ascii').hex()}"
    (folder / ("board.pcf" if board.family == "ice40" else "board.lpf")).write_text(constraints(board), encoding="utf-8")
    (folder / "parameters.json").write_text(json.dumps({"clock_mhz": clock, **parameters}, indent=1) + "\n", encoding="utf-8")
    for table in ROOT.glob("rtl/*/*.hex"):
        shutil.copy(table, folder)
    return folder, parameters


def run_yosys(board, folder, name, lines):
    (folder / f"{name}.ys").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if run(["yosys", "-q", "-l", f"{name}.log", f"{name}.ys"], folder, f"{name}.out"):
        raise BoardError(f"{board.name}: yosys failed\n    {ending(folder, f'{name}.out')}")
    if "Driver-driver conflict" in (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace"):
        raise BoardError(f"{board.name}: yosys: Driver-driver conflict")


def synthesise(board, folder, parameters):
    # seen from the folder: yosys names by the files' paths, and what it makes hangs on the names' order
    sources = sorted(os.path.relpath(p, folder) for p in ROOT.glob("rtl/*/*.v"))
    includes = [f"-I{os.path.relpath(d, folder)}" for d in sorted(ROOT.glob("rtl/*")) if d.is_dir()]
    # constants as chparam reads them
    lines = [f"read_verilog {' '.join(includes)} {' '.join(sources)}",
             f"chparam {' '.join(f'-set {n} {v}' for n, v in parameters.items())} {board.top}",
             f"hierarchy -check -top {board.top}"]
    if board.family == "ice40":
        lines.insert(0, "read_verilog -D ICE40_U -lib +/ice40/cells_sim.v")
        if board.lut_rounds:
            # ABC's own script for tables, but it maps again what it mapped: that takes fewer, and its depth stays the least. A process of its own reads
            # the gates: what is found hangs on the order of names, and behind the file it took fewer.
            again = ";".join(["strash;dch,-f;if,-C,32,-F,4,-A,8;mfs2"] * board.lut_rounds)
            lines += [f"synth_ice40 -device u -top {board.top} -run begin:map_luts", "write_rtlil gates.il"]
            run_yosys(board, folder, "gates", lines)
            lines = ["read_rtlil gates.il", f"scratchpad -set abc.script +strash;&get,-n;&fraig,-x;&put;scorr;dc2;dretime;{again};lutpack,-S,1",
                     f"synth_ice40 -device u -top {board.top} -run map_luts: -json net.json"]
        else:
            lines.append(f"synth_ice40 -device u -top {board.top} -json net.json")
    else:
        lines.insert(0, "read_verilog -lib +/ecp5/cells_sim.v +/ecp5/cells_bb.v")
        # small memories may go where they fit: block memory is scarce
        lines.append("setattr -unset ram_style m:*")
        for style, chosen in (("logic", board.logic_memories), ("distributed", board.lookup_memories)):
            for name in chosen or []:
                # a misspelt name would change nothing
                lines += [f"select -assert-min 1 m:{name}", f'setattr -set ram_style "{style}" m:{name}']
        if board.engines == 1:
            lines.append(f"synth_ecp5 -abc9 -top {board.top} -json net.json")
        else:
            # an engine is synthesised once, however many there are
            lines += ["setattr -mod -set keep_hierarchy 1 *decay_engine", f"synth_ecp5 -abc9 -top {board.top}",
                      "setattr -mod -unset keep_hierarchy *decay_engine", "flatten", "opt_clean", "write_json net.json"]
    run_yosys(board, folder, "synthesis", [*lines, "stat"])


def place(board, folder, seed):
    """Place and route with one seed: what it takes and how fast it is. Nothing from before is left."""
    report = folder / f"seed-{seed}.json"
    text = folder / f"seed-{seed}.{'asc' if board.family == 'ice40' else 'config'}"
    for stale in (report, text):
        stale.unlink(missing_ok=True)
    common = ["--seed", seed, "--json", "net.json", "--timing-allow-fail", "--report", report.name]
    if board.family == "ice40":
        # the netlist too, for tests/gates
        command = ["nextpnr-ice40", f"--{board.part}", "--package", board.package, "--pcf", "board.pcf", "--asc", text.name, "--write", f"seed-{seed}.placed.json",
                   "--freq", board.engine_mhz, *common]
        if board.timing_weight:
            command += ["--placer-heap-timingweight", board.timing_weight, "--placer-heap-critexp", 4]
    else:
        command = [pll.tool("nextpnr-ecp5"), f"--{board.part}", "--package", board.package, "--lpf", "board.lpf", "--textcfg", text.name, *common]
    log = f"seed-{seed}.log"
    code = run(command, folder, log)
    if code or not report.exists():
        text = (folder / log).read_text(encoding="utf-8", errors="replace")
        needs = {what: [int(x) for x in found[-1]] for what, cell in CELLS[board.family].items()
                 if (found := re.findall(rf"{cell}:\s+(\d+)/\s*(\d+)", text))}
        if any(used > there for used, there in needs.values()):
            raise Misfit(f"{board.name}: does not fit: " + ", ".join(f"{u} of {t} {what}" for what, (u, t) in needs.items()), needs)
        raise BoardError(f"{board.name}: seed {seed}: not placed or routed\n    {ending(folder, log)}")
    return json.loads(report.read_text(encoding="utf-8"))


def longest(report, clock):
    """The path that limits a clock: where it begins and ends, its nanoseconds by kind, how many cells it passes. None: the report has none."""
    path = next((p["path"] for p in report.get("critical_paths", []) if p["from"] == p["to"] == f"posedge {clock}"), None)
    if not path:
        return None

    def place(end):
        # without what the tools put behind a register's or a memory's name
        return re.sub(r"(?:\.\d+)*(?:_(?:TRELLIS|SB|PFUMX|LUT4|L6MUX21|CCU2C|DP16KD|RAM|LC).*)?$", "", end["cell"])

    def total(*kinds):
        return round(sum(step["delay"] for step in path if step["type"] in kinds), 2)

    # the first step is inside of the cell that begins, and may be named by another port
    return {"from": place(next((s for s in path if s["type"] == "routing"), path[0])["from"]), "to": place(path[-1]["to"]), "ns": total("clk-to-q", "logic", "routing", "setup"),
            "clock_to_output_ns": total("clk-to-q"), "cells_ns": total("logic", "setup"), "wires_ns": total("routing"), "cells": sum(s["type"] == "logic" for s in path)}


def judged(board, report):
    """The figures of one seed; each clock with its constraint."""
    use = report["utilization"]
    figures = {what: [use[cell]["used"], use[cell]["available"]] for what, cell in CELLS[board.family].items()}
    # clocks by what they are for: the frequency they must have
    wanted = [board.engine_mhz] + ([48] if board.transport == "usb" else [])
    clocks = {}
    for name, clock in report["fmax"].items():
        if board.transport == "uart" and name.endswith("clk_48_unused"):
            continue        # the PLL's output for a bus: there is none, only its reset
        nearest = min(wanted, key=lambda w: abs(w - clock["constraint"]))
        clocks[name] = {"achieved": round(clock["achieved"], 2), "constraint": round(clock["constraint"], 2), "wanted": nearest}
        path = longest(report, name)
        if path:
            clocks[name]["path"] = path
        if abs(clock["constraint"] / nearest - 1) > 0.005:
            raise BoardError(f"{board.name}: clock {name} is constrained to {clock['constraint']:.2f} MHz, expected one of {wanted}")
    return {**figures, "clocks": clocks}


def packed(board, folder):
    """What it takes, without place and route."""
    report = folder / "packed.json"
    report.unlink(missing_ok=True)
    router = ["nextpnr-ice40", "--pcf", "board.pcf"] if board.family == "ice40" else [pll.tool("nextpnr-ecp5"), "--lpf", "board.lpf"]
    run([*router, f"--{board.part}", "--package", board.package, "--json", "net.json", "--pack-only"], folder, "packed.log")
    text = (folder / "packed.log").read_text(encoding="utf-8", errors="replace")
    found = {what: re.findall(rf"{cell}:\s+(\d+)/\s*(\d+)", text) for what, cell in CELLS[board.family].items()}
    if not all(found.values()):
        raise BoardError(f"{board.name}: not packed\n    {ending(folder, 'packed.log')}")
    return {what: [int(x) for x in values[-1]] for what, values in found.items()}


def misses(figures):
    return [f"{name}: {c['achieved']} MHz, wanted {c['wanted']}" for name, c in figures["clocks"].items() if c["achieved"] < c["wanted"]]


def pack(board, folder, seed):
    """The image that is written to the board."""
    if board.family == "ice40":
        if run(["icepack", f"seed-{seed}.asc", "configuration.bin"], folder, "pack.log"):
            raise BoardError(f"{board.name}: icepack failed\n    {ending(folder, 'pack.log')}")
        configuration = (folder / "configuration.bin").read_bytes()
        gap = board.flash["program"] - board.flash["image"] - len(configuration)
        if len(configuration) != CONFIGURATION_BYTES or gap < 0:
            raise BoardError(f"{board.name}: configuration of {len(configuration)} bytes, expected {CONFIGURATION_BYTES}")
        program = (folder / "program.bin").read_bytes()
        if len(program) != PROGRAM_BYTES:
            raise BoardError(f"{board.name}: program of {len(program)} bytes, expected {PROGRAM_BYTES}")
        image = folder / f"{board.name}.bin"
        part = image.with_name(image.name + ".part")
        part.write_bytes(configuration + (b"\xff" * gap + program if board.with_fit else b""))
    else:
        image = folder / f"{board.name}.bit"
        part = image.with_name(image.name + ".part")
        if run([pll.tool("ecppack"), "--compress", f"seed-{seed}.config", part.name], folder, "pack.log"):
            raise BoardError(f"{board.name}: ecppack failed\n    {ending(folder, 'pack.log')}")
    part.replace(image)
    return image


def build(board, seeds, serial):
    """Builds with the seeds in turn; the image is that of the first. Returns what to record."""
    folder = OUT / board.name
    for stale in (folder / f"{board.name}.bin", folder / f"{board.name}.bit"):
        stale.unlink(missing_ok=True)
    folder, parameters = files(board, serial)
    start = time.monotonic()
    synthesise(board, folder, parameters)
    say(f"{board.name}: synthesis {time.monotonic() - start:.0f} s")
    found, bad = {}, []
    for seed in seeds:
        start = time.monotonic()
        figures = judged(board, place(board, folder, seed))
        found[str(seed)] = figures
        late = misses(figures)
        bad += [f"seed {seed}: {x}" for x in late]
        use = ", ".join(f"{figures[k][0]} of {figures[k][1]} {k}" for k in CELLS[board.family])
        say(f"{board.name}: seed {seed}: {use}; " + ", ".join(f"{c['achieved']} MHz of {c['wanted']}" for c in figures["clocks"].values())
            + f"; place and route {time.monotonic() - start:.0f} s")
        if seed == seeds[0] and not late:
            say(f"{board.name}: {pack(board, folder, seed).relative_to(ROOT)}")
    if bad:
        raise BoardError(f"{board.name}: a clock is missed: " + "; ".join(bad))
    return found


def grown(board, found, recorded):
    """What takes more than recorded, allowance included."""
    before = recorded.get("boards", {}).get(board.name, {}).get("seeds", {})
    for seed, figures in found.items():
        for what in CELLS[board.family]:
            if seed in before and figures[what][0] > before[seed][what][0] * GROWTH:
                raise BoardError(f"{board.name}: seed {seed}: {figures[what][0]} {what}, recorded {before[seed][what][0]}: more than 3 % up; "
                                 f"if that is meant, `constraints/build.py record {board.name}`")


def sized(chosen, serial):
    """Cells of each board that is built, against the record."""
    failed = 0
    for name in chosen:
        board = load(name)
        try:
            before = recorded_file()["boards"].get(name, {}).get("seeds", {})
            if not before:
                raise BoardError(f"{name}: nothing is recorded: `constraints/build.py record {name}`")
            folder, parameters = files(board, serial)
            synthesise(board, folder, parameters)
            found = packed(board, folder)
            say(f"{name}: " + ", ".join(f"{use} of {there} {what}" for what, (use, there) in found.items()))
            grown(board, dict.fromkeys(before, found), recorded_file())
        except BoardError as e:
            say(f"FAIL {e}")
            failed += 1
    return 1 if failed else 0


def versions(board):
    """Of the tools that built it, as they print them."""
    def first(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        found = re.search(r"(?:Yosys|Version|version)[ :]*([\w.-]+)", done.stdout + done.stderr)
        return found[1] if found else "unknown"

    router = "nextpnr-ice40" if board.family == "ice40" else pll.tool("nextpnr-ecp5")
    packer = {} if board.family == "ice40" else {"ecppack": first(pll.tool("ecppack"), "--version")}
    return {"yosys": first("yosys", "-V"), f"nextpnr-{board.family}": first(router, "--version"), **packer}


def revision(board):
    """Of the gateware and of the description that are built, as git knows them."""
    def git(*arguments):
        done = subprocess.run(["git", *arguments, "--", "rtl", board.path], capture_output=True, text=True, check=False, cwd=ROOT)
        return done.stdout.strip() if done.returncode == 0 else None

    last, changes = git("log", "-1", "--format=%h"), git("status", "--porcelain")
    return "unknown" if not last or changes is None else last + (" with changes" if changes else "")


def recorded_file():
    return json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {"boards": {}}


def record(name, gateware, found, misfit=None):
    """What was built of which gateware with each seed, or what the part lacks. Into the file as it is now: other boards may be built at the same time."""
    recorded = recorded_file()
    recorded["boards"][name] = {"tools": versions(load(name)), "revision": gateware, "seeds": found, **({"misfit": misfit} if misfit else {})}
    recorded["boards"] = dict(sorted(recorded["boards"].items()))
    part = RECORDED.with_name(RECORDED.name + ".part")
    part.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    part.replace(RECORDED)


def every(chosen, keep, serial):
    failed = 0
    for name in chosen or names():
        board = load(name)
        if board.excluded and not chosen:
            say(f"{name}: left out: {board.excluded}")
            continue
        gateware = revision(board)
        try:
            found = build(board, board.seeds, serial)
            if keep:
                record(name, gateware, found)
            else:
                grown(board, found, recorded_file())
        except BoardError as e:
            say(f"FAIL {e}")
            if keep and isinstance(e, Misfit):
                record(name, gateware, {}, e.needs)
            failed += 1
    return 1 if failed else 0


def flash(board):
    image = OUT / board.name / f"{board.name}.{'bin' if board.family == 'ice40' else 'bit'}"
    if not image.exists():
        raise BoardError(f"{image} is not there: `make bitstream BOARD={board.name}` first")
    tool = board.write["tool"]
    if tool == "iceprog":
        commands = [["iceprog", image]]
    elif tool == "openFPGALoader":
        commands = [["openFPGALoader", "--board", board.write["board"], "--write-flash", image]]
    else:
        dfu = ["dfu-util", "--device", board.write["id"]]
        parts = [(0, "configuration.bin"), (1, "program.bin")] if board.write.get("alternates") and board.with_fit else []
        # the part that starts comes last
        commands = [[*dfu, "--alt", n, "--download", image.with_name(part)] for n, part in reversed(parts)] or [[*dfu, "--download", image]]
    if shutil.which(tool) is None:
        package = {"iceprog": "fpga-icestorm"}.get(tool, tool.lower())
        raise BoardError(f"{tool} is not there; it writes {board.name} (Debian: apt-get install {package})")
    for command in commands:
        say(" ".join(map(str, command)))
        code = subprocess.run(list(map(str, command)), check=False).returncode
        if code:
            return code
    return 0


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("list", "files", "build", "all", "record", "size", "flash"))
    parser.add_argument("boards", nargs="*", metavar="BOARD")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--serial", default="0000000000000001", help="of a USB board, 16 characters")
    options = parser.parse_args(arguments)
    try:
        if len(options.serial) != 16 or not options.serial.isascii() or not options.serial.isalnum():
            raise BoardError(f"serial {options.serial!r}, expected 16 letters and digits")
        if options.what == "list":
            for name in names():
                board = load(name)
                say(f"{name:20s} {board.description}" + (f" (left out: {board.excluded})" if board.excluded else ""))
            return 0
        if options.what in ("all", "record"):
            return every(options.boards, options.what == "record", options.serial)
        if options.what == "size":
            return sized(options.boards or [n for n in names() if recorded_file()["boards"].get(n, {}).get("seeds")], options.serial)
        if len(options.boards) != 1:
            raise BoardError(f"one board, expected one of {', '.join(names())}")
        board = load(options.boards[0])
        if options.what == "flash":
            return flash(board)
        if options.what == "files":
            files(board, options.serial)
            return 0
        found = build(board, [options.seed if options.seed is not None else board.seeds[0]], options.serial)
        grown(board, found, recorded_file())
        return 0
    except BoardError as e:
        print(f"build.py: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
