"""The fit of a decay: maximum likelihood by damped Fisher scoring, the whole of it, one copy of the code for each number of components.

Parameters of component k: amplitude a_k (counts a bin), rate r_k = 1/lifetime (1/bins); shift t0 (bins), background b (counts a bin).
The pass gives sums for J = (d mu/d ln a_k, d mu/d ln eps_k, ..., d mu/d t0, d mu/d b), eps = 1 - exp(-r).

Sources: Fisher scoring for Poisson counts (McCullagh & Nelder, Generalized Linear Models, 2.5); damping (Marquardt 1963);
coefficients of the input FIR and of the groups: docs/decay_engine.md.
"""
from addresses import *
from assembler import Program
import decay_blurred
from decay_coefficients import LOG2E, NODES, Coefficients, Cubic, lagrange, write_one_component
from decay_step import BIG, FORCED, LAMBDA_DOWN, Step, write_step_back

LAMBDA_START = 0.001       # damping of the first step
LIKE_EVALUATIONS = 28      # of a start that is like another histogram; the others are left what remains
LAMBDA_NEAR = 1e-4         # where the amplitudes are given: a start that near is undamped enough to stop behind its second step
# Starts: lifetimes as multiples of the mean delay, one row a start.
FANS = {
    1: [(1.0,), (0.3,), (3.0,)],
    2: [(0.3, 1.6), (0.1, 1.2), (0.8, 3.0), (0.25, 0.9), (0.03, 1.0)],
    3: [(0.15, 0.7, 2.7), (0.06, 0.4, 1.3), (0.3, 0.9, 3.0), (0.1, 0.5, 2.5), (0.02, 0.2, 1.2)],
    4: [(0.1, 0.35, 1.0, 2.7), (0.03, 0.15, 0.6, 1.5), (0.2, 0.6, 1.2, 3.0), (0.05, 0.4, 1.0, 1.6)],
}


