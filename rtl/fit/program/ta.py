"""The fit of a transient-absorption trace: damped Gauss-Newton steps from one start, one copy of the code for each model.

Parameters: amplitudes A_k, offset, artefact c0, c1 (linear), rates r_k = 1/lifetime, t0, width s. The pass gives sums over base columns F_k,
W_k, (v Eg, v^2 Eg,) Eg, 1 (docs/ta_engine.md); the columns of the parameters are combinations of them, made here from the sums. With
rho = 1/(B s), g = 2 ln 2, B = sqrt(log2(e)/2), c = B/sqrt(2 pi):

    dS/dlntau_k = g A_k (W_k + c k'_k Eg)
    dS/dt0      = rho (sum A_k (k'_k F_k - c Eg) + c0 v Eg + c1 (v^2 Eg - B^2 Eg))
    dS/dlns     = g (sum A_k (k'_k^2 F_k - c k'_k Eg - c v Eg) + c0 v^2 Eg)

Damping: Marquardt 1963. Start, acceptance and stop: the measured rules of docs/ta_engine.md.
"""
import math

from assembler import Program
from ta_addresses import *

B = math.sqrt(math.log2(math.e) / 2)
G = 2 * math.log(2)
C = B / math.sqrt(2 * math.pi)
LAMBDA_START = 1e-2
STOP = 1e-3                # decrement at which a fit is done
STALLED = 0.05             # below: a decrement that is not halved starts the end phase
END = 0.5                  # so does a rejected step that promised less
ACCEPT = 0.02              # chi2 may rise by as much, and by 2^-12 of itself
RATIO_MIN = 1.25           # of two lifetimes
BIG = 2.0**100
HOLD = 2.0**120
STEP_RATE, STEP_T0, STEP_WIDTH = 0.7, 0.6, 0.3     # largest steps: ln tau, t0 in widths, ln s
AMPLITUDE_MAX = 2.0**10
COMPONENTS = range(COMPONENTS_MAX)
PARAMETERS = {f"r{k}": f"rate_{k + 1}" for k in COMPONENTS} | {f"a{k}": f"amplitude_{k + 1}" for k in COMPONENTS} | {
    "offset": "offset", "t0": "t0", "width": "width", "artefact": "artefact", "slope": "artefact_slope"}   # register, word


def build():
    p = Program()
    r = p.reg
    one, zero = p.const(1), p.zero
    p.label("job")
    for name, word in PARAMETERS.items():
        p.read(START[word], to=r(name))
    write_width(p)
    p.clamp(p.read(START["damping"]), zero, p.number(2.0**10), to=r("lambda"))
    for name in ("evaluations", "have kept", "forced", "ending", "outcome"):
        p.copy(zero, r(name))
    for name in ("decrement", "before", "best decrement"):
        p.copy(p.number(BIG), r(name))
    k_now = p.sub(p.fma(p.read(IN_EXTENDED), p.number(8), p.read(IN_COMPONENTS)), p.const(0.5), to=r("model"))
    models = [(k, extended) for extended in (False, True) for k in components_of(extended)]
    for k, extended in models[:-1]:
        limit = p.number(k + 8 * extended)
        p.branch_less(r("model"), limit, f"set up{k}{'x' * extended}")
    p.jump("set up3x")
    for k, extended in models:
        Fit(p, k, extended).write()
    record(p)
    return p


def write_width(p):
    """What depends on the width alone."""
    r = p.reg
    seed = p.reciprocal(r("width"))
    p.mul(p.fma(seed, p.fms(r("width"), seed, p.const(1)), seed), p.const(B), to=r("B/s"))
    p.mul(r("width"), p.const(B), to=r("B s"))
    p.out("OUTM", OUT_INVERSE, r("B/s"))


def components_of(extended):
    return (1, 2, 3) if extended else (1, 2, 3, 4)


