"""Assembler of the fit processor: basic blocks of operations become scheduled instructions with registers allocated.

A program is written with `Program`: persistent registers (`reg`), constants (`const`), temporaries (the results of operations, alive within
their block), labels and branches. Within a block the operations are ordered by a list scheduler so that each result is LATENCY clocks old
before it is read; what follows a block finds everything written. The C model runs the same instructions one after the other.
"""
import math
from dataclasses import dataclass, field
from fractions import Fraction

LATENCY = 10          # clocks from the issue of an instruction to the issue of one that reads its result
TURN = 5              # clocks from the issue of a branch, jump, call or return to the issue of what follows
LEAVE = 11            # the same for PASS and DONE, at least
STALL_MAX = 15
OUT_OFFSET = 3        # OUT address that sets the offset of indexed addresses
OUT_BEGIN = 511       # OUT address that lets the pass begin: behind the OUTs that stand before it, ahead of all else
URGENT = 4096         # clocks that an OUT to it counts in the order of a block
TARGET_BITS = 13      # of a branch: {d[4:0], c[7:0]}
CONSTANTS = 64
PORTS = 4
REGISTERS = 256
NUMBER_SCALES = (1, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-16)

OPS = ["FMA", "FMS", "RCP", "EX2", "FRC", "RND", "MIN", "MAX", "ABS", "SEL", "POW", "IN", "OUTM", "OUTW", "OUTX",
       "BLT", "BGE", "JMP", "CALL", "RET", "PASS", "DONE"]
CODE = {name: i for i, name in enumerate(OPS)}
READS = {"FMA": "abc", "FMS": "abc", "RCP": "a", "EX2": "a", "FRC": "a", "RND": "a", "MIN": "ab", "MAX": "ab", "ABS": "a", "SEL": "abc",
         "POW": "a", "IN": "c", "OUTM": "a", "OUTW": "ac", "OUTX": "a", "BLT": "ab", "BGE": "ab"}


def encode_float(value, word_bits):
    """Nearest machine number: (mantissa, exponent), value = m * 2^(e - word_bits)."""
    x = Fraction(value)
    if x == 0:
        return 0, -512
    e = math.frexp(abs(float(x)))[1]
    m = math.floor(abs(x) * Fraction(2) ** (word_bits - e) + Fraction(1, 2))
    if m == 1 << word_bits:
        m, e = m >> 1, e + 1
    return (m if x > 0 else -m), e


@dataclass(eq=False)
class Register:
    name: str
    address: int | None = None      # None: a temporary, placed after scheduling
    block: object = None            # of a temporary


@dataclass
class Operation:
    op: str
    d: object = None
    a: object = None
    b: object = None
    c: object = None
    target: str | None = None
    factor: object = None           # of an OUTW


@dataclass
class Block:
    labels: list = field(default_factory=list)
    operations: list = field(default_factory=list)
    end: Operation | None = None
    numbers: dict = field(default_factory=dict)     # small numbers already read in this block
    lent: list = field(default_factory=list)        # persistent registers whose content is not needed in and behind this block