def build():
    p = Program(direct=True, calls=1)
    c = p.const
    one, two, zero = c(1), c(2), p.zero
    r = p.reg

    def cfg(name, **options):
        return p.read(CONFIG[name], **options)

    # ---- shared registers ----
    background, shift, anchor = r("b"), r("t0"), r("i0")           # of the point being evaluated
    # the pass and the step have the shift in units that keep the slope of its column within the pass's range: of a power of two below a blurred
    # pulse's sigma, else of a bin. In registers that are free by then: of the job's entry; of `record`, and made anew for each start
    shift_units, shift_unit = r("given"), r("judged")
    kept_b, kept_t0, kept_i0 = r("kept b"), r("kept t0"), r("kept i0")   # of the accepted point
    lam, evaluations, starts = r("lambda"), r("evaluations"), r("starts")
    decrement, old_decrement, chi2, best_chi2 = r("decrement"), r("old decrement"), r("chi2"), r("best chi2")
    gain_inverse = r("1 / previous gain")
    scale_up = r("2^F irf scale")
    delta, period = r("delta irf"), r("period")
    tap_value = [[r(f"l{q}.{i}") for i in range(8)] for q in range(3)]
    rate_low, rate_high = r("rate min"), r("rate max")
    clipped, tau_mean, counts = r("clipped"), r("mean delay"), r("start counts")
    start_b = r("start b")
    amplitude = [r(f"a{k}") for k in range(4)]
    rate = [r(f"r{k}") for k in range(4)]
    kept_amplitude = [r(f"kept a{k}") for k in range(4)]
    kept_rate = [r(f"kept r{k}") for k in range(4)]
    spare = [r(f"spare {i}") for i in range(11)]                   # hold nothing from block to block but in the job's entry
    idle_in_setup = spare + [r("secant"), r("back"), r("longest"), r("little damped"), r("stop"), r("wanted b")]
    post, delay, enough, components = spare[:4]
    previous = [r(f"dp{i}") for i in range(10)]
    to_rate = [r(f"d ln rate/d ln eps {k}") for k in range(4)]
    level = [r(f"M{k}") for k in range(4)]
    slope = [r(f"V{k}") for k in range(4)]

    # ---- job entry ----
    p.label("job")
    cfg("period", to=period)
    # background: counts before the IRF; without such bins the last group's less what a single decay leaves there
    inverse = cfg("inv_pre_bins")
    from_pre = p.mul(p.add(p.read(IN_PRE), c(0.5)), inverse)
    p.select(p.sub(period, one), p.mul(from_pre, p.about(0.1)), from_pre, to=start_b)
    p.sub(p.read(IN_COMPONENTS), one, to=components)
    p.sub(p.read(IN_POST, to=post), p.number(10), to=enough)
    # whether all lifetimes and amplitudes are given (and there are counts): then no mean delay is needed
    rates, amplitudes = [cfg(f"start_rate_{k + 1}") for k in range(3)], [cfg(f"start_amplitude_{k + 1}") for k in range(3)]
    given = p.min(rates[0], amplitudes[0])
    for k in (1, 2):                                                        # of components that are not there: at least 1
        given = p.min(given, p.max(p.min(rates[k], amplitudes[k]), p.sub(p.number(k), components)))
    p.min(p.min(p.sub(given, p.number(2.0**-60)), enough), p.sub(p.number(2.5), components), to=r("given"))

    def mean_delay(level):
        """From the end: t = post - centroid - M2/(2 S), both less the background's part."""
        bins, centroid = cfg("post_bins"), cfg("irf_centroid")
        s = p.max(p.fms(level, bins, post), p.number(10))
        m2 = p.fms(p.mul(level, bins), bins, p.read(IN_MOMENT2))
        t = p.fms(p.mul(m2, c(0.5)), p.reciprocal(s), p.sub(bins, centroid))
        return s, t, p.clamp(t, p.number(1.5), p.mul(bins, c(1 / 3))), p.sub(bins, centroid)

    def read_settings():
        """What the fit needs of the configuration; has time while the start is computed. The start's background."""
        p.read(IN_SATURATED, to=r("saturated"))
        p.mul(cfg("irf_scale"), p.read(IN_FRACTION), to=scale_up)
        down = p.read(IN_FRACTION_DOWN)
        p.mul(p.number(32), down, to=r("H scale"))
        p.mul(c(lambda w: 2.0**-(w - 5), "2^-FQ"), down, to=r("fraction scale"))
        cfg("gauss_sigma", scale=c(4096), to=delta)                             # above 1/2: pulses blurred by a Gauss
        cfg("rate_min", to=rate_low)
        p.min(cfg("rate_max"), two, to=rate_high)
        # 1: six taps, 2: four taps, no period (the common cases have code of their own); detour: more than four octaves or something held
        taps = p.read(IN_TAPS)
        few = p.min(p.min(p.sub(taps, p.number(3)), p.sub(p.number(7), taps)), p.sub(c(0.5), period))
        p.select(few, p.select(p.sub(p.number(5), taps), two, one), zero, to=r("quick"))
        held = p.max(cfg("held_shift"), cfg("held_background"))
        for k in range(4):
            held = p.max(held, p.max(cfg(f"held_amplitude_{k + 1}"), cfg(f"held_rate_{k + 1}")))
        p.copy(held, r("held"))
        p.max(p.sub(p.read(IN_OCTAVES), p.number(4.5)), p.sub(held, c(0.5)), to=r("detour"))
        limit = p.min(cfg("shift_max"), p.number(8), to=r("shift limit"))               # the IRF words reach as far
        p.sub(zero, limit, to=r("shift limit below"))
        cfg("background_min", to=r("background min"))
        most = cfg("evaluations_max", to=r("evaluations max"))
        p.copy(one, shift_units)
        Cubic.write_numbers(p)
        p.emit("RCP", r("largest"), zero)
        p.sub(zero, most, to=evaluations)                                       # how many there were less the most
        p.copy(zero, starts)
        p.copy(zero, r("reserve"))
        p.copy(p.number(2.0**120), best_chi2)
        # a given start that is free does not begin far below the counts: it would stay at the floor
        given, lowest = cfg("start_background"), r("background min")
        free = p.sub(c(0.5), cfg("held_background"))
        least = p.select(free, p.max(p.mul(start_b, c(0.25)), lowest), lowest)
        p.max(p.select(given, given, start_b), least, to=start_b)
        p.select(p.sub(cfg("start_amplitude_1"), p.number(2.0**-60)), p.about(LAMBDA_NEAR), p.about(LAMBDA_START), to=r("lambda start"))

    p.branch_not_less(inverse, p.number(2.0**-40), "background known")
    last = p.read(IN_LAST)
    like = p.sub(p.sub(zero, one), cfg("start_background"))        # above 0: like another histogram, as much of the last group
    p.mul(last, like, to=start_b)
    p.branch_less(zero, like, "background known")
    last = p.read(IN_LAST)
    from_last = p.mul(last, c(0.5))
    s, _, inside, length = mean_delay(from_last)
    each = p.reciprocal(inside)
    left = p.mul(p.mul(s, each), p.exp2(p.mul(p.mul(length, p.about(0.95)), p.mul(each, c(-LOG2E)))))
    less = p.max(p.sub(last, left), p.mul(from_last, c(0.25)))
    b = p.select(p.sub(period, one), p.mul(from_last, p.about(0.1)), from_last)
    p.min(less, b, to=start_b)
    p.label("background known")
    p.branch_less(r("given"), zero, "not given")
    read_settings()
    write_given(p, locals())
    p.branch_less(components, one, "set up1")
    p.branch_less(components, two, "set up2")
    p.jump("set up3")

    p.label("not given")
    read_settings()
    s, t, inside, _ = mean_delay(start_b)
    p.copy(s, counts)
    p.copy(t, delay)
    p.copy(inside, tau_mean)
    p.branch_less(period, one, "delay known")
    # what later pulses cut off: f = t/period, t / (1 - 8 f^3)
    f = p.clamp(p.mul(delay, p.reciprocal(period)), p.about(0.002), p.about(0.49))
    f3 = p.mul(p.mul(f, f), p.mul(f, p.number(8)))
    p.clamp(p.mul(p.mul(f, period), p.reciprocal(p.sub(one, f3))), p.number(1.5), p.mul(period, p.number(3)), to=tau_mean)
    p.label("delay known")
    p.branch_less(enough, zero, "no counts")
    p.branch_less(components, one, "begin1")
    p.branch_less(components, two, "begin2")
    p.branch_less(components, p.number(3), "begin3")
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
    p.branch_not_less(delta, c(0.5), "blurred taps")
    # six or eight: one interpolation after the other, each pushes those before it one row up
    p.mul(r("amplitudes"), scale_up, to=r("level"))
    p.copy(r("s"), r("level rate"))
    p.call("interpolate")
    for i, x in enumerate(tap_value[2]):
        p.out("OUTW", OUT_SHIFT_TAPS + i, p.mul(r("level"), x), r("level"))
    p.out("OUTX", OUT_SHIFT_NODE, p.fms(p.read(IN_TAPS), c(0.5), one))
    p.out("OUTM", OUT_AMPLITUDE_SUM, r("level"))
    for u, _ in NODES:
        p.add(r("s"), c(u), to=r("level rate"))
        p.call("interpolate")
    p.jump("taps made")
    p.label("interpolate")
    p.lend(idle_in_setup)
    for row, following in zip(tap_value, tap_value[1:]):
        for x, y in zip(row, following):
            p.copy(y, x)
    p.branch_less(p.read(IN_TAPS), p.number(7), "six")
    for taps in (8, 6):
        if taps == 6:
            p.label("six")
        p.lend(idle_in_setup)
        for x, y in zip(lagrange(p, r("level rate"), taps) + 2 * [zero], tap_value[2]):
            p.copy(x, y)
        p.ret()
    p.label("taps4")
    p.lend(idle_in_setup)
    for q, (u, _) in enumerate(NODES):
        for i, v in enumerate(lagrange(p, p.add(r("s"), c(u)), 4)):
            p.copy(v, tap_value[q][i])
    p.label("shift taps4")
    p.lend(idle_in_setup)
    total = p.mul(r("amplitudes"), scale_up)
    for i, v in enumerate(lagrange(p, r("s"), 4)):
        p.out("OUTW", OUT_SHIFT_TAPS + i, p.mul(total, v), total)
    p.out("OUTX", OUT_SHIFT_NODE, p.sub(zero, one))
    p.out("OUTM", OUT_AMPLITUDE_SUM, total)
    p.jump("taps made")
    p.label("taps2")
    total = p.mul(r("amplitudes"), scale_up)
    p.out("OUTW", OUT_SHIFT_TAPS, total, total)
    p.out("OUTX", OUT_SHIFT_NODE, zero)
    p.out("OUTM", OUT_AMPLITUDE_SUM, total)
    p.jump("taps made")
    # where they were asked for: no CALL, as the small engine keeps one return address
    p.label("taps made")
    for k in (1, 2, 3):
        p.branch_less(p.read(IN_COMPONENTS), p.number(k + 1), f"taps made{k}")
    p.jump("taps made4")

    decay_blurred.write_taps(p, locals())
    write_level(p, period, shift)
    write_one_component(p, locals())
    write_step_back(p, locals())
    for k in (1, 2, 3, 4):
        Fit(p, k, locals()).write()
    return p


