"""The bodies: each a generator of its bytes, so that only what goes over the wire is held."""

import json
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from service.ingest.otlp.protobuf_wire import field, varint
from tests.events import event

MB = 1024 * 1024
BLOCK = 65_536
EVENTS, CHECK, SPANS = "/api/events", "/api/events/check", "/v1/traces"
JSON, PROTOBUF = "application/json", "application/x-protobuf"
NOON_NS = 1_795_348_800_000_000_000
EVENT_BYTES = 1_000_000  # below MAX_EVENT_KB
LONG_NUMBER = "9" * 4301  # int() reads 4,300 digits

Pieces = Iterator[bytes]
Make = Callable[[int, str], Pieces]


@dataclass(frozen=True)
class Body:
    """A row's body. `make(size, run_id)` gives about `size` bytes of it.

    `neighbours` events of the run must be stored where the answer is 200.
    """

    row: int
    name: str
    make: Make
    statuses: tuple[int, ...]
    neighbours: int = 0
    path: str = EVENTS
    media: str = JSON
    size: int = 60 * MB  # as the row says
    least: int = 0  # a smaller body would not show it

    def pack(self, size: int, run_id: str) -> tuple[bytes, int]:
        """The body as gzip, and how many bytes it unpacks to."""
        packer = zlib.compressobj(6, wbits=16 + zlib.MAX_WBITS)
        parts, unpacked = [], 0
        for piece in self.make(size, run_id):
            parts.append(packer.compress(piece))
            unpacked += len(piece)
        return b"".join([*parts, packer.flush()]), unpacked


