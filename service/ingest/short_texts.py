"""JSON with the start of each longer text alone, and how much of it was cut.

It is read in parts: masked as a whole, it would be there twice.
"""

import re
from collections.abc import Iterator
from io import BytesIO

from service.core.cooperative import paced
from service.ingest.masks import mask_texts, unmask_texts

CHUNK = 64 * 1024
# The end of a text that was cut within an escape or a pair.
PARTIAL = re.compile(
    rb"(?:[\xfa\xfb][89abAB][0-9a-fA-F]{2})?(?:\\u?[0-9a-fA-F]{0,3}|[\xfa\xfb][0-9a-fA-F]{0,2})?$"
)
LONGEST_ESCAPE = 12
MASKED_BYTES = 0xF8  # the first byte that occurs in no UTF-8


def with_short_texts(text: bytes, longest: int) -> bytes:
    """JSON with the start of each text alone that has more than `longest` bytes when masked."""
    short, is_inside, open_text = BytesIO(), False, OpenText(longest)
    for part in paced(masked_parts(text, min(CHUNK, longest))):
        begin, last = 0, part.rfind(b'"')
        if is_inside:
            begin = part.find(b'"') if last >= 0 else len(part)
            open_text.add(part[:begin])
            if last >= 0:
                short.write(unmask_texts(open_text.close()))
        is_inside ^= part.count(b'"') % 2 == 1
        # A text that ends in the part it begins in is no longer than the part.
        end = max(begin, last + 1) if is_inside else len(part)
        short.write(unmask_texts(part[begin:end]))
        if is_inside:
            open_text.add(part[end:])
    return short.getvalue()


def masked_parts(text: bytes, size: int) -> Iterator[bytes]:
    """The text in masked parts, none of which ends within what a mask replaces."""
    start = 0
    while start < len(text):
        part = text[start : start + size]
        if start + size < len(text):
            part = part[: end_of_part(part)] or text[start : start + size + LONGEST_ESCAPE]
        start += len(part)
        yield mask_texts(part)


def end_of_part(part: bytes) -> int:
    """Where a part may end that begins with no half of an escape."""
    end = len(part)
    before = part[:-1] if part.endswith(b"u") else part
    if (len(before) - len(before.rstrip(b"\\"))) % 2:
        end = len(before) - 1
    return end


class OpenText:
    """A masked text whose end was not read yet: as much of it as is kept, and its size."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._start = bytearray()
        self._size = 0

    def add(self, more: bytes) -> None:
        """Add what follows."""
        self._start += more[: self._longest - len(self._start)]
        self._size += len(more)

    def close(self) -> bytes:
        """The text, or its start and how much was cut; the next one begins."""
        found, size = bytes(self._start), self._size
        self._start.clear()
        self._size = 0
        if size <= self._longest:
            return found
        cut_at = self._longest - LONGEST_ESCAPE
        kept = without_half_a_character(found[:cut_at] + PARTIAL.sub(b"", found[cut_at:]))
        return kept + f"… [{size - len(kept)} bytes cut]".encode()


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