def write_given(p, v):
    """The first start of up to three components whose lifetimes and amplitudes are given: the same as `Fit.begin` makes of these."""
    one = p.const(1)
    cfg = lambda name, to: p.read(CONFIG[name], to=to)
    p.copy(one, v["starts"])
    p.copy(v["start_b"], v["background"])
    for i in range(3):
        p.clamp(cfg(f"start_rate_{i + 1}", None), v["rate_low"], v["rate_high"], to=v["rate"][i])
        cfg(f"start_amplitude_{i + 1}", v["amplitude"][i])
    p.round(cfg("start_shift", v["shift"]), to=v["anchor"])
    p.copy(p.reg("lambda start"), v["lam"])
    write_fresh(p, v, 3, 0)


def write_fresh(p, v, components, first_absent):
    """What a start begins with whatever its parameters; with zeros for the results of components from `first_absent` on."""
    one, zero = p.const(1), p.zero
    p.copy(p.about(LAMBDA_DOWN), p.reg("lambda down"))
    p.copy(one, v["shift_unit"])
    p.copy(p.number(BIG), v["old_decrement"])
    p.copy(p.number(BIG), v["decrement"])
    for i in range(components):                                             # no earlier pulses; with a period the set-up tells
        for port in (FINE_C, FINE_V, PRE_C, PRE_V):
            p.out("OUTX", component(i, port), zero)
    p.copy(zero, v["kept_b"])
    p.copy(p.number(FORCED), p.reg("kept chi2"))                             # the first point is kept whatever it is
    p.out("OUTX", OUT_SHIFT_NODE, p.fms(p.read(IN_TAPS), p.const(0.5), one))  # as it is for four and six taps
    for i in range(first_absent, 4):
        p.out("OUTX", RESULT[f"amplitude_{i + 1}"], zero)
        p.out("OUTX", RESULT[f"rate_{i + 1}"], zero)
    p.copy(zero, v["gain_inverse"])
    p.sub(zero, one, to=v["clipped"])
    for register in v["previous"][:2 * components + 2]:
        p.copy(zero, register)


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
    falls = p.mul(ka, c(-LOG2E))
    per_bin = p.sub(zero, falls)
    lapse = p.exp2(p.mul(falls, period))
    share = p.reciprocal(p.max(p.sub(one, lapse), p.number(2.0**-16)))
    m = p.mul(p.mul(a, p.exp2(p.mul(per_bin, p.sub(p.add(lead, grown), period)))), share)
    m = p.select(p.sub(p.number(30), p.mul(ka, period)), m, zero)
    decay = p.exp2(falls)
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
    down = p.exp2(p.mul(falls, n0))
    p.out("OUTX", OUT_INDEXED + component(0, FINE_C), p.mul(m, down))
    p.out("OUTX", OUT_INDEXED + component(0, FINE_V), p.mul(down, p.fma(kick, n0, slope)))
    p.ret()


