"""protobuf's wire format: find the messages inside a message, and write small messages.

Each span is parsed by itself, so that a bad span costs itself alone. Too many spans are refused
before any is parsed, and only one span at a time is in memory as protobuf's own objects.
"""

from collections.abc import Iterator

from service.ingest.otlp.span import Malformed, TooManySpans

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10
# For each span its resource, its scope and two schema URLs. More fields mean too many spans, or
# 64 MB of fields of two bytes, which would keep a worker busy for 20 s.
FIELDS_PER_SPAN = 4
SOME_FIELDS = 1_000

RESOURCE_SPANS = 1  # of ExportTraceServiceRequest
RESOURCE, SCOPE_SPANS = 1, 2  # of ResourceSpans
SCOPE, SPANS = 1, 2  # of ScopeSpans

Range = tuple[int, int]  # start and end in the body


class Walker:
    """Walks over the fields of messages in one body, up to a limit for all of them."""

    def __init__(self, body: bytes, max_spans: int) -> None:
        self._body = body
        self._max_spans = max_spans
        self._left = FIELDS_PER_SPAN * max_spans + SOME_FIELDS

    def messages(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield number, start and end of each field that has a length; skip the others.

        Raises Malformed for bytes that are no message, TooManySpans beyond the limit of fields.
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
                    raise Malformed("a field ends after its message")
                yield number, at, at + size
                at += size
            elif kind == VARINT:
                _, at = self._varint(at, end)
            elif kind in FIXED_SIZES:
                at += FIXED_SIZES[kind]
            else:
                raise Malformed("a field has an unknown wire type")
        if at > end:
            raise Malformed("a field ends after its message")

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """Read a number; return it, and where it ends."""
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
) -> list[tuple[list[Range], list[tuple[list[Range], list[Range]]]]]:
    """Find the ranges of all spans, by resource and scope. Fields come in any order.

    A message in several parts is their concatenation, as protobuf defines it.
    """
    walker, found, count = Walker(body, max_spans), [], 0
    for number, start, end in walker.messages(0, len(body)):
        if number != RESOURCE_SPANS:
            continue
        resource: list[Range] = []
        scopes: list[tuple[list[Range], list[Range]]] = []
        found.append((resource, scopes))
        for part, first, last in walker.messages(start, end):
            if part == RESOURCE:
                resource.append((first, last))
            elif part == SCOPE_SPANS:
                scope: list[Range] = []
                spans: list[Range] = []
                scopes.append((scope, spans))
                for piece, begin, stop in walker.messages(first, last):
                    if piece == SPANS:
                        spans.append((begin, stop))
                    elif piece == SCOPE:
                        scope.append((begin, stop))
                count += len(spans)
                if count > max_spans:
                    raise TooManySpans(max_spans)
    return found


def varint(value: int) -> bytes:
    """Encode a number, 0 or more."""
    written = bytearray()
    while value > 127:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def field(number: int, value: int | bytes) -> bytes:
    """Encode a field: a number, or bytes, which may be a message."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    return head(number, len(value)) + value


def head(number: int, size: int) -> bytes:
    """Encode what stands before the bytes of a field."""
    return varint(number << 3 | BYTES) + varint(size)
