"""The fit of a decay: maximum likelihood by damped Fisher scoring, the whole of it, one copy of the code for each number of components.

Parameters of component k: amplitude a_k (counts a bin), rate r_k = 1/lifetime (1/bins); shift t0 (bins), background b (counts a bin).
The pass gives sums for J = (d mu/d ln a_k, d mu/d ln eps_k, ..., d mu/d t0, d mu/d b), eps = 1 - exp(-r).

Sources: Fisher scoring for Poisson counts (McCullagh & Nelder, Generalized Linear Models, 2.5); damping (Marquardt 1963);
coefficients of the input FIR and of the groups: docs/decay_engine.md.
"""
from addresses import *
from assembler import Program

LAMBDA_START = 0.003       # damping of the first step
LAMBDA_DOWN = 0.1          # after an accepted step
LAMBDA_ZERO = 2.0**-20         # below: none
STOP = 3e-4               # decrement (as predicted behind the step) at which a fit is done
STEP_MAX = 1.2             # largest |change of a log parameter|
SHIFT_STEP_MAX = 1.0       # bins
NODES = ((0.1127016653792583, 5 / 18), (0.5, 4 / 9), (0.8872983346207417, 5 / 18))   # Gauss-Legendre on [0, 1]
LOG2E = 1.4426950408889634
HOLD = 2.0**120            # added to the diagonal of a held parameter
BIG = 2.0**100
# Starts: lifetimes as multiples of the mean delay, one row a start.
FANS = {
    1: [(1.0,), (0.3,), (3.0,)],
    2: [(0.5, 1.5), (0.1, 1.2), (0.8, 3.0), (0.25, 0.9), (0.03, 1.0)],
    3: [(0.2, 0.7, 1.7), (0.06, 0.4, 1.3), (0.3, 0.9, 3.0), (0.1, 0.5, 2.5), (0.02, 0.2, 1.2)],
    4: [(0.1, 0.35, 0.9, 2.0), (0.03, 0.15, 0.6, 1.5), (0.2, 0.6, 1.2, 3.0), (0.05, 0.4, 1.0, 1.6)],
}