class Program:
    def __init__(self, direct=False, calls=4):
        self.direct = direct                # results go to the registers that they are copied to
        self.calls = calls                  # return addresses that the smallest machine keeps (fit_issue: 4, fit_issue_one: 1)
        self.blocks = [Block()]
        self.constants = {}
        self.registers = {}
        self.next_register = CONSTANTS
        self.zero = self.const(0)

    # -- operands --
    def const(self, value, name=None, port=0, ports=1):
        """A constant register: a number, or a function of the word length."""
        key = name or value
        if key not in self.constants:
            if len(self.constants) == CONSTANTS:
                raise ValueError("too many constants")
            taken = {x.address for x, _ in self.constants.values()}
            self.constants[key] = (Register(f"const {key}", min(a for a in range(CONSTANTS) if a not in taken and a % ports == port)), value)
        return self.constants[key][0]

    def factor(self, value, port):
        """A constant that an OUTW to this port can name: the lowest bits of its address are the port's."""
        for x, its in self.constants.values():
            if its == value and x.address % PORTS == port:
                return x
        return self.const(value, f"{value} for port {port}", port, PORTS)

    def number(self, value):
        """A number n 2^k, n <= 255, as an immediate (IN addresses 512..1023); 0, 1, 2, 1/2 are constant registers."""
        if value in (0, 1, 2, 0.5):
            return self.const(value)
        numbers = self.blocks[-1].numbers
        if value not in numbers:
            m, e = math.frexp(value)
            if m == 0.5 and -128 <= e - 1 <= 127:
                numbers[value] = self.read(768 + e - 1 + 128)
            else:
                for scale in NUMBER_SCALES:
                    n = value / scale
                    if n == int(n) and 0 < n <= 255:
                        numbers[value] = self.read(512 + int(n), self.const(scale))
                        break
                else:
                    raise ValueError(f"{value} is no small number")
        return numbers[value]

    def about(self, value):
        """The nearest small number: for thresholds and starts, relative error below 1/256."""
        return self.number(min((round(value / s) * s for s in NUMBER_SCALES if 0 < round(value / s) <= 255), key=lambda x: abs(x - value)))

    def lend(self, registers):
        """In the block that begins now these registers serve as temporaries; what they held is lost."""
        self.blocks[-1].lent = list(registers)

    def reg(self, name):
        if name not in self.registers:
            if self.next_register == REGISTERS:
                raise ValueError("too many registers")
            self.registers[name] = Register(name, self.next_register)
            self.next_register += 1
        return self.registers[name]

    # -- operations --
    def emit(self, op, to=None, a=None, b=None, c=None):
        d = to or Register("temporary", None, self.blocks[-1])
        self.blocks[-1].operations.append(Operation(op, d, a or self.zero, b or self.zero, c or self.zero))
        return d

    def fma(self, a, b, c, to=None):
        return self.emit("FMA", to, a, b, c)

    def fms(self, a, b, c, to=None):
        return self.emit("FMS", to, a, b, c)

    def mul(self, a, b, to=None):
        return self.emit("FMA", to, a, b, self.zero)

    def add(self, a, b, to=None):
        return self.emit("FMA", to, a, self.const(1), b)

    def sub(self, a, b, to=None):
        return self.emit("FMS", to, b, self.const(1), a)

    def copy(self, a, to):
        return self.emit("FMA", to, self.zero, self.zero, a)

    def min(self, a, b, to=None):
        return self.emit("MIN", to, a, b)

    def max(self, a, b, to=None):
        return self.emit("MAX", to, a, b)

    def abs(self, a, to=None):
        return self.emit("ABS", to, a)

    def pow(self, a, to=None):
        return self.emit("POW", to, a)

    def round(self, a, to=None):
        return self.emit("RND", to, a)

    def select(self, condition, yes, no, to=None):
        """condition >= 0 ? yes : no"""
        return self.emit("SEL", to, yes, no, condition)

    def read(self, address, scale=None, to=None):
        d = to or Register("temporary", None, self.blocks[-1])
        self.blocks[-1].operations.append(Operation("IN", d, address & 255, address >> 8, scale or self.const(1)))
        return d

    def out(self, op, address, a, reference=None, times=1):
        """OUTW: a times the sign of `times`, on the exponent of reference |times|."""
        factor = self.factor(times / 2, address >> 8) if op == "OUTW" else None
        self.blocks[-1].operations.append(Operation(op, address & 255, a, address >> 8, reference or self.zero, factor=factor))

    # -- composed --
    def clamp(self, x, low, high, to=None):
        return self.min(self.max(x, low), high, to)

    def reciprocal(self, a, to=None):
        """Seed and one Newton step: about word_bits - 1 bits."""
        seed = self.emit("RCP", None, a)
        return self.fma(seed, self.fms(a, seed, self.const(1)), seed, to)

    def exp2(self, x, to=None):
        coarse, rest = self.emit("EX2", None, x), self.emit("FRC", None, x)
        ln2 = Fraction(0.6931471805599453)
        poly = self.fma(rest, self.fma(rest, self.const(float(ln2**2 / 2)), self.const(float(ln2))), self.const(1))
        return self.mul(coarse, poly, to)

    def total(self, terms, to=None):
        terms = list(terms)
        while len(terms) > 2:
            terms = [self.add(*terms[i:i + 2]) if i + 1 < len(terms) else terms[i] for i in range(0, len(terms), 2)]
        return self.add(terms[0], terms[1], to) if len(terms) == 2 else (self.copy(terms[0], to) if to else terms[0])

    # -- control --
    def label(self, name):
        if self.blocks[-1].operations or self.blocks[-1].end:
            self.blocks.append(Block())
        self.blocks[-1].labels.append(name)

    def _end(self, operation):
        self.blocks[-1].end = operation
        self.blocks.append(Block())

    def branch_less(self, a, b, target):
        self._end(Operation("BLT", None, a, b, None, target))

    def branch_not_less(self, a, b, target):
        self._end(Operation("BGE", None, a, b, None, target))

    def jump(self, target):
        self._end(Operation("JMP", target=target))

    def call(self, target):
        self._end(Operation("CALL", target=target))

    def ret(self):
        self._end(Operation("RET"))

    def run_pass(self):
        self._end(Operation("PASS"))

    def done(self):
        self._end(Operation("DONE"))

    # -- assembly --
    def assemble(self):
        """List of (op, stall, d, a, b, c); also the labels' addresses."""
        code, address = [], {}
        free = [r for r in range(self.next_register, REGISTERS)]
        for block in self.blocks:
            if not (block.operations or block.end or block.labels):
                continue
            for name in block.labels:
                address[name] = len(code)
            if self.direct:
                _without_copies(block)
            code += _assemble_block(block, free + [x.address for x in block.lent])
        words = []
        for stall, o in code:
            d, c = o.d, o.c
            if o.target is not None:
                d, c = address[o.target] >> 8, address[o.target] & 255
            words.append((CODE[o.op], stall) + tuple(_place(x) for x in (d, o.a, o.factor or o.b, c)))
        if len(words) > 1 << TARGET_BITS:
            raise ValueError(f"program has {len(words)} words, {1 << TARGET_BITS} can be addressed")
        if call_depth(words) > self.calls:
            raise ValueError(f"calls are {call_depth(words)} deep, {self.calls} return addresses are kept")
        return words, address

    def constant_values(self, word_bits):
        values = [(0, -512)] * CONSTANTS
        for x, v in self.constants.values():
            values[x.address] = encode_float(v(word_bits) if callable(v) else v, word_bits)
        return values


