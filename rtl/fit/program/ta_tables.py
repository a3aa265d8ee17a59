"""Tables of the transient-absorption basis: 2^-x, the normal distribution and the scaled complementary error function.

Each function is a parabola in each interval, through its ends and middle: value = c0 + r c1 + r^2 c2, r in [0, 1) the place in the interval;
coefficients are integers with word_bits + 2 fraction bits. Decimal arithmetic of 60 digits, so that any machine makes the same numbers.

  exp2    2^-x                          x in [0, 1), 32 intervals
  phi     Phi(z / B)                    z in [0, 8), 128 intervals (words of 18 bits) or 256 (20), B = sqrt(log2(e) / 2)
  erfcx   1/2 erfcx(z / (B sqrt(2)))    the same intervals
"""
from decimal import ROUND_FLOOR, Decimal, getcontext

getcontext().prec = 60
GUARD_BITS = 2
EXP2_INDEX_BITS = 5
Z_INDEX_BITS = {18: 7, 20: 8}
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


def _parabolas(f, width, count, word_bits):
    def rounded(x):
        return int((x * 2**(word_bits + GUARD_BITS) + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
    values = [f(Decimal(width) * i / (2 * count)) for i in range(2 * count + 1)]
    rows = []
    for i in range(count):
        a, m, b = values[2 * i:2 * i + 3]
        c2 = 2 * (a + b - 2 * m)
        rows.append((rounded(a), rounded(b - a - c2), rounded(c2)))
    return rows


def exp2(word_bits):
    return _parabolas(_exp2, 1, 1 << EXP2_INDEX_BITS, word_bits)


def phi(word_bits):
    return _parabolas(_phi, Z_MAX, 1 << Z_INDEX_BITS[word_bits], word_bits)


def erfcx(word_bits):
    return _parabolas(_half_erfcx, Z_MAX, 1 << Z_INDEX_BITS[word_bits], word_bits)


TABLES = {"exp2": exp2, "phi": phi, "erfcx": erfcx}


def hex_words(rows, word_bits):
    """{c0, c1, c2}, one word a line: c0 unsigned, the others two's complement."""
    c0_bits, c1_bits, c2_bits = word_bits + 3, 17 if word_bits == 18 else 18, 12
    for c0, c1, c2 in rows:
        if not (0 <= c0 < 1 << c0_bits and -(1 << c1_bits - 1) <= c1 < 1 << c1_bits - 1 and -(1 << c2_bits - 1) <= c2 < 1 << c2_bits - 1):
            raise ValueError(f"coefficients {c0} {c1} {c2} do not fit their words")
    digits = (c0_bits + c1_bits + c2_bits + 3) // 4
    return "".join(f"{c0 << c1_bits + c2_bits | (c1 & (1 << c1_bits) - 1) << c2_bits | c2 & (1 << c2_bits) - 1:0{digits}x}\n" for c0, c1, c2 in rows)
