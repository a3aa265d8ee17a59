#!/usr/bin/env python3
"""Microprogram of decay_serial: writes ../decay_serial.hex and ../decay_serial_program.vh.

A word is {type[5:0], rd[4:0], wr[4:0], cf[7:0]}. One word is issued a clock and runs through a pipeline of fixed length:
clock 0 word, 2 operands, 4 sum of products and read of the scratch memory (rd), 5 shifter's input, 8 accumulator, 10 write (wr).
Macros are operations at fixed distances (the accumulator belongs to one chain at a time, the operand register O to one value
at a time); they are placed one after the other, each as early as its operands allow, for any number of taps.
"""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent

# Types and their codes: those of a search, with which most of the sets below (SETS) hang on four bits of the code, a table of the part. NOP is 0.
CODE = {name: int(code) for name, code in (x.split("=") for x in """NOP=0 END=17 TAP=60 JTAP=19 WB2=38 WB1=58 WNOW=4 WSA=18 FLT=30 FLTB=14 BGT=22 ANCH=31 NODE=48 ZERO=11 LD=42 LDW=34 AD=26 ADW=62 ADO=32
LDO=36 SB=28 SBW=50 HLF=46 NEGW=16 PA=53 PAW=52 PS=24 PSW=20 PL=21 LVL=2 MUW=55 FLG=54 FLOORB=10 FLOORC=37 ADE=9 LDE=27 CL=47 BL=43 BR=45
RL=63 RLC=1 RR=51 RRC=13 YL=33 RES=12 CPL=8 IDX=29 GO=35""".split())}
assert CODE["NOP"] == 0 and len(set(CODE.values())) == len(CODE) and max(CODE.values()) < 64
# the four that only a group's own close may do
CLOSING = ["RES", "CPL", "IDX", "GO"]

# Scratch words. What a word below 9 gets is also the right operand of the item of that number: 0 residual, 1 + 2k amplitude, 2 + 2k
# slope, then shift and background, whose words the next component would have. NOTHING is never written here: zero.
RES, NOTHING, LEVEL, SHIFT_1, SHIFT_2, MU, FLOOR = 0, 8, 27, 28, 29, 30, 31
C, D, V, C_REST, V_REST, X, C_1, V_1 = range(8)
# coefficient words: 64 a component, less 16; 15 in bits 5..2: the octave's
EPS, RATE, WEIGHT, FINE_STATE, PRE_STATE, E_WIDE = 0, 1, 2, 10, 12, 60
BACKGROUND, ANCHOR, NODE, SHIFT_WEIGHT, AMPLITUDES = (240 + n for n in (0, 1, 2, 4, 12))

TO_MEMORY, TO_OPERAND, TO_BINADE, TO_INDEX = 7, 8, 7, 1
TAPS_MAX = 8
WRITES = set("TAP JTAP WNOW WSA FLT FLTB ZERO LDW ADW ADO SBW HLF NEGW PAW PSW MUW FLOORB FLOORC LDE RES".split())
READS = set("LD LDW AD ADW ADO LDO SB SBW HLF NEGW LVL MUW FLG FLOORB LDE CL RL RLC RR RRC RES CPL IDX".split())
OPERAND_OUT = {"ADO", "LDO"}
OPERAND_IN = {"PA", "PAW", "PS", "PSW", "PL"}
BINADE_IN = {"CL", "BL", "RL", "RLC", "RES", "IDX", "LDE"}
LEFTS = {"CL", "BL", "RL", "RLC"}
RIGHTS = WRITES - {"RES", "HLF"} | {"BR", "RR", "RRC"}        # of what is not written once more before GO
INPUT, FLOAT = "TAP JTAP WB2 WB1 WNOW WSA".split(), "FLT FLTB BGT ANCH NODE".split()
# of the shift amount, where it is not 16; it means nothing where nothing is shifted
BASE = {"FLT ANCH NODE HLF": 17, "BGT FLTB": 9, "CL BL": 5, "RL": 2, "RLC": 10, "IDX": 8, "BR": 12, "RR RRC": 0, "LVL FLOORB": 24, "FLOORC": 30, "ZERO": 63,
        "YL": 22}
