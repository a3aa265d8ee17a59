"""The SCLC engine's program, in the language of compiler.py (not run by Python). docs/sclc_engine.md has the equations.

x = log2 V and y = log2 J have 16 fraction bits ("q16"), their products 32. Memory (words): the points of the message, later the residuals and
derivatives of the fit; results; bins. Words from outside are 32 bits with their sign extended.
"""
POINTS = 0
RESIDUAL = 0
DERIVATIVE = 448
CONFIG = 1024            # of the sweep that begins
INPUT = 4096             # reads {fresh sweep, number of points in the message}
FRESH = 1 << 16
RESULT = 1056
BIN_T = 1152             # bins: sum of noise terms
BIN_X = 1600             # mean x
BIN_Y = 2048             # mean y
BIN_N = 2496             # points
BIN_M = 2944             # number of noise terms
WEIGHT = 3392            # of the fit
ONE = 1 << 16

X_MAX = 24 * ONE         # |log2 V|: at most 8 x 48 bins
Y_MAX = 60 * ONE         # |log2 J|
CLIP = 8 * ONE           # of a point's distance from the line between its neighbours
BINS_MIN = 6
REACH = 26214            # 0.4 octave: half a window
REACH_TOP = 52429        # 0.8
FALL = 6554              # 0.1
OHMIC_BINS = 4
LIMIT = round(log2(1.125) * ONE)
CUT = round(log2(1.2) * ONE)
BEHIND = ONE // 2        # the fit begins half an octave behind the steepest bin at the earliest
START = round(log2(1.1) * ONE)   # V_TFL over V2, at first
STARTS = 4
ROOM = round(0.4 * ONE)
DEEP = 5 * ONE
STEP = ONE // 2
STEPS_FREE = 2           # the fit's range moves with the fit for so many steps
STEPS_MAX = 8
WORK_MAX = 150           # bins x evaluations
STOP = 32                # the step is taken, then the fit is done
SEVEN = 7 * ONE
SHAPE_MIN = 27 << 12      # u = 0.42: below it the fit has no weight, unless it moves after its range is held
SHAPE_SEVEN = template_seven - 2 * SEVEN
MISFIT = round(7.2e-5 * (1 << 32))
HIGH = round(log2(1.3) * ONE)
LOW = round(log2(8) * ONE)
STEEP_LOG = round(log2(2.5) * ONE)
MINIMUM = round(log2(26.7 / 1.125 / (2 * pi * pi)) * ONE)
RESOLVED = round(log2(1.45) * ONE)
FLAT = round(1.9 * ONE)
WORD_MAX = (1 << 31) - 1


def main():
    input_word = load(INPUT)
    if input_word >= FRESH:
        received = 0
        used = 0
        bins = 0
        final = 0
        final_slope = -WORD_MAX
        gate = load(CONFIG + SCLC_CFG_GATE)
        diffusion = load(CONFIG + SCLC_CFG_DIFFUSION)
        input_word -= FRESH
    at = 0
    input_end = input_word + input_word
    while at < input_end:
        point()
        at += 2
    analyse()


def point():
    "One point of the message: into its bin, or skipped."
    received += 1
    number = load(at + POINTS)
    decode()
    if mantissa == 0 or mantissa >= 1 << 23:
        return
    log()
    x = logarithm
    number = load(at + POINTS + 1)
    decode()
    if mantissa == 0 or mantissa >= 1 << 23:
        return
    log()
    y = logarithm
    if x >= X_MAX or x <= -X_MAX or y >= Y_MAX or y <= -Y_MAX:
        return
    if used > 0 and x <= x_1:
        return
    bin = x >> 13
    if bins > 0 and bin == bin_open:
        bin_n += 1
        bin_x += x - bin_x_0
        bin_y += y - bin_y_0
    else:
        bin_open = bin
        bins += 1
        bin_n = 1
        bin_x = 0
        bin_y = 0
        bin_x_0 = x
        bin_y_0 = y
        bin_t = 0
        bin_m = 0
    if used >= 2:
        noise()
    store(bins + (BIN_X - 1), bin_x_0 + div(bin_x, bin_n, 0))
    store(bins + (BIN_Y - 1), bin_y_0 + div(bin_y, bin_n, 0))
    store(bins + (BIN_N - 1), bin_n)
    store(bins + (BIN_M - 1), bin_m)
    store(bins + (BIN_T - 1), bin_t)
    x_2 = x_1
    y_2 = y_1
    x_1 = x
    y_1 = y
    used += 1


