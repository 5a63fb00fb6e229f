"""JSON that msgspec refuses -> JSON that it reads: NaN as "NaN", half a surrogate as U+FFFD."""

import codecs
import re
from collections.abc import Iterator
from io import BytesIO

from service.core.cooperative import Pacer, paced
from service.ingest.elements import Element
from service.ingest.masks import (
    INFINITY,
    NAN,
    mask,
    mask_texts,
    replaced_outside_strings,
    unmask_texts,
)
from service.ingest.repairs import REPLACEMENT, Repairs, note_numbers, note_text

# A name in quotes, before which there may be a sign.
NAMES = ((b"-" + INFINITY, b'"-Infinity"'), (INFINITY, b'"Infinity"'), (NAN, b'"NaN"'))
# Escapes in a masked text, in which \xfa is `\ud` and \xfb is `\uD`.
HIGH = rb"[\xfa\xfb][89abAB][0-9a-fA-F]{2}"
LOW = rb"[\xfa\xfb][c-fC-F][0-9a-fA-F]{2}"
HALF = re.compile(b"%b(?!%b)|(?<!%b)%b" % (HIGH, LOW, HIGH, LOW))
ESCAPE = 4  # bytes of one in a masked text
is_high = re.compile(HIGH).match
# The end of a text that was cut within an escape or a pair.
PARTIAL = re.compile(
    rb"(?:[\xfa\xfb][89abAB][0-9a-fA-F]{2})?(?:\\u?[0-9a-fA-F]{0,3}|[\xfa\xfb][0-9a-fA-F]{0,2})?$"
)
LONGEST_ESCAPE = 12
MASKED_BYTES = 0xF8  # the first byte that occurs in no UTF-8
CHUNK = 64 * 1024
REPLACED = "\ufffd"
MOST_GROWTH = 8  # an eighth


def as_utf8(body: bytes) -> tuple[bytes, bytes]:
    """A body with each byte that is not UTF-8 replaced, and what stands in its place.

    U+FFFD has three bytes: a body that it would make an eighth larger gets `?` instead.
    """
    most = len(body) + max(CHUNK, len(body) // MOST_GROWTH)
    found = with_bytes_as(REPLACED, body, most)
    if found is not None:
        return found, REPLACEMENT
    return with_bytes_as("?", body, most) or b"", b"?"


def with_bytes_as(mark: str, body: bytes, most: int) -> bytes | None:
    """A body with a mark for each byte that is not UTF-8; None beyond `most` bytes.

    In parts, as text is up to four times as large.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found = BytesIO()  # unlike a list of parts, no second copy of them
    for start in paced(range(0, len(body), CHUNK)):
        text = decoder.decode(body[start : start + CHUNK], start + CHUNK >= len(body))
        found.write(text.replace(REPLACED, mark).encode())
        if found.tell() > most:
            return None
    return found.getvalue()


def repaired(text: Element, repairs: Repairs) -> bytes:
    """The text with what msgspec refuses replaced."""
    masked = with_whole_pairs(mask(bytes(text)), repairs)
    return unmask_texts(with_numbers_as_text(masked, repairs))


def with_whole_pairs(masked: bytes, repairs: Repairs) -> bytes:
    """A masked text with U+FFFD for each half of a surrogate pair."""
    if b"\xfa" not in masked and b"\xfb" not in masked:
        return masked
    parts, start, pacer = BytesIO(), 0, Pacer()
    while start < len(masked):
        pacer.pause()
        end = end_of_part(masked, start + CHUNK)
        parts.write(HALF.sub(REPLACEMENT, masked[start:end]))
        start = end
    found = parts.getvalue()
    if found != masked:
        note_text(repairs, None)
    return found


def end_of_part(masked: bytes, end: int) -> int:
    """Where a part may end, at `end` or a little before: not within a pair."""
    escape = max(masked.rfind(b"\xfa", end - ESCAPE, end), masked.rfind(b"\xfb", end - ESCAPE, end))
    if end >= len(masked) or escape < 0:
        return end
    if escape + ESCAPE > end:  # the escape itself would be cut
        end = escape
    return end - ESCAPE if is_high(masked, end - ESCAPE) else end


def with_numbers_as_text(masked: bytes, repairs: Repairs) -> bytes:
    """A masked text with the name of each number that JSON cannot hold in its place."""
    found = replaced_outside_strings(masked, NAMES)
    if found is not masked and found != masked:
        note_numbers(repairs, "data")
    return found


def with_short_texts(text: bytes, longest: int) -> bytes:
    """JSON with the start of each longer text alone, and how much of it was cut."""
    masked = mask_texts(text)
    parts: list[bytes] = []
    kept_to = 0
    for start, end in long_texts(masked, longest):
        cut_at = start + longest - LONGEST_ESCAPE
        kept = masked[start:cut_at] + PARTIAL.sub(b"", masked[cut_at : start + longest])
        kept = without_half_a_character(kept)
        mark = f"… [{end - start - len(kept)} bytes cut]".encode()
        parts += masked[kept_to:start], kept, mark
        kept_to = end
    return unmask_texts(b"".join([*parts, masked[kept_to:]]))


def long_texts(masked: bytes, longest: int) -> Iterator[tuple[int, int]]:
    """Where the texts of more bytes are: only gaps between quotes that hold a multiple of them."""
    quotes = counted_to = 0
    at = longest
    while at < len(masked):
        left = masked.rfind(b'"', 0, at) + 1  # of the gap; not far, or the gap is long
        right = masked.find(b'"', at)
        right = len(masked) if right < 0 else right
        quotes += masked.count(b'"', counted_to, left)
        counted_to = left
        if quotes % 2 and right - left > longest:
            yield left, right
        at = (right // longest + 1) * longest


def without_half_a_character(text: bytes) -> bytes:
    """The text without a last character that was cut: its bytes but the first begin with 10."""
    end = len(text)
    while end and text[end - 1] & 0xC0 == 0x80 and text[end - 1] < MASKED_BYTES:
        end -= 1
    if end and MASKED_BYTES > text[end - 1] >= 0xC0:
        end -= 1
    return text[:end] if end < len(text) and not is_whole(text[end:]) else text


def is_whole(character: bytes) -> bool:
    """Whether bytes are a character of UTF-8."""
    try:
        character.decode()
    except UnicodeDecodeError:
        return False
    return True
