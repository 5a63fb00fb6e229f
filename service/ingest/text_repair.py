"""JSON that msgspec refuses -> JSON that it reads: NaN as "NaN", half a surrogate as U+FFFD."""

import codecs
import re
from io import BytesIO

from service.core.cooperative import Pacer, paced
from service.ingest.elements import Element
from service.ingest.masks import (
    INFINITY,
    NAN,
    mask,
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
