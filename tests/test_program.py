"""The fit's program: what is made from it is what the repository holds, and the assembler keeps its promises."""
import random
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "rtl/fit/program"
MADE = ("host/model/fit_tables.c", "host/model/decay_program.c", "rtl/fit/decay_program.hex", "rtl/fit/decay_program_rows.hex", "rtl/fit/decay_constants_16.hex",
        "rtl/fit/decay_constants_18.hex", "host/model/ta_tables.c", "host/model/ta_program.c", "rtl/fit/ta_program.hex", "rtl/fit/ta_constants_18.hex",
        "rtl/fit/ta_constants_20.hex", "rtl/ta/ta_exp2_18.hex", "rtl/ta/ta_factor_18.hex", "rtl/ta/ta_exp2_20.hex", "rtl/ta/ta_factor_20.hex")
sys.path.insert(0, str(PROGRAM))
import assembler  # noqa: E402
import decay  # noqa: E402
import pytest  # noqa: E402
import ta  # noqa: E402

READS = {name: assembler.READS.get(name, "") for name in assembler.OPS}
WRITES = set(assembler.OPS[:assembler.CODE["IN"] + 1])
TURNS = {"BLT", "BGE", "JMP", "CALL", "RET", "PASS", "DONE"}


def assemble(root):
    return subprocess.run([sys.executable, str(root / "rtl/fit/program/assemble.py"), "--check"], capture_output=True, text=True, check=False)


def test_made_files_are_up_to_date():
    done = assemble(ROOT)
    assert done.returncode == 0, done.stderr


def test_check_names_the_stale_file(tmp_path):
    shutil.copytree(PROGRAM, tmp_path / "rtl/fit/program", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "protocol", tmp_path / "protocol", ignore=shutil.ignore_patterns("__pycache__"))
    for path in MADE:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    assert assemble(tmp_path).returncode == 0
    for path in MADE:
        whole = (tmp_path / path).read_text()
        (tmp_path / path).write_text(whole + "edited\n")
        done = assemble(tmp_path)
        assert done.returncode == 1 and path in done.stderr
        (tmp_path / path).write_text(whole)


def early_reads(words):
    """Instructions of code gone straight through that read a register less than LATENCY clocks after its write was issued."""
    written, clock, early = {}, 0, []
    for n, (code, stall, d, a, b, c) in enumerate(words):
        op = assembler.OPS[code]
        clock += stall
        for field in READS[op]:
            register = {"a": a, "b": b, "c": c}[field]
            if clock < written.get(register, -assembler.LATENCY) + assembler.LATENCY:
                early.append(n)
        if op in WRITES and d >= assembler.CONSTANTS:
            written[d] = clock
        clock += assembler.LEAVE if op in ("PASS", "DONE") else assembler.TURN if op in TURNS else 1
    return early


@pytest.mark.parametrize("program", (decay, ta))
def test_no_instruction_of_the_program_reads_early(program):
    """Straight through, branches not taken."""
    words, _ = program.build().assemble()
    assert early_reads(words) == []


@pytest.mark.parametrize("program", (decay, ta))
def test_everything_is_written_before_what_follows_a_branch(program):
    words, _ = program.build().assemble()
    clock, settled = 0, 0
    for n, (code, stall, d, *_rest) in enumerate(words):
        op = assembler.OPS[code]
        clock += stall
        if op in TURNS:
            assert clock + (assembler.LEAVE if op in ("PASS", "DONE") else assembler.TURN) >= settled, f"instruction {n}"
        elif op in WRITES and d >= assembler.CONSTANTS:
            settled = clock + assembler.LATENCY
        clock += 1


def evaluate(words, registers):
    r = list(registers)
    for code, _stall, d, a, b, c in words:
        if assembler.OPS[code] == "FMA":
            r[d] = (r[c] + r[a] * r[b]) % 1000003 if d >= assembler.CONSTANTS else r[d]
    return r


def test_scheduled_code_computes_what_was_written():
    """Random blocks of multiply-adds on few registers, against the same operations in the order of writing."""
    rng = random.Random(1)
    for _ in range(50):
        p = assembler.Program()
        held = [p.reg(f"r{i}") for i in range(6)]
        values = {x: rng.randrange(1000) for x in held}
        start = dict(values)
        values[p.zero] = 0
        known = held + [p.zero]
        for _ in range(40):
            a, b, c = (rng.choice(known) for _ in range(3))
            to = rng.choice(held) if rng.random() < 0.4 else None
            d = p.fma(a, b, c, to)
            values[d] = (values[c] + values[a] * values[b]) % 1000003
            if to is None:
                known.append(d)
        p.done()
        words, _ = p.assemble()
        registers = [0] * assembler.REGISTERS
        for x in held:
            registers[x.address] = start[x]
        result = evaluate(words, registers)
        assert [result[x.address] for x in held] == [values[x] for x in held]
        assert early_reads(words) == []


def test_numbers_are_rounded_to_the_nearest():
    assert assembler.encode_float(1, 16) == (1 << 15, 1)
    assert assembler.encode_float(0, 18) == (0, -512)
    assert assembler.encode_float(-1 / 3, 16) == (-43691, -1)
    assert assembler.encode_float(2 - 2.0**-20, 16) == (1 << 15, 2)


def test_calls_deeper_than_return_addresses_are_refused():
    """The small engine keeps one: a deeper program never came back in it, and did in all others."""
    def nested(calls):
        p = assembler.Program(calls=calls)
        p.call("outer")
        p.done()
        p.label("outer")
        p.call("inner")
        p.ret()
        p.label("inner")
        p.ret()
        return p

    with pytest.raises(ValueError, match="calls are 2 deep, 1 return"):
        nested(1).assemble()
    assert assembler.call_depth(nested(2).assemble()[0]) == 2
    assert assembler.call_depth(decay.build().assemble()[0]) == 1


@pytest.mark.parametrize("leaps", [lambda p: p.jump("far"), lambda p: p.branch_less(p.zero, p.const(1), "far"), lambda p: p.branch_not_less(p.zero, p.zero, "far")],
                         ids=["jump", "branch_less", "branch_not_less"])
def test_calls_behind_a_jump_count(leaps):
    p = assembler.Program(calls=1)
    p.call("outer")
    p.done()
    p.label("outer")
    leaps(p)
    p.label("near")
    p.ret()
    p.label("inner")
    p.ret()
    p.label("far")
    p.call("inner")
    p.ret()
    with pytest.raises(ValueError, match="calls are 2 deep, 1 return"):
        p.assemble()


def test_routines_that_call_themselves_are_refused():
    p = assembler.Program(calls=1000)
    p.call("one")
    p.done()
    p.label("one")
    p.call("two")
    p.ret()
    p.label("two")
    p.call("one")
    p.ret()
    with pytest.raises(ValueError, match="calls itself"):
        p.assemble()