BASE = {name: value for names, value in BASE.items() for name in names.split()}
NO_SHIFT = ["NOP", "END", "GO", "WB1", "WB2"]
# What the gateware asks of a type: IN_name[type].
SETS = {
    # decay_serial_control.v
    "TAPS": "TAP JTAP", "TAP": "TAP", "JTAP": "JTAP", "GO": "GO", "END": "END", "CLOSING": CLOSING, "MORE": "WB1 WNOW", "TWO_BACK": "WB2", "ONE_BACK": "WB1",
    # clock 1
    "INPUT": INPUT,
    # clock 2: products, amount
    "OPERAND": OPERAND_IN, "FLOAT": FLOAT, "WIDE_0": "FLTB LVL FLOORB", "WIDE_1": "FLTB", "BY_FRACTION": "FLT BGT FLTB YL", "BY_LEAST": "FLOORC",
    "BY_WIDTH": "BR LVL", "BY_BACKGROUND": "BL", **{f"BASE_{bit}": [name for name in CODE if BASE.get(name, 16) >> bit & 1] for bit in range(6)},
    # clock 3
    "PRODUCTS": [*OPERAND_IN, *INPUT, *FLOAT], "BY_GIVEN": [*OPERAND_IN, *FLOAT, "TAP", "JTAP", "WNOW", "WSA"], "BY_RESIDUAL": "RR RRC", "COARSE": "RRC",
    "BY_BINADE": "CL BL RL RLC IDX",
    # clock 4: shifter's input
    "OF_MEAN": "RES IDX LDE", "COUNTS": "YL", "BACKGROUND": "BGT", "BACKGROUND_RIGHT": "BR", "ONE": "BL ADE ZERO FLOORC",
    # clock 7: accumulator; the residual's right operand stands 16 places higher and is rounded there
    "NEGATE": "SB SBW NEGW PS PSW FLG RES CPL", "ADDS": "AD ADW ADO SB SBW HLF PA PAW PS PSW MUW FLG ADE RES NODE",
    "ROUNDS": set(CODE) - set("HLF FLOORB CPL RR RRC".split()),
    # clocks 8 and 9
    "INDEX": "IDX", "REST": "ADO", "WRITES": WRITES, "OPERAND_OUT": OPERAND_OUT, "FLOOR": "FLG", "LEFT_FINE": "RL", "FINE": "RR", "ANCHOR": "ANCH", "NODE": "NODE",
    "MEAN": "MUW", "FLOOR_VALUE": "LDE", "BACKGROUND_VALUE": "ADE", "RESIDUALS": "RES CPL", "LEFTS": "CL BL RL", "LEFT_COARSE": "RLC",
}


def table(name):
    """Of a set, a bit a code: the fewest bits of a code that tell who is in it, codes that no type has where it is cheapest."""
    inside = SETS[name].split() if isinstance(SETS[name], str) else SETS[name]
    either = NO_SHIFT if name.startswith("BASE_") else []
    member = {CODE[x] for x in inside if x not in either}
    other = {CODE[x] for x in CODE if x not in inside and x not in either}
    for bits in sorted(range(64), key=lambda mask: (mask.bit_count(), mask)):
        seen = {code & bits for code in member}
        if not seen & {code & bits for code in other}:
            return sum(1 << code for code in range(64) if code & bits in seen)
    raise AssertionError(name)


class Op:
    def __init__(self, kind, rd=None, wr=0, cf=0):
        assert (kind in READS) == (rd is not None), kind
        self.kind, self.rd, self.wr, self.cf = kind, NOTHING if rd is None else rd, wr, cf

    def reads(self):
        if self.kind not in READS:
            return set()
        return {MU, FLOOR} if self.kind in ("RES", "IDX", "LDE") else {self.rd}

    def word(self):
        return CODE[self.kind] << 18 | self.rd << 13 | self.wr << 8 | self.cf


def chain(*ops, at=0):
    return [(at + n, op) for n, op in enumerate(ops)]


def component(k, word):
    return 1 + 2 * k + word if word in (C, D) else 9 + 6 * k + word - V