class Fit(Coefficients, Step):
    """The code for K components."""

    def __init__(self, program, components, shared):
        self.p, self.k, self.v = program, components, shared
        self.n = 2 * components + 2

    def name(self, text, quick=False):
        return f"{'quick ' if quick else ''}{text}{self.k}"

    def write(self):
        self.begin()
        self.setup()
        self.solve()
        self.finish()

    # ---- a start ----
    def begin(self):
        p, v, k = self.p, self.v, self.k
        c, one, zero = p.const, p.const(1), p.zero
        cfg = lambda name: p.read(CONFIG[name])
        p.label(self.name("begin"))
        fans = FANS[k]
        which = v["starts"]
        equal = lambda: c(1 / 3) if k == 3 else p.number(1 / k)
        for index in range(len(fans)):
            if index + 1 < len(fans):
                p.branch_not_less(which, p.number(index + 1), self.name(f"fan{index + 1}."))
            for i in range(k):
                fan = p.about(fans[index][i])
                if index:
                    p.copy(fan, v["rate"][i])
                    p.copy(equal(), v["amplitude"][i])
                else:
                    # negative: like another histogram, whose lifetimes in mean delays and shares of the counts these are
                    like, share = cfg(f"start_rate_{i + 1}"), cfg(f"start_amplitude_{i + 1}")
                    p.select(like, fan, p.sub(zero, like), to=v["rate"][i])
                    p.select(share, equal(), p.sub(zero, share), to=v["amplitude"][i])
                    if i == 0:
                        reserve = p.select(share, zero, p.max(p.sub(p.reg("evaluations max"), p.number(LIKE_EVALUATIONS)), zero), to=p.reg("reserve"))
                        p.add(v["evaluations"], reserve, to=v["evaluations"])
                        p.sub(p.reg("evaluations max"), reserve, to=p.reg("evaluations max"))
            p.copy([zero, p.sub(zero, one), one][index % 3], p.reg("other bin"))
            p.jump(self.name("start"))
            if index + 1 < len(fans):
                p.label(self.name(f"fan{index + 1}."))
        p.label(self.name("start"))
        p.add(v["starts"], one, to=v["starts"])
        p.copy(v["start_b"], v["background"])
        inverse = p.reciprocal(v["tau_mean"])
        for i in range(k):
            mine = p.mul(inverse, p.reciprocal(v["rate"][i]))
            given = cfg(f"start_rate_{i + 1}")
            mine = p.select(p.sub(given, p.number(2.0**-60)), given, p.min(mine, one))
            mine = p.clamp(mine, v["rate_low"], v["rate_high"])
            p.copy(mine, v["rate"][i])
            # a = counts x share x eps, eps = 1 - exp(-rate)
            eps = p.sub(one, p.exp2(p.mul(mine, c(-LOG2E))))
            a = p.max(p.mul(p.mul(v["counts"], v["amplitude"][i]), eps), p.number(2.0**-20))
            given = cfg(f"start_amplitude_{i + 1}")
            p.select(p.sub(given, p.number(2.0**-60)), given, a, to=v["amplitude"][i])
        # a further start does not begin at another histogram's shift; a pulse does not see the likelihood behind its bin's edge: the starts take different bins
        t0, free = cfg("start_shift"), p.sub(c(0.5), cfg("held_shift"))
        further = p.min(p.sub(v["starts"], p.number(1.5)), p.sub(p.sub(zero, p.number(2.0**-60)), cfg("start_amplitude_1")))
        t0 = p.select(p.min(further, free), zero, t0)
        t0 = p.select(p.min(p.sub(v["delta"], c(0.5)), free), p.add(t0, p.reg("other bin")), t0)
        p.copy(t0, v["shift"])
        p.round(t0, to=v["anchor"])
        p.copy(p.reg("lambda start"), v["lam"])
        write_fresh(p, v, k, k)
        # falls through to the set-up

    # ---- result of a start; the next one where needed ----
    def finish(self):
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero = p.const, p.const(1), p.zero
        r = p.reg
        p.label(self.name("record"))
        chi2 = p.mul(v["chi2"], c(32), to=v["chi2"])
        # not converged counts as a chi2 out of reach
        judged = p.select(p.sub(r("outcome"), p.number(2.0**STATUS["converged"] + 0.25)), p.number(2.0**110), chi2)
        judged = p.select(p.sub(c(0.5), r("outcome")), p.number(2.0**110), judged, to=r("judged"))
        status = p.fma(r("saturated"), p.number(2.0**STATUS["count_saturated"]), r("outcome"))
        at_floor = p.select(p.fms(r("background min"), p.number(65 / 64), v["background"]), zero, p.number(2.0**STATUS["background_at_floor"]))
        free = p.sub(c(0.5), p.read(CONFIG["held_background"]))
        status = p.add(status, p.select(free, at_floor, zero))
        edge = p.sub(p.abs(v["shift"]), p.sub(r("shift limit"), p.number(2.0**-11)))
        free = p.sub(c(0.5), p.read(CONFIG["held_shift"]))
        status = p.add(status, p.select(p.min(edge, free), p.number(2.0**STATUS["shift_at_limit"]), zero))
        limited, lowest = None, p.mul(v["rate_low"], p.number(65 / 64))
        for i in range(k):
            low = p.fms(v["rate"][i], one, lowest)
            high = p.fms(v["rate_high"], p.number(63 / 64), v["rate"][i])
            free = p.sub(c(0.5), p.read(CONFIG[f"held_rate_{i + 1}"]))
            here = p.min(p.max(low, high), free)
            limited = p.max(limited, here) if limited else here
        p.add(p.select(limited, p.number(2.0**STATUS["rate_at_limit"]), zero), status, to=r("status"))
        p.branch_not_less(r("judged"), v["best_chi2"], self.name("next"))
        p.copy(r("judged"), v["best_chi2"])
        p.out("OUTX", RESULT["status"], r("status"))
        p.out("OUTX", RESULT["chi2"], v["chi2"])
        p.out("OUTX", RESULT["decrement"], v["decrement"])
        for i in range(k):
            p.out("OUTX", RESULT[f"amplitude_{i + 1}"], v["amplitude"][i])
            p.out("OUTX", RESULT[f"rate_{i + 1}"], v["rate"][i])
        p.out("OUTX", RESULT["shift"], v["shift"])
        p.out("OUTX", RESULT["background"], v["background"])
        at, in_bins = RESULT_FISHER, {}
        for i in range(n):
            for j in range(i + 1):
                scale = r("H bb scale") if i == j == n - 1 else r("H b scale") if i == n - 1 else r("H scale")
                if n - 2 in (i, j):
                    scale = in_bins.setdefault((i, j == n - 2), p.mul(in_bins.get((i, False), scale), v["shift_units"]))
                p.out("OUTX", at, p.read(pair(i + 1, j + 1), scale))
                at += 1
        self.next_start()
        p.done()
        p.label(self.name("next"))
        self.next_start()
        p.done()

    def next_start(self):
        """Another start, unless this one will do or there is nothing left."""
        p, v, k = self.p, self.v, self.k
        c, zero = p.const, p.zero
        p.out("OUTX", RESULT["evaluations"], p.add(v["evaluations"], p.reg("evaluations max")))
        p.out("OUTX", RESULT["starts"], v["starts"])
        p.sub(v["evaluations"], p.reg("reserve"), to=v["evaluations"])
        p.add(p.reg("evaluations max"), p.reg("reserve"), to=p.reg("evaluations max"))
        p.copy(zero, p.reg("reserve"))
        good = p.sub(p.read(CONFIG["chi2_accept"]), v["best_chi2"])
        more = p.min(p.sub(p.read(CONFIG["starts_max"]), p.add(v["starts"], c(0.5))), p.sub(p.number(len(FANS[k]) - 0.5), v["starts"]))
        more = p.min(more, p.sub(p.sub(zero, c(0.5)), v["evaluations"]))
        again = p.min(more, p.sub(zero, good))
        p.branch_not_less(again, zero, self.name("begin"))
