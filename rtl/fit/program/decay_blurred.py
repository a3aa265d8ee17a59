"""Responses that are pulses blurred by a Gauss: FIR of a component and taps of the shift column, for any width down to nothing.

A pulse at 1/2 + s of its bin, Phi the distribution of a Gauss of standard deviation sigma around it, B(n - u) = Phi(n + 1 - u) - Phi(n - u):
    x[n] = integral_0^1 exp(-r u) B(n - u) du = sum_k c_k(r) T_k(n),   T_k(n) = integral_0^1 (u - 1/2)^k B(n - u) du,
exp(-r u) by its Legendre polynomials up to the second. T_k(n) = P_k(n + 1) - P_k(n), P_k(n) = integral_0^1 (u - 1/2)^k Phi(n - u) du, comes by parts from
repeated integrals of Phi at the bins' edges. These are what a pulse alone has (polynomials; of T_k only for the pulse's bin and the next one) and a rest
that falls off on both sides, z = |edge - pulse|/sigma, so that nothing cancels in the tails:
    R_1 = sigma i_1(z), R_2 = +-sigma^2 i_2(z) (- behind the pulse), R_3 = sigma^3 i_3(z),   i_1 = phi(z) - z Q(z), 2 i_2 = Q - z i_1, 3 i_3 = i_1 - z i_2.
Q(z) = exp(-z^2/2) times a polynomial in 1/(1 + P z) (Hastings' form; Abramowitz and Stegun 7.1.25). Coefficients of the least largest error of Q over the
square root of Q exp(-z^2/2): 5e-6 at z = 0, 2e-7 at 3.
"""
from addresses import *

P, HASTINGS = 7 / 16, (0.18616115244528372, 0.09515233046647749, 0.3397749093504494, -31 / 256)
LOG2E = 1.4426950408889634
TAPS = 8
Z_MAX = 8                  # nothing is left farther off
# What lives from one edge to the next, in registers that are idle while coefficients are made.
NAMES = ("edge", "1/sigma", "phi(0)", "sigma", "half square", "sixth cube", "side", "R1", "R2", "R3", "Q", "P0", "P1", "P2", "T0", "T1", "T2", "G",
         "pulse T1", "pulse T2", "total")


