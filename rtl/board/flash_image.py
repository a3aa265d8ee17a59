#!/usr/bin/env python3
"""Program image for flash_loader.v: 2^words_log2 words of 48 bits, big-endian. Prints its CRC, which the loader is built with.

    flash_image.py PROGRAM.hex OUTPUT.bin [WORDS_LOG2]
"""
import sys
from pathlib import Path

WORD_BITS = 41
WORD_BYTES = 6
POLYNOMIAL = 0x04C11DB7


def image(words, words_log2):
    """Bytes of the image; what the program does not fill is 0."""
    if len(words) > 1 << words_log2:
        raise ValueError(f"{len(words)} words, expected at most {1 << words_log2}")
    for line, word in enumerate(words, 1):
        if word >> WORD_BITS:
            raise ValueError(f"line {line}: {word:x} has more than {WORD_BITS} bits")
    return b"".join(word.to_bytes(WORD_BYTES, "big") for word in words + [0] * ((1 << words_log2) - len(words)))


def crc(data):
    """CRC-32, most significant bit first, start of ones, no final inversion."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (POLYNOMIAL if value >> 31 else 0)) & 0xFFFFFFFF
    return value


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    source, target = Path(arguments[0]), Path(arguments[1])
    try:
        words = [int(line, 16) for line in source.read_text().split()]
        data = image(words, int(arguments[2]) if len(arguments) > 2 else 13)
        part = target.with_name(target.name + ".part")
        part.write_bytes(data)
        part.rename(target)
    except (OSError, ValueError) as e:
        print(f"flash_image.py: {source}: {e}", file=sys.stderr)
        return 1
    print(f"{crc(data):08x}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
