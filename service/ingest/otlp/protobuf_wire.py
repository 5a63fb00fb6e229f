"""protobuf's wire format, as far as it takes to find messages in messages, and to write small ones.

Each span is parsed by itself: what one of them is bad for costs it alone, a request of too many is
refused before any is parsed, and never more than one lies in memory as protobuf's own objects.
"""

from collections.abc import Iterator

from service.ingest.otlp.span import Malformed, TooManySpans

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10
# Of each span: its resource, its scope, two URLs of schemas. Beyond it there are more spans than
# allowed, or 64 MB of two bytes each that would keep a worker busy for 20 s.
FIELDS_PER_SPAN = 4
SOME_FIELDS = 1_000


RESOURCE_SPANS = 1  # of ExportTraceServiceRequest
RESOURCE, SCOPE_SPANS = 1, 2  # of ResourceSpans
SCOPE, SPANS = 1, 2  # of ScopeSpans

Place = tuple[int, int]


class Walker:
    """Goes through the fields of messages in one body, but not for ever."""

    def __init__(self, body: bytes, max_spans: int) -> None:
        self._body = body
        self._max_spans = max_spans
        self._left = FIELDS_PER_SPAN * max_spans + SOME_FIELDS

    def messages(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Give number, begin and end of each field that has a length; pass over the others.

        Raises Malformed where it is no message, TooManySpans where there is no end of it.
        """
        body, at = self._body, start
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise TooManySpans(self._max_spans)
            key, at = self._varint(at, end)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise Malformed("a field has the number 0")
            if kind == BYTES:
                size, at = (
                    (body[at], at + 1) if at < end and body[at] < 128 else self._varint(at, end)
                )
                if size > end - at:
                    raise Malformed("a field ends behind its message")
                yield number, at, at + size
                at += size
            elif kind == VARINT:
                _, at = self._varint(at, end)
            elif kind in FIXED_SIZES:
                at += FIXED_SIZES[kind]
            else:
                raise Malformed("a field has an unknown wire type")
        if at > end:
            raise Malformed("a field ends behind its message")

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """Read a number; give it, and where it ends."""
        value = shift = 0
        for byte in self._body[at : min(end, at + LONGEST_VARINT)]:
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 128:
                return value, at
            shift += 7
        raise Malformed("a number does not end")


def find_spans(
    body: bytes, max_spans: int
) -> list[tuple[list[Place], list[tuple[list[Place], list[Place]]]]]:
    """Find where everything stands: by resource and scope, the spans. Fields come in any order.

    A message that is there in several parts is one when they are put together, as protobuf says.
    """
    walker, found, count = Walker(body, max_spans), [], 0
    for number, start, end in walker.messages(0, len(body)):
        if number != RESOURCE_SPANS:
            continue
        resource: list[Place] = []
        scopes: list[tuple[list[Place], list[Place]]] = []
        found.append((resource, scopes))
        for part, first, last in walker.messages(start, end):
            if part == RESOURCE:
                resource.append((first, last))
            elif part == SCOPE_SPANS:
                scope: list[Place] = []
                spans: list[Place] = []
                scopes.append((scope, spans))
                for piece, begin, behind in walker.messages(first, last):
                    if piece == SPANS:
                        spans.append((begin, behind))
                    elif piece == SCOPE:
                        scope.append((begin, behind))
                count += len(spans)
                if count > max_spans:
                    raise TooManySpans(max_spans)
    return found


def varint(value: int) -> bytes:
    """Write a number, 0 or more."""
    written = bytearray()
    while value > 127:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def field(number: int, value: int | bytes) -> bytes:
    """Write a field: a number, or bytes, which may be a message."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    return varint(number << 3 | BYTES) + varint(len(value)) + value
