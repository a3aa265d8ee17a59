#!/usr/bin/env python3
"""Microprogram of decay_serial: writes ../decay_serial.hex and ../decay_serial_blocks.vh.

A word is {type[5:0], rd[4:0], wr[4:0], cf[7:0]}. One word is issued a clock and runs through a pipeline of fixed length:
clock 0 word, 2 operands, 4 sum of products and read of the scratch memory (rd), 5 shifter's input, 8 accumulator, 10 write (wr).
Macros are operations at fixed distances (the accumulator belongs to one chain at a time, the operand register O to one value
at a time); they are placed one after the other, each as early as its operands allow.
"""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent

# rtl/decay_serial/decay_serial_decode.v knows the same names
TYPES = """NOP END GO TAP JTAP WB2 WB1 WNOW WSA FLT FLTB BGT ANCH NODE ZERO LD LDW AD ADW ADO LDO SB SBW HLF NEGW PA PAW PS PSW PL
LVL MUW FLG FLOORB FLOORC ADE LDE CL CR BL BR RL RLC RR RRC YL RES CPL IDX""".split()
CODE = {name: n for n, name in enumerate(TYPES)}

# scratch words: a component's, then common ones
C, V, C_REST, V_REST, X, C_1, V_1, D = range(8)
LEVEL, SHIFT_1, MU, FLOOR, SHIFT_2, SHIFT, RES = range(24, 31)
# coefficient words: 64 a component, less 16; 15 in bits 5..2: the octave's
EPS, RATE, WEIGHT, FINE_STATE, PRE_STATE, E_WIDE = 0, 1, 2, 10, 12, 60
BACKGROUND, ANCHOR, NODE, SHIFT_WEIGHT, AMPLITUDES = (240 + n for n in (0, 1, 2, 4, 12))

TO_MEMORY, TO_OPERAND, TO_BINADE, TO_INDEX = 7, 8, 7, 1
WRITES = set("TAP JTAP WNOW WSA FLT FLTB ZERO LDW ADW ADO SBW HLF NEGW PAW PSW MUW FLOORB FLOORC LDE RES".split())
READS = set("LD LDW AD ADW ADO LDO SB SBW HLF NEGW LVL MUW FLG FLOORB LDE CL CR RL RLC RR RRC RES CPL IDX".split())
OPERAND_OUT = {"ADO", "LDO"}
OPERAND_IN = {"PA", "PAW", "PS", "PSW", "PL"}
BINADE_IN = {"CL", "BL", "RL", "RLC", "RES", "IDX", "LDE"}
LEFTS = {"CL", "BL", "RL", "RLC"}


class Op:
    def __init__(self, kind, rd=0, wr=0, cf=0):
        self.kind, self.rd, self.wr, self.cf = kind, rd, wr, cf

    def reads(self):
        if self.kind not in READS:
            return set()
        return {MU, FLOOR} if self.kind in ("RES", "IDX", "LDE") else {self.rd}

    def word(self):
        return CODE[self.kind] << 18 | self.rd << 13 | self.wr << 8 | self.cf


def chain(*ops, at=0):
    return [(at + n, op) for n, op in enumerate(ops)]


def component(k, word):
    return 8 * k + word


