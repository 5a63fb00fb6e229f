"""JSON that msgspec refuses -> as long a text that it passes over, and back.

Within strings: bytes that occur in no UTF-8. Of two backslashes the second begins no escape, so
they go first. Outside strings: NaN as a number, whose value is elsewhere written with a small `e`.
"""

from io import BytesIO

from service.core.cooperative import Pacer

Pairs = tuple[tuple[bytes, bytes], ...]
TEXTS: Pairs = ((rb"\\", b"\xf8"), (rb"\"", b"\xf9"), (rb"\ud", b"\xfa"), (rb"\uD", b"\xfb"))
NAN, INFINITY = b"0E9", b"0E161803"
NUMBERS: Pairs = (
    (NAN, b"0e9"),
    (INFINITY, b"0e161803"),
    (b"NaN", NAN),
    (b"Infinity", INFINITY),
)
SENT_NUMBERS: Pairs = ((NAN, b"NaN"), (INFINITY, b"Infinity"))
BETWEEN_PIECES = b"\xff"
CHUNK = 64 * 1024


def mask(text: bytes) -> bytes:
    """The text with all that msgspec refuses written as something that it passes over."""
    return replaced_outside_strings(mask_texts(text), NUMBERS)


def mask_texts(text: bytes) -> bytes:
    """The text with strings that hold no quotes, and no half of a surrogate pair."""
    return replaced(text, TEXTS)


def unmask(text: bytes) -> bytes:
    """The text that `mask` was given, or a part of it; a number may have `e` in place of `E`."""
    return unmask_texts(replaced_outside_strings(text, SENT_NUMBERS))


def unmask_texts(text: bytes) -> bytes:
    """The text that `mask_texts` was given, or a part of it."""
    return replaced(text, tuple((masked, plain) for plain, masked in reversed(TEXTS)))


def replaced(text: bytes, pairs: Pairs) -> bytes:
    """The text with the first of each pair replaced by the second, wherever it is."""
    pacer = Pacer()
    for plain, other in pairs:
        text = text.replace(plain, other)
        pacer.pause()
    return text


def replaced_outside_strings(masked: bytes, pairs: Pairs) -> bytes:
    """A text of `mask_texts` with the first of each pair replaced outside its strings.

    In parts, as each string between quotes is an object; BytesIO joins them without a copy.
    """
    if not any(plain in masked for plain, _ in pairs):
        return masked
    joined, start, is_inside, pacer = BytesIO(), 0, False, Pacer()
    while start < len(masked):
        pacer.pause()
        end = end_of_part(masked, start + CHUNK, pairs)
        part = masked[start:end]
        start, begins_inside = end, is_inside
        is_inside ^= part.count(b'"') % 2 == 1
        if any(plain in part for plain, _ in pairs):
            part = replaced_in_part(part, pairs, begins_inside)
        joined.write(part)
    return joined.getvalue()


def end_of_part(text: bytes, end: int, pairs: Pairs) -> int:
    """Where a part may end, at `end` or a little before: not within what is replaced."""
    for plain, _ in pairs:
        rest = len(plain) - 1
        at = text.find(plain, max(end - rest, 0), end + rest)
        if at >= 0:
            return at
    return end


def replaced_in_part(part: bytes, pairs: Pairs, begins_inside: bool) -> bytes:
    """A part of a text with replacements outside its strings."""
    pieces = part.split(b'"')
    outside = pieces[begins_inside::2]
    found = replaced_in(outside, pairs) if outside else outside
    if len(found) != len(outside):  # not UTF-8, so no JSON either
        return part
    pieces[begins_inside::2] = found
    return b'"'.join(pieces)


def replaced_in(pieces: list[bytes], pairs: Pairs) -> list[bytes]:
    """Pieces with replacements; as one text, as most of them are very short."""
    text = BETWEEN_PIECES.join(pieces)
    for plain, other in pairs:
        text = text.replace(plain, other)
    return text.split(BETWEEN_PIECES)
