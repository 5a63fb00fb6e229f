"""A span, resource or scope that protobuf refuses, or that is too large -> one that it reads.

Text that is not UTF-8 gets U+FFFD, attributes that are nested too deep and long texts are cut. The
bytes are walked field by field, so nothing is built of what is cut.
"""

from collections.abc import Iterator

from service.ingest.cutting import cut_text
from service.ingest.otlp.protobuf_wire import BYTES, FIXED_SIZES, VARINT, field
from service.ingest.repairs import Repairs, note_text

# The messages in which text stands: number of a field -> TEXT, or the name of its message.
TEXT = "text"
MESSAGES = {
    "span": {
        3: TEXT,
        5: TEXT,
        9: "attribute",
        11: "event",
        13: "link",
        15: "status",
    },
    "event": {2: TEXT, 3: "attribute"},
    "link": {3: TEXT, 4: "attribute"},
    "status": {2: TEXT},
    "resource": {1: "attribute"},
    "scope": {1: TEXT, 2: TEXT, 3: "attribute"},
    "attribute": {1: TEXT, 2: "value"},
    "value": {1: TEXT, 5: "list", 6: "object"},
    "list": {1: "value"},
    "object": {1: "attribute"},
}
VALUE_TEXT = 1
MAX_FIELDS = 100_000  # of one message with all in it: a quarter of a second
MAX_LEVELS = 90  # protobuf reads 100 messages within one another
CUT = field(VALUE_TEXT, "… [nested too deep, cut]".encode())

Field = tuple[int, int, int, int]  # number, start of its tag, start and end of its value


class CannotRepair(Exception):
    """Bytes that are no message, or one of very many fields."""


class Rewriter:
    """Copies one message, with texts of up to so many bytes."""

    def __init__(self, longest_text: int, repairs: Repairs) -> None:
        self._longest_text = longest_text
        self._repairs = repairs
        self._left = MAX_FIELDS

    def rewrite(self, message: bytes, name: str, level: int = 0) -> bytes:
        """The message with each of its texts and messages rewritten."""
        if level >= MAX_LEVELS:
            text = "Attributes that are nested too deep for protobuf were cut."
            self._repairs.note("attributes", "too_deep", text)
            return CUT if name == "value" else b""
        kinds, parts, copied = MESSAGES[name], [], 0
        for number, tag, start, end in self._fields(message):
            kind = kinds.get(number)
            if kind is None:
                continue
            value = message[start:end]
            new = self._text(value) if kind is TEXT else self.rewrite(value, kind, level + 1)
            if new != value:
                parts += [message[copied:tag], field(number, new)]
                copied = end
        return b"".join([*parts, message[copied:]])

    def _text(self, value: bytes) -> bytes:
        """A text that is UTF-8, and not too long."""
        if len(value) > self._longest_text:
            text = f"Texts of more than {self._longest_text} bytes were cut."
            self._repairs.note("attributes", "event_too_large", text)
            value = cut_text(value.decode(errors="ignore"), self._longest_text).encode()
        try:
            value.decode()
        except UnicodeDecodeError:
            note_text(self._repairs, "attributes")
            return value.decode(errors="replace").encode()
        return value

    def _fields(self, message: bytes) -> Iterator[Field]:
        """The fields that have a length."""
        at, size = 0, len(message)
        while at < size:
            self._left -= 1
            if self._left < 0:
                raise CannotRepair
            tag = at
            key, at = read_varint(message, at)
            kind = key & 7
            if kind == BYTES:
                length, start = read_varint(message, at)
                at = start + length
                if at > size:
                    raise CannotRepair
                yield key >> 3, tag, start, at
            elif kind == VARINT:
                _, at = read_varint(message, at)
            elif kind in FIXED_SIZES:
                at += FIXED_SIZES[kind]
            else:
                raise CannotRepair


def read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    for byte in message[at : at + 10]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise CannotRepair


def repaired(message: bytes, name: str, max_bytes: int, repairs: Repairs) -> bytes:
    """The message as protobuf reads it, of at most so many bytes; raises CannotRepair."""
    longest = max_bytes // 2
    found = Rewriter(longest, repairs).rewrite(message, name)
    while len(found) > max_bytes and longest > 64:
        longest //= 4
        found = Rewriter(longest, repairs).rewrite(found, name)
    if len(found) > max_bytes:
        raise CannotRepair
    return found
