"""Numbers that PostgreSQL prints much longer than they were sent.

jsonb keeps numbers as decimals without an exponent: 1e308 is 309 digits in every answer. Data that
would print to more than the largest event has its long numbers stored as text instead.
"""

import re

from service.core.cooperative import Pacer
from service.ingest.error_fingerprint import fingerprint_of
from service.ingest.json import numbers
from service.ingest.json.error_said import error_in
from service.ingest.masks import BETWEEN_PIECES, mask_texts, unmask_texts
from service.ingest.rows import EventRow
from service.ingest.run_fields import with_error

MOST_DIGITS = 326  # of a float, as PostgreSQL prints it
MOST_TIMES = 52  # MOST_DIGITS over the 6 bytes of `1e308,`
LARGEST_EXPONENT = 20  # of a number that stays one
NUMBER = re.compile(rb"-?(?<![0-9.])[0-9][0-9.]*+[eE]([+-]?[0-9]+)")  # with an exponent
CHUNK = 16 * 1024  # its pieces come to 45 times that
NUMBERS_AS_TEXT = "numbers_as_text"
REPAIRED = (
    f"The numbers of `data` with an exponent beyond {LARGEST_EXPONENT} are stored as text: with "
    "their digits written out it would exceed the largest event."
)


def shorten(row: EventRow, max_bytes: int) -> bool:
    """Store the long numbers of an event as text where it would print to more than `max_bytes`.

    Returns whether the row was changed.
    """
    data = within(row.data, max_bytes)
    if data is row.data:
        return False
    row.data = data
    if row.is_error:
        error = error_in(data)
        row.error_fingerprint = fingerprint_of(error)
        row.run_fields = with_error(row.run_fields, error)
    if row.metadata is not None:
        row.metadata = LongNumbers().replace(row.metadata.encode()).decode()
    return True


def within(text: bytes, max_bytes: int) -> bytes:
    """A JSON object, its long numbers as text where it would print to more than `max_bytes`."""
    if len(text) * MOST_TIMES <= max_bytes or not may_be_long(text, max_bytes):
        return text
    texts = LongNumbers()
    found = texts.replace(text)
    return found if len(text) + texts.digits > max_bytes else text


def may_be_long(text: bytes, max_bytes: int) -> bool:
    """Whether a JSON text has so many numbers that it may print to more than `max_bytes`."""
    commas = len(text) - len(text.replace(b",", b""))  # count() takes longer
    if commas * MOST_DIGITS + len(text) <= max_bytes:
        return False
    return text.translate(numbers.SHAPES).count(b"e00") * MOST_DIGITS + len(text) > max_bytes


class LongNumbers:
    """Writes long numbers as text, and counts the digits that they would have taken."""

    def __init__(self) -> None:
        self.digits = 0

    def replace(self, text: bytes) -> bytes:
        """JSON with its long numbers as text, all else as it is.

        It is not parsed, as 1 MB of small members would take 44 MB, and it is read in parts, as
        each string between quotes is an object.
        """
        masked, start, is_inside = mask_texts(text), 0, False
        parts: list[bytes] = []
        pacer = Pacer()
        while start < len(masked):
            pacer.pause()
            end = masked.find(b",", start + CHUNK) + 1 or len(masked)  # not within a number
            pieces = masked[start:end].split(b'"')
            if outside := pieces[is_inside::2]:
                found = NUMBER.sub(self._written, BETWEEN_PIECES.join(outside))
                pieces[is_inside::2] = found.split(BETWEEN_PIECES)
            parts.append(b'"'.join(pieces))
            start, is_inside = end, is_inside ^ (len(pieces) % 2 == 0)
        return unmask_texts(b"".join(parts))

    def _written(self, number: re.Match[bytes]) -> bytes:
        digits = abs(int(number[1]))
        if digits <= LARGEST_EXPONENT:
            return number[0]
        self.digits += digits
        return b'"%b"' % number[0]
