"""JSON that msgspec refuses -> JSON that it reads: NaN as "NaN", half a surrogate as U+FFFD."""

import codecs
import re

from service.ingest.elements import MASKS, Element, mask, unmask
from service.ingest.repairs import REPLACEMENT, Repairs, note_numbers, note_text

NAN, INFINITY = MASKS[-2][1], MASKS[-1][1]
NUMBERS = (
    (b"-" + INFINITY, b'"-Infinity"'),
    (INFINITY, b'"Infinity"'),
    (NAN, b'"NaN"'),
)
# Escapes of surrogates in a masked text, in which \xfa is `\ud` and \xfb is `\uD`: a pair, or half.
SURROGATES = re.compile(
    rb"([\xfa\xfb][89abAB][0-9a-fA-F]{2}[\xfa\xfb][c-fC-F][0-9a-fA-F]{2})"
    rb"|[\xfa\xfb][89a-fA-F][0-9a-fA-F]{2}"
)
# The end of a text that was cut within an escape or a pair.
PARTIAL = re.compile(
    rb"(?:[\xfa\xfb][89abAB][0-9a-fA-F]{2})?(?:\\u?[0-9a-fA-F]{0,3}|[\xfa\xfb][0-9a-fA-F]{0,2})?$"
)
LONGEST_ESCAPE = 12
MASKED_BYTES = 0xF8  # the first byte that occurs in no UTF-8
CHUNK = 1024 * 1024


def as_utf8(body: bytes) -> bytes:
    """A body with each byte that is not UTF-8 replaced; in parts, as text is up to four times."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    parts = [
        decoder.decode(body[start : start + CHUNK], start + CHUNK >= len(body)).encode()
        for start in range(0, len(body), CHUNK)
    ]
    return b"".join(parts)


def repaired(text: Element, repairs: Repairs) -> bytes:
    """The text with what msgspec refuses replaced; raises DecodeError for too many NaN."""
    parts = mask(bytes(text)).split(b'"')
    for number, part in enumerate(parts):
        if number % 2:
            if b"\xfa" in part or b"\xfb" in part:
                parts[number] = SURROGATES.sub(lambda found: found[1] or REPLACEMENT, part)
                if parts[number] != part:
                    note_text(repairs, None)
        elif NAN in part or INFINITY in part:
            note_numbers(repairs, "data")
            for sent, stored in NUMBERS:
                parts[number] = parts[number].replace(sent, stored)
    return unmask(b'"'.join(parts))


def with_short_texts(text: bytes, longest: int) -> bytes:
    """JSON with the start of each longer text alone, and how much of it was cut."""
    parts = mask(text).split(b'"')
    for number in range(1, len(parts), 2):
        part = parts[number]
        if len(part) > longest:
            start = longest - LONGEST_ESCAPE
            kept = part[:start] + PARTIAL.sub(b"", part[start:longest])
            mark = f"… [{len(part) - len(kept)} bytes cut]".encode()
            parts[number] = without_half_a_character(kept) + mark
    return unmask(b'"'.join(parts))


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
