"""Shapes of bodies, for cost.py: a small unit is repeated very often somewhere, or nested deep."""

import json
import uuid
from dataclasses import dataclass

from hypothesis import strategies as st

from service.ingest.otlp.protobuf_wire import field
from tests.events import event, new_id

KB = 1024
NOON_NS = 1_795_348_800_000_000_000
MOMENTS = b"".join(bytes([n << 3 | 1]) + NOON_NS.to_bytes(8, "little") for n in (7, 8))

UNITS = [
    *("{}", "[]", "0", "-0.0", "1e308", "1e400", "NaN", "null", '""', '"x"', '"\\u0000"', "99999"),
    *('{"":0}', '{"a":{}}', "[[]]", "9" * 25, "9" * 4301, f'"{"x" * 1000}"', "[1e999]", '"\\\\'),
    '{"key":"a","value":{"stringValue":""}}',
    '{"key":"a","value":{"kvlistValue":{"values":[{}]}}}',
]
SPOILERS = ["", '{"a":NaN}', '{"a":"\\ud800"}', "[" * 2000 + "]" * 2000, "9" * 5000, "{}", '"x"']
EVENT_PLACES = ["events", "data", "metadata", "field", "name", "beside", "whole"]
SPAN_PLACES = [
    *("resourceSpans", "scopeSpans", "spans", "resource", "scope", "span", "event", "link"),
    *("value", "beside", "field", "JSON text"),
]
SHARED = ("resourceSpans", "scopeSpans", "spans", "resource", "scope", "beside")  # of a body once
PROTOBUF_PLACES = ["resource", "scope", "span", "beside"]


@dataclass(frozen=True)
class Shape:
    """A body, as what it is made of."""

    kind: str  # events, check, OTLP/JSON or protobuf
    place: str
    unit: str
    size: int  # of all the units, about
    depth: int
    spoiler: str  # an event or span beside: with most of them nothing is read the usual way
    copies: int  # of the event or span
    is_keyed: bool  # members of an object, each with a key of its own; else elements of a list

    def __str__(self) -> str:
        keyed = " with keys" if self.is_keyed else ""
        return (
            f"{self.kind}, {self.place}: {self.size // KB} KB of {self.unit[:40]!r}{keyed}, "
            f"{self.depth} deep, {self.copies} copies, beside {self.spoiler[:12]!r}"
        )

    def body(self) -> bytes:
        """The body."""
        if self.kind == "protobuf":
            return self._protobuf()
        if self.place == "whole":
            return self._bulk(self.size).encode()
        return (self._spans() if self.kind == "OTLP/JSON" else self._events()).encode()

    def _bulk(self, size: int) -> str:
        """The units, in their list or object, nested."""
        count = max(1, size // (len(self.unit) + 1))
        bulk = f"[{','.join([self.unit] * count)}]"
        if self.is_keyed:
            bulk = "{" + ",".join(f'"{number:x}":{self.unit}' for number in range(count)) + "}"
        return "[" * self.depth + bulk + "]" * self.depth

    def _events(self) -> str:
        bulk = self._bulk(self.size // (1 if self.place in ("events", "beside") else self.copies))
        plain = json.dumps(event(new_id()))
        data = {"data": f'{{"a":{bulk}}}', "metadata": f'{{"metadata":{{"a":{bulk}}}}}'}
        held = plain.replace('"data": {}', f'"data":{data.get(self.place, "{}")}')
        if self.place == "field":
            held = held.replace("{", f'{{"a":{bulk},', 1)
        if self.place == "name":
            held = held.replace('"agent"', bulk)
        events = [*[held] * self.copies, self.spoiler, bulk[1:-1] if self.place == "events" else ""]
        beside = f',"x":{bulk}' if self.place == "beside" else ""
        return f'{{"events":[{",".join(filter(None, events))}]{beside}}}'

    def _spans(self) -> str:
        bulk = self._bulk(self.size // (1 if self.place in SHARED else self.copies))
        own = {place: bulk if place == self.place else "[]" for place in SPAN_PLACES}
        if self.place == "JSON text":
            text = json.dumps(bulk)
            own["span"] = f'[{{"key":"metadata","value":{{"stringValue":{text}}}}}]'
        if self.place == "value":
            own["span"] = f'[{{"key":"a","value":{{"arrayValue":{{"values":{bulk}}}}}}}]'
        span = (
            f'{{"traceId":"{uuid.uuid4().hex}","spanId":"0123456789abcdef","name":"s",'
            f'"startTimeUnixNano":"{NOON_NS}","endTimeUnixNano":"{NOON_NS}",'
            f'"attributes":{own["span"]},"events":[{{"attributes":{own["event"]}}}],'
            f'"links":[{{"attributes":{own["link"]}}}],"a":{own["field"]}}}'
        )
        spans = f"[{','.join(filter(None, [*[span] * self.copies, self.spoiler]))}]"
        if self.place == "spans":
            spans = bulk
        scope = f'[{{"scope":{{"attributes":{own["scope"]}}},"spans":{spans}}}]'
        if self.place == "scopeSpans":
            scope = bulk
        resource = f'[{{"resource":{{"attributes":{own["resource"]}}},"scopeSpans":{scope}}}]'
        if self.place == "resourceSpans":
            resource = bulk
        return f'{{"resourceSpans":{resource},"x":{own["beside"]}}}'

    def _protobuf(self) -> bytes:
        """Attributes that hold little, or one that is long, and the shape's copies of a span."""
        pair = field(1, b"service.a") + field(2, field(1, self.unit.encode()[:128]))
        for _ in range(min(self.depth, 65)):
            pair = field(1, b"a") + field(2, field(6, field(1, pair)))
        if self.unit == "{}":
            pair = b""
        share = self.size // (self.copies if self.place == "span" else 1)
        if self.is_keyed:
            pair = field(1, b"service.a") + field(2, field(1, b"x" * share))
        count = max(1, share // (len(pair) + 2))
        bulk = {place: field(number, pair) * count for place, number in ATTRIBUTES.items()}
        own = {place: bulk[place] if place == self.place else b"" for place in ATTRIBUTES}
        spans = b"".join(
            field(
                2, field(1, b"\1" * 16) + field(2, b"%08x" % (number + 1)) + MOMENTS + own["span"]
            )
            for number in range(self.copies)
        )
        scope = field(2, field(1, own["scope"]) + spans)
        return field(1, field(1, own["resource"]) + scope) + own["beside"]


ATTRIBUTES = {"resource": 1, "scope": 3, "span": 9, "beside": 15}
PLACES = {
    "events": EVENT_PLACES,
    "check": EVENT_PLACES,
    "OTLP/JSON": SPAN_PLACES,
    "protobuf": PROTOBUF_PLACES,
}


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Any shape."""
    kind = draw(st.sampled_from(list(PLACES)))
    return Shape(
        kind,
        draw(st.sampled_from(PLACES[kind])),
        draw(st.sampled_from(UNITS)),
        draw(st.sampled_from([256 * KB, 1024 * KB, 2048 * KB, 4096 * KB])),
        draw(st.sampled_from([0, 0, 0, 1, 30, 65, 600, 990, 1030, 20_000])),
        draw(st.sampled_from(SPOILERS)),
        draw(st.sampled_from([1, 2, 10, 50, 3_000])),
        draw(st.booleans()),
    )