class Block:
    def __init__(self):
        self.slots, self.operands, self.end = {}, [], 0

    def ready(self, slot, op):
        """All that the operation needs is there, and nothing that an earlier one still needs is lost."""
        for at, other in self.slots.items():
            if other.kind in WRITES and other.wr in op.reads() and slot < at + TO_MEMORY:
                return False
            if op.kind in WRITES and op.wr in other.reads() and slot < at - 5:
                return False
            if op.kind in WRITES and other.kind in WRITES and op.wr == other.wr and slot <= at:
                return False
            if other.kind == "FLG" and op.kind in BINADE_IN and slot < at + TO_BINADE:
                return False
            if op.kind in ("FLG", "MUW", "LDE", "ADE") and other.kind in BINADE_IN and slot < at - 5:
                return False
            if other.kind == "IDX" and op.kind in LEFTS and slot < at + TO_INDEX:
                return False
            if other.kind in ("TAP", "JTAP") and slot <= at:
                return False
            for fine, coarse in (("RL", "RLC"), ("RR", "RRC")):
                if op.kind == coarse and other.kind == fine and slot <= at:
                    return False
        return True

    def operand_lives(self, macro):
        lives, now = [], None
        for at, op in sorted(macro, key=lambda m: m[0]):
            if op.kind in OPERAND_OUT:
                lives.append([at + TO_OPERAND + 2, at + TO_OPERAND + 2])
        for at, op in macro:
            if op.kind in OPERAND_IN:
                now = max(n for n, life in enumerate(lives) if life[0] <= at + 2)
                lives[now][1] = max(lives[now][1], at + 2)
        return lives

    def place(self, macro):
        lives = self.operand_lives(macro)
        start = 0
        while True:
            if all(start + at not in self.slots and self.ready(start + at, op) for at, op in macro) and \
                    all(start + b < c or start + a > d for a, b in lives for c, d in self.operands):
                break
            start += 1
        for at, op in macro:
            self.slots[start + at] = op
        self.operands += [[start + a, start + b] for a, b in lives]
        return start

    def words(self, last="END", drain=4):
        length = max(self.slots) + 1
        for at, op in self.slots.items():
            if op.kind in WRITES:
                length = max(length, at + drain)
        if last == "GO":
            length = max(max(at for at, op in self.slots.items() if op.kind in LEFTS) + 2, length)
            self.slots[length] = Op("GO")
            length += 1
        self.slots[length] = Op("END")
        return [self.slots.get(n, Op("NOP")) for n in range(length + 1)]


def load_states(b, components, state):
    for k in range(components):
        b.place(chain(Op("FLT", wr=component(k, C), cf=64 * k + state)))
        b.place(chain(Op("FLT", wr=component(k, V), cf=64 * k + state + 1)))
        b.place(chain(Op("ZERO", wr=component(k, C_REST))))
        b.place(chain(Op("ZERO", wr=component(k, V_REST))))


def load():
    b = Block()
    b.place([(0, Op("BGT", cf=BACKGROUND)), (4, Op("FLTB", wr=LEVEL, cf=BACKGROUND))])
    b.place(chain(Op("ANCH", cf=ANCHOR), Op("NODE", cf=NODE)))
    b.place(chain(Op("FLOORC", wr=MU)))
    b.place(chain(Op("FLOORB", rd=LEVEL, wr=FLOOR)))
    b.place(chain(Op("LD", rd=FLOOR), Op("ADE")))
    b.place(chain(Op("LD", rd=MU), Op("FLG", rd=FLOOR)))
    b.place(chain(Op("ZERO", wr=SHIFT_1)))
    b.place(chain(Op("LDE", rd=MU, wr=FLOOR)))
    load_states(b, 3, PRE_STATE)
    return b.words()


def load_fine():
    b = Block()
    load_states(b, 3, FINE_STATE)
    return b.words()


def fine(components):
    b = Block()
    b.place(chain(Op("JTAP", wr=SHIFT_2, cf=SHIFT_WEIGHT)))
    for k in range(components):
        b.place(chain(Op("TAP", wr=component(k, X), cf=64 * k + WEIGHT)))
    for k in range(components):
        c, v, x, d = (component(k, w) for w in (C, V, X, D))
        c_rest, v_rest, eps = component(k, C_REST), component(k, V_REST), 64 * k + EPS
        b.place(chain(Op("LD", c), Op("ADO", c_rest, c_rest)) + chain(Op("LD", c), Op("PS", cf=eps), Op("ADW", x, c), at=8)
                + chain(Op("LD", c), Op("SB", v), Op("HLF", x, d), at=2) + chain(Op("LD", d), Op("ADO", v_rest, v_rest), at=11)
                + chain(Op("LD", v), Op("PAW", wr=v, cf=eps), at=19))
    return b.words()


def wide_macros(components):
    macros = [chain(Op("WSA", wr=SHIFT_2, cf=AMPLITUDES))]
    for k in range(components):
        e = 64 * k + E_WIDE
        macros.append(chain(Op("WB2", cf=e + 3), Op("WB1", cf=e + 3), Op("WNOW", wr=component(k, X), cf=e + 2)))
    for k in range(components):
        c, v, x, e = component(k, C), component(k, V), component(k, X), 64 * k + E_WIDE
        c_rest, v_rest = component(k, C_REST), component(k, V_REST)
        macros.append(chain(Op("LD", c), Op("ADO", c_rest, c_rest)) + chain(Op("LD", v), Op("ADO", v_rest, v_rest), at=4)
                      + chain(Op("LD", c), Op("PS", cf=e), Op("ADW", x, c), Op("LD", v), Op("PA", cf=e + 1), Op("PSW", wr=v, cf=e), at=8))
    return macros