def decode():
    "f32x number -> mantissa (2^23 and above: negative), exponent"
    mantissa = number & 0xffffff
    exponent = number >> 24


def log():
    "logarithm = log2(mantissa 2^exponent), mantissa > 0"
    while mantissa < 1 << 22:
        mantissa += mantissa
        exponent -= 1
    while mantissa >= 1 << 23:
        mantissa = mantissa >> 1
        exponent += 1
    part = mantissa & 16383
    entry = (mantissa - (1 << 22)) >> 14
    low = table(entry)
    logarithm = ((exponent + 22) << 24) + low + (mul(table(entry + 1) - low, part, 0) >> 14)
    logarithm = (logarithm + 128) >> 8


def noise():
    "The last point's distance from the line between its neighbours, squared, in units of one point's variance."
    part = div(x_1 - x_2, x - x_2, 16)
    distance = y_1 - y_2 - mul(part, y - y_2, 16)
    if distance > CLIP:
        distance = CLIP
    if distance < -CLIP:
        distance = -CLIP
    bin_t += div(mul(distance, distance, 0), ONE + ONE - part - part + (mul(part, part, 16) << 1), 16)
    bin_m += 1


def window():
    "Weighted line through the bins around bin c: slope, through (mean_x, mean_y); high: last bin of it."
    centre_x = load(c + BIN_X)
    centre_y = load(c + BIN_Y)
    low = c
    while low > 0:
        if centre_x - load(low + (BIN_X - 1)) > reach:
            break
        low -= 1
    high = c
    last = bins - 1
    while high < last:
        if load(high + (BIN_X + 1)) - centre_x > REACH:
            break
        high += 1
    if low == c and c > 0:
        low -= 1
    if high == c and c < last:
        high += 1
    if high - low < 2:
        if high == last:
            low -= 1
        else:
            high += 1
    n = 0
    mean_x = 0
    mean_y = 0
    j = low
    while j <= high:
        weight = load(j + BIN_N)
        n += weight
        mean_x += mul(weight, load(j + BIN_X) - centre_x, 0)
        mean_y += mul(weight, load(j + BIN_Y) - centre_y, 0)
        j += 1
    mean_x = centre_x + div(mean_x, n, 0)
    mean_y = centre_y + div(mean_y, n, 0)
    xx = 0
    xy = 0
    j = low
    while j <= high:
        part = load(j + BIN_X) - mean_x
        distance = mul(load(j + BIN_N), part, 0)
        xx += mul(distance, part, 0)
        xy += mul(distance, load(j + BIN_Y) - mean_y, 0)
        j += 1
    slope = div(xy, xx, 16)


def analyse():
    status = 0
    c = 4
    while c < SCLC_RES_WORDS:
        store(c + RESULT, 0)
        c += 1
    judge()
    store(RESULT + SCLC_RES_STATUS, status)
    store(RESULT + SCLC_RES_POINTS, used)
    store(RESULT + SCLC_RES_SKIPPED, received - used)
    store(RESULT + SCLC_RES_BINS, bins)


def judge():
    if bins < BINS_MIN:
        return
    status += SCLC_ENOUGH
    x_last = load(bins + (BIN_X - 1))
    store(RESULT + SCLC_RES_X_LAST, x_last)
    steepest()
    store(RESULT + SCLC_RES_SLOPE, best_slope)
    store(RESULT + SCLC_RES_X_INFLECTION, x_inflection)
    store(RESULT + SCLC_RES_X_TANGENT, best_x)
    store(RESULT + SCLC_RES_Y_TANGENT, best_y)
    c = bins - 1
    reach = REACH_TOP
    window()
    top_xx = xx
    store(RESULT + SCLC_RES_SLOPE_TOP, slope)
    store(RESULT + SCLC_RES_X_TOP, mean_x)
    store(RESULT + SCLC_RES_Y_TOP, mean_y)
    if best_slope <= gate or best_slope <= ONE:
        return
    status += SCLC_STEEP
    tangents()
    if slope >= best_slope - FALL or best + 3 >= bins:
        return
    status += SCLC_PASSED
    fit()


