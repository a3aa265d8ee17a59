"""Tables that the C model and the gateware share: reciprocal seeds and exp2 of the fit processor, reciprocal of the pass.

Each table is a list of integers for a word length of 16 or 18 bits. Exact rational or correctly rounded arithmetic, so that any
machine makes the same file.
"""
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 50
RCP_INDEX_BITS = 8
EXP2_INDEX_BITS = 6


def _round(x: Fraction) -> int:
    return (x + Fraction(1, 2)).__floor__()


def rcp_seed(word_bits: int) -> list[int]:
    """1/a for a in [1/2, 1): mantissa in [2^(W-1), 2^W) of 1/(2a), a at the middle of its interval."""
    n = 1 << RCP_INDEX_BITS
    return [min(_round(Fraction(2 * n * 2**word_bits, 2 * (2 * n + 2 * i + 1)) * 2), 2**word_bits - 1) for i in range(n)]


def exp2(word_bits: int) -> list[int]:
    """2^(i/64) * 2^(W-1), mantissa of 2^(i/64) in [1, 2)."""
    n = 1 << EXP2_INDEX_BITS
    values = []
    for i in range(n):
        x = (Decimal(2).ln() * i / n).exp() * 2 ** (word_bits - 1)
        values.append(int(x + Decimal("0.5")))
    return values


def pass_reciprocal(word_bits: int) -> list[int]:
    """2^FQ / m for m in [1, 2), FQ = W - 2, m at the middle of its interval: at most 2^FQ."""
    n = 1 << RCP_INDEX_BITS
    fq = word_bits - 2
    return [_round(Fraction(2**fq * 2 * n, 2 * n + 2 * i + 1)) for i in range(n)]