def close_macros(components):
    n = 2 * components + 2
    shift = [(k, Op("LDO", component(k, C))) for k in range(components)]
    shift += chain(*[Op("PL" if k == 0 else "PA", cf=64 * k + RATE) for k in range(components)],
                   Op("SB", SHIFT_2), Op("SBW", SHIFT_1, SHIFT), at=8)
    mean = [Op("LVL", LEVEL)] + [Op("AD", component(k, C)) for k in range(components - 1)]
    mean += [Op("MUW", component(components - 1, C), MU), Op("FLG", FLOOR)]
    macros = [chain(*mean), shift]
    macros += [chain(Op("NEGW", component(k, V), component(k, D))) for k in range(components)]
    macros += [chain(Op("BR", wr=n))]
    macros += [chain(Op("CR", component(k, C), 1 + 2 * k)) for k in range(components)]
    macros += [chain(Op("IDX", MU)), chain(Op("YL"), Op("RES", MU, RES)), chain(Op("BL", wr=n))]
    macros += [chain(Op("CL", component(k, C), 1 + 2 * k)) for k in range(components)]
    macros += [chain(Op("CL", component(k, D), 2 + 2 * k)) for k in range(components)]
    macros += [chain(Op("CR", component(k, D), 2 + 2 * k)) for k in range(components)]
    macros += [chain(Op("CL", SHIFT, n - 1)), chain(Op("CR", SHIFT, n - 1)), chain(Op("ZERO", wr=SHIFT_1))]
    macros += [chain(Op("CPL", RES))]
    macros += [chain(Op("RL", RES, 0), Op("RLC", RES, 0)), chain(Op("RR", RES, 0), Op("RRC", RES, 0))]
    return macros


def scheduled(macros, last="END"):
    b = Block()
    for m in macros:
        b.place(m)
    return b.words(last)


def keep():
    """First of two steps: its sums."""
    macros = []
    for k in range(3):
        macros += [chain(Op("LDW", component(k, C), component(k, C_1))), chain(Op("LDW", component(k, V), component(k, V_1)))]
    return scheduled(macros + [chain(Op("LDW", SHIFT_2, SHIFT_1))])


def double():
    """Second of two steps: the group's sums are the new width's states."""
    macros = []
    for k in range(3):
        macros += [chain(Op("LD", component(k, C)), Op("ADW", component(k, C_1), component(k, C))),
                   chain(Op("LD", component(k, V)), Op("ADW", component(k, V_1), component(k, V)))]
    return scheduled(macros)


def main():
    blocks = [("load", load()), ("load_fine", load_fine()), ("keep", keep()), ("double", double())]
    for k in (1, 2, 3):
        blocks += [(f"fine_{k}", fine(k)), (f"wide_{k}", scheduled(wide_macros(k))),
                   (f"close_{k}", scheduled(close_macros(k), "GO"))]
    words, at = [], {}
    for name, ops in blocks:
        at[name] = len(words)
        words += ops
        if "--check" not in sys.argv:
            print(f"{name:10s} at {at[name]:3d}, {len(ops)} words")
    assert len(words) <= 512
    lines = ["// Types of microinstructions and where a block begins; program/serial.py wrote this.",
             "/* verilator lint_off UNUSEDPARAM */"]
    lines += [f"localparam [5:0] T_{name} = 6'd{n};" for n, name in enumerate(TYPES)]
    lines += [f"localparam [8:0] AT_{name.upper()} = 9'd{n};" for name, n in at.items()]
    lines += ["/* verilator lint_on UNUSEDPARAM */"]
    texts = {"decay_serial.hex": "".join(f"{op.word():06x}\n" for op in words) + f"{Op('END').word():06x}\n" * (512 - len(words)),
             "decay_serial_program.vh": "\n".join(lines) + "\n"}
    for name, text in texts.items():
        if "--check" not in sys.argv:
            (HERE / name).write_text(text)
        elif (HERE / name).read_text() != text:
            sys.exit(f"{name} is not what serial.py makes")


if __name__ == "__main__":
    main()