class Block:
    def __init__(self):
        self.slots = {}

    def clocks(self, slot, held):
        """Clock in which a slot's last word is issued when each TAP stays for 1 + held clocks."""
        return slot + held * sum(1 for at, op in self.slots.items() if op.kind in ("TAP", "JTAP") and at <= slot)

    def ready(self, slot, op):
        """All that the operation needs is there, and nothing that an earlier one still needs is lost."""
        return all(self.ready_when_held(slot, op, held) for held in (0, TAPS_MAX - 1))

    def ready_when_held(self, slot, op, held):
        now = self.clocks(slot, held)
        for at, other in self.slots.items():
            then = self.clocks(at, held)
            if other.kind in WRITES and other.wr in op.reads() and now < then + TO_MEMORY:
                return False
            if op.kind in WRITES and op.wr in other.reads() and now < then - 5:
                return False
            if op.kind in WRITES and other.kind in WRITES and op.wr == other.wr and slot <= at:
                return False
            if other.kind == "FLG" and op.kind in BINADE_IN and now < then + TO_BINADE:
                return False
            if op.kind in ("FLG", "MUW", "LDE", "ADE") and other.kind in BINADE_IN and now < then - 5:
                return False
            if other.kind == "IDX" and op.kind in LEFTS and now < then + TO_INDEX:
                return False
            # a left item is written in the clock in which the right one of the word behind it would be
            for left, right, distance in ((op, other, at - slot), (other, op, slot - at)):
                if left.kind in LEFTS and right.kind in RIGHTS and right.wr < NOTHING and distance == 1:
                    return False
            for fine, coarse in (("RL", "RLC"), ("RR", "RRC")):
                if op.kind == coarse and other.kind == fine and slot <= at:
                    return False
        return True

    def operands_live(self):
        """The operand register holds one value at a time, and each product takes the one that was meant for it."""
        for held in (0, TAPS_MAX - 1):
            outs = sorted((self.clocks(at, held) + TO_OPERAND + 2, op) for at, op in self.slots.items() if op.kind in OPERAND_OUT)
            for at, op in self.slots.items():
                if op.kind in OPERAND_IN:
                    before = [out for clock, out in outs if clock <= self.clocks(at, held) + 2]
                    if not before or before[-1] is not op.operand:
                        return False
        return True

    def place(self, macro):
        # which value a product takes: the last one of its own macro that is there, at the macro's own distances
        for at, op in macro:
            if op.kind in OPERAND_IN:
                op.operand = [out for when, out in macro if out.kind in OPERAND_OUT and when + TO_OPERAND <= at][-1]
        start = 0
        while True:
            if all(start + at not in self.slots and self.ready(start + at, op) for at, op in macro):
                self.slots.update({start + at: op for at, op in macro})
                if self.operands_live():
                    return
                for at, _ in macro:
                    del self.slots[start + at]
            start += 1

    def words(self, last="END"):
        # the next block begins 2 clocks behind END, 1 behind GO where it is the same again
        drain = TO_MEMORY - (1 if last == "GO" else 2)
        length = max(self.slots) + 1
        for at, op in self.slots.items():
            if op.kind in WRITES:
                length = max(length, at + drain)
            if op.kind == "IDX":
                length = max(length, at + 8)         # the group's width stands until then
        if last == "GO":
            length = max(max(at for at, op in self.slots.items() if op.kind in LEFTS) + 2, length)
        self.slots[length] = Op(last)
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
    b.place(chain(Op("FLOORB", LEVEL, FLOOR)))
    b.place(chain(Op("LD", FLOOR), Op("ADE")))
    b.place(chain(Op("LD", MU), Op("FLG", FLOOR)))
    b.place(chain(Op("ZERO", wr=SHIFT_1)))
    b.place(chain(Op("LDE", MU, FLOOR)))
    load_states(b, 3, PRE_STATE)
    return b.words()


def load_fine():
    b = Block()
    load_states(b, 3, FINE_STATE)
    return b.words()


def fine_macros(components):
    macros = [chain(Op("TAP", wr=component(k, X), cf=64 * k + WEIGHT)) for k in range(components)]
    macros += [chain(Op("JTAP", wr=SHIFT_2, cf=SHIFT_WEIGHT))]
    for k in range(components):
        c, v, x, d = (component(k, w) for w in (C, V, X, D))
        c_rest, eps = component(k, C_REST), 64 * k + EPS
        macros += [chain(Op("LD", c), Op("SB", v), Op("HLF", x, d)),
                   [*chain(Op("LD", c), Op("ADO", c_rest, c_rest)), *chain(Op("LD", c), Op("PS", cf=eps), Op("ADW", x, c), at=8)]]
    for k in range(components):
        v, d, v_rest, eps = component(k, V), component(k, D), component(k, V_REST), 64 * k + EPS
        macros += [[*chain(Op("LD", d), Op("ADO", v_rest, v_rest)), *chain(Op("LD", v), Op("PAW", wr=v, cf=eps), at=8)]]
    return macros


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


def close_macros(components, of_two=True):
    """`of_two`: the group may be the sum of two steps, and so is what the shift takes from it."""
    n = 2 * components + 2
    shift_item = n - 1
    shift = [(k, Op("LDO", component(k, C))) for k in range(components)]
    less = [Op("SB", SHIFT_1)] if of_two else []
    shift += chain(*[Op("PL" if k == 0 else "PA", cf=64 * k + RATE) for k in range(components)], *less, Op("SBW", SHIFT_2, shift_item), at=8)
    mean = [Op("LVL", LEVEL)] + [Op("AD", component(k, C)) for k in range(components - 1)]
    mean += [Op("MUW", component(components - 1, C), MU), Op("FLG", FLOOR)]
    macros = [chain(*mean), shift]
    macros += [chain(Op("NEGW", component(k, V), component(k, D))) for k in range(components)]
    macros += [chain(Op("BR", wr=n))]
    macros += [chain(Op("IDX", MU)), chain(Op("YL"), Op("RES", MU, RES)), chain(Op("BL", wr=n))]
    macros += [chain(Op("CL", component(k, C), component(k, C))) for k in range(components)]
    macros += [chain(Op("CPL", RES))]
    macros += [chain(Op("RL", RES, 0), Op("RLC", RES, 0)), chain(Op("RR", RES, 0), Op("RRC", RES, 0))]
    macros += [chain(Op("CL", shift_item, shift_item))]
    macros += [chain(Op("CL", component(k, D), component(k, D))) for k in range(components)]
    if of_two:
        macros += [chain(Op("ZERO", wr=SHIFT_1))]
    return macros