def call_depth(words):
    """How deep calls go: of each CALL's target the ways to its RET are followed, further calls on them counted."""
    jumps = {CODE[op] for op in ("BLT", "BGE", "JMP")}

    def depth(begin, above):
        if begin in above:
            raise ValueError(f"the routine at {begin} calls itself")
        seen, work, deepest = set(), [begin], 1
        while work:
            at = work.pop()
            if at in seen:
                continue
            seen.add(at)
            op, target = words[at][0], words[at][2] << 8 | words[at][5]
            if op == CODE["CALL"]:
                deepest = max(deepest, 1 + depth(target, above | {begin}))
            if op in jumps:
                work.append(target)
            if op not in (CODE["JMP"], CODE["RET"], CODE["DONE"]):
                work.append(at + 1)
        return deepest

    targets = {w[2] << 8 | w[5] for w in words if w[0] == CODE["CALL"]}
    return max((depth(t, frozenset()) for t in targets), default=0)


def _place(x):
    if x is None:
        return 0
    return x if isinstance(x, int) else x.address


def _sources(o):
    return [getattr(o, f) for f in READS.get(o.op, "") if isinstance(getattr(o, f), Register)]


def _distinct(o):
    """Without repeats, in a fixed order: the same program makes the same image."""
    return list(dict.fromkeys(_sources(o)))


def _without_copies(block):
    """What a temporary is made for, a register, takes its result at once where nothing in between reads or writes that register."""
    operations = list(block.operations)
    at = 0
    while at < len(operations):
        o = operations[at]
        made = o.c if o.op == "FMA" and _is_zero(o.a) and _is_zero(o.b) and o.d not in block.lent else None
        first = next((n for n in range(at) if operations[n].d is made), None) if isinstance(made, Register) and made.block is block else None
        touched = {at}
        if first is not None:
            touched = {n for n in range(first + 1, at) if operations[n].d is o.d or o.d in _sources(operations[n])}
            again = next((n for n in range(at + 1, len(operations)) if operations[n].d is o.d), len(operations) + 1)
            ends = [len(operations)] if block.end and made in _sources(block.end) else []
            touched |= {n for n in [m for m in range(at + 1, len(operations)) if made in _sources(operations[m])] + ends if n > again}
        if touched:
            at += 1
            continue
        del operations[at]
        for user in operations + ([block.end] if block.end else []):
            for field_name in "dabc":
                if getattr(user, field_name) is made:
                    setattr(user, field_name, o.d)
    block.operations = operations


def _is_zero(x):
    return isinstance(x, Register) and x.name == "const 0"


def _dependences(operations):
    """For each operation: {earlier operation: clocks that must lie between the issues}."""
    needs, writer, readers, port, offset, outs = [], {}, {}, {}, None, []
    for n, o in enumerate(operations):
        need = {}
        for s in _sources(o):
            if s in writer:
                need[writer[s]] = max(need.get(writer[s], 0), LATENCY)
            readers.setdefault(s, []).append(n)
        if o.op.startswith("OUT"):
            key = (o.b, o.d)
            if key in port:
                need[port[key]] = max(need.get(port[key], 0), 1)
            port[key] = n
            if (o.b << 8 | o.d) == OUT_BEGIN:
                need.update({m: 1 for m in outs if m not in need})
            # the offset of indexed addresses holds for what follows it
            if (o.b, o.d) == (0, OUT_OFFSET):
                need.update({m: 1 for m in outs if m not in need})
                offset = n
            elif offset is not None:
                need[offset] = max(need.get(offset, 0), 1)
            outs.append(n)
        else:
            for r in readers.get(o.d, []):
                if r != n:
                    need[r] = max(need.get(r, 0), 1)
            if o.d in writer:
                need[writer[o.d]] = max(need.get(writer[o.d], 0), 1)
            writer[o.d] = n
            readers[o.d] = []
        needs.append(need)
    return needs