def steepest():
    "Bin with the largest slope. What later points cannot change is kept from job to job."
    best_slope = final_slope
    best = final_best
    best_x = final_x
    best_y = final_y
    c = final
    reach = REACH
    while c < bins:
        window()
        if slope > best_slope:
            best_slope = slope
            best = c
            best_x = mean_x
            best_y = mean_y
        if c == final and high + 2 < bins:
            final += 1
            final_slope = best_slope
            final_best = best
            final_x = best_x
            final_y = best_y
        c += 1
    x_inflection = load(best + BIN_X)


def tangents():
    "Where the steepest tangent meets the ohmic line and the last tangent."
    n = 0
    ohmic = 0
    j = 0
    while j < OHMIC_BINS:
        weight = load(j + BIN_N)
        n += weight
        ohmic += mul(weight, load(j + BIN_Y) - load(j + BIN_X), 0)
        j += 1
    ohmic = div(ohmic, n, 0)
    store(RESULT + SCLC_RES_OHMIC, ohmic)
    store(RESULT + SCLC_RES_X_ONSET, best_x + div(ohmic + best_x - best_y, best_slope - ONE, 16))
    if slope < best_slope:
        second = best_x + div(mean_y - best_y - mul(slope, mean_x - best_x, 16), best_slope - slope, 16)
        store(RESULT + SCLC_RES_X_SECOND, second)


def limit():
    "v = log2 V_TFL = log2(1.125 (2^a + 2^diffusion))"
    v = a
    part = a - diffusion
    if part < 0:
        v = diffusion
        part = -part
    if part < SEVEN + SEVEN:
        entry = part >> 12
        low = table(entry + TABLE_SUM)
        v += low + (mul(table(entry + (TABLE_SUM + 1)) - low, part & 4095, 0) >> 12)
    v += LIMIT


def start():
    "a from V_TFL = 1.1 V2, by repeated substitution"
    a = second + (START - LIMIT)
    n = STARTS
    while n > 0:
        limit()
        part = second + START - v
        if part < -ONE:
            part = -ONE
        a += part
        n -= 1


def range_of_fit():
    "x_cut, and the first bin with weight"
    if a > x_last - ROOM:
        a = x_last - ROOM
    if a < diffusion - DEEP:
        a = diffusion - DEEP
    limit()
    if step <= STEPS_FREE:
        x_cut = v + CUT
        if x_cut < x_inflection + BEHIND:
            x_cut = x_inflection + BEHIND


def fit():
    "Gauss-Newton in a = log2 V_t; the scale b follows as a weighted mean."
    start()
    step = 0
    work = 0
    while True:
        range_of_fit()
        evaluate()
        fit_bins = bins - first
        if fit_bins < 3:
            return
        b = div(sum_r, sum, 0)
        mean = div(sum_d, sum, 0)
        normal()
        if sum_dd <= 0:
            return
        change = div(sum_dr, sum_dd, 16)
        if change < STOP and change > -STOP:
            status += SCLC_CONVERGED
            break
        work += fit_bins
        if step == STEPS_MAX or work + fit_bins > WORK_MAX:
            break
        if change > STEP:
            change = STEP
        if change < -STEP:
            change = -STEP
        a += change
        step += 1
    status += SCLC_FITTED
    results()