def record(p):
    r, zero = p.reg, p.zero
    p.label("record")
    status = r("outcome")
    edge = p.sub(p.abs(r("t0")), p.fms(p.number(2.0**-10), p.read(CONFIG["t0_max"]), p.read(CONFIG["t0_max"])))
    free = p.sub(p.const(0.5), p.read(CONFIG["held_t0"]))
    status = p.add(status, p.select(p.min(edge, free), p.number(STATUS["t0_at_limit"]), zero))
    low = p.sub(p.mul(p.read(CONFIG["width_min"]), p.number(65 / 64)), r("width"))
    high = p.fms(p.read(CONFIG["width_max"]), p.number(63 / 64), r("width"))
    free = p.sub(p.const(0.5), p.read(CONFIG["held_width"]))
    status = p.add(status, p.select(p.min(p.max(low, high), free), p.number(STATUS["width_at_limit"]), zero))
    p.out("OUTX", RESULT["status"], status)
    p.out("OUTX", RESULT["evaluations"], r("evaluations"))
    p.out("OUTX", RESULT["chi2"], r("kept chi2"))
    p.out("OUTX", RESULT["decrement"], r("decrement"))
    count = p.read(IN_COMPONENTS)
    for k in COMPONENTS:
        used = p.sub(count, p.const(0.5) if k == 0 else p.number(k + 0.5))
        p.out("OUTX", RESULT[f"rate_{k + 1}"], p.select(used, r(f"r{k}"), zero))
        p.out("OUTX", RESULT[f"amplitude_{k + 1}"], p.select(used, r(f"a{k}"), zero))
    for name in ("offset", "t0", "width", "artefact", "slope"):
        p.out("OUTX", RESULT[PARAMETERS[name]], r(name))
    p.label("gradient")
    columns = p.sub(p.fma(p.add(p.read(IN_COMPONENTS), p.read(IN_EXTENDED)), p.const(2), p.const(2)), p.const(0.5))
    for i in range(1, ITEMS_MAX):
        used = p.sub(columns, p.number(i - 1) if i > 1 else zero)
        p.out("OUTX", RESULT[f"gradient_{i}"], p.select(used, p.read(pair(i, 0), p.number(2.0**-38)), zero))
    p.branch_less(p.const(0.5), p.read(IN_BRIEF), "end")
    p.label("gram")
    scale = p.number(2.0**-32)
    at = RESULT_GRAM
    for i in range(1, ITEMS_MAX):
        for j in range(1, i + 1):
            p.out("OUTX", at, p.read(pair(i, j), scale))
            at += 1
    p.label("end")
    p.done()


