"""How deep a JSON text is nested and how many lists and objects it has, by its bytes alone.

Parsed first, 1 MB of `[],` would take 60 ms and 20 MB. The text must be valid JSON.
"""

from itertools import accumulate

from service.core.cooperative import paced

CHUNK = 32 * 1024  # its strings come to 30 times that
OPEN, CLOSE = b"[{", b"]}"
STEPS = bytes.maketrans(OPEN + CLOSE, b"\x01\x01\xff\xff")  # as signed bytes 1 and -1
NO_BRACKETS = bytes(sorted(set(range(256)) - set(OPEN + CLOSE)))


def count(text: bytes, byte: bytes) -> int:
    """How often a byte occurs; bytes.count() goes byte by byte, 4 times as long for few."""
    return len(text) - len(text.replace(byte, b""))


def outside_strings(text: bytes) -> bytes:
    """The text without its strings; in parts, as each string between quotes is an object."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside, is_inside = [], False
    for start in paced(range(0, len(text), CHUNK)):
        pieces = text[start : start + CHUNK].split(b'"')
        outside.append(b"".join(pieces[is_inside::2]))
        is_inside ^= len(pieces) % 2 == 0
    return b"".join(outside)


def steps_of(text: bytes) -> bytes:
    """The brackets outside strings: 1 for each that opens, 255 for each that closes."""
    return outside_strings(text).translate(STEPS, NO_BRACKETS)


def depth(steps: bytes) -> int:
    """How many lists and objects are nested."""
    return max(accumulate(memoryview(steps).cast("b")), default=0)
