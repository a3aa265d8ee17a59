"""Coefficients of the pass from the parameters of the point to be evaluated: one part of the program's code for K components."""
import decay_blurred
from addresses import *

NODES = ((0.1127016653792583, 5 / 18), (0.5, 4 / 9), (0.8872983346207417, 5 / 18))   # Gauss-Legendre on [0, 1]
LOG2E = 1.4426950408889634


RARE = {5040: (0.25 / 5 / 6 / 7, 1 / 6), 720: (1 / 24, 1 / 30), 240: (1 / 120, 0.5)}


def series(p, x):
    """(1 - exp(-x))/x and (1 - exp(-x)(1 + x))/x^2 for 0 <= x <= 1/4."""
    c = p.const
    phi, lam = c(1 / 120), c(1 / 144)
    for before in (1 / 24, 1 / 6, 1 / 2, 1):
        phi = p.fms(x, phi, c(before))
    for before in (1 / 30, 1 / 8, 1 / 3, 1 / 2):
        lam = p.fms(x, lam, c(before))
    return phi, lam


def lagrange(p, x, taps):
    """Interpolation at x on nodes -(taps/2-1)..taps/2: Lagrange's by products from both sides, with four and eight taps more exact on the average."""
    c, one, two, zero = p.const, p.const(1), p.const(2), p.zero
    low = -(taps // 2 - 1)
    distance = [p.sub(x, p.number(low + m)) if low + m > 0 else p.add(x, p.number(-low - m)) if low + m else x for m in range(taps)]
    before, after = [one], [one]
    for m in range(taps - 1):
        before.append(p.mul(before[-1], distance[m]) if m else distance[0])
        after.append(p.mul(after[-1], distance[taps - 1 - m]) if m else distance[taps - 1])
    values = []
    for i in range(taps):
        norm = 1.0
        for m in range(taps):
            if m != i:
                norm *= i - m
        rare = RARE.get(abs(norm))                                          # there are few constants
        half = p.mul(before[i], p.mul(c(rare[0]), c(rare[1])) if rare else c(1 / abs(norm)))
        values.append(p.mul(half, after[taps - 1 - i]) if norm > 0 else p.fms(half, after[taps - 1 - i], zero))
    if taps == 4:                                                           # see Cubic
        bend = p.number(BEND)
        outer, inner = (values[0], values[3]), (values[1], values[2])
        for near, (mine, other) in ((0, outer), (1, outer[::-1])):
            values[1 + near] = p.fma(p.fms(mine, two, other), bend, inner[near])
            values[3 * near] = p.fma(mine, bend, mine)
    if taps == 8:
        # less of the fourth difference, F (l6 - l4) on top with F = x (1 - x)/2 - 0.4; l6 - l4 = C(3 - x, 5) d4[0] + C(x + 2, 5) d4[1]
        four, six, inside = c(4), p.number(6), p.mul(distance[3], distance[4])
        part = p.mul(p.mul(p.mul(distance[2], distance[5]), c(1 / 120)), p.mul(inside, p.fma(inside, c(0.5), c(0.4))))
        here, less_there = p.mul(part, distance[6]), p.mul(part, distance[1])   # F C(3 - x, 5), -F C(x + 2, 5)
        values[1] = p.add(here, values[1])
        values[2] = p.sub(p.fms(here, four, values[2]), less_there)
        values[3] = p.fma(less_there, four, p.fma(here, six, values[3]))
        values[4] = p.fms(less_there, six, p.fms(here, four, values[4]))
        values[5] = p.fma(less_there, four, p.add(here, values[5]))
        values[6] = p.sub(values[6], less_there)
    return values


def doubled(p, e, f, l, half_width):
    """eps, phi, lambda of twice the width, from half the width."""
    two = p.const(2)
    rest2, more = p.fms(e, two, two), p.sub(two, e)
    return p.mul(e, more), p.mul(f, more), p.fma(p.mul(rest2, f), half_width, p.mul(l, more))


def first_bin(p, v, rate, amplitude, to_rate, at, unit=None):
    """State of the octaves (see there) at one bin; eps and the rate go out. to_rate: d ln rate / d ln eps; unit: of the shift, bins."""
    one = p.const(1)
    z = p.mul(rate, p.number(1 / 8))
    f, l = series(p, z)
    e = p.mul(z, f)
    f, l, width = p.mul(f, p.number(1 / 8)), p.mul(l, p.number(1 / 64)), 1 / 8
    for _ in range(3):
        e, f, l = doubled(p, e, f, l, p.number(width / 2))
        width *= 2
    p.mul(e, p.reciprocal(p.mul(rate, p.sub(one, e))), to=to_rate)
    p.out("OUTM", at + EPS, e)
    p.out("OUTM", at + RATE, p.mul(rate, unit) if unit else rate)
    whole = p.mul(amplitude, v["scale_up"])
    all_ = p.mul(whole, f)
    return e, all_, p.fma(v["shift"], all_, p.mul(whole, l)), e


MOMENT_TERMS = 9           # of the series of the third moment: rates up to 2


def moments(p, v, rate, amplitude, to_rate, at):
    """As first_bin, its state that of first_octaves, and A times the moments of exp(-r u) u^j, j = 0..3, on [0, 1], the middle ones times 2 and 3.

    M_j = exp(r) moment_j: M_3 = sum_k 3!/(k + 4)! r^k, j M_(j-1) = r M_j + 1; all terms positive. M_0 = d ln r / d ln eps."""
    c, one = p.const, p.const(1)
    whole = p.mul(amplitude, v["scale_up"])
    decay = p.exp2(p.mul(rate, c(-LOG2E)))
    term, terms = 1 / 4, []
    for k in range(MOMENT_TERMS):
        terms.append(term)
        term /= k + 5
    m3 = c(terms[-1])
    for term in reversed(terms[:-1]):
        m3 = p.fma(rate, m3, c(term))
    m2 = p.fma(rate, m3, one)
    m1 = p.fma(p.mul(rate, c(1 / 3)), m2, one)
    m0 = p.fma(p.mul(rate, c(0.5)), m1, one, to=to_rate)
    e = p.mul(p.mul(rate, decay), m0)
    left = p.mul(whole, decay)
    part = [p.mul(left, m) for m in (m0, m1, m2, m3)]
    p.out("OUTM", at + EPS, e)
    p.out("OUTM", at + RATE, rate)
    return (e, p.mul(part[0], c(0.25)), p.fms(part[1], c(0.5), p.fms(v["shift"], part[0], p.zero)), e), part


BEND = 1 / 64             # see Cubic


class Cubic:
    """Interpolation on nodes -1..2 at s + u as polynomials in u: coefficients over 1, 2, 3, 1 and their signs.

    h = line + (1 + BEND)(cubic - line), line and cubic the Lagrange polynomials on 2 and 4 nodes: what the cubic's curvature leaves of a
    response of FWHM 5 to 10 bins, on the average over a bin. B = (1 + BEND)/2:
    h_-1 = -B/3 (x^3 - 3 x^2 + 2 x), h_0 = B (x^3 - 2 x^2 + x) + 1 - x, h_1 = B (x^2 - x^3) + x, h_2 = B/3 (x^3 - x)."""

    NUMBERS = {"b": (1 + BEND) / 2, "2 b": 1 + BEND, "b/2": (1 + BEND) / 4, "3 b/2": 0.75 * (1 + BEND), "1 - b": (1 - BEND) / 2, "(1 - b)/2": (1 - BEND) / 4}

    @classmethod
    def write_numbers(cls, p):
        """What an evaluation would read again each time: registers of the fit."""
        for name, value in cls.NUMBERS.items():
            p.copy(p.number(value), p.reg(f"cubic {name}"))

    def __init__(self, p, s):
        c, one, half, b = p.const, p.const(1), p.const(0.5), (1 + BEND) / 2
        b1, b2, half_b, much, rest, half_rest = (p.reg(f"cubic {name}") for name in self.NUMBERS)
        third, third2 = c(b / 3), c(2 * b / 3)
        square, by_1, by_3, = p.mul(s, s), p.mul(s, b1), p.mul(s, third)
        by_2 = p.mul(square, half_b)
        # value, slope / 2, curvature / 6, third derivative / 6
        self.rows = (
            ((p.mul(s, p.fms(s, p.fms(s, third, b1), third2)), -1), (p.sub(p.sub(by_1, by_2), third), 1), (p.sub(third, by_3), 1), (third, -1)),
            ((p.fms(s, p.fma(s, p.fms(s, b1, b2), rest), one), 1), (p.fms(square, much, p.fma(by_1, p.const(2), half_rest)), -1),
             (p.sub(by_1, third2), 1), (b1, 1)),
            ((p.mul(s, p.fma(s, p.fms(s, b1, b1), one)), 1), (p.fms(square, much, p.add(by_1, half)), 1), (p.sub(third, by_1), 1), (b1, -1)),
            ((p.mul(s, p.fms(square, third, third)), -1), (p.fms(third, half, by_2), 1), (by_3, 1), (third, 1)))

    def values(self, p, factor):
        """factor times l_i(s)."""
        return [p.mul(factor, row[0][0]) if row[0][1] > 0 else p.fms(factor, row[0][0], p.zero) for row in self.rows]

    def weights(self, p, part, at):
        """FIR of a component: sum of coefficients times moments."""
        reference = p.mul(part[0], p.const(1.125))
        last = {}                                                           # of the third derivatives there are two, with either sign
        for tap, row in enumerate(self.rows):
            x, turned = row[3]
            if x not in last:
                last[x] = p.mul(x, part[3])
            w = last[x]
            for (x, sign), moment in reversed(list(zip(row[:3], part))):    # the one known last comes last
                w = p.fma(x, moment, w) if sign == turned else p.fms(x, moment, w)
            p.out("OUTW", at + WEIGHTS + tap, w, reference, turned)


def weights(p, v, rate, amplitude, values, taps, at):
    """FIR of a component: sum over the nodes of A w exp(-r u) l(s + u)."""
    c = p.const
    a = p.mul(amplitude, v["scale_up"])
    minus = p.mul(rate, c(-LOG2E))
    part = [p.mul(p.mul(a, c(weight)), p.exp2(p.mul(minus, c(u)))) for u, weight in NODES]
    reference = p.mul(p.total(part), p.number(1.125))
    for tap in range(taps):
        w = p.mul(part[0], values[0][tap])
        w = p.fma(part[1], values[1][tap], w)
        w = p.fma(part[2], values[2][tap], w)
        p.out("OUTW", at + WEIGHTS + tap, w, reference)


def octaves(p, states, at, to=None):
    """Coefficients of the next four octaves. at: of each state; to: registers for the last states.

    A state: eps, A phi, be = A (t0 phi + lambda)/W, kappa at width W; al = A phi - be. phi and lambda: docs/decay_engine.md."""
    c, one, two, half = p.const, p.const(1), p.const(2), p.const(0.5)
    for o in range(4):
        for i, (e, all_, be, kappa) in enumerate(states):
            target = to[i] if to and o == 3 else [None] * 4
            more, rest2 = p.fms(e, one, two), p.fms(e, two, two)            # 2 - e, 2 (1 - e)
            before = p.mul(be, p.fms(e, half, one))
            half_rest = p.fms(e, half, half)
            state = (p.mul(e, more, to=target[0]), p.mul(all_, more, to=target[1]), p.fma(all_, half_rest, before, to=target[2]),
                     p.mul(kappa, rest2, to=target[3]))
            e, all_, be, kappa = state
            reference = p.mul(all_, c(4))                                   # t0 phi + lambda stays within 4 W phi: |t0| <= 8
            where = at[i] + OCTAVES + 4 * o
            p.out("OUTM", where, e)
            p.out("OUTM", where + 1, kappa)
            p.out("OUTW", where + 2, p.sub(all_, be), reference)
            p.out("OUTW", where + 3, be, reference)
            states[i] = state


def first_octaves(p, states, at, to):
    """The same with less to do an octave, as a state has A phi/4 and -be."""
    one, two, four, half = p.const(1), p.const(2), p.const(4), p.const(0.5)
    for o in range(4):
        for i, (e, quarter, less, kappa) in enumerate(states):
            target = to[i] if o == 3 else [None] * 4
            more, rest2 = p.fms(e, one, two), p.fms(e, two, two)            # 2 - e, 2 (1 - e)
            before = p.mul(less, p.fms(e, half, one))
            state = (p.mul(e, more, to=target[0]), p.mul(quarter, more, to=target[1]), p.fms(quarter, rest2, before, to=target[2]),
                     p.mul(kappa, rest2, to=target[3]))
            e, quarter, less, kappa = states[i] = state
            where = at[i] + OCTAVES + 4 * o
            p.out("OUTM", where, e)
            p.out("OUTM", where + 1, kappa)
            p.out("OUTW", where + 2, p.fma(quarter, four, less), quarter, 16)   # on the exponent of 4 A phi
            p.out("OUTW", where + 3, less, quarter, -16)


ONE = ("one eps", "one A phi", "one be", "one kappa")                       # state of the component at work
IN_ONE = OUT_INDEXED + component(0, 0)


def write_one_component(p, v):
    """Coefficients of one component, any case; and, from `one octaves` on, of its further octaves. Shared by all K."""
    c, zero, r = p.const, p.zero, p.reg
    one = [r(name) for name in ONE]
    rate, amplitude = r("one rate"), r("one amplitude")
    p.label("one component")
    p.out("OUTX", OUT_OFFSET, r("base"))
    for value, register in zip(first_bin(p, v, rate, amplitude, r("one to rate"), IN_ONE, v["shift_unit"]), one):
        p.copy(value, register)
    p.copy(zero, r("octave"))
    p.branch_less(p.read(IN_TAPS), p.number(3), "one at an edge")
    p.branch_not_less(v["delta"], c(0.5), "one blurred")
    weights(p, v, rate, amplitude, v["tap_value"], 8, IN_ONE)
    p.jump("one octaves")
    p.label("one blurred")
    decay_blurred.write_component(p, v, rate, amplitude, IN_ONE)
    p.jump("one octaves")
    p.label("one at an edge")
    # pulses at their bins' left edges
    p.out("OUTW", IN_ONE + WEIGHTS, one[1], one[1])
    p.out("OUTW", IN_ONE + WEIGHTS + 1, zero, one[1])
    p.label("one octaves")
    p.out("OUTX", OUT_OFFSET, p.add(r("base"), r("octave")))
    octaves(p, [tuple(one)], [IN_ONE], [one])
    p.add(r("octave"), c(4), to=r("octave"))
    # the first four always: groups before the IRF have the width of the third
    p.branch_less(r("octave"), p.read(IN_OCTAVES), "one octaves")
    p.ret()


class Coefficients:
    # ---- coefficients of the pass ----
    def setup(self):
        """Four or six taps without a period in one block; everything else component by component."""
        p, v, k = self.p, self.v, self.k
        p.label(self.name("set up"))
        if k < 4:
            p.branch_not_less(p.reg("quick"), p.const(2), self.name("quick4."))
            p.branch_less(p.reg("quick"), p.const(1), self.name("set up slowly"))
            self.setup_quickly(6)
            self.setup_quickly(4)
        self.setup_slowly()

    def setup_quickly(self, taps):
        p, v, k = self.p, self.v, self.k
        c, one, zero, r = p.const, p.const(1), p.zero, p.reg
        p.label(self.name(f"quick{taps}."))
        # of no use without a period, or made anew by the next step
        others = ["level rate", "level amplitude", "level", "slope", "unused slope", "one rate", "one amplitude", "one to rate", "base", "octave",
                  "g scale", "H b scale", "g b scale", "H bb scale", "allowed", "new decrement", "pivot slack", "status"] + [f"{w}{i}" for w in ("M", "V", "new M") for i in range(4)]
        if taps != 4:
            others += [f"cubic {name}" for name in Cubic.NUMBERS]
        p.lend(self.taps() + v["idle_in_setup"] + [r(name) for name in others])
        p.add(v["evaluations"], one, to=v["evaluations"])
        p.out("OUTX", OUT_BACKGROUND, v["background"])
        p.out("OUTX", OUT_ANCHOR, v["anchor"])
        s = p.sub(v["shift"], v["anchor"])
        total = p.mul(p.total(v["amplitude"][:k]), v["scale_up"])
        cubic = Cubic(p, s) if taps == 4 else None
        values = None if cubic else [lagrange(p, p.add(s, c(u)), taps) for u, _ in NODES]
        for i, value in enumerate(cubic.values(p, total) if cubic else [p.mul(total, x) for x in lagrange(p, s, taps)]):
            p.out("OUTW", OUT_SHIFT_TAPS + i, value, total)
        p.out("OUTM", OUT_AMPLITUDE_SUM, total)
        states = []
        for i in range(k):
            mine = (p, v, v["rate"][i], v["amplitude"][i], v["to_rate"][i], component(i, 0))
            if cubic:
                state, part = moments(*mine)
                cubic.weights(p, part, component(i, 0))
            else:
                e, all_, be, _ = first_bin(*mine)
                state = e, p.mul(all_, c(0.25)), p.fms(be, one, zero), e
                weights(p, v, v["rate"][i], v["amplitude"][i], values, taps, component(i, 0))
            states.append(state)
        p.out("OUTX", OUT_BEGIN, zero)                                    # the octaves' words follow while the pass is at the single bins
        first_octaves(p, states, [component(i, 0) for i in range(k)], [[r(f"{name} {i}") for name in ONE] for i in range(k)])
        if taps == 6:
            p.jump(self.name("quick end"))
            return
        # more octaves, or held parameters
        p.branch_less(r("detour"), zero, self.name("go quickly"))
        p.label(self.name("quick end"))
        p.branch_less(r("detour"), zero, self.name("go quickly"))
        p.branch_less(p.read(IN_OCTAVES), p.number(5), self.name("which step"))
        for i in range(k):
            e, quarter, less, kappa = (r(f"{name} {i}") for name in ONE)
            p.copy(e, r(ONE[0]))
            p.mul(quarter, c(4), to=r(ONE[1]))
            p.fms(less, one, zero, to=r(ONE[2]))
            p.copy(kappa, r(ONE[3]))
            p.copy(p.number(16 * i) if i else zero, r("base"))
            p.copy(c(4), r("octave"))
            p.call("one octaves")
        p.label(self.name("which step"))
        p.branch_not_less(r("held"), c(0.5), self.name("go"))
        self.go_quickly()

    def go_quickly(self):
        """The pass and the step with all parameters free and no period; it comes back to the set-up."""
        p = self.p
        p.label(self.name("go quickly"))
        p.run_pass()
        self.solve(quick=True)

    def scratch(self):
        """Registers that hold nothing between the steps of a fit."""
        p = self.p
        names = list(ONE) + [f"{name} {i}" for name in ONE for i in range(3)] + ["one rate", "one amplitude", "one to rate", "base", "octave"]
        names += ["level rate", "level amplitude", "level", "slope", "unused slope", "s", "amplitudes"] + [f"new M{i}" for i in range(4)]
        return self.taps() + [p.reg(name) for name in names] + self.v["spare"]

    def taps(self):
        return [x for row in self.v["tap_value"] for x in row]

    def setup_slowly(self):
        p, v, k = self.p, self.v, self.k
        one, zero, r = p.const(1), p.zero, p.reg
        p.label(self.name("set up slowly"))
        p.add(v["evaluations"], one, to=v["evaluations"])
        p.total(v["amplitude"][:k], to=r("amplitudes"))
        p.jump("taps")
        p.label(self.name("taps made"))
        for i in range(k):
            p.copy(v["rate"][i], r("one rate"))
            p.copy(v["amplitude"][i], r("one amplitude"))
            p.copy(p.number(16 * i) if i else zero, r("base"))
            p.call("one component")
            p.copy(r("one to rate"), v["to_rate"][i])
        p.label(self.name("preset"))
        p.branch_less(v["period"], one, self.name("go"))
        self.levels(v["level"], v["slope"])
        p.label(self.name("go"))
        p.run_pass()

    def levels(self, level, slope):
        """Level and slope that earlier pulses left, of each component; the presets of the pass on the way."""
        p, v = self.p, self.v
        for i in range(self.k):
            p.copy(v["rate"][i], p.reg("level rate"))
            p.copy(v["amplitude"][i], p.reg("level amplitude"))
            p.out("OUTX", OUT_OFFSET, p.number(16 * i) if i else p.zero)
            p.call("level")
            p.copy(p.reg("level"), level[i])
            p.copy(p.reg("slope"), slope[i])