class Fit:
    """The code for K components, with or without the columns v Eg and v^2 Eg."""

    def __init__(self, program, components, extended):
        self.p, self.k, self.extended = program, components, extended
        base = 2 * components + 1
        self.f = [1 + 2 * i for i in range(components)]
        self.w = [2 + 2 * i for i in range(components)]
        self.x1, self.x2 = (base, base + 1) if extended else (None, None)
        self.e, self.one = (base + 2, base + 3) if extended else (base, base + 1)
        self.linear = [f"a{i}" for i in range(components)] + ["offset"] + (["artefact", "slope"] if extended else [])
        self.bent = [f"r{i}" for i in range(components)] + ["t0"] + (["width"] if extended else [])
        self.names = self.linear + self.bent
        self.short = len(self.names) > 9            # registers are short

    def name(self, text):
        return f"{text}{self.k}{'x' * self.extended}"

    def write(self):
        self.setup()
        self.judge()
        self.solve()
        self.advance()
        self.decide()

    def items(self, name):
        """The item of a linear parameter's column."""
        return {"offset": self.one, "artefact": self.e, "slope": self.x1}.get(name) or self.f[int(name[1])]

    # ---- coefficients of the pass ----
    def setup(self):
        p, r = self.p, self.p.reg
        p.label(self.name("set up"))
        p.add(r("evaluations"), p.const(1), to=r("evaluations"))
        if self.extended:
            write_width(p)
        p.out("OUTX", OUT_T0, r("t0"))
        wide = r("B s")
        largest = p.number(2.0**-10)
        for name in self.linear:
            if name != "offset":
                largest = p.max(largest, p.abs(r(name)))
        p.out("OUTX", OUT_OFFSET, r("offset"))
        if self.extended:
            p.out("OUTW", OUT_ARTEFACT, r("artefact"), largest)
            p.out("OUTW", OUT_SLOPE, r("slope"), largest)
        for i in range(self.k):
            k = p.mul(wide, r(f"r{i}"), to=r(f"k{i}"))
            p.out("OUTM", out_component(i, 0), k)
            p.out("OUTM", out_component(i, 1), p.mul(k, k))
            p.out("OUTW", out_component(i, 2), r(f"a{i}"), largest)
        p.run_pass()

    # ---- is the point that was evaluated better than the one kept? ----
    def judge(self):
        p, r = self.p, self.p.reg
        one, zero, half = p.const(1), p.zero, p.const(0.5)
        inv_sigma2 = p.read(CONFIG["inv_sigma2"])
        chi2 = p.mul(p.read(pair(0, 0), p.number(2.0**-36)), inv_sigma2, to=r("chi2"))
        # what the thresholds are multiplied with: the model's misfit where it is above the noise
        p.max(p.mul(chi2, p.read(CONFIG["inv_freedom"])), one, to=r("misfit"))
        allowed = p.fma(r("kept chi2"), p.number(2.0**-12), p.fma(r("kept misfit"), p.about(ACCEPT), r("kept chi2")))
        free_pass = p.max(p.sub(half, r("have kept")), p.max(p.sub(r("forced"), half), p.sub(r("ending"), half)))
        p.branch_not_less(p.max(free_pass, p.sub(allowed, chi2)), zero, self.name("accepted"))
        # rejected: back, with more damping, or into the end phase
        for name in parameters_of(self):
            p.copy(r(f"kept {name}"), r(name))
        p.copy(one, r("forced"))
        little = p.sub(p.mul(p.about(END), r("kept misfit")), r("decrement"))
        little = p.min(little, p.sub(p.about(LAMBDA_START), r("lambda")))
        p.select(little, one, zero, to=r("ending"))
        more = p.mul(p.max(r("lambda"), p.about(1e-4)), p.number(8))
        p.select(little, r("lambda"), more, to=r("lambda"))
        p.copy(p.number(STATUS["evaluation_limit"]), r("outcome"))
        p.branch_not_less(r("lambda"), p.number(2.0**20), "record")
        p.branch_less(r("evaluations"), p.read(CONFIG["evaluations_max"]), self.name("set up"))
        p.jump("record")

        p.label(self.name("accepted"))
        # less damping and the last decrement, unless the point is the kept one again
        fresh = p.min(p.sub(r("have kept"), half), p.sub(half, r("forced")))
        lower = p.mul(r("lambda"), p.about(0.1))
        lower = p.select(p.sub(r("lambda"), p.number(2.0**-20)), lower, zero)
        p.select(fresh, lower, r("lambda"), to=r("lambda"))
        p.select(fresh, r("decrement"), r("before"), to=r("before"))
        for name in parameters_of(self):
            p.copy(r(name), r(f"kept {name}"))
        p.copy(r("chi2"), r("kept chi2"))
        p.copy(r("misfit"), r("kept misfit"))
        p.copy(one, r("have kept"))
        p.copy(zero, r("forced"))
        p.branch_less(p.read(CONFIG["evaluations_max"]), half, "record")

    # ---- damped step: L D L^T of the normal matrix, linear parameters first ----
    def columns(self):
        """Of each nonlinear parameter: {item: factor}."""
        p, r, k = self.p, self.p.reg, self.k
        rho = p.mul(r("B/s"), p.const(G))           # 1 / (B s)
        minus_c, g = p.const(-C), p.const(G)
        kc = [p.mul(r(f"k{i}"), p.const(C)) for i in range(k)]
        scaled = [p.mul(r(f"a{i}"), g) for i in range(k)]
        total = r("a0") if k == 1 else p.total([r(f"a{i}") for i in range(k)])
        out = [{self.w[i]: scaled[i], self.e: p.mul(scaled[i], kc[i])} for i in range(k)]
        moved = {self.f[i]: p.mul(rho, p.mul(r(f"a{i}"), r(f"k{i}"))) for i in range(k)}
        gauss = p.mul(total, minus_c)
        if self.extended:
            gauss = p.fms(r("slope"), p.const(B * B), gauss)
            moved[self.x1] = p.mul(rho, r("artefact"))
            moved[self.x2] = p.mul(rho, r("slope"))
        moved[self.e] = p.mul(rho, gauss)
        out.append(moved)
        if self.extended:
            wide = {self.f[i]: p.mul(p.mul(scaled[i], r(f"k{i}")), r(f"k{i}")) for i in range(k)}
            low = p.mul(scaled[0], kc[0])
            for i in range(1, k):
                low = p.fma(scaled[i], kc[i], low)
            wide[self.e] = p.sub(p.zero, low)
            wide[self.x1] = p.mul(p.mul(total, minus_c), g)
            wide[self.x2] = p.mul(g, r("artefact"))
            out.append(wide)
        return out

    def solve(self):
        p, r = self.p, self.p.reg
        one, zero = p.const(1), p.zero
        p.label(self.name("solve"))
        p.lend([r(f"next {x}") for x in PARAMETERS])
        n, lin = len(self.names), len(self.linear)
        cache = {}

        def gram(i, j):
            key = (max(i, j), min(i, j))
            if self.short:
                return p.read(pair(*key), p.number(2.0**-32))
            if key not in cache:
                cache[key] = p.read(pair(*key), p.number(2.0**-32))
            return cache[key]

        def project(column, other):
            """Sum over a column's items of factor x sum(item, other)."""
            value = None
            for item, factor in column.items():
                g = gram(item, other) if other else p.read(pair(item, 0), p.number(2.0**-38))
                value = p.mul(factor, g) if value is None else p.fma(factor, g, value)
            return value

        columns = self.columns()
        linear_items = [self.items(x) for x in self.linear]
        damp = p.add(one, r("lambda"))
        held = {"offset": "held_offset", "artefact": "held_artefact", "slope": "held_artefact_slope", "t0": "held_t0", "width": "held_width"}
        held.update({f"r{i}": f"held_rate_{i + 1}" for i in range(self.k)})
        lower, inverse, z, slack, gains, pivots = [], [], [], None, [], []
        for i in range(n):
            u, row = [], []
            if i >= lin:
                own = columns[i - lin]
                crossed = {}

                def cross(item):
                    if item not in crossed:
                        crossed[item] = project(own, item)
                    return crossed[item]

            def entry(j):
                if i < lin:
                    return gram(linear_items[i], linear_items[j])
                if j < lin:
                    return cross(linear_items[j])
                value = None
                for item, factor in columns[j - lin].items():
                    value = p.mul(factor, cross(item)) if value is None else p.fma(factor, cross(item), value)
                return value

            for j in range(i):
                h = entry(j)
                for m in range(j):
                    h = p.fms(u[m], lower[j][m], h)
                u.append(h)
                row.append(p.mul(h, inverse[j]))
            diagonal = p.mul(entry(i), damp)
            if self.names[i] in held:
                diagonal = p.add(diagonal, p.read(CONFIG[held[self.names[i]]], p.number(HOLD)))
            d = diagonal
            for m in range(i):
                d = p.fms(u[m], row[m], d)
            left = p.fms(diagonal, p.number(2.0**-16), d)
            slack = left if slack is None else p.min(slack, left)
            g = p.read(pair(linear_items[i], 0), p.number(2.0**-38)) if i < lin else project(own, 0)
            for m in range(i):
                g = p.fms(row[m], z[m], g)
            lower.append(row)
            inverse.append(p.reciprocal(d))
            z.append(g)
            gains.append(p.mul(p.mul(g, g), inverse[-1]))
        p.mul(p.total(gains), p.read(CONFIG["inv_sigma2"]), to=r("next decrement"))
        p.copy(slack, r("slack"))
        # backwards: the nonlinear parameters with their largest steps, the linear ones best on top of them
        x = [None] * n
        bounds = {"t0": p.mul(r("width"), p.about(STEP_T0)), "width": p.about(STEP_WIDTH)}
        for i in range(n - 1, -1, -1):
            value = p.mul(z[i], inverse[i])
            for m in range(n - 1, i, -1):
                value = p.fms(lower[m][i], x[m], value)
            if i >= lin:
                bound = bounds.get(self.names[i]) or p.about(STEP_RATE)
                value = p.clamp(value, p.sub(zero, bound), bound)
            x[i] = p.copy(value, r(f"d {self.names[i]}"))

    # ---- the next point ----
    def advance(self):
        p, r = self.p, self.p.reg
        one, zero, half = p.const(1), p.zero, p.const(0.5)
        if self.short:
            p.label(self.name("advance"))
        top = p.number(AMPLITUDE_MAX)
        bottom = p.sub(zero, top)
        for name in self.linear:
            moved = p.clamp(p.add(r(name), r(f"d {name}")), bottom, top)
            if name[0] == "a" and name[1:].isdigit():
                p.copy(moved, r(f"next {name}"))
            else:
                option = {"offset": "held_offset", "artefact": "held_artefact", "slope": "held_artefact_slope"}[name]
                p.select(p.sub(p.read(CONFIG[option]), half), r(name), moved, to=r(f"next {name}"))

        def grown(value, step):
            """value exp(step) = value + value (step + step^2/2 + ...)"""
            series = p.const(1 / 120)
            for term in (p.const(1 / 24), p.const(1 / 6), half, one):
                series = p.fma(series, step, term)
            return p.fma(value, p.mul(series, step), value)

        low, high = p.read(CONFIG["rate_min"]), p.read(CONFIG["rate_max"])
        for i in range(self.k):
            moved = p.clamp(grown(r(f"r{i}"), p.sub(zero, r(f"d r{i}"))), low, high)
            p.select(p.sub(p.read(CONFIG[f"held_rate_{i + 1}"]), half), r(f"r{i}"), moved, to=r(f"next r{i}"))
        limit = p.min(p.read(CONFIG["t0_max"]), p.number(2.0**18))
        moved = p.round(p.clamp(p.add(r("t0"), r("d t0")), p.sub(zero, limit), limit))
        p.select(p.sub(p.read(CONFIG["held_t0"]), half), r("t0"), moved, to=r("next t0"))
        if self.extended:
            moved = p.clamp(grown(r("width"), r("d width")), p.read(CONFIG["width_min"]), p.read(CONFIG["width_max"]))
            p.select(p.sub(p.read(CONFIG["held_width"]), half), r("width"), moved, to=r("next width"))

    # ---- stop or go on ----
    def decide(self):
        p, r = self.p, self.p.reg
        one, zero, half = p.const(1), p.zero, p.const(0.5)
        if self.short:
            p.label(self.name("decide"))
        # end phase: plain steps, the point of the lowest decrement is kept, until one does not halve it
        decrement, scale = r("next decrement"), r("misfit")
        stalled = p.min(p.fms(scale, p.sub(zero, p.about(STALLED)), p.sub(zero, r("before"))), p.fms(r("before"), half, decrement))
        stalled = p.min(stalled, p.sub(p.about(1e-4), r("lambda")))
        p.max(r("ending"), p.select(stalled, one, zero), to=r("now ending"))
        p.min(p.sub(p.mul(scale, p.about(STOP)), decrement), p.sub(p.about(LAMBDA_START), r("lambda")), to=r("done"))
        p.branch_not_less(r("slack"), zero, self.name("factored"))
        p.fma(r("lambda"), p.number(8), p.about(1e-4), to=r("lambda"))
        p.copy(p.number(STATUS["singular"]), r("outcome"))
        p.branch_less(r("lambda"), p.number(2.0**20), self.name("solve"))
        p.jump("record")

        p.label(self.name("factored"))
        p.copy(r("next decrement"), r("decrement"))
        p.copy(r("now ending"), r("ending"))
        p.branch_less(r("now ending"), half, self.name("not ending"))
        p.copy(zero, r("lambda"))
        worse = p.fms(r("best decrement"), half, r("decrement"))
        lowest = p.sub(r("best decrement"), r("decrement"))
        for name in parameters_of(self):
            p.select(lowest, r(f"next {name}"), r(f"best {name}"), to=r(f"best {name}"))
        p.min(r("best decrement"), r("decrement"), to=r("best decrement"))
        p.branch_less(worse, zero, self.name("not ending"))
        for name in parameters_of(self):
            p.copy(r(f"best {name}"), r(name))
        p.copy(r("best decrement"), r("decrement"))
        p.copy(p.number(STATUS["converged"]), r("outcome"))
        p.jump("record")

        p.label(self.name("not ending"))
        for name in parameters_of(self):
            p.copy(r(f"next {name}"), r(name))
        p.copy(p.number(STATUS["converged"]), r("outcome"))
        p.branch_not_less(r("done"), zero, "record")
        # two lifetimes that have met, a lifetime that left its range: not from the first steps
        early = p.sub(r("evaluations"), p.number(3.5))
        apart = p.number(BIG)
        inside = p.number(BIG)
        for i in range(self.k):
            free = p.sub(p.read(CONFIG[f"held_rate_{i + 1}"]), half)
            span = p.min(p.fms(p.read(CONFIG["rate_min"]), p.number(65 / 64), r(f"r{i}")),
                         p.sub(p.mul(p.read(CONFIG["rate_max"]), p.number(63 / 64)), r(f"r{i}")))
            inside = p.min(inside, p.max(span, free))
            for j in range(i):
                near = p.max(p.fms(r(f"r{j}"), p.about(RATIO_MIN), r(f"r{i}")), p.fms(r(f"r{i}"), p.about(RATIO_MIN), r(f"r{j}")))
                held = p.min(free, p.sub(p.read(CONFIG[f"held_rate_{j + 1}"]), half))
                apart = p.min(apart, p.max(near, held))
        bad = p.select(inside, p.select(apart, zero, p.number(STATUS["merged"])), p.number(STATUS["rate_at_limit"]))
        p.select(early, bad, zero, to=r("outcome"))
        p.branch_less(zero, r("outcome"), "record")
        p.copy(p.number(STATUS["evaluation_limit"]), r("outcome"))
        p.branch_less(r("evaluations"), p.read(CONFIG["evaluations_max"]), self.name("set up"))
        p.jump("record")


def parameters_of(fit):
    return fit.linear + fit.bent
