"""The SCLC engine's program: what is made from it is what the repository holds; the compiler against Python; the machine's numbers against Python's."""
import ctypes
import math
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "rtl/sclc/program"
MADE = ("host/model/sclc_program.h", "host/model/sclc_program.c", "rtl/sclc/sclc_memory_map.vh", "rtl/sclc/sclc_program.hex", "rtl/sclc/sclc_registers.hex",
        "rtl/sclc/sclc_table.hex")


def load(name):
    import importlib.util   # pylint: disable=import-outside-toplevel
    spec = importlib.util.spec_from_file_location("sclc_" + name, PROGRAM / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compiler, tables = load("compiler"), load("tables")


def check(root):
    return subprocess.run([sys.executable, str(root / "rtl/sclc/program/assemble.py"), "--check"], capture_output=True, text=True, check=False)


def test_made_files_are_up_to_date():
    done = check(ROOT)
    assert done.returncode == 0, done.stderr


def test_check_names_the_stale_file(tmp_path):
    for folder in ("rtl/sclc/program", "protocol"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in MADE:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    assert check(tmp_path).returncode == 0
    for path in MADE:
        whole = (tmp_path / path).read_text()
        (tmp_path / path).write_text(whole + "edited\n")
        done = check(tmp_path)
        assert done.returncode == 1 and path in done.stderr
        (tmp_path / path).write_text(whole)


# ---- compiler: a program and the same in Python, run by a machine of a few lines ----
def wrap(x):
    return (x + (1 << 63)) % (1 << 64) - (1 << 63)


def word(x):
    return (x + (1 << 31)) % (1 << 32) - (1 << 31)


def mul(a, b, s):
    p = word(a) * word(b)
    return (p + (1 << (s - 1))) >> s if s else p


def div(a, b, s):
    top = (1 << 63) - 1
    q = min((abs(a) << s) // abs(b), top) if b else top
    return -q if (a < 0) != (b < 0) else q


def run(program, memory, table=()):
    r, pc, stack = program.initial(), 0, []
    for _ in range(100000):
        op, x, d, a, b = program.code[pc]
        op, pc = compiler.OPS[op], pc + 1
        target = x << 8 | d
        if op == "DONE":
            return dict((name, r[at]) for name, at in program.variables.items())
        if op == "ST":
            memory[r[a]] = r[b]
        elif op in ("BLT", "BGE", "BEQ", "BNE"):
            if {"BLT": r[a] < r[b], "BGE": r[a] >= r[b], "BEQ": r[a] == r[b], "BNE": r[a] != r[b]}[op]:
                pc = target
        elif op == "JMP":
            pc = target
        elif op == "CALL":
            stack.append(pc)
            pc = target
        elif op == "RET":
            pc = stack.pop()
        else:
            r[d] = {"ADD": lambda: wrap(r[a] + r[b]), "SUB": lambda: wrap(r[a] - r[b]), "AND": lambda: r[a] & r[b], "SHR": lambda: r[a] >> b,
                    "SHL": lambda: wrap(r[a] << b), "MUL": lambda: mul(r[a], r[b], 8 * x), "DIV": lambda: div(r[a], r[b], 8 * x),
                    "LD": lambda: memory.get(r[a], 0), "TAB": lambda: table[r[a]]}[op]()
    raise AssertionError("the program does not end")


def expression(rng, depth):
    if depth == 0:
        return rng.choice(["x", "y", "z", "-x", str(rng.randrange(-1000, 1000)), "K"])
    a, b = expression(rng, depth - 1), expression(rng, depth - 1)
    return rng.choice([f"({a} + {b})", f"({a} - {b})", f"({a} & {b})", f"({a} >> {rng.randrange(8)})", f"({a} << {rng.randrange(4)})",
                       f"mul({a}, {b}, {rng.choice([0, 8, 16, 24])})", f"div({a}, {b}, {rng.choice([0, 16])})", f"load({a} & 15)"])


def test_expressions():
    rng = random.Random(3)
    for _ in range(300):
        text = expression(rng, rng.randrange(1, 5))
        x, y, z = (rng.randrange(-1 << 20, 1 << 20) for _ in range(3))
        memory = {n: rng.randrange(-1 << 20, 1 << 20) for n in range(16)}
        source = f"K = 77\ndef main():\n    x = load(100)\n    y = load(101)\n    z = load(102)\n    x = {text}\n"
        got = run(compiler.Program(source, {}), {**memory, 100: x, 101: y, 102: z})["x"]
        expected = eval(text, {"x": x, "y": y, "z": z, "K": 77, "mul": mul, "div": div, "load": memory.get})   # pylint: disable=eval-used
        assert got == wrap(expected), text


def test_conditions_and_loops():
    source = """
def main():
    n = 0
    i = 0
    while i < 10:
        i += 1
        if i == 3:
            continue
        if i > 8 and i != 11 or i == 2:
            odd()
        elif i <= 4:
            n += 100
        else:
            n -= 1
    j = 0
    while True:
        j += 1
        if j >= 7:
            break
def odd():
    if n > 1000:
        return
    n += 1000
"""
    end = run(compiler.Program(source, {}), {})
    n = 0
    for i in (1, 2, 4, 5, 6, 7, 8, 9, 10):
        if (i > 8 and i != 11) or i == 2:
            n += 0 if n > 1000 else 1000
        elif i <= 4:
            n += 100
        else:
            n -= 1
    assert (end["n"], end["i"], end["j"]) == (n, 10, 7)


@pytest.mark.parametrize("line", ["K = 3", "x = x * y", "for x in y: pass", "x = div(x, y, 8)", "f(x)", "x = 1 << 70"])
def test_what_is_not_in_the_language_is_refused(line):
    with pytest.raises((ValueError, KeyError, AttributeError)):
        compiler.Program(f"K = 1\ndef main():\n    {line}\n", {})


def test_table():
    words, at = tables.words()
    assert all(-(1 << 25) <= w < 1 << 25 for w in words)
    for n in range(257):
        assert abs(words[at["TABLE_LOG"] + n] / 2**24 - math.log2(1 + n / 256)) <= 2**-25
    for n in range(tables.TEMPLATE_FIRST, tables.TEMPLATE_LAST):
        value, after = (words[at["TABLE_TEMPLATE"] + k] / 2**20 for k in (n, n + 1))
        slope = [-words[at["TABLE_SLOPE"] + k] / 2**20 for k in (n, n + 1)]
        assert abs((after - value) * tables.TEMPLATE_STEPS - sum(slope) / 2) < 2e-3
    # Child's law: J = 9/8 eps mu V^2/L^3, J_0 = 4 eps mu V_t^2/L^3
    assert abs(tables.template(20)[0] - 40 - math.log2(9 / 32)) < 1e-5


# ---- the machine in C: products and quotients where they are wide ----
def test_machine_in_c():
    if not (ROOT / "build/libtaustream.so").exists():
        pytest.skip("libtaustream.so is not built")
    library = ctypes.CDLL(str(ROOT / "build/libtaustream.so"))
    assert hasattr(library, "ts_sclc_processor_run")
    program, table = load("assemble").build()
    memory_words = 4096

    class Machine(ctypes.Structure):
        _fields_ = [("r", ctypes.c_int64 * compiler.REGISTERS), ("memory", ctypes.c_int64 * memory_words)]

    machine = Machine()
    library.ts_sclc_processor_run.argtypes = [ctypes.POINTER(Machine), ctypes.c_int64]
    library.ts_sclc_processor_init(ctypes.byref(machine))
    rng, points = random.Random(5), 60
    memory = {1024: round(2.45 * 65536), 1025: -48000, 4096: points + (1 << 16)}
    for n in range(points):
        memory[2 * n] = word((rng.randrange(-30, -10) & 255) << 24 | rng.randrange(1 << 23)) if rng.random() < 0.2 else word((-22 & 255) << 24 | (1 << 21) + (n << 17))
        memory[2 * n + 1] = word((rng.randrange(-30, 10) & 255) << 24 | rng.randrange(1 << 24))
    for address, value in memory.items():
        if address < memory_words:
            machine.memory[address] = value
    library.ts_sclc_processor_run(ctypes.byref(machine), memory[4096])
    run(program, memory, table)
    assert [machine.memory[n] for n in range(memory_words)] == [memory.get(n, 0) for n in range(memory_words)]