def evaluate():
    "Weights, residuals and derivatives of the bins from the last one down to `first`. The template's u = x - a has 18 fraction bits here."
    shift = x_cut - a << 2
    sum = 0
    sum_r = 0
    sum_d = 0
    j = bins - 1
    while j > best:
        weight = load(j + BIN_X) - x_cut << 2
        if weight <= 0:
            break
        u = weight + shift
        if weight > ONE:
            weight = ONE
        weight = mul(weight, load(j + BIN_N), 0)
        if u < SHAPE_MIN:
            u = SHAPE_MIN
        if u < SEVEN << 2:
            entry = u >> 12
            u = u & 4095
            low = table(entry + TABLE_TEMPLATE)
            value = (low >> 4) + mul(table(entry + (TABLE_TEMPLATE + 1)) - low, u, 16)
            low = table(entry + TABLE_SLOPE)
            derivative = (low >> 4) + mul(table(entry + (TABLE_SLOPE + 1)) - low, u, 16)
        else:
            value = SHAPE_SEVEN + (u >> 1)
            derivative = -(ONE + ONE)
        part = load(j + BIN_Y) - value
        store(j + WEIGHT, weight)
        store(j + RESIDUAL, part)
        store(j + DERIVATIVE, derivative)
        sum += weight
        sum_r += mul(weight, part, 0)
        sum_d += mul(weight, derivative, 0)
        j -= 1
    first = j + 1


def normal():
    "Sums of the normal equation, 32 fraction bits"
    sum_dd = 0
    sum_dr = 0
    j = first
    while j < bins:
        derivative = load(j + DERIVATIVE) - mean
        part = mul(load(j + WEIGHT), derivative, 16)
        sum_dd += mul(part, derivative, 0)
        sum_dr += mul(part, load(j + RESIDUAL) - b, 0)
        j += 1


def residuals():
    "Squares of the residuals, and the noise from neighbouring points"
    sum_rr = 0
    sum_t = 0
    sum_m = 0
    j = first
    while j < bins:
        part = load(j + RESIDUAL) - b
        sum_rr += mul(mul(load(j + WEIGHT), part, 16), part, 0)
        sum_t += load(j + BIN_T)
        sum_m += load(j + BIN_M)
        j += 1


def results():
    residuals()
    if change < STOP and change > -STOP:
        a += change
        b -= mul(mean, change, 16)
        limit()
    store(RESULT + SCLC_RES_X_TEMPLATE, a)
    store(RESULT + SCLC_RES_Y_TEMPLATE, b)
    store(RESULT + SCLC_RES_X_LIMIT, v)
    store(RESULT + SCLC_RES_X_CUT, x_cut)
    store(RESULT + SCLC_RES_FIT_BINS, fit_bins)
    store(RESULT + SCLC_RES_WEIGHT, sum)
    store(RESULT + SCLC_RES_SLOPE_MEAN, mean)
    store(RESULT + SCLC_RES_ITERATIONS, step)
    part = sum_dd >> 16
    if part > WORD_MAX:
        part = WORD_MAX
    store(RESULT + SCLC_RES_INFORMATION, part)
    variance = div(sum_rr, fit_bins - 2, 0)
    part = variance >> 4
    if part > WORD_MAX:
        part = WORD_MAX
    store(RESULT + SCLC_RES_FIT_VARIANCE, part)
    noise_variance = 0
    if sum_m > 0:
        noise_variance = div(sum_t, sum_m, 0)
    part = noise_variance >> 4
    if part > WORD_MAX:
        part = WORD_MAX
    store(RESULT + SCLC_RES_NOISE_VARIANCE, part)
    if div(sum_rr, sum, 16) > MISFIT and variance > noise_variance << 3:
        status += SCLC_POOR
    part = x_inflection - v
    if part > HIGH:
        status += SCLC_INFLECTION_HIGH
    if part < -LOW:
        status += SCLC_INFLECTION_LOW
    above = v - diffusion + MINIMUM
    if above < RESOLVED:
        status += SCLC_UNRESOLVED
    mantissa = best_slope
    exponent = -16
    log()
    if logarithm - STEEP_LOG > above:
        status += SCLC_TOO_STEEP
    part = FLAT - slope
    if part > 0 and mul(part, part, 16) > div(noise_variance, top_xx, 16) << 2:
        status += SCLC_TOP_FLAT