def repeated(unit: bytes, size: int) -> Pieces:
    """The unit as often as `size` bytes hold it."""
    times, per_block = size // len(unit), max(1, BLOCK // len(unit))
    block = unit * per_block
    for _ in range(times // per_block):
        yield block
    yield unit * (times % per_block)


def listed(unit: bytes, size: int) -> Pieces:
    """The unit as often as `size` bytes hold it, as the elements of a list without its brackets."""
    yield from repeated(unit + b",", size)
    yield unit


def good(run_id: str) -> bytes:
    """An event that is stored."""
    return json.dumps(event(run_id)).encode()


def one_of_nan(size: int, run_id: str) -> Pieces:
    """Millions of events, each with a NaN."""
    del run_id
    yield b'{"events":['
    yield from listed(b'{"a":NaN}', size)
    yield b"]}"


def nan_between_good(size: int, run_id: str) -> Pieces:
    """An event of NaN and many numbers, between two that are good."""
    yield b'{"events":[' + good(run_id) + b',{"a":NaN,"b":['
    yield from listed(b"0", size)
    yield b"]}," + good(run_id) + b"]}"


def deep(size: int, run_id: str) -> Pieces:
    """Lists within one another, closed again."""
    del run_id
    yield b'{"events":['
    yield from repeated(b"[", size // 2)
    yield from repeated(b"]", size // 2)
    yield b"]}"


def deep_open(size: int, run_id: str) -> Pieces:
    """Lists within one another that nothing closes."""
    del run_id
    yield b'{"events":'
    yield from repeated(b"[", size)


def long_text_beside_nan(size: int, run_id: str) -> Pieces:
    """A field that is no event's, beside an event with NaN and one that is good."""
    yield b'{"events":[{"a":NaN},' + good(run_id) + b'],"x":"'
    yield from repeated(b"x", size)
    yield b'"}'


def nodes(unit: bytes, is_usual: bool, size: int, run_id: str) -> Pieces:
    """Events just below the limit of one, of nothing but small values; then one that is good.

    `is_usual` False: one field is not as the fast path needs it, so all are parsed at once.
    """
    yield b'{"events":['
    for _ in range(max(1, size // EVENT_BYTES)):
        fields = event(run_id)
        if not is_usual:
            fields["event_id"] = fields["event_id"].upper()
        head, tail = json.dumps({**fields, "data": {"a": []}}).split("[]")
        yield head.encode() + b"["
        yield from listed(unit, EVENT_BYTES)
        yield b"]" + tail.encode() + b","
    yield good(run_id) + b"]}"


def many_keys(size: int, run_id: str) -> Pieces:
    """Events of objects whose keys all differ, so that none is kept once; then one that is good."""
    yield b'{"events":['
    for _ in range(max(1, size // EVENT_BYTES)):
        head, tail = json.dumps({**event(run_id), "data": {"a": 0}}).split('"a": 0')
        yield head.encode()
        yield b",".join(b'"%x":0' % number for number in range(EVENT_BYTES // 10))
        yield tail.encode() + b","
    yield good(run_id) + b"]}"


def empty_events(size: int, run_id: str) -> Pieces:
    """Millions of events that hold nothing."""
    del run_id
    yield b'{"events":['
    yield from listed(b"{}", size)
    yield b"]}"


def text_as_event(size: int, run_id: str) -> Pieces:
    """One event, a text."""
    del run_id
    yield b'{"events":["'
    yield from repeated(b"x", size)
    yield b'"]}'


def text_as_id(size: int, run_id: str) -> Pieces:
    """One event whose ids are long texts."""
    del run_id
    yield b'{"events":[{"run_id":"'
    yield from repeated(b"x", size // 2)
    yield b'","event_id":"'
    yield from repeated(b"x", size // 2)
    yield b'"}]}'


def span(run_id: str, attributes: str = "") -> bytes:
    """A good span in JSON, the root of its trace's."""
    return (
        f'{{"traceId":"{uuid.UUID(run_id).hex}","spanId":"{uuid.uuid4().hex[:16]}","name":"s",'
        f'"startTimeUnixNano":"{NOON_NS}","endTimeUnixNano":"{NOON_NS}",'
        f'"parentSpanId":"{uuid.uuid4().hex[:16]}","attributes":[{attributes}]}}'
    ).encode()


def spans_json(spans: bytes, more: bytes = b"") -> bytes:
    """A request of some spans; `more` are members of the body."""
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[%b]}]}]%b}' % (spans, more)


def unknown_fields(depth: int, size: int, run_id: str) -> Pieces:
    """A good span, and fields that OTLP does not have: depth, objects, a long text."""
    yield spans_json(span(run_id))[:-1]
    yield b',"deep":' + b"[" * depth + b"]" * depth + b',"objects":['
    yield from listed(b"{}", size // 11)
    yield b'],"text":"'
    yield from repeated(b"x", size - size // 11)
    yield b'"}'


def tiny_span(run_id: str, number: int) -> bytes:
    """A good span in protobuf that is no root."""
    times = (
        varint(field_number << 3 | 1) + NOON_NS.to_bytes(8, "little") for field_number in (7, 8)
    )
    ids = field(1, uuid.UUID(run_id).bytes) + field(2, b"%08x" % number) + field(4, b"\xff" * 8)
    return ids + field(5, b"s") + b"".join(times)


def shared_attribute(holder: str, spans: int, size: int, run_id: str) -> Pieces:
    """One long attribute of the scope or the resource, and tiny spans; as protobuf."""
    pair = field(1, b"service.long") + field(2, field(1, b"x" * size))
    attribute = field({"resource": 1, "scope": 3}[holder], pair)
    scope = field(1, attribute) if holder == "scope" else b""
    scope += b"".join(field(2, tiny_span(run_id, number)) for number in range(1, spans + 1))
    resource = field(1, attribute) if holder == "resource" else b""
    yield field(1, resource + field(2, scope))


def empty_spans(size: int, run_id: str) -> Pieces:
    """Millions of spans that hold nothing."""
    del run_id
    head, tail = spans_json(b"|").split(b"|")
    yield head
    yield from listed(b"{}", size)
    yield tail


def empty_attributes(holder: str, size: int, run_id: str) -> Pieces:
    """A good span, and millions of attributes that hold nothing, of its resource or its own."""
    if holder == "span":
        head, tail = spans_json(span(run_id, "|")).split(b"|")
    else:
        bare = b'{"resourceSpans":[{"resource":{"attributes":[|]},"scopeSpans":[{"spans":[%b]}]}]}'
        head, tail = (bare % span(run_id)).split(b"|")
    yield head
    yield from listed(b"{}", size)
    yield tail


def empty_attributes_protobuf(holder: str, size: int, run_id: str) -> Pieces:
    """The same in protobuf: two bytes for each attribute."""
    number = {"resource": 1, "span": 9}[holder]
    attributes = (field(number, b"")) * (size // 2)
    spans = field(2, tiny_span(run_id, 1) + (attributes if holder == "span" else b""))
    resource = field(1, attributes) if holder == "resource" else b""
    yield field(1, resource + field(2, spans))


def span_values(value: bytes, size: int, run_id: str) -> Pieces:
    """Spans just below the limit of one, each with one list of many values; as protobuf."""
    values = field(1, value)
    values *= EVENT_BYTES // len(values)
    attribute = field(9, field(1, b"a") + field(2, field(5, values)))
    for number in range(1, max(1, size // EVENT_BYTES) + 1):
        yield field(1, field(2, field(2, tiny_span(run_id, number) + attribute)))
    yield field(1, field(2, field(2, tiny_span(run_id, number + 1))))


def span_values_json(value: bytes, size: int, run_id: str) -> Pieces:
    """The same as JSON."""
    pair = '{"key":"a","value":{"arrayValue":{"values":[|]}}}'
    yield b'{"resourceSpans":[{"scopeSpans":[{"spans":['
    for _ in range(max(1, size // EVENT_BYTES)):
        head, tail = span(run_id, pair).split(b"|")
        yield head
        yield from listed(value, EVENT_BYTES)
        yield tail + b","
    yield span(run_id) + b"]}]}]}"


def digits_as_key(key: str, size: int, run_id: str) -> Pieces:
    """An attribute whose key ends in thousands of digits, and a good span beside it."""
    del size
    pair = f'{{"key":"{key}.{LONG_NUMBER}","value":{{"stringValue":"x"}}}}'
    yield spans_json(span(run_id, pair) + b"," + span(run_id))


def deep_metadata(depth: int, size: int, run_id: str) -> Pieces:
    """Metadata of a root that is JSON as text, nested; and a good span beside it."""
    del size
    text = json.dumps('{"a":' * depth + "1" + "}" * depth)
    pair = f'{{"key":"metadata","value":{{"stringValue":{text}}}}}'
    root = json.loads(span(run_id, pair))
    del root["parentSpanId"]
    yield spans_json(json.dumps(root).encode() + b"," + span(run_id))


BAD, MANY, PARTLY = (400, 422), (413,), (200,)
OTLP = partial(Body, path=SPANS)
OTLP_PROTOBUF = partial(OTLP, media=PROTOBUF)
BODIES: list[Body] = [
    Body(50, "events of NaN", one_of_nan, MANY),
    Body(50, "NaN between good events", nan_between_good, PARTLY, 2),
    Body(51, "lists, 30 million deep", deep, BAD),
    Body(51, "lists that never end", deep_open, BAD),
    Body(52, "a text beside NaN", long_text_beside_nan, PARTLY, 1, size=20 * MB),
    OTLP(53, "unknown fields, 2,000 deep", partial(unknown_fields, 2000), (200, 400), 1),
    OTLP(53, "unknown fields, flat", partial(unknown_fields, 2), PARTLY, 1),
    OTLP_PROTOBUF(
        54, "an attribute of the scope", partial(shared_attribute, "scope", 800), (200, 413), 800,
        size=900_000, least=400_000,
    ),
    OTLP_PROTOBUF(
        54, "an attribute of the resource", partial(shared_attribute, "resource", 800), (200, 413),
        800, size=900_000, least=400_000,
    ),
    Body(55, "empty events", empty_events, MANY),
    Body(55, "empty events, few", empty_events, MANY, size=2 * MB - 64),
    OTLP(55, "empty spans", empty_spans, MANY),
    OTLP(
        55, "empty attributes of a resource", partial(empty_attributes, "resource"),
        (200, 400, 413),
    ),
    OTLP(55, "empty attributes of a span", partial(empty_attributes, "span"), (200, 400, 413)),
    OTLP_PROTOBUF(
        55, "the same of a resource, protobuf", partial(empty_attributes_protobuf, "resource"),
        (200, 400, 413), size=16 * MB,
    ),
    OTLP_PROTOBUF(
        55, "the same of a span, protobuf", partial(empty_attributes_protobuf, "span"),
        (200, 400, 413), size=1_000_000,
    ),
    Body(56, "events of `[]`", partial(nodes, b"[]", True), PARTLY, 1),
    Body(56, "the same, not usual", partial(nodes, b"[]", False), PARTLY, 1),
    Body(56, "events of `{}`, not usual", partial(nodes, b"{}", False), PARTLY, 1),
    Body(56, "events of keys", many_keys, PARTLY, 1),
    OTLP_PROTOBUF(56, "spans of lists", partial(span_values, b"\x2a\x00"), PARTLY, 1),
    OTLP_PROTOBUF(56, "spans of objects", partial(span_values, b"\x32\x00"), PARTLY, 1),
    OTLP(56, "spans of lists, JSON", partial(span_values_json, b'{"arrayValue":{}}'), PARTLY, 1),
    OTLP(56, "spans of objects, JSON", partial(span_values_json, b'{"kvlistValue":{}}'), PARTLY, 1),
    OTLP(56, "spans of nothing, JSON", partial(span_values_json, b"{}"), PARTLY, 1),
    Body(57, "check of `{}`", empty_events, MANY, path=CHECK, size=20 * MB),
    Body(57, "check of one text", text_as_event, BAD, path=CHECK, size=20 * MB),
    Body(57, "check of long ids", text_as_id, BAD, path=CHECK, size=20 * MB),
    OTLP(58, "gen_ai.prompt.99999…", partial(digits_as_key, "gen_ai.prompt"), PARTLY, 1),
    OTLP(58, "llm.output_messages.99…", partial(digits_as_key, "llm.output_messages"), PARTLY, 1),
    *[
        OTLP(59, f"metadata, {depth} deep", partial(deep_metadata, depth), PARTLY, 1)
        for depth in (65, 950, 980, 1000, 1015, 20_000)
    ],
]  # fmt: skip