def write_taps(p, v):
    """T_k(n) into tap_value[k], n = -3..4; G(n) = Phi(n + 1) - Phi(n) to the shift column. Shared by all K."""
    c, one, half, zero, r = p.const, p.const(1), p.const(0.5), p.zero, p.reg
    idle = v["idle_in_setup"] + [r(f"one {what} {i}") for i in range(3) for what in ("eps", "A phi", "be", "kappa")]
    at = dict(zip(NAMES, idle))
    p.label("blurred taps")
    sigma = p.read(CONFIG["gauss_sigma"], to=at["sigma"])
    s = r("s")
    square = p.mul(sigma, sigma)
    p.mul(square, half, to=at["half square"])
    p.mul(p.mul(square, sigma), c(1 / 6), to=at["sixth cube"])
    p.reciprocal(sigma, to=at["1/sigma"])
    p.add(p.number(102 / 256), p.number(33 / 65536), to=at["phi(0)"])      # 0.39894
    p.sub(p.sub(zero, s), p.number(TAPS // 2 + 0.5), to=at["edge"])
    for name in ("R1", "R2", "R3", "Q"):                                    # nothing is left at n = -4
        p.copy(zero, at[name])
    p.copy(one, at["side"])
    by = p.mul(s, s)
    p.mul(p.sub(p.add(by, square), c(0.25)), half, to=at["pulse T1"])
    p.mul(p.mul(p.fma(square, p.number(3), by), s), c(1 / 3), to=at["pulse T2"])
    unit = p.pow(p.max(sigma, c(1 / 64)), to=v["shift_unit"])
    p.pow(p.mul(p.emit("RCP", None, unit), p.number(1.125)), to=v["shift_units"])   # a seed is right to 2^-8.9
    p.mul(p.mul(r("amplitudes"), v["scale_up"]), unit, to=at["total"])
    p.call("blurred edge")                                                  # P_k(-3); of no T_k yet
    for tap in range(TAPS):
        p.call("blurred edge")
        g, (t0, t1, t2) = at["G"], [row[tap] for row in v["tap_value"]]
        bin_ = tap - (TAPS // 2 - 1)
        if bin_ == 0:
            p.add(at["T0"], p.sub(half, r("s")), to=t0)
            p.add(at["T1"], at["pulse T1"], to=t1)
            p.sub(p.add(at["T2"], c(1 / 24)), at["pulse T2"], to=t2)
            g = p.add(g, one)
        elif bin_ == 1:
            p.add(at["T0"], p.add(half, r("s")), to=t0)
            p.sub(at["T1"], at["pulse T1"], to=t1)
            p.add(p.add(at["T2"], c(1 / 24)), at["pulse T2"], to=t2)
        else:
            for k, t in enumerate((t0, t1, t2)):
                p.copy(at[f"T{k}"], t)
        if bin_ == -1:                                                      # the edges that follow lie behind the pulse
            p.sub(zero, one, to=at["side"])
            p.sub(zero, at["half square"], to=at["half square"])
        p.out("OUTW", OUT_SHIFT_TAPS + tap, p.mul(at["total"], g), at["total"])
    p.out("OUTX", OUT_SHIFT_NODE, p.sub(zero, p.number(TAPS // 2 - 1)))
    p.out("OUTM", OUT_AMPLITUDE_SUM, at["total"])
    p.jump("taps made")
    write_edge(p, at)


def write_edge(p, at):
    """The next edge: R_k, P_k there; T_k and G (without the pulse's polynomials) of the bin before it."""
    c, one, two, half, zero = p.const, p.const(1), p.const(2), p.const(0.5), p.zero
    p.label("blurred edge")
    z = p.min(p.mul(p.abs(p.add(at["edge"], one, to=at["edge"])), at["1/sigma"]), p.number(Z_MAX))
    t = p.reciprocal(p.fma(z, p.number(P), one))
    poly = p.fms(t, p.number(-HASTINGS[3]), c(HASTINGS[2]))
    for a in HASTINGS[1::-1]:
        poly = p.fma(t, poly, c(a))
    falls = p.exp2(p.mul(p.mul(z, z), p.mul(c(-LOG2E), half)))
    q = p.mul(p.mul(t, poly), falls)
    i1 = p.fms(z, q, p.mul(falls, at["phi(0)"]))
    i2_twice = p.fms(z, i1, q)
    i3_six = p.fms(z, i2_twice, p.mul(i1, two))
    new = {"R1": p.mul(i1, at["sigma"]), "R2": p.mul(i2_twice, at["half square"]), "R3": p.mul(i3_six, at["sixth cube"]), "Q": p.mul(q, at["side"])}
    p.sub(new["Q"], at["Q"], to=at["G"])
    new["P0"] = p.sub(new["R1"], at["R1"])
    new["P1"] = p.fms(p.add(new["R1"], at["R1"]), half, p.sub(new["R2"], at["R2"]))
    quarter = p.fms(p.add(new["R2"], at["R2"]), one, p.mul(new["P0"], c(0.25)))
    new["P2"] = p.fma(p.sub(new["R3"], at["R3"]), two, quarter)
    for k in range(3):
        p.sub(new[f"P{k}"], at[f"P{k}"], to=at[f"T{k}"])
    for name, value in new.items():
        p.copy(value, at[name])
    p.ret()


def write_component(p, v, rate, amplitude, at):
    """FIR of a component: c_0 = h, c_1 = -h r (1 + r^2/40), c_2 = h r^2/2 (1 + r^2/56), h = exp(-r/2) (c_0 less h r^4/4480)."""
    c, one, half = p.const, p.const(1), p.const(0.5)
    a = p.mul(amplitude, v["scale_up"])
    square = p.mul(rate, rate)
    c0 = p.mul(a, p.exp2(p.mul(p.mul(rate, c(-LOG2E)), half)))
    c1 = p.mul(p.mul(c0, rate), p.fma(square, p.mul(c(0.05), half), one))
    c2 = p.mul(p.mul(p.mul(c0, square), half), p.fma(square, c(1 / 64), one))
    reference = p.mul(a, p.number(1.125))
    for tap in range(TAPS):
        t0, t1, t2 = (row[tap] for row in v["tap_value"])
        p.out("OUTW", at + WEIGHTS + tap, p.fma(c2, t2, p.fms(c1, t1, p.mul(c0, t0))), reference)
