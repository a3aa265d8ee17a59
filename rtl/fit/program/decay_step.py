"""The step from an evaluated point to the next: one part of the program's code for K components."""
from addresses import *

LAMBDA_DOWN = 0.1          # damping after an accepted step, times
LAMBDA_ZERO = 2.0**-20     # below: none
LAMBDA_BACK = 1e-4         # after a rejected step at least
LAMBDA_STOP = 2e-4         # at most, where a fit may stop
STOP = 3e-4                # decrement (as predicted behind the step) at which a fit is done
STEP_MAX = {1: 1.2, 2: 1.2, 3: 0.5, 4: 0.5}   # largest |change of a log parameter|; more components turn sooner
SHIFT_STEP_MAX = 1.0       # bins
BLURRED_STEP_MAX = 1 / 3   # of blurred pulses: a narrow one sees only its bin
NEAR = 1 / 3               # decrement above which no rule stops a fit
NEVER = -1                 # less than any decrement
HOLD = 2.0**120            # added to the diagonal of a held parameter
BIG = 2.0**100
FORCED = 2.0**120          # chi2 of the kept point where the next one is accepted whatever it is


def held_weight(p, name):
    return p.read(CONFIG[name], p.number(HOLD))


def write_step_back(p, v):
    """Ways back from a step, of any number of components."""
    one, zero = p.const(1), p.zero
    p.label("forget step")
    for register in v["previous"]:
        p.copy(zero, register)
    p.copy(zero, v["gain_inverse"])
    p.ret()
    p.label("step back")
    # times 8 of what the rejected step had; and slower down again
    p.max(p.mul(v["lam"], p.number(80)), p.about(LAMBDA_BACK), to=v["lam"])
    p.copy(p.about(0.6), p.reg("lambda down"))
    for i in range(4):
        p.copy(v["kept_amplitude"][i], v["amplitude"][i])
        p.copy(v["kept_rate"][i], v["rate"][i])
    for now, kept in (("background", "kept_b"), ("shift", "kept_t0"), ("anchor", "kept_i0")):
        p.copy(v[kept], v[now])
    p.copy(p.number(FORCED), p.reg("kept chi2"))
    p.copy(one, v["clipped"])
    p.copy(zero, p.reg("outcome"))
    p.ret()


