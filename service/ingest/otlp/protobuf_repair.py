"""A span, resource or scope that protobuf refuses, or that is too large -> one that it reads.

Text that is not UTF-8 gets U+FFFD, attributes that are nested too deep and long texts are cut. The
bytes are walked field by field, and only what changes is copied.
"""

from collections.abc import Iterator

from service.core.cooperative import Pacer
from service.ingest.otlp.protobuf_wire import BYTES, FIXED_SIZES, VARINT, field, head
from service.ingest.otlp.value_budget import ValueBudget
from service.ingest.repairs import note_text

# The messages in which text stands: number of a field -> TEXT, BLOB (bytes of any
# kind), or the name of its message.
TEXT, BLOB = "text", "bytes"
MESSAGES = {
    "span": {
        3: TEXT,
        5: TEXT,
        9: "attribute",
        11: "event",
        13: "link",
        15: "status",
    },
    "log record": {3: TEXT, 5: "value", 6: "attribute", 12: TEXT},
    "event": {2: TEXT, 3: "attribute"},
    "link": {3: TEXT, 4: "attribute"},
    "status": {2: TEXT},
    "resource": {1: "attribute"},
    "scope": {1: TEXT, 2: TEXT, 3: "attribute"},
    "attribute": {1: TEXT, 2: "value"},
    "value": {1: TEXT, 5: "list", 6: "object", 7: BLOB},
    "list": {1: "value"},
    "object": {1: "attribute"},
}
VALUE_TEXT = 1
FIELD = 8  # values that a field counts as: 2 µs
SHORTEST = 64  # bytes of texts: shorter ones are not cut
MAX_LEVELS = 90  # protobuf reads 100 messages within one another
CUT = field(VALUE_TEXT, "… [nested too deep, cut]".encode())

Part = bytes | memoryview
Field = tuple[int, int, int, int]  # number, start of its tag, start and end of its value


class CannotRepair(Exception):
    """Bytes that are no message, or one that stays too large."""


class Rewriter:
    """Copies one message, with texts of up to so many bytes."""

    def __init__(self, longest_text: int, budget: ValueBudget, pacer: Pacer) -> None:
        self._longest_text = longest_text
        self._budget = budget
        self._pacer = pacer

    def rewrite(self, message: memoryview, name: str, level: int = 0) -> list[Part] | None:
        """The message in parts, with each text and message rewritten; None: it stays as it is."""
        if level >= MAX_LEVELS:
            text = "Attributes that are nested too deep for protobuf were cut."
            self._budget.repairs.note("attributes", "too_deep", text)
            return [CUT] if name == "value" else []
        kinds, copied = MESSAGES[name], 0
        parts: list[Part] = []
        for number, tag, start, end in fields(message, self._budget, self._pacer):
            kind = kinds.get(number)
            if kind is None:
                continue
            value = message[start:end]
            if kind in {TEXT, BLOB}:
                new = self._text(value, kind)
            else:
                new = self.rewrite(value, kind, level + 1)
            if new is not None:
                parts += [message[copied:tag], head(number, sum(map(len, new))), *new]
                copied = end
        return [*parts, message[copied:]] if parts else None

    def _text(self, value: memoryview, kind: str) -> list[Part] | None:
        """A text that is UTF-8, and not too long; None: it is as it came."""
        longest = self._longest_text
        if len(value) > longest:
            text = f"Texts of more than {longest} bytes were cut."
            self._budget.repairs.note("attributes", "event_too_large", text)
            if kind is BLOB:
                return [value[:longest]]
            kept = str(value[:longest], "utf-8", "ignore").encode()
            return [kept, f"… [{len(value) - len(kept)} bytes cut]".encode()]
        if kind is TEXT:
            try:
                str(value, "utf-8")
            except UnicodeDecodeError:
                note_text(self._budget.repairs, "attributes")
                return [str(value, "utf-8", "replace").encode()]
        return None


def fields(message: memoryview, budget: ValueBudget, pacer: Pacer) -> Iterator[Field]:
    """The fields that have a length. Raises CannotRepair, or BadEvent for too many."""
    at, size = 0, len(message)
    while at < size:
        budget.take(FIELD)
        pacer.pause()
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


def read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    for place in range(at, min(at + 10, len(message))):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        if byte < 128:
            return value, place + 1
        shift += 7
    raise CannotRepair


def text_sizes(
    message: memoryview, name: str, budget: ValueBudget, pacer: Pacer, level: int = 0
) -> Iterator[int]:
    """The sizes of the texts in a message, and of what is nested too deep."""
    kinds = MESSAGES[name]
    for number, _, start, end in fields(message, budget, pacer):
        kind = kinds.get(number)
        if kind in {TEXT, BLOB} or (kind and level + 1 >= MAX_LEVELS):
            yield end - start
        elif kind is not None:
            yield from text_sizes(message[start:end], kind, budget, pacer, level + 1)


def repaired(message: bytes, name: str, max_bytes: int, budget: ValueBudget) -> bytes:
    """The message as protobuf reads it, of at most so many bytes.

    Raises CannotRepair, or BadEvent for too many fields.
    """
    sent, pacer = memoryview(message), Pacer()
    is_large = len(sent) > max_bytes
    sizes = list(text_sizes(sent, name, budget, pacer)) if is_large else []
    longest = max_bytes // 2
    while longest > SHORTEST:
        if len(sent) - sum(size - longest for size in sizes if size > longest) <= max_bytes:
            found = Rewriter(longest, budget, pacer).rewrite(sent, name)
            if found is None:
                return message
            if sum(map(len, found)) <= max_bytes:
                return b"".join(found)
        longest //= 4
    raise CannotRepair
