"""The bodies of rows 50 to 59, and what each must be answered."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.hostile.event_bodies import (
    Pieces,
    deep,
    deep_open,
    empty_events,
    lists_as_error,
    long_text_beside_nan,
    many_keys,
    nan_between_good,
    nodes,
    not_utf8,
    one_of_nan,
    short_strings,
    text_as_event,
    text_as_id,
)
from tests.hostile.span_bodies import (
    deep_metadata,
    digits_as_key,
    empty_attributes,
    empty_attributes_protobuf,
    empty_spans,
    one_text,
    quotes_beside_nan,
    record_values,
    shared_attribute,
    shared_by_many,
    span_values,
    span_values_json,
    unknown_fields,
)

MB = 1024 * 1024
EVENTS, CHECK = "/api/events", "/api/events/check"
SPANS, LOGS = "/v1/traces", "/v1/logs"
SCORES, LIST, INGESTION = "/api/scores", "/api/public/scores", "/api/public/ingestion"
JSON, PROTOBUF = "application/json", "application/x-protobuf"

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


BAD, MANY, PARTLY = (400, 422), (413,), (200,)
OTLP = partial(Body, path=SPANS)
OTLP_PROTOBUF = partial(OTLP, media=PROTOBUF)
SPAN_BEFORE = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"'
RECORD_BEFORE = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"'
NOT_UTF8: list[tuple[str, bytes, bytes, tuple[int, ...]]] = [
    (EVENTS, b'{"events":[{"a":"', b'","b":NaN}]}', BAD),
    (CHECK, b'{"events":[{"a":"', b'"},{"a":NaN}]}', BAD),
    (SCORES, b'{"scores":[{"a":"', b'"},{"a":NaN}]}', BAD),
    (LIST, b'[{"a":"', b'"},{"a":NaN}]', (207,)),
    (LIST, b'{"a":"', b'","b":NaN}', BAD),
    (INGESTION, b'{"batch":[{"id":"', b'"},{"a":NaN}]}', (207,)),
    (SPANS, SPAN_BEFORE, b'"},{"a":NaN}]}]}]}', PARTLY),
    (SPANS, SPAN_BEFORE, b'","a":NaN}]}]}]}', PARTLY),
    (LOGS, RECORD_BEFORE, b'"}},{"a":NaN}]}]}]}', PARTLY),
]
BODIES: list[Body] = [
    Body(50, "events of NaN", one_of_nan, (400, 413)),
    Body(50, "NaN between good events", nan_between_good, PARTLY, 2),
    Body(51, "lists, 30 million deep", deep, BAD),
    Body(51, "lists that never end", deep_open, BAD),
    Body(52, "a text beside NaN", long_text_beside_nan, PARTLY, 1, size=20 * MB),
    OTLP(52, "a text of quotes beside NaN", quotes_beside_nan, PARTLY, 3),
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
    OTLP_PROTOBUF(54, "a scope and small spans", partial(shared_by_many, 500), MANY, size=4 * MB),
    OTLP_PROTOBUF(54, "a scope and large spans", partial(shared_by_many, 7000), PARTLY, 1),
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
    Body(56, "errors of `[]`", lists_as_error, PARTLY, 1),
    Body(56, "events of keys", many_keys, PARTLY, 1),
    OTLP_PROTOBUF(56, "spans of lists", partial(span_values, b"\x2a\x00"), PARTLY, 1),
    OTLP_PROTOBUF(56, "spans of objects", partial(span_values, b"\x32\x00"), PARTLY, 1),
    OTLP(56, "spans of lists, JSON", partial(span_values_json, b'{"arrayValue":{}}'), PARTLY, 1),
    OTLP(56, "spans of objects, JSON", partial(span_values_json, b'{"kvlistValue":{}}'), PARTLY, 1),
    OTLP(56, "spans of nothing, JSON", partial(span_values_json, b"{}"), PARTLY, 1),
    OTLP(56, "log records of nothing, JSON", record_values, PARTLY, path=LOGS),
    OTLP(56, "a span of one text, JSON", one_text, PARTLY, 1),
    Body(56, "an event of strings", partial(short_strings, b""), PARTLY, 1),
    Body(56, "an event of strings and NaN", partial(short_strings, b"NaN,"), PARTLY, 1),
    Body(57, "check of strings and NaN", partial(short_strings, b"NaN,"), PARTLY, path=CHECK),
    Body(57, "check of `{}`", empty_events, MANY, path=CHECK, size=20 * MB),
    Body(57, "check of one text", text_as_event, BAD, path=CHECK, size=20 * MB),
    Body(57, "check of long ids", text_as_id, BAD, path=CHECK, size=20 * MB),
    *[
        Body(57, f"no UTF-8, {path}", partial(not_utf8, before, after), statuses, path=path)
        for path, before, after, statuses in NOT_UTF8
    ],
    OTLP(58, "gen_ai.prompt.99999…", partial(digits_as_key, "gen_ai.prompt"), PARTLY, 1),
    OTLP(58, "llm.output_messages.99…", partial(digits_as_key, "llm.output_messages"), PARTLY, 1),
    *[
        OTLP(59, f"metadata, {depth} deep", partial(deep_metadata, depth), PARTLY, 1)
        for depth in (65, 950, 980, 1000, 1015, 20_000)
    ],
]  # fmt: skip