class Step:
    # ---- damped Fisher scoring step: L D L^T, bounds while substituting back ----
    def solve(self, quick=False):
        """quick: nothing is held, no period, no pulses; then the way back is to the quick set-up.

        Whether the point is accepted is known before the next one is made: only then is it, in the block behind the branch."""
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero = p.const, p.const(1), p.zero
        r = p.reg
        fq = lambda w: 2.0**-(w - 5)
        p.label(self.name("solve", quick))
        # the step is handed over in registers, with up to three components the gradient, too (four do not leave enough)
        carried = self.taps()[:2 * n if k < 4 else n]
        p.lend([y for y in self.scratch() if y not in carried] + [r(name) for name in ("longest", "little damped", "stop")])
        q = c(fq, "2^-FQ")
        back = p.read(IN_BACKGROUND, q)
        p.read(IN_RESIDUAL, r("fraction scale"), to=r("g scale"))
        p.read(IN_BACKGROUND, c(32), to=r("H b scale"))
        p.read(IN_RESIDUAL, back, to=r("g b scale"))
        p.read(IN_FRACTION, back, to=r("H bb scale"))
        p.read(pair(0, 0), r("g scale"), to=v["chi2"])                      # a 32nd of it
        damp = p.add(one, v["lam"])
        names = []
        for i in range(k):
            names += [f"held_amplitude_{i + 1}", f"held_rate_{i + 1}"]
        names += ["held_shift", "held_background"]
        self.gradients = None
        gradients = [self.gradient(i, carried[n + i] if k < 4 else None) for i in range(n)]
        if k < 4:
            self.gradients = gradients
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
                if k == 4 or j + 1 < i:                     # registers are short, or there is time
                    row.append(p.mul(h, inverse[j]))
                else:
                    rough = p.mul(h, seed[j])
                    row.append(p.fma(rough, correction[j], rough))
            diagonal = p.fma(p.read(pair(i + 1, i + 1), r("H bb scale") if is_b else r("H scale")), damp, zero if quick else held_weight(p, names[i]))
            d = diagonal
            for m in range(i):
                d = p.fms(u[m], row[m], d)
            slack = p.fms(diagonal, c(2.0**-20), d)
            pivot_slack = slack if pivot_slack is None else p.min(pivot_slack, slack)
            g = gradients[i]
            for m in range(i):
                g = p.fms(row[m], z[m], g)
            lower.append(row)
            seed.append(p.emit("RCP", None, d))
            correction.append(p.fms(d, seed[-1], one))
            if i < n - 1:
                inverse.append(p.fma(seed[-1], correction[-1], seed[-1]))
            z.append(g)
            if i == n - 1:
                pivots = d
            if i == n - 2:
                pivots_shift = d
        # background first, kept above its floor; then the shift, kept in its range; then the rest on top of what these became
        x, at = [None] * n, carried[:n]
        lowest = r("background min")
        floor = p.max(p.mul(v["background"], c(1 / 8)), lowest, to=r("floor of b"))
        rough = p.mul(z[n - 1], seed[n - 1])
        x[n - 1] = p.max(p.fma(rough, correction[n - 1], rough), p.sub(floor, v["background"]), to=at[n - 1])
        gain = p.mul(x[n - 1], p.fms(pivots, x[n - 1], p.add(z[n - 1], z[n - 1])))
        limit = r("shift limit")
        free_t = p.fms(lower[n - 1][n - 2], x[n - 1], p.mul(z[n - 2], inverse[n - 2]))
        most, least = c(SHIFT_STEP_MAX), c(-SHIFT_STEP_MAX)
        if not quick:
            blurred = p.sub(v["delta"], c(0.5))
            most = p.select(blurred, c(BLURRED_STEP_MAX), most)
            least = p.sub(zero, most)
        top, bottom = p.min(p.sub(limit, v["shift"]), most), p.max(p.sub(r("shift limit below"), v["shift"]), least)
        if not quick:
            top, bottom = (p.mul(x, v["shift_units"]) for x in (top, bottom))
        held_shift = None
        if not quick:
            # a held shift does not move whatever its start
            held_shift = p.sub(p.read(CONFIG["held_shift"]), c(0.5))
            top, bottom = p.select(held_shift, zero, top), p.select(held_shift, zero, bottom)
        x[n - 2] = p.clamp(free_t, bottom, top, to=at[n - 2])
        inner_t = p.fma(lower[n - 1][n - 2], x[n - 1], x[n - 2])
        gain_t = p.mul(inner_t, p.fms(pivots_shift, inner_t, p.add(z[n - 2], z[n - 2])))
        gains = [gain, p.max(gain_t if quick else p.select(held_shift, zero, gain_t), zero)]
        for i in range(n - 3, -1, -1):
            value = p.mul(z[i], inverse[i])
            gains.append(p.mul(z[i], value))
            for m in range(n - 1, i, -1):                       # the one known last comes last
                value = p.fms(lower[m][i], x[m], value, to=at[i] if m == i + 1 else None)
            x[i] = value
        new_decrement = p.max(p.total(gains), zero, to=r("new decrement"))
        self.judge(pivot_slack, new_decrement, quick)
        self.advance(x, new_decrement, quick)
        self.go_on(quick)

    def gradient(self, i, to=None):
        if self.gradients:
            return self.gradients[i]
        return self.p.read(pair(i + 1, 0), self.p.reg("g b scale" if i == self.n - 1 else "g scale"), to=to)

    def with_gradient(self, vector):
        """Scalar product with the gradient, in two sums."""
        p, sums = self.p, [self.p.zero, self.p.zero]
        for i in range(self.n):
            sums[i % 2] = p.fma(self.gradient(i), vector[i], sums[i % 2])
        return p.add(*sums)

    def judge(self, pivot_slack, decrement, quick):
        """On to `advance`, aside where the point is not accepted or the step may turn back."""
        p, v = self.p, self.v
        c, one, r = p.const, p.const(1), p.reg
        bound = p.min(p.fma(v["decrement"], c(4), c(0.05)), p.add(v["decrement"], c(64)))
        bound = p.max(bound, p.mul(v["old_decrement"], c(0.5)))
        # the decrement comes last, so that it is only compared: with this, above all where chi2 fell, below all where the sums are singular
        allowed = p.select(p.sub(r("kept chi2"), v["chi2"]), r("largest"), bound)
        p.copy(pivot_slack, r("pivot slack"))
        p.select(pivot_slack, allowed, c(NEVER), to=r("allowed"))
        # r = g . previous step / its gain then: below -0.2 the step before went too far
        p.fms(self.with_gradient(v["previous"]), v["gain_inverse"], p.zero, to=r("back"))    # -r
        usable = p.sub(c(2.0**40), v["gain_inverse"])
        p.copy(one, r("secant"))
        p.branch_less(p.select(p.min(p.sub(r("back"), c(0.2)), usable), c(NEVER), r("allowed")), decrement, self.name("aside", quick))

    def aside(self, quick):
        p, r, one = self.p, self.p.reg, self.p.const(1)
        p.label(self.name("aside", quick))
        p.branch_less(r("allowed"), r("new decrement"), self.name("back", quick))
        p.select(p.sub(p.number(30), r("new decrement")), p.reciprocal(p.max(p.add(r("back"), one), one)), one, to=r("secant"))
        p.jump(self.name("advance", quick))

    def advance(self, x, decrement, quick):
        """The point is kept, the next one takes its place, linear in lifetimes and counts; the step is scaled when it is long or turns back."""
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero, r = p.const, p.const(1), p.zero, p.reg
        p.label(self.name("advance", quick))
        p.lend([y for y in self.scratch() if y not in x and y not in (self.gradients or [])])
        held_shift = None if quick else p.sub(p.read(CONFIG["held_shift"]), c(0.5))
        longest = p.abs(x[2 * k - 1])
        for i in range(2 * k - 2, -1, -1):
            longest = p.max(longest, p.abs(x[i]))
        limit = c(STEP_MAX[k])
        scale = p.mul(p.min(p.mul(limit, p.emit("RCP", None, longest)), one), r("secant"))
        before = p.select(v["clipped"], c(BIG), v["decrement"], to=v["old_decrement"])
        p.sub(longest, limit, to=v["clipped"])                                 # clipped: not negative
        p.mul(scale, longest, to=r("longest"))
        for i in range(k):
            a, e = x[2 * i], x[2 * i + 1]
            in_rate = p.mul(e, v["to_rate"][i])
            q = p.clamp(p.fms(scale, in_rate, one), c(0.4), c(3.3))
            seed = p.emit("RCP", None, q)
            correction = p.fms(q, seed, one)

            def divided(value):
                rough = p.mul(value, seed)
                return p.fma(rough, correction, rough)

            p.copy(v["rate"][i], v["kept_rate"][i])
            p.copy(v["amplitude"][i], v["kept_amplitude"][i])
            grow = p.clamp(p.fma(scale, p.sub(a, in_rate), one), c(0.2), c(3.3))
            grown, low, high = divided(p.mul(v["amplitude"][i], grow)), c(2.0**-30), c(2.0**40)
            p.clamp(divided(v["rate"][i]), v["rate_low"], v["rate_high"], to=v["rate"][i])
            if quick:
                p.clamp(grown, low, high, to=v["amplitude"][i])
            else:
                held_a, held_r = (p.sub(p.read(CONFIG[f"held_{w}_{i + 1}"]), c(0.5)) for w in ("amplitude", "rate"))
                # with a held rate the amplitude moves alone
                alone = p.mul(v["amplitude"][i], p.clamp(p.fma(scale, a, one), c(0.2), c(3.3)))
                grown = p.clamp(p.select(held_r, alone, grown), low, high)
                p.select(held_a, v["amplitude"][i], grown, to=v["amplitude"][i])
        scaled = [p.mul(scale, x[i], to=v["previous"][i]) for i in range(n)]
        # shift on a grid of 2^-12 bins, its anchor with hysteresis (blurred pulses: without either, their place is known to less)
        p.copy(v["shift"], v["kept_t0"])
        p.copy(v["anchor"], v["kept_i0"])
        moved = p.add(scaled[n - 2], v["shift"]) if quick else p.fma(scaled[n - 2], v["shift_unit"], v["shift"])
        away = p.sub(p.abs(p.sub(moved, v["anchor"])), c(0.65))
        blurred = None if quick else p.sub(v["delta"], c(0.5))
        p.select(away if quick else p.max(away, blurred), p.round(moved), v["anchor"], to=v["anchor"])
        on_grid = p.round(p.mul(moved, c(4096)))
        if quick:
            p.mul(on_grid, c(1 / 4096), to=v["shift"])
        else:
            p.select(held_shift, v["shift"], p.select(blurred, moved, p.mul(on_grid, c(1 / 4096))), to=v["shift"])
        p.copy(v["background"], v["kept_b"])
        wanted = p.add(v["background"], scaled[n - 1], to=None if quick else r("wanted b"))
        floor = r("floor of b")
        if quick:
            p.max(wanted, floor, to=v["background"])
        else:
            held_b = p.sub(p.read(CONFIG["held_background"]), c(0.5))
            p.select(held_b, v["background"], p.max(wanted, floor), to=v["background"])
        # gain of the step taken, for the next secant
        p.emit("RCP", v["gain_inverse"], p.max(self.with_gradient(scaled), c(2.0**-60)))
        p.copy(decrement, v["decrement"])
        p.copy(v["chi2"], r("kept chi2"))
        p.sub(c(LAMBDA_STOP), v["lam"], to=r("little damped"))                # a damped decrement hides flat directions
        lower = p.mul(v["lam"], r("lambda down"))
        p.select(p.sub(lower, c(LAMBDA_ZERO)), lower, zero, to=v["lam"])
        p.max(p.mul(r("lambda down"), c(0.6)), c(LAMBDA_DOWN), to=r("lambda down"))

    def stop(self, quick):
        """Stop rules, of what `advance` left."""
        p, v, k, n = self.p, self.v, self.k, self.n
        c, one, zero, r = p.const, p.const(1), p.zero, p.reg
        decrement, before = v["decrement"], v["old_decrement"]
        relative = p.mul(p.abs(v["previous"][n - 1]), p.emit("RCP", None, v["kept_b"]))
        relative = p.max(relative, r("longest"))
        first = p.sub(c(STOP), decrement)
        still = c(0.004) if quick else p.select(p.sub(v["delta"], c(0.5)), c(1 / 24), c(0.004))  # so much 16-bit words leave of a steep foot
        stalled = p.min(p.sub(still, decrement), p.fms(before, c(0.5), decrement))
        predicted = p.fms(decrement, decrement, p.mul(before, c(STOP)))
        near = c(NEAR) if k < 3 else c(0.004)                               # with more components the prediction is worse
        close = p.min(p.min(predicted, p.sub(near, decrement)), p.sub(c(64), before))
        close = p.min(close, p.min(p.sub(c(1 / 24), relative), p.select(v["clipped"], c(-SHIFT_STEP_MAX), one)))
        p.min(p.max(first, p.max(stalled, close)), r("little damped"), to=r("stop"))

    # ---- stop or go on; the way back ----
    def go_on(self, quick):
        p, v = self.p, self.v
        c, zero, r = p.const, p.zero, p.reg
        if quick:
            # no rule stops a fit above NEAR
            p.branch_less(p.max(p.sub(c(NEAR), v["decrement"]), v["evaluations"]), zero, self.name("set up"))
            self.stop(quick)
        else:
            p.branch_less(v["period"], p.const(1), self.name("no level"))
            self.keep_level()
            p.label(self.name("no level"))
            self.stop(quick)
        p.branch_less(p.max(r("stop"), v["evaluations"]), zero, self.name("set up"))
        p.copy(p.number(2.0**STATUS["converged"]), r("outcome"))
        p.branch_not_less(r("stop"), zero, self.name("record"))
        p.jump(self.name("limit"))
        self.aside(quick)
        p.label(self.name("back", quick))
        # singular: more damping with the same sums; or rejected: back to the kept point with more damping
        p.call("forget step")
        p.branch_not_less(r("pivot slack"), zero, self.name("rejected"))
        p.fma(v["lam"], p.number(64), p.about(1e-4), to=v["lam"])
        p.branch_less(v["lam"], p.number(2.0**20), self.name("solve", quick))
        p.copy(p.number(2.0**STATUS["singular"]), r("outcome"))
        p.jump(self.name("record"))
        if quick:
            return
        p.label(self.name("rejected"))
        p.call("step back")
        p.branch_not_less(v["lam"], p.number(2.0**20), self.name("record"))
        p.branch_less(v["evaluations"], zero, self.name("set up"))
        p.label(self.name("limit"))
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
        held = p.sub(p.read(CONFIG["held_background"]), p.const(0.5))
        p.select(held, v["background"], p.max(total, p.reg("floor of b")), to=v["background"])