def _schedule(operations, live_max, last_sources):
    """Order and issue clocks: longest remaining path first; when registers run short, first what frees one."""
    needs = _dependences(operations)
    count = len(operations)
    users = [[] for _ in range(count)]
    for n, need in enumerate(needs):
        for m, wait in need.items():
            users[m].append((n, wait))
    priority = [0] * count
    for n in reversed(range(count)):
        priority[n] = max((priority[u] + wait for u, wait in users[n]), default=LATENCY + (TURN if operations[n].d in last_sources else 0))
        if operations[n].op.startswith("OUT") and (operations[n].b << 8 | operations[n].d) == OUT_BEGIN:
            priority[n] = URGENT
    uses = {}
    for o in operations:
        for s in _distinct(o):
            if s.address is None:
                uses[s] = uses.get(s, 0) + 1
    waiting = [len(need) for need in needs]
    earliest = [0] * count
    ready = [n for n in range(count) if waiting[n] == 0]
    issue, order, clock, live = [0] * count, [], 0, 0
    while len(order) < count:
        best, best_key = None, None
        for n in ready:
            if earliest[n] > clock:
                continue
            o = operations[n]
            freed = sum(1 for s in _distinct(o) if s.address is None and uses[s] == 1)
            makes = isinstance(o.d, Register) and o.d.address is None
            growth = (1 if makes else 0) - freed
            if live + growth > live_max and growth > 0:
                continue
            lazy = o.op == "IN" and live > live_max // 2
            key = (-growth if live > live_max * 3 // 4 else 0, 0 if lazy else 1, priority[n], -n)
            if best_key is None or key > best_key:
                best, best_key, best_growth = n, key, growth
        if best is None:
            if not any(earliest[n] > clock for n in ready):
                raise ValueError(f"registers ran out: {live} of {live_max} live, {len(order)} of {count} operations placed")
            clock += 1
            continue
        for s in _distinct(operations[best]):
            if s.address is None:
                uses[s] -= 1
        live += best_growth
        issue[best] = clock
        order.append(best)
        ready.remove(best)
        for u, wait in users[best]:
            waiting[u] -= 1
            earliest[u] = max(earliest[u], clock + wait)
            if waiting[u] == 0:
                ready.append(u)
        clock += 1
    return order, issue


def _assemble_block(block, free):
    operations = block.operations
    for o in operations + ([block.end] if block.end else []):
        for s in _sources(o):
            if s.block is not None and s.block is not block:
                raise ValueError(f"{o} reads a temporary of another block")
    end = block.end
    order, issue = _schedule(operations, len(free), _sources(end) if end else [])
    last_use = {}
    for position, n in enumerate(order):
        for s in _sources(operations[n]):
            last_use[s] = position
    if block.end:
        for s in _sources(block.end):
            last_use[s] = len(order)
    pool, out, clock = list(reversed(free)), [], 0
    for position, n in enumerate(order):
        o = operations[n]
        for s in _distinct(o):
            if last_use[s] == position and s.name == "temporary":
                pool.append(s.address)
        if isinstance(o.d, Register) and o.d.address is None:
            o.d.address = pool.pop()
            if o.d not in last_use:
                pool.append(o.d.address)
        out += _issue(o, issue[n] - clock)
        clock = issue[n] + 1
    # everything is written before the next block starts
    written = {operations[n].d: issue[n] + LATENCY for n in order if isinstance(operations[n].d, Register)}
    settled = max(written.values(), default=0)
    if end:
        ready = max((written.get(x, 0) for x in _sources(end)), default=0)
        out += _issue(end, max(settled - (LEAVE if end.op in ("PASS", "DONE") else TURN) - clock, ready - clock, 0))
    elif settled > clock:
        out += _issue(Operation("FMA", Register("sink", 0)), settled - clock - 1)
    return out


def _issue(o, wait):
    """The operation after `wait` idle clocks; long waits take idle instructions (a write of zero to constant 0)."""
    out = []
    while wait > STALL_MAX:
        out.append((STALL_MAX, Operation("FMA", Register("sink", 0))))
        wait -= STALL_MAX + 1
    out.append((wait, o))
    return out
