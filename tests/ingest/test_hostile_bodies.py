"""Bodies that are made to cost much: each is refused, or read in a small multiple of its memory."""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from service.ingest.json.batch import BadBatch, BatchTooLarge, parse_batch
from service.ingest.otlp.batch import parse_spans
from service.ingest.otlp.protobuf_wire import field
from service.ingest.otlp.span import Malformed, TooManySpans
from tests.events import event, new_id
from tests.ingest.otlp.spans import as_json, request, span

MEGABYTE = 1024 * 1024
MANY = 1_200_000  # of `{},`: 3.6 MB, more than what is read in one pass whatever it holds
EMPTY = "[" + "{}," * MANY + "{}]"
NUMBERS = "[" + "1," * MANY + "1]"
STRINGS = "[" + '"",' * MANY + "1]"
HALVES = '"' + "\\ud800" * (MANY // 2) + '"'
DEEP = "[" * 2_000 + "]" * 2_000
TEXT = '"' + "a, b" * MANY + '"'
MEMBERS = ",".join(f'"{number:x}":"xyz"' for number in range(90_000))  # few enough to be mended
OBJECT = "{" + MEMBERS + "}"
TIMES_THE_BODY = 8
TIMES_A_SCOPE = 5.5  # beside the body


def events(**fields: str) -> str:
    """A batch of a good event with some fields in other words."""
    sent = {name: json.dumps(value) for name, value in event(new_id()).items()} | fields
    return '{"events":[{' + ",".join(f'"{name}":{text}' for name, text in sent.items()) + "}]}"


def spans(**fields: str) -> str:
    """A request of a good span with other fields."""
    text = as_json(request(span(b"\x01" * 16))).decode()
    more = "".join(f'"{name}":{value},' for name, value in fields.items())
    return text.replace('"traceId"', more + '"traceId"')


def attribute(kind: str, value: str) -> str:
    """A list of one attribute."""
    return f'[{{"key":"a","value":{{"{kind}":{value}}}}}]'


def outcome_of_batch(body: str) -> Any:
    """The code of the only event's error or warning, None without one, or the body's error."""
    try:
        batch = parse_batch(body.encode(), 10_000, MEGABYTE)
    except (BadBatch, BatchTooLarge) as error:
        return type(error)
    codes = [problem["code"] for problem in batch.errors + batch.warnings]
    return codes[-1] if codes else None


def outcome_of_spans(body: str) -> Any:
    """The error of the only span, None where it is stored, or the error of the body."""
    try:
        batch = parse_spans(body.encode(), True, 10_000, MEGABYTE, 64)
    except (Malformed, TooManySpans) as error:
        return type(error)
    return batch.error_message.rpartition("(")[2].rstrip(")") or None


def check(read: Callable[[str], Any], body: str, outcome: Any) -> None:
    """Read a body, and hold the memory that it takes to its size."""
    tracemalloc.start()
    try:
        assert read(body) == outcome
        assert tracemalloc.get_traced_memory()[1] < TIMES_THE_BODY * len(body) + MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ('{"events":' + EMPTY + "}", BatchTooLarge),
        ('{"events":' + NUMBERS + "}", BatchTooLarge),
        ('{"events":[' + '{"a":NaN},' * MANY + "1]}", BatchTooLarge),
        ('{"events":[' + f'{{"a":"{"x" * 70}","b":NaN}},' * (MANY // 10) + "1]}", BatchTooLarge),
        ('{"events":[{"a":[' + "NaN," * MANY + "1]}]}", "missing"),
        (events(data='{"a":[' + "NaN," * MANY + "1]}"), "too_many_values"),
        ("[" * 3 * MANY, BadBatch),
        ('{"events":' + "[" * 3 * MANY, BadBatch),
        ('{"events":[' + '{"a":' * (MANY // 20), BadBatch),
        ('{"events":["' + '\\"' * MANY, BadBatch),
        ('{"events":[{"a":NaN}],"x":' + TEXT + "}", "missing"),
        (events(run_id=EMPTY), "invalid_uuid"),
        (events(data=EMPTY), "too_many_values"),
        (events(data='{"a":' + EMPTY + "}"), "too_many_values"),
        (events(data='{"a":' + NUMBERS + "}"), "too_many_values"),
        (events(data='{"a":' + TEXT + "}"), "event_too_large"),
        (events(data='{"a":' + DEEP + "}"), "too_deep"),
        (events(data='{"a":' + STRINGS + "}"), "too_many_values"),
        (events(data='{"n":NaN,"a":' + STRINGS + "}"), "too_many_values"),
        (events(other=HALVES), "invalid_text"),
        (events(other="[NaN," + STRINGS + "]"), "invalid_number"),
        (events(other=EMPTY), None),
        (events(other=TEXT), None),
        (events(other=DEEP), None),
    ],
    ids=range(24),
)
def test_a_batch_that_is_made_to_cost_much(body: str, outcome: Any) -> None:
    check(outcome_of_batch, body, outcome)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ('{"resourceSpans":' + EMPTY + "}", TooManySpans),
        ('{"resourceSpans":[{"scopeSpans":' + EMPTY + "}]}", TooManySpans),
        ('{"resourceSpans":[{"scopeSpans":[{"spans":' + EMPTY + "}]}]}", TooManySpans),
        ('{"resourceSpans":[{"scopeSpans":[{"spans":' + NUMBERS + "}]}]}", TooManySpans),
        ("[" * 3 * MANY, Malformed),
        ('{"resourceSpans":' + "[" * 3 * MANY, Malformed),
        (spans(attributes=EMPTY), "event_too_large"),
        (spans(events=EMPTY), "event_too_large"),
        (spans(links=NUMBERS), "event_too_large"),
        (spans(name=EMPTY), "malformed"),
        (spans(attributes=attribute("arrayValue", '{"values":' + EMPTY + "}")), "event_too_large"),
        (spans(attributes='[{"key":"n","value":NaN},' + STRINGS[1:]), "malformed"),
        (spans(other="[NaN," + STRINGS + "]"), "invalid_number"),
        (spans(other=EMPTY), None),
        (spans(other=TEXT), None),
        (spans(other=DEEP), None),
        ('{"resourceSpans":[],"other":' + EMPTY + "}", "no_spans"),
        (spans(attributes=OBJECT), "wrong_type"),
        (spans(attributes="{}", other=OBJECT), "wrong_type"),
        (spans(attributes="{" + MEMBERS + ',"a":NaN}'), "wrong_type"),
        (spans(attributes="{}", traceState=OBJECT), "malformed"),
        ('{"resourceSpans":[{"scopeSpans":[{"spans":[[' + OBJECT + "]]}]}]}", "malformed"),
    ],
    ids=range(22),
)  # fmt: skip
def test_a_request_that_is_made_to_cost_much(body: str, outcome: Any) -> None:
    check(outcome_of_spans, body, outcome)


def nested(levels: int, inner: bytes) -> bytes:
    """An attribute of objects within one another around a value."""
    for _ in range(levels):
        inner = field(6, field(1, field(1, b"k") + field(2, inner)))
    return field(9, field(1, b"k") + field(2, inner))


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        (nested(28, field(1, b"x" * 4 * MEGABYTE)), "event_too_large"),
        (nested(28, field(7, b"x" * 4 * MEGABYTE)), "event_too_large"),
        (nested(89, field(1, b"x" * 4 * MEGABYTE)), "too_deep"),
        (nested(28, field(1, b"\xff" * (MEGABYTE // 4))), "invalid_text"),
        (nested(28, field(1, b"\xff")) * 20_000, "too_many_values"),
        (field(9, b"") * 1_000_000 + nested(1, field(1, b"\xff")), "too_many_values"),
    ],
    ids=range(6),
)
def test_a_span_that_is_made_to_cost_much_when_it_is_repaired(
    attributes: bytes, outcome: str
) -> None:
    good = span(b"\x01" * 16).SerializeToString()
    body = field(1, field(2, field(2, good + attributes) + field(2, good)))
    tracemalloc.start()
    try:
        batch = parse_spans(body, False, 10_000, MEGABYTE, 64)
        assert f"({outcome})" in batch.error_message
        assert batch.spans == 2
        assert len(batch.rows) >= 1
        assert tracemalloc.get_traced_memory()[1] < 4 * len(body) + 16 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_scope_of_nan_is_held_a_few_times_at_once() -> None:
    attributes = "{" + ",".join(f'"{number:x}":NaN' for number in range(MANY // 4)) + "}"
    sent = json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"attributes": 0}}]}]})
    body = sent.replace("0", attributes).encode()
    parse_spans(body, True, 10_000, MEGABYTE, 64)  # makes what is kept for all bodies
    tracemalloc.start()
    try:
        parse_spans(body, True, 10_000, MEGABYTE, 64)
        assert tracemalloc.get_traced_memory()[1] < TIMES_A_SCOPE * len(body)
    finally:
        tracemalloc.stop()