def build():
    p = Program()
    c = p.const
    one, two, zero = c(1), c(2), p.zero
    r = p.reg

    def cfg(name, **options):
        return p.read(CONFIG[name], **options)

    # ---- shared registers ----
    background, shift, anchor = r("b"), r("t0"), r("i0")           # of the point being evaluated
    kept_b, kept_t0, kept_i0 = r("kept b"), r("kept t0"), r("kept i0")   # of the accepted point
    lam, evaluations, starts = r("lambda"), r("evaluations"), r("starts")
    decrement, old_decrement, chi2, best_chi2 = r("decrement"), r("old decrement"), r("chi2"), r("best chi2")
    have_kept, forced, gain_before = r("have kept"), r("forced"), r("previous gain")
    scale_up = r("2^F irf scale")
    delta, period = r("delta irf"), r("period")
    tap_value = [[r(f"l{q}.{i}") for i in range(8)] for q in range(3)]
    rate_low, rate_high = r("rate min"), r("rate max")
    clipped, lam_small, tau_mean, counts = r("clipped"), r("lambda small"), r("mean delay"), r("start counts")
    start_b = r("start b")
    amplitude = [r(f"a{k}") for k in range(4)]
    rate = [r(f"r{k}") for k in range(4)]
    kept_amplitude = [r(f"kept a{k}") for k in range(4)]
    kept_rate = [r(f"kept r{k}") for k in range(4)]
    step = [r(f"d{i}") for i in range(10)]
    previous = [r(f"dp{i}") for i in range(10)]
    to_rate = [r(f"d ln rate/d ln eps {k}") for k in range(4)]
    level = [r(f"M{k}") for k in range(4)]
    slope = [r(f"V{k}") for k in range(4)]

    def lagrange(x, taps):
        """l_i(x) on nodes -(taps/2-1)..taps/2 by products from both sides."""
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
            half = p.mul(before[i], c(1 / abs(norm)))
            values.append(p.mul(half, after[taps - 1 - i]) if norm > 0 else p.fms(half, after[taps - 1 - i], zero))
        return values

    # ---- job entry ----
    p.label("job")
    p.read(IN_SATURATED, to=r("saturated"))
    p.mul(cfg("irf_scale"), p.read(IN_FRACTION), to=scale_up)
    cfg("delta_irf", to=delta)
    cfg("period", to=period)
    cfg("rate_min", to=rate_low)
    p.min(cfg("rate_max"), two, to=rate_high)
    p.copy(zero, evaluations)
    p.copy(zero, starts)
    p.copy(p.number(2.0**120), best_chi2)
    # background: counts before the IRF, or half of the last group's
    inverse = cfg("inv_pre_bins")
    from_pre = p.mul(p.add(p.read(IN_PRE), c(0.5)), inverse)
    from_last = p.mul(p.read(IN_LAST), c(0.5))
    b = p.select(p.sub(inverse, p.number(2.0**-40)), from_pre, from_last)
    b = p.select(p.sub(period, one), p.mul(b, p.about(0.1)), b)
    given = cfg("start_background")
    p.max(p.select(given, given, b), cfg("background_min"), to=start_b)
    # mean delay from the end: t = post - centroid - M2/(2 S), both less the background's part
    bins = cfg("post_bins")
    s = p.max(p.fms(start_b, bins, p.read(IN_POST)), p.number(10))
    p.copy(s, counts)
    m2 = p.fms(p.mul(start_b, bins), bins, p.read(IN_MOMENT2))
    t = p.fms(p.mul(m2, c(0.5)), p.reciprocal(s), p.sub(bins, cfg("irf_centroid")))
    t_free = p.clamp(t, p.number(1.5), p.mul(bins, c(1 / 3)))
    safe = p.max(period, one)
    f = p.clamp(p.mul(t, p.reciprocal(safe)), p.about(0.002), p.about(0.49))
    f3 = p.mul(p.mul(f, f), p.mul(f, p.number(8)))
    t_wrap = p.clamp(p.mul(p.mul(f, safe), p.reciprocal(p.sub(one, f3))), p.number(1.5), p.mul(safe, p.number(3)))
    p.select(p.sub(period, one), t_wrap, t_free, to=tau_mean)
    p.branch_less(p.read(IN_POST), p.number(10), "no counts")
    k_now = p.read(IN_COMPONENTS)
    p.branch_less(k_now, two, "begin1")
    k_now = p.read(IN_COMPONENTS)
    p.branch_less(k_now, p.number(3), "begin2")
    k_now = p.read(IN_COMPONENTS)
    p.branch_less(k_now, p.number(4), "begin3")
    p.jump("begin4")

    p.label("no counts")
    for n in range(2, RESULT_FISHER - 768 + 55):
        p.out("OUTX", 768 + n, zero)
    p.out("OUTX", RESULT["status"], p.fma(r("saturated"), p.number(2.0**STATUS["count_saturated"]), p.number(2.0**STATUS["no_counts"])))
    p.out("OUTX", RESULT["evaluations"], zero)
    p.done()

    # ---- Lagrange values at s + u_q, and the shift column's taps; shared by all K ----
    p.label("taps")
    s = p.sub(shift, anchor)
    p.copy(s, r("s"))
    p.out("OUTX", OUT_BACKGROUND, background)
    p.out("OUTX", OUT_ANCHOR, anchor)
    nt = p.read(IN_TAPS)
    p.branch_less(nt, p.number(3), "taps2")
    nt = p.read(IN_TAPS)
    p.branch_less(nt, p.number(5), "taps4")
    nt = p.read(IN_TAPS)
    p.branch_less(nt, p.number(7), "taps6")
    for taps in (8, 6, 4):
        p.label(f"taps{taps}")
        p.lend(step)
        for q, (u, _) in enumerate(NODES):
            for i, v in enumerate(lagrange(p.add(r("s"), c(u)), taps)):
                p.copy(v, tap_value[q][i])
        p.label(f"shift taps{taps}")
        p.lend(step)
        total = p.mul(r("amplitudes"), scale_up)
        for i, v in enumerate(lagrange(r("s"), taps)):
            p.out("OUTW", OUT_SHIFT_TAPS + i, p.mul(total, v), total)
        p.out("OUTX", OUT_SHIFT_NODE, p.sub(zero, p.number(taps // 2 - 1)))
        p.out("OUTM", OUT_AMPLITUDE_SUM, total)
        p.ret()
    p.label("taps2")
    # pulses at p = 1/2 + s (bin centres) or p = 0 (left edges): only the distance 1 - p is needed
    p.sub(p.select(p.sub(delta, p.number(1.5)), one, c(0.5)), r("s"), to=tap_value[0][0])
    total = p.mul(r("amplitudes"), scale_up)
    p.out("OUTW", OUT_SHIFT_TAPS, total, total)
    p.out("OUTX", OUT_SHIFT_NODE, zero)
    p.out("OUTM", OUT_AMPLITUDE_SUM, total)
    p.ret()

    write_level(p, period, shift)
    for k in (1, 2, 3, 4):
        Fit(p, k, locals()).write()
    return p


def write_level(p, period, shift):
    """What earlier pulses left of one component: level M of the state before bin 0, slope V = dM/d ln eps, and the pass's presets."""
    c, one, zero, r = p.const, p.const(1), p.zero, p.reg
    cfg = lambda name: p.read(CONFIG[name])
    p.label("level")
    ka, a = r("level rate"), r("level amplitude")
    k1, k2, k3, k4 = (cfg(f"cumulant_{n}") for n in (1, 2, 3, 4))
    half, sixth = c(0.5), c(1 / 6)
    k3h = p.mul(k3, half)
    k4s = p.mul(k4, sixth)
    mean = p.fma(ka, p.fma(ka, p.fma(ka, k4s, k3h), k2), k1)                       # d(ln of the IRF's transform)/d rate
    grown = p.fma(ka, p.fma(ka, p.fma(ka, p.mul(k4s, p.number(0.25)), p.mul(k3, sixth)), p.mul(k2, half)), k1)
    lead = p.add(shift, one)
    per_bin = p.mul(ka, c(LOG2E))
    lapse = p.exp2(p.sub(zero, p.mul(per_bin, period)))
    share = p.reciprocal(p.max(p.sub(one, lapse), p.number(2.0**-16)))
    m = p.mul(p.mul(a, p.exp2(p.mul(per_bin, p.sub(p.add(lead, grown), period)))), share)
    m = p.select(p.sub(p.number(30), p.mul(ka, period)), m, zero)
    decay = p.exp2(p.sub(zero, per_bin))
    up = p.reciprocal(decay)
    kick = p.mul(m, p.mul(p.sub(one, decay), up))
    slope = p.mul(kick, p.sub(p.mul(period, share), p.add(lead, mean)))
    p.copy(m, r("level"))
    p.copy(slope, r("slope"))
    # eight bins back: sums of exp(rate i) and i exp(rate i), i = 0..7
    s0, s1 = one, p.number(7)
    for n in range(6, -1, -1):
        s0 = p.fma(s0, up, one)
        s1 = p.fma(s1, up, p.number(n)) if n else p.mul(s1, up)
    p.out("OUTX", OUT_INDEXED + component(0, PRE_C), p.mul(m, s0))
    p.out("OUTX", OUT_INDEXED + component(0, PRE_V), p.fms(kick, s1, p.mul(slope, s0)))
    # at the first fine bin, n0 bins on
    inverse = cfg("inv_pre_bins")
    n0 = p.select(p.sub(inverse, p.number(2.0**-40)), p.reciprocal(p.max(inverse, p.number(2.0**-40))), zero)
    n0 = p.round(n0)
    down = p.exp2(p.sub(zero, p.mul(per_bin, n0)))
    p.out("OUTX", OUT_INDEXED + component(0, FINE_C), p.mul(m, down))
    p.out("OUTX", OUT_INDEXED + component(0, FINE_V), p.mul(down, p.fma(kick, n0, slope)))
    p.ret()


def series(p, x):
    """(1 - exp(-x))/x and (1 - exp(-x)(1 + x))/x^2 for 0 <= x <= 1/4."""
    c = p.const
    phi, lam = c(1 / 120), c(1 / 144)
    for before in (1 / 24, 1 / 6, 1 / 2, 1):
        phi = p.fms(x, phi, c(before))
    for before in (1 / 30, 1 / 8, 1 / 3, 1 / 2):
        lam = p.fms(x, lam, c(before))
    return phi, lam


class Fit:
    """The code for K components."""

    def __init__(self, program, components, shared):
        self.p, self.k, self.v = program, components, shared
        self.n = 2 * components + 2

    def name(self, text):
        return f"{text}{self.k}"

    def write(self):
        self.begin()
        self.setup()
        self.solve()
        self.judge()
        self.advance()
        self.finish()

    # ---- a start ----
    def begin(self):
        p, v, k = self.p, self.v, self.k
        c, one, zero = p.const, p.const(1), p.zero
        cfg = lambda name: p.read(CONFIG[name])
        p.label(self.name("begin"))
        fans = FANS[k]
        which = v["starts"]
        for index in range(len(fans)):
            if index + 1 < len(fans):
                p.branch_not_less(which, p.number(index + 1), self.name(f"fan{index + 1}."))
            for i in range(k):
                p.copy(p.about(fans[index][i]), v["rate"][i])
            p.copy([zero, p.sub(zero, one), one][index % 3], p.reg("other bin"))
            p.jump(self.name("start"))
            if index + 1 < len(fans):
                p.label(self.name(f"fan{index + 1}."))
        p.label(self.name("start"))
        p.add(v["starts"], one, to=v["starts"])
        p.copy(v["start_b"], v["background"])
        share = p.mul(v["counts"], (c(1 / 3) if k == 3 else p.number(1 / k)))
        inverse = p.reciprocal(v["tau_mean"])
        for i in range(k):
            mine = p.mul(inverse, p.reciprocal(v["rate"][i]))
            given = cfg(f"start_rate_{i + 1}")
            mine = p.select(p.sub(given, p.number(2.0**-60)), given, p.min(mine, one))
            mine = p.clamp(mine, v["rate_low"], v["rate_high"])
            p.copy(mine, v["rate"][i])
            # a = counts x eps, eps = 1 - exp(-rate)
            eps = p.sub(one, p.exp2(p.mul(mine, c(-LOG2E))))
            a = p.max(p.mul(share, eps), p.number(2.0**-20))
            given = cfg(f"start_amplitude_{i + 1}")
            p.select(p.sub(given, p.number(2.0**-60)), given, a, to=v["amplitude"][i])
        # a pulse does not see the likelihood behind its bin's edge: the starts take different bins
        t0 = cfg("start_shift")
        movable = p.min(p.sub(v["delta"], c(0.5)), p.sub(c(0.5), cfg("held_shift")))
        t0 = p.select(movable, p.add(t0, p.reg("other bin")), t0)
        p.copy(t0, v["shift"])
        p.round(t0, to=v["anchor"])
        p.copy(p.about(LAMBDA_START), v["lam"])
        p.copy(p.number(BIG), v["old_decrement"])
        p.copy(p.number(BIG), v["decrement"])
        p.copy(zero, v["have_kept"])
        p.copy(zero, v["forced"])
        p.copy(zero, v["gain_before"])
        p.copy(zero, v["clipped"])
        for i in range(self.n):
            p.copy(zero, v["previous"][i])
        # falls through to the set-up

    # ---- coefficients of the pass ----
    def setup(self):
        p, v, k = self.p, self.v, self.k
        c, one, two, zero = p.const, p.const(1), p.const(2), p.zero
        r = p.reg
        eps, phi, lam, kappa = ([r(f"{w}{i}") for i in range(4)] for w in ("eps ", "phi ", "lam ", "kappa "))
        scaled = [r(f"scaled a{i}") for i in range(4)]
        p.label(self.name("set up"))
        p.lend([x for row in v["tap_value"] for x in row] + v["step"])
        p.add(v["evaluations"], one, to=v["evaluations"])
        p.total(v["amplitude"][:k], to=r("amplitudes"))
        states = []
        for i in range(k):
            z = p.mul(v["rate"][i], p.number(1 / 8))
            f, l = series(p, z)
            e = p.mul(z, f)
            f, l, width = p.mul(f, p.number(1 / 8)), p.mul(l, p.number(1 / 64)), 1 / 8
            for _ in range(3):
                e, f, l, _unused = self.doubled(e, f, l, None, p.number(width / 2))
                width *= 2
            p.mul(e, p.reciprocal(p.mul(v["rate"][i], p.sub(one, e))), to=v["to_rate"][i])
            p.out("OUTM", component(i, EPS), e)
            p.out("OUTM", component(i, RATE), v["rate"][i])
            states.append((e, f, l, e, p.mul(v["amplitude"][i], v["scale_up"])))
        p.out("OUTX", OUT_OFFSET, zero)
        # four components: the program's room asks for one copy of what the fewer have twice, for speed
        roomy = k < 4
        if roomy:
            self.octaves(states, c(0.5), (eps, phi, lam, kappa, scaled))
        else:
            self.keep(states, (eps, phi, lam, kappa, scaled))
        p.call("taps")
        p.branch_less(p.read(IN_TAPS), p.number(3), self.name("pulses"))
        if roomy:
            p.branch_less(p.read(IN_TAPS), p.number(5), self.name("weights4."))
        for taps in (8, 4) if roomy else (8,):
            p.label(self.name(f"weights{taps}."))
            p.lend(v["step"])
            for i in range(k):
                a = p.mul(v["amplitude"][i], v["scale_up"])
                minus = p.mul(v["rate"][i], c(-LOG2E))
                part = [p.mul(p.mul(a, c(weight)), p.exp2(p.mul(minus, c(u)))) for u, weight in NODES]
                reference = p.mul(p.total(part), p.number(1.125))
                for tap in range(taps):
                    w = p.mul(part[0], v["tap_value"][0][tap])
                    w = p.fma(part[1], v["tap_value"][1][tap], w)
                    w = p.fma(part[2], v["tap_value"][2][tap], w)
                    p.out("OUTW", component(i, WEIGHTS + tap), w, reference)
            p.jump(self.name("octaves"))
        # IRF as pulses at p in their bin: that bin gets a phi(1-p), the next one a exp(-r(1-p)) phi(p)
        p.label(self.name("pulses"))
        distance = v["tap_value"][0][0]
        for i in range(k):
            a = p.mul(v["amplitude"][i], v["scale_up"])
            parts = []
            for x in (distance, p.sub(one, distance)):
                z = p.mul(p.mul(v["rate"][i], x), p.number(1 / 8))
                f, _ = series(p, z)
                e = p.mul(z, f)
                for _ in range(3):
                    f = p.mul(p.mul(f, c(0.5)), p.sub(two, e))
                    e = p.mul(e, p.sub(two, e))
                parts.append((p.mul(x, f), p.sub(one, e)))
            (behind, rest), (ahead, _) = parts
            p.out("OUTW", component(i, WEIGHTS), p.mul(a, behind), a)
            p.out("OUTW", component(i, WEIGHTS + 1), p.mul(p.mul(a, rest), ahead), a)
        # further octaves, four at a time
        p.label(self.name("octaves"))
        p.copy(p.number(4) if roomy else zero, r("octave"))
        p.copy(p.number(8) if roomy else c(0.5), r("half width"))
        p.label(self.name("octave"))
        p.branch_not_less(r("octave"), p.read(IN_OCTAVES), self.name("preset"))
        p.lend([x for row in v["tap_value"] for x in row] + v["step"])
        p.out("OUTX", OUT_OFFSET, r("octave"))
        self.octaves(list(zip(eps, phi, lam, kappa, scaled))[:k], r("half width"), (eps, phi, lam, kappa, scaled))
        p.add(r("octave"), p.number(4), to=r("octave"))
        p.mul(r("half width"), p.number(16), to=r("half width"))
        p.jump(self.name("octave"))
        p.label(self.name("preset"))
        p.branch_less(v["period"], one, self.name("no period"))
        self.levels(v["level"], v["slope"])
        p.jump(self.name("go"))
        p.label(self.name("no period"))
        for i in range(k):
            for port in (FINE_C, FINE_V, PRE_C, PRE_V):
                p.out("OUTX", component(i, port), zero)
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

    def octaves(self, states, half_width, keep):
        """Coefficients of the next four octaves: eps, kappa, al = A (phi - th), be = A th, th = (t0 phi + lambda)/W."""
        p, v = self.p, self.v
        c = p.const
        for o in range(4):
            for i, (e, f, l, kappa, scaled) in enumerate(states):
                e, f, l, kappa = self.doubled(e, f, l, kappa, half_width)
                scaled = p.mul(scaled, c(0.5))                                  # A / W
                be = p.mul(scaled, p.fma(v["shift"], f, l))
                whole = p.mul(scaled, p.mul(f, p.mul(half_width, p.number(4))))   # A phi
                al = p.sub(whole, be)
                reference = p.mul(whole, p.number(4))                           # th stays within 4: |t0| <= 8
                at = OUT_INDEXED + component(i, OCTAVES + 4 * o)
                p.out("OUTM", at, e)
                p.out("OUTM", at + 1, kappa)
                p.out("OUTW", at + 2, al, reference)
                p.out("OUTW", at + 3, be, reference)
                states[i] = (e, f, l, kappa, scaled)
            half_width = p.add(half_width, half_width)
        self.keep(states, keep)

    def keep(self, states, registers):
        for i, state in enumerate(states):
            for value, register in zip(state, registers):
                self.p.copy(value, register[i])

    def doubled(self, e, f, l, kappa, half_width):
        """eps, phi, lambda, kappa of twice the width, from half the width."""
        p = self.p
        two = p.const(2)
        rest2, more = p.fms(e, two, two), p.sub(two, e)
        l2 = p.fma(p.mul(rest2, f), half_width, p.mul(l, more))
        return p.mul(e, more), p.mul(f, more), l2, p.mul(kappa, rest2) if kappa is not None else None

    # ---- damped Fisher scoring step: L D L^T, bounds while substituting back ----
    def solve(self):
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero = p.const, p.const(1), p.zero
        r = p.reg
        fq = lambda w: 2.0**-(w - 5)
        p.label(self.name("solve"))
        p.lend([x for row in v["tap_value"] for x in row] + [r(f"{w}{i}") for w in ("eps ", "phi ", "lam ", "kappa ", "scaled a") for i in range(4)])
        down, fine, back = p.read(IN_FRACTION_DOWN), p.read(IN_RESIDUAL), p.read(IN_BACKGROUND)
        q = c(fq, "2^-FQ")
        q_fine = p.mul(q, fine)
        p.mul(p.number(32), down, to=r("H scale"))
        p.mul(q_fine, down, to=r("g scale"))
        p.mul(p.number(32), back, to=r("H b scale"))
        p.mul(q_fine, back, to=r("g b scale"))
        p.mul(p.mul(q, p.read(IN_FRACTION)), back, to=r("H bb scale"))
        p.mul(p.mul(q_fine, down), p.number(32), to=r("chi2 scale"))
        p.read(pair(0, 0), r("chi2 scale"), to=v["chi2"])
        damp = p.add(one, v["lam"])
        names = []
        for i in range(k):
            names += [f"held_amplitude_{i + 1}", f"held_rate_{i + 1}"]
        names += ["held_shift", "held_background"]
        lower, seed, correction, inverse, z, pivot_slack = [], [], [], [], [], None
        for i in range(n):
            is_b = i == n - 1
            row_scale = r("H b scale") if is_b else r("H scale")
            u, row = [], []
            for j in range(i):
                h = p.read(pair(i + 1, j + 1), row_scale)
                for m in range(j):
                    h = p.fms(u[m], lower[j][m], h)
                u.append(h)
                if k == 4:                                  # registers are short
                    row.append(p.mul(h, inverse[j]))
                else:
                    rough = p.mul(h, seed[j])
                    row.append(p.fma(rough, correction[j], rough))
            diagonal = p.mul(p.read(pair(i + 1, i + 1), r("H bb scale") if is_b else r("H scale")), damp)
            diagonal = p.add(diagonal, cfg_held(p, names[i]))
            d = diagonal
            for m in range(i):
                d = p.fms(u[m], row[m], d)
            slack = p.fms(diagonal, p.number(2.0**-20), d)
            pivot_slack = slack if pivot_slack is None else p.min(pivot_slack, slack)
            g = p.read(pair(i + 1, 0), r("g b scale") if is_b else r("g scale"))
            for m in range(i):
                g = p.fms(row[m], z[m], g)
            lower.append(row)
            seed.append(p.emit("RCP", None, d))
            correction.append(p.fms(d, seed[-1], one))
            inverse.append(p.fma(seed[-1], correction[-1], seed[-1]))
            z.append(g)
            if i == n - 1:
                pivots = d
            if i == n - 2:
                pivots_shift = d
        # background first, kept above its floor; then the shift, kept in its range; then the rest on top of what these became
        x = [None] * n
        floor = p.max(p.mul(v["background"], p.number(1 / 8)), p.read(CONFIG["background_min"]))
        free = p.mul(z[n - 1], inverse[n - 1])
        x[n - 1] = p.max(free, p.sub(floor, v["background"]))
        gain = p.mul(x[n - 1], p.fms(pivots, x[n - 1], p.add(z[n - 1], z[n - 1])))
        limit = shift_limit(p)
        inner = p.mul(z[n - 2], inverse[n - 2])
        free_t = p.fms(lower[n - 1][n - 2], x[n - 1], inner)
        # a held shift does not move whatever its start
        held = p.read(CONFIG["held_shift"])
        top = p.min(p.sub(limit, v["shift"]), p.number(SHIFT_STEP_MAX))
        bottom = p.max(p.sub(p.sub(zero, limit), v["shift"]), p.sub(zero, p.number(SHIFT_STEP_MAX)))
        bounded = p.clamp(free_t, bottom, top)
        x[n - 2] = p.select(p.sub(held, c(0.5)), zero, bounded)
        inner_t = p.fma(lower[n - 1][n - 2], x[n - 1], x[n - 2])
        gain_t = p.mul(inner_t, p.fms(pivots_shift, inner_t, p.add(z[n - 2], z[n - 2])))
        gain_t = p.select(p.sub(held, c(0.5)), zero, gain_t)
        gains = [gain, p.max(gain_t, zero)]
        for i in range(n - 3, -1, -1):
            value = p.mul(z[i], inverse[i])
            gains.append(p.mul(z[i], value))
            for m in range(i + 1, n):
                value = p.fms(lower[m][i], x[m], value)
            x[i] = value
        for i in range(n):
            p.copy(x[i], v["step"][i])
        p.max(p.total(gains), zero, to=r("new decrement"))
        p.copy(pivot_slack, r("pivot slack"))
        # is the point no better than the last? r = g . previous step / previous gain: the secant's scale
        terms = [p.mul(p.read(pair(i + 1, 0), r("g b scale") if i == n - 1 else r("g scale")), v["previous"][i]) for i in range(n)]
        p.total(terms, to=r("along"))

    # ---- accept or go back, stop or go on ----
    def judge(self):
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero = p.const, p.const(1), p.zero
        r = p.reg
        p.branch_not_less(r("pivot slack"), zero, self.name("solved"))
        p.fma(v["lam"], p.number(8), p.about(1e-4), to=v["lam"])
        p.branch_less(v["lam"], p.number(2.0**20), self.name("solve"))
        p.copy(p.number(2.0**STATUS["singular"]), r("outcome"))
        p.jump(self.name("record"))

        p.label(self.name("solved"))
        bound = p.max(p.fma(v["decrement"], p.number(4), p.about(0.05)), p.mul(v["old_decrement"], c(0.5)))
        better = p.max(p.sub(bound, r("new decrement")), p.sub(r("kept chi2"), v["chi2"]))
        better = p.max(better, p.max(p.sub(c(0.5), v["have_kept"]), p.sub(v["forced"], c(0.5))))
        p.branch_not_less(better, zero, self.name("accept"))
        # rejected: back to the kept point with more damping
        p.select(p.sub(v["lam"], p.about(1e-3)), p.mul(v["lam"], p.number(8)), p.about(1e-2), to=v["lam"])
        for i in range(k):
            p.copy(v["kept_amplitude"][i], v["amplitude"][i])
            p.copy(v["kept_rate"][i], v["rate"][i])
        p.copy(v["kept_b"], v["background"])
        p.copy(v["kept_t0"], v["shift"])
        p.copy(v["kept_i0"], v["anchor"])
        p.copy(one, v["forced"])
        for i in range(n):
            p.copy(zero, v["previous"][i])
        p.copy(zero, v["gain_before"])
        p.copy(one, v["clipped"])
        p.branch_not_less(v["lam"], p.number(2.0**20), self.name("stuck"))
        limit = p.read(CONFIG["evaluations_max"])
        p.branch_less(v["evaluations"], limit, self.name("set up"))
        p.copy(p.number(2.0**STATUS["evaluation_limit"]), r("outcome"))
        p.jump(self.name("record"))
        p.label(self.name("stuck"))
        p.copy(zero, r("outcome"))
        p.jump(self.name("record"))

        p.label(self.name("accept"))
        p.select(p.sub(v["clipped"], c(0.5)), p.number(BIG), p.select(p.sub(v["have_kept"], c(0.5)), v["decrement"], p.number(BIG)), to=v["old_decrement"])
        p.copy(r("new decrement"), v["decrement"])
        p.copy(v["chi2"], r("kept chi2"))
        for i in range(k):
            p.copy(v["amplitude"][i], v["kept_amplitude"][i])
            p.copy(v["rate"][i], v["kept_rate"][i])
        p.copy(v["background"], v["kept_b"])
        p.copy(v["shift"], v["kept_t0"])
        p.copy(v["anchor"], v["kept_i0"])
        p.copy(one, v["have_kept"])
        p.copy(zero, v["forced"])
        p.sub(p.about(0.011), v["lam"], to=v["lam_small"])

    def advance(self):
        """The next point: linear in lifetimes and counts, the step scaled when it is long or turns back."""
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero, two = p.const, p.const(1), p.zero, p.const(2)
        r = p.reg
        longest = zero
        for i in range(k):
            a, e = v["step"][2 * i], v["step"][2 * i + 1]
            longest = p.max(longest, p.max(p.abs(a), p.abs(e)))
        ratio = p.mul(r("along"), p.reciprocal(p.max(v["gain_before"], p.number(2.0**-60))))
        turn = p.sub(p.sub(zero, p.about(0.2)), ratio)                                         # >= 0: it turns back
        usable = p.min(p.sub(p.number(30), v["decrement"]), p.sub(v["gain_before"], p.number(2.0**-59)))
        secant = p.select(p.min(turn, usable), p.reciprocal(p.max(p.sub(one, ratio), one)), one)
        short = p.select(p.sub(longest, p.about(STEP_MAX)), p.mul(p.about(STEP_MAX), p.reciprocal(p.max(longest, one))), one)
        scale = p.mul(short, secant)
        over = p.sub(longest, p.about(STEP_MAX))
        p.select(over, one, zero, to=r("clip now"))
        biggest = zero
        for i in range(k):
            a, e = p.mul(scale, v["step"][2 * i]), p.mul(scale, v["step"][2 * i + 1])
            biggest = p.max(biggest, p.max(p.abs(a), p.abs(e)))
            ra = v["rate"][i]
            in_rate = p.mul(e, v["to_rate"][i])
            q = p.clamp(p.sub(one, in_rate), p.about(0.4), p.about(3.3))
            inverse = p.reciprocal(q)
            wanted = p.mul(ra, inverse)
            p.clamp(wanted, v["rate_low"], v["rate_high"], to=v["rate"][i])
            grow = p.clamp(p.add(one, p.sub(a, in_rate)), p.about(0.2), p.about(3.3))
            grown = p.mul(v["amplitude"][i], p.mul(grow, inverse))
            held_a, held_r = p.read(CONFIG[f"held_amplitude_{i + 1}"]), p.read(CONFIG[f"held_rate_{i + 1}"])
            # with a held rate the amplitude moves alone
            alone = p.mul(v["amplitude"][i], p.clamp(p.add(one, a), p.about(0.2), p.about(3.3)))
            grown = p.select(p.sub(held_r, c(0.5)), alone, grown)
            grown = p.clamp(grown, p.number(2.0**-30), p.number(2.0**40))
            p.select(p.sub(held_a, c(0.5)), v["amplitude"][i], grown, to=v["amplitude"][i])
        for i in range(n):
            p.mul(scale, v["step"][i], to=v["previous"][i])
        db = p.mul(scale, v["step"][n - 1])
        p.copy(p.max(biggest, p.mul(p.abs(db), p.reciprocal(v["background"]))), r("relative step"))
        # shift on a grid of 2^-12 bins, its anchor with hysteresis (pulses: without)
        moved = p.mul(p.round(p.mul(p.fma(scale, v["step"][n - 2], v["shift"]), p.number(4096))), p.number(1 / 4096))
        held = p.read(CONFIG["held_shift"])
        moved = p.select(p.sub(held, c(0.5)), v["shift"], moved)
        p.copy(moved, v["shift"])
        nearest = p.round(moved)
        away = p.sub(p.abs(p.sub(moved, v["anchor"])), p.about(0.65))
        p.select(p.max(away, p.sub(v["delta"], c(0.5))), nearest, v["anchor"], to=v["anchor"])
        # background; with a period its level from earlier pulses is kept
        b = p.add(v["background"], db)
        p.copy(b, r("wanted b"))
        p.branch_less(v["period"], one, self.name("no level"))
        self.keep_level()
        p.label(self.name("no level"))
        floor = p.max(p.mul(v["background"], p.number(1 / 8)), p.read(CONFIG["background_min"]))
        held = p.read(CONFIG["held_background"])
        p.select(p.sub(held, c(0.5)), v["background"], p.max(r("wanted b"), floor), to=v["background"])
        # gain of the step taken, for the next secant
        terms = [p.mul(p.read(pair(i + 1, 0), r("g b scale") if i == n - 1 else r("g scale")), v["previous"][i]) for i in range(n)]
        p.total(terms, to=v["gain_before"])
        # stop rules
        p.copy(p.number(2.0**STATUS["converged"]), r("outcome"))
        small = v["lam_small"]
        first = p.min(p.sub(p.about(STOP), v["decrement"]), small)
        stalled = p.min(p.min(p.sub(p.about(0.004), v["decrement"]), p.fms(v["old_decrement"], c(0.5), v["decrement"])), small)
        predicted = p.fms(v["decrement"], v["decrement"], p.mul(v["old_decrement"], p.about(STOP)))
        quick = p.min(p.min(predicted, p.sub(p.about(0.3), v["decrement"])), p.min(p.sub(p.number(100), v["old_decrement"]), small))
        quick = p.min(quick, p.min(p.sub(p.about(0.04), r("relative step")), p.sub(c(0.5), r("clip now"))))
        stop = p.max(first, p.max(stalled, quick))
        p.copy(r("clip now"), v["clipped"])
        lower = p.mul(v["lam"], p.about(LAMBDA_DOWN))
        p.select(p.sub(lower, p.number(LAMBDA_ZERO)), lower, zero, to=v["lam"])
        p.branch_not_less(stop, zero, self.name("record"))
        limit = p.read(CONFIG["evaluations_max"])
        p.branch_less(v["evaluations"], limit, self.name("set up"))
        p.copy(p.number(2.0**STATUS["evaluation_limit"]), r("outcome"))
        p.jump(self.name("record"))

    def keep_level(self):
        """b' = b + db + sum (M (1 + d ln a) - V d ln eps - M'), M' the level of the new point."""
        p, v, k = self.p, self.v, self.k
        new_level = [p.reg(f"new M{i}") for i in range(4)]
        self.levels(new_level, [p.reg("unused slope")] * 4)
        total = p.reg("wanted b")
        for i in range(k):
            old = p.fma(v["level"][i], v["previous"][2 * i], v["level"][i])
            old = p.fms(v["slope"][i], v["previous"][2 * i + 1], old)
            total = p.add(total, p.sub(old, new_level[i]))
        p.copy(total, p.reg("wanted b"))

    # ---- result of a start; the next one where needed ----
    def finish(self):
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero = p.const, p.const(1), p.zero
        r = p.reg
        p.label(self.name("record"))
        # not converged counts as a chi2 out of reach
        judged = p.select(p.sub(p.sub(r("outcome"), p.number(2.0**STATUS["converged"])), p.number(0.25)), p.number(2.0**110), v["chi2"])
        judged = p.select(p.sub(c(0.5), r("outcome")), p.number(2.0**110), judged, to=r("judged"))
        p.branch_not_less(r("judged"), v["best_chi2"], self.name("next"))
        p.copy(r("judged"), v["best_chi2"])
        status = p.fma(r("saturated"), p.number(2.0**STATUS["count_saturated"]), r("outcome"))
        at_floor = p.select(p.fms(p.read(CONFIG["background_min"]), p.number(65 / 64), v["background"]), zero, p.number(2.0**STATUS["background_at_floor"]))
        free = p.sub(c(0.5), p.read(CONFIG["held_background"]))
        status = p.add(status, p.select(free, at_floor, zero))
        edge = p.sub(p.abs(v["shift"]), p.sub(shift_limit(p), p.number(2.0**-11)))
        free = p.sub(c(0.5), p.read(CONFIG["held_shift"]))
        status = p.add(status, p.select(p.min(edge, free), p.number(2.0**STATUS["shift_at_limit"]), zero))
        limited = zero
        for i in range(k):
            low = p.fms(v["rate"][i], one, p.mul(v["rate_low"], p.number(65 / 64)))
            high = p.fms(v["rate_high"], p.number(63 / 64), v["rate"][i])
            free = p.sub(c(0.5), p.read(CONFIG[f"held_rate_{i + 1}"]))
            limited = p.max(limited, p.select(p.min(p.max(low, high), free), one, zero))
        status = p.fma(limited, p.number(2.0**STATUS["rate_at_limit"]), status)
        p.out("OUTX", RESULT["status"], status)
        p.out("OUTX", RESULT["chi2"], v["chi2"])
        p.out("OUTX", RESULT["decrement"], v["decrement"])
        for i in range(4):
            p.out("OUTX", RESULT[f"amplitude_{i + 1}"], v["amplitude"][i] if i < k else zero)
            p.out("OUTX", RESULT[f"rate_{i + 1}"], v["rate"][i] if i < k else zero)
        p.out("OUTX", RESULT["shift"], v["shift"])
        p.out("OUTX", RESULT["background"], v["background"])
        at = RESULT_FISHER
        for i in range(n):
            for j in range(i + 1):
                scale = r("H bb scale") if i == j == n - 1 else r("H b scale") if i == n - 1 else r("H scale")
                p.out("OUTX", at, p.read(pair(i + 1, j + 1), scale))
                at += 1
        p.label(self.name("next"))
        good = p.sub(p.read(CONFIG["chi2_accept"]), v["best_chi2"])
        more = p.min(p.sub(p.read(CONFIG["starts_max"]), p.add(v["starts"], c(0.5))), p.sub(p.number(len(FANS[k]) - 0.5), v["starts"]))
        more = p.min(more, p.sub(p.read(CONFIG["evaluations_max"]), p.add(v["evaluations"], c(0.5))))
        again = p.min(more, p.sub(zero, good))
        p.branch_not_less(again, zero, self.name("begin"))
        p.out("OUTX", RESULT["evaluations"], v["evaluations"])
        p.out("OUTX", RESULT["starts"], v["starts"])
        p.done()


def cfg_held(p, name):
    return p.read(CONFIG[name], p.number(HOLD))


def shift_limit(p):
    """The IRF words reach as far."""
    return p.min(p.read(CONFIG["shift_max"]), p.number(8))
