"""The table of the SCLC processor: log2, the filled-trap template and minus its slope, log2(1 + 2^-t), one behind the other."""
import math

LOG_BITS = 8              # 2^8 intervals from 1 to 2
LOG_FRACTION = 24
TEMPLATE_FRACTION = 20
TEMPLATE_STEPS = 64       # to the octave of V / V_t
TEMPLATE_FIRST = 26       # u = 0.41: below it the fit has no weight
TEMPLATE_LAST = 7 * TEMPLATE_STEPS + 2
SUM_FRACTION = 16
SUM_STEPS = 16
SUM_OCTAVES = 16


def sums(z):
    """z - ln(1+z), z^2/2 - z + ln(1+z), by their series where they cancel."""
    if z > 0.05:
        return z - math.log1p(z), z * z / 2 - z + math.log1p(z)
    first = sum((-1) ** n * z ** n / n for n in range(2, 16))
    second = sum(-(-1) ** n * z ** n / n for n in range(3, 16))
    return first, second


def template(u):
    """w(u) = log2(1/(z - ln(1+z))) where 2^u = 2 (z^2/2 - z + ln(1+z))/(z - ln(1+z))^2, and dw/du; docs/sclc_engine.md."""
    low, high = -40.0, 40.0  # of ln z; u falls with z
    for _ in range(200):
        middle = (low + high) / 2
        first, second = sums(math.exp(middle))
        if math.log2(2 * second / first ** 2) > u:
            low = middle
        else:
            high = middle
    z = math.exp(low)
    first, second = sums(z)
    by_first, by_second = z / (1 + z) / first, z * z / (1 + z) / second   # d ln first / dz, d ln second / dz
    return -math.log2(first), -by_first / (by_second - 2 * by_first)


def words():
    """[words of the table] and {name: index of a part}."""
    log = [round(math.log2(1 + n / (1 << LOG_BITS)) * (1 << LOG_FRACTION)) for n in range((1 << LOG_BITS) + 1)]
    shape = [template(n / TEMPLATE_STEPS) for n in range(TEMPLATE_FIRST, TEMPLATE_LAST + 1)]
    values, slopes = ([round(sign * pair[part] * (1 << TEMPLATE_FRACTION)) for pair in shape] for part, sign in ((0, 1), (1, -1)))
    total = [round(math.log2(1 + 2.0 ** (-n / SUM_STEPS)) * (1 << SUM_FRACTION)) for n in range(SUM_OCTAVES * SUM_STEPS + 1)]
    places = {"TABLE_LOG": 0, "TABLE_TEMPLATE": len(log) - TEMPLATE_FIRST, "TABLE_SLOPE": len(log) + len(shape) - TEMPLATE_FIRST,
              "TABLE_SUM": len(log) + 2 * len(shape)}
    return log + values + slopes + total, places
