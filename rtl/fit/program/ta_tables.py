"""Tables of the transient-absorption basis: 2^-x, the normal distribution and the scaled complementary error function.

Each function is a parabola in each interval, through its ends and middle: value = c0 + r c1 + r^2 c2, r in [0, 1) the place in the interval;
coefficients are integers with 20 fraction bits. Decimal arithmetic of 60 digits, so that any machine makes the same numbers.

  exp2    2^-x                          x in [0, 1), 32 intervals
  phi     Phi(z / B)                    z in [0, 8), 128 intervals, B = sqrt(log2(e) / 2)
  erfcx   1/2 erfcx(z / (B sqrt(2)))    the same intervals
"""
from decimal import ROUND_FLOOR, Decimal, getcontext

getcontext().prec = 60
FRACTION_BITS = 20
EXP2_INDEX_BITS = 5
Z_INDEX_BITS = 7
Z_MAX = 8
LN2 = Decimal(2).ln()
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def _erf(x):
    """Series 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: every term is positive."""
    term = total = x
    n = 0
    while term > Decimal(10) ** -58 * total:
        n += 1
        term = term * 2 * x * x / (2 * n + 1)
        total += term
        if total == 0:
            break
    return 2 / PI.sqrt() * (-x * x).exp() * total


def _argument(z):
    """z / (B sqrt(2)) = z sqrt(ln 2)"""
    return z * LN2.sqrt()


def _phi(z):
    return (1 + _erf(_argument(z))) / 2


def _half_erfcx(z):
    x = _argument(z)
    return (x * x).exp() * (1 - _erf(x)) / 2


def _exp2(x):
    return (-x * LN2).exp()


def _rounded(x):
    return int((x * 2**FRACTION_BITS + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def _parabolas(f, width, count):
    values = [f(Decimal(width) * i / (2 * count)) for i in range(2 * count + 1)]
    rows = []
    for i in range(count):
        a, m, b = values[2 * i:2 * i + 3]
        c2 = 2 * (a + b - 2 * m)
        rows.append((_rounded(a), _rounded(b - a - c2), _rounded(c2)))
    return rows


def exp2():
    return _parabolas(_exp2, 1, 1 << EXP2_INDEX_BITS)


def phi():
    return _parabolas(_phi, Z_MAX, 1 << Z_INDEX_BITS)


def erfcx():
    return _parabolas(_half_erfcx, Z_MAX, 1 << Z_INDEX_BITS)


TABLES = {"exp2": exp2, "phi": phi, "erfcx": erfcx}
C0_BITS, C1_BITS, C2_BITS = 21, 17, 12      # c0 unsigned, the others two's complement


def hex_words(rows):
    """{c0, c1, c2}, one word a line."""
    for c0, c1, c2 in rows:
        if not (0 <= c0 < 1 << C0_BITS and -(1 << C1_BITS - 1) <= c1 < 1 << C1_BITS - 1 and -(1 << C2_BITS - 1) <= c2 < 1 << C2_BITS - 1):
            raise ValueError(f"coefficients {c0} {c1} {c2} do not fit their words")
    digits = (C0_BITS + C1_BITS + C2_BITS + 3) // 4
    return "".join(f"{c0 << C1_BITS + C2_BITS | (c1 & (1 << C1_BITS) - 1) << C2_BITS | c2 & (1 << C2_BITS) - 1:0{digits}x}\n" for c0, c1, c2 in rows)