# In which order a block's macros are placed: the shortest blocks that a search over orders found (any that keeps what depends on what
# gives the same results).
ORDERS = {
    "fine_1": [0, 2, 3, 5, 10, 8, 4, 7, 1, 6, 9, 12, 14, 17, 16, 11, 15, 13],
    "fine_2": [0, 13, 3, 4, 1, 5, 6, 8, 9, 7, 11, 12, 2, 10, 15, 21, 14, 20, 17, 16, 22, 18, 23, 24, 19],
    "fine_3": [0, 1, 4, 2, 8, 9, 5, 12, 6, 7, 10, 3, 11],
    "wide_1": [1, 2, 3, 6, 0, 4, 5, 8, 11, 7, 12, 9, 14, 13, 15, 10],
    "wide_2": [1, 2, 3, 4, 5, 11, 17, 9, 0, 10, 8, 13, 6, 12, 14, 20, 7, 16, 18, 19, 15],
    "wide_3": [3, 2, 1, 4, 5, 0, 6],
    "step_2": [1, 2, 3, 0, 4],
    "close_1": [0, 5, 1, 13, 2, 10, 3, 4, 6, 7, 9, 12, 11, 8],
    "close_2": [0, 1, 6, 5, 9, 2, 16, 8, 14, 11, 3, 7, 15, 13, 4, 10, 12],
    "close_3": [2, 0, 6, 10, 3, 17, 1, 19, 7, 13, 9, 4, 18, 14, 12, 8, 16, 11, 15, 5],
}


def uses(macro):
    """What it reads and what it writes: scratch words, the group's binade, its index."""
    reads, writes = set(), set()
    for _, op in macro:
        reads |= op.reads() | ({"binade"} if op.kind in BINADE_IN else set()) | ({"index"} if op.kind in LEFTS else set())
        writes |= ({op.wr} if op.kind in WRITES else set()) | ({"binade"} if op.kind in ("FLG", "MUW", "LDE", "ADE") else set())
        writes |= {"index"} if op.kind == "IDX" else set()
    return reads, writes


def scheduled(macros, last="END", name=None):
    order = ORDERS.get(name, range(len(macros)))
    assert sorted(order) == list(range(len(macros))), name
    rank = {macro: at for at, macro in enumerate(order)}
    used = [uses(macro) for macro in macros]
    for late, (reads, writes) in enumerate(used):
        for early in range(late):
            assert rank[early] < rank[late] or not (used[early][1] & (reads | writes) or used[early][0] & writes), (name, early, late)
    b = Block()
    for at in order:
        b.place(macros[at])
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


def blocks():
    """[(name, words)] in the order of the memory."""
    found = [("load", load()), ("load_fine", load_fine()), ("keep", keep()), ("double", double())]
    # with three components the lane is no faster than a step and its close one after the other, and the memory is full
    for k in (1, 2):
        for name, step in ((f"fine_{k}", fine_macros(k)), (f"wide_{k}", wide_macros(k))):
            found.append((name, scheduled(step + close_macros(k, False), "GO", name)))
    found += [("fine_3", scheduled(fine_macros(3), "END", "fine_3")), ("wide_3", scheduled(wide_macros(3), "END", "wide_3"))]
    # what room is left: the two steps of an octave's first group without their closes
    found.append(("step_2", scheduled(wide_macros(2), "END", "step_2")))
    return found + [(f"close_{k}", scheduled(close_macros(k), "GO", f"close_{k}")) for k in (1, 2, 3)]


def main():
    words, at = [], {}
    for name, ops in blocks():
        at[name] = len(words)
        words += ops
        if "--check" not in sys.argv:
            print(f"{name:10s} at {at[name]:3d}, {len(ops)} words, {sum(op.kind == 'NOP' for op in ops)} of them empty")
    assert len(words) <= 512
    lines = ["// Sets of types of microinstructions, a bit a code, and where a block begins; program/serial.py wrote this.",
             "/* verilator lint_off UNUSEDPARAM */"]
    lines += [f"localparam [5:0] T_{name} = 6'd{CODE[name]};" for name in ("NOP", "WB1")]
    lines += [f"localparam [63:0] IN_{name} = 64'h{table(name):016x};" for name in SETS]
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
