"""protobuf and JSON: the same request gives the same rows, whatever it holds."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.ingest.otlp.spans import (
    START_NS,
    any_value,
    as_json,
    message,
    parsed,
    request,
    rows,
    span,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
SCALARS = (
    TEXT
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=True)
    | st.binary(max_size=9)
    | st.none()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
# Names that are read, so that what is made of them is compared as well.
NAMES = TEXT | st.sampled_from(
    [
        "gen_ai.agent.name", "gen_ai.operation.name", "openinference.span.kind", "metadata",
        "gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.cost", "llm.cost.prompt",
        "langfuse.observation.cost_details", "langfuse.trace.name", "session.id", "graph.node.id",
        "input.value", "llm.input_messages.0.message.role", "llm.input_messages.0",
        "gen_ai.prompt.1.a", "tag.tags",
        "gen_ai.response.time_to_first_chunk", "deployment.environment",
    ]
)  # fmt: skip
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=6)
IDS = st.sampled_from([b"\x01" * 8, b"\x02" * 8, b"\xff" * 8])
EVENTS = st.sampled_from(["exception", "gen_ai.choice"])
TIMES = st.integers(START_NS, START_NS + 10**12) | st.integers(0, 2**64 - 1)
SPANS = st.builds(
    span,
    st.sampled_from([b"\x01" * 16, b"\xab" * 16]) | st.binary(max_size=20),
    TEXT,
    span_id=IDS | st.binary(max_size=9),
    parent=IDS | st.just(b"") | st.just(bytes(8)) | st.binary(max_size=9),
    attributes=ATTRIBUTES,
    events=st.dictionaries(EVENTS | TEXT, ATTRIBUTES, max_size=2),
    error=st.none() | TEXT,
    kind=st.integers(0, 5),
    trace_state=TEXT,
    start_time_unix_nano=TIMES,
    end_time_unix_nano=TIMES,
    links=st.lists(st.builds(Span.Link, trace_id=st.binary(max_size=16), span_id=IDS), max_size=1),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@example([span(b"\x01" * 16)], {"": "_value"})  # which reads as a field in snake_case
@given(st.lists(SPANS, max_size=4), ATTRIBUTES)
def test_both_encodings_give_the_same(spans: list[Span], resource: dict[str, Any]) -> None:
    sent = request(*spans)
    group = sent.resource_spans[0]
    for key, value in resource.items():
        group.resource.attributes.add(key=key, value=any_value(value))
    from_protobuf = parsed(sent.SerializeToString(), False)
    from_json = parsed(as_json(sent), True)
    assert from_json == from_protobuf
    assert from_protobuf.spans == len(spans)


def test_the_property_is_no_vain_one() -> None:
    """Most of what is drawn there is stored: what is made of it is compared, not only refusals."""
    kept = rows(span(b"\x01" * 16, attributes={"a": [1, {"b": 2.5}, b"c", None, True]}))
    assert json.loads(kept[0].data)["attributes"] == {"a": [1, {"b": 2.5}, "Yw==", None, True]}


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"intValue": 5}, 5),
        ({"intValue": "-5"}, -5),
        ({"doubleValue": 2}, 2.0),
        ({"doubleValue": "2.5"}, 2.5),
        ({"bytesValue": "-_8"}, "+/8="),
        ({"stringValue": None}, None),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": [{"key": "a"}]}}, {"a": None}),
        ({}, None),
        (None, None),
        ({"newValue": 1}, None),
    ],
)
def test_what_exporters_write_of_a_value_in_json(part: Any, kept: Any) -> None:
    assert attribute_in_json(part) == kept


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"intValue": 12.0}, 12),
        ({"intValue": "12.0"}, 12),
        ({"intValue": "1e3"}, 1000),
        ({"intValue": 2**63}, str(2**63)),
        ({"boolValue": "true"}, True),
        ({"stringValue": 1}, "1"),
        ({"string_value": "x"}, "x"),
        ({"kvlist_value": {"values": [{"key": "a", "value": {"int_value": 1}}]}}, {"a": 1}),
    ],
)
def test_a_value_is_read_as_the_collector_reads_it(part: Any, kept: Any) -> None:
    assert attribute_in_json(part) == kept


@pytest.mark.parametrize(
    "part",
    [
        {"intValue": True}, {"intValue": 1.5}, {"intValue": "1.5"}, {"intValue": "x"},
        {"intValue": "9" * 5_000}, {"doubleValue": "x"}, {"doubleValue": True},
        {"intValue": {"low": 1, "high": None}}, {"intValue": {"low": 1, "high": []}},
        {"intValue": {"low": True}},
        {"doubleValue": []}, {"bytesValue": 1}, {"arrayValue": []}, {"boolValue": "x"},
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_left_out(part: Any) -> None:
    alone = json_span(part)
    beside = alone.replace(b'"traceId"', b'"other": NaN, "traceId"')
    for body, others in ((alone, {}), (beside, {"invalid_number": 1})):
        batch = parsed(body, True)
        assert (batch.rejected, batch.repaired) == (0, {"wrong_type": 1, **others})
        assert "(wrong_type)" in batch.error_message
        assert json.loads(batch.rows[0].data)["attributes"] == {"a": None}


@pytest.mark.parametrize("part", ['{"boolValue": 1e400}', '{"intValue": 1e400}'])
def test_a_number_beyond_all_floats_where_none_may_be_is_left_out(part: str) -> None:
    body = json_span({}).replace(b'"value": {}', f'"value": {part}'.encode())
    batch = parsed(body, True)
    assert (batch.rejected, batch.repaired) == (0, {"wrong_type": 1})
    assert json.loads(batch.rows[0].data)["attributes"] == {"a": None}


@pytest.mark.parametrize("where", ["resource", "scope"])
def test_a_value_of_the_wrong_type_costs_nothing_beside_it(where: str) -> None:
    sent = request(span(b"\x01" * 16), resource={"service.name": "shop"})
    made = json.loads(as_json(sent))
    [group] = made["resourceSpans"]
    holder = {"resource": group, "scope": group["scopeSpans"][0]}[where].setdefault(where, {})
    bad = {"key": "service.flag", "value": {"boolValue": "x"}}
    holder["attributes"] = [*holder.get("attributes", []), bad]
    batch = parsed(json.dumps(made).encode(), True)
    assert (batch.rejected, batch.repaired) == (0, {"wrong_type": 1})
    assert "shop" in batch.rows[0].data.decode()


@pytest.mark.parametrize("part", [{"bytesValue": "!"}, {"bytesValue": "a"}])
def test_bytes_that_are_no_base64_cost_their_span(part: Any) -> None:
    assert "(malformed)" in parsed(json_span(part), True).error_message


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"doubleValue": "NaN"}, "NaN"),
        ({"doubleValue": "-Infinity"}, "-Infinity"),
        ({"doubleValue": math.inf}, "Infinity"),
        ({"doubleValue": "1e400"}, "Infinity"),
        ({"arrayValue": {"values": [{"doubleValue": math.nan}]}}, ["NaN"]),
    ],
)
def test_a_number_that_json_has_not_is_text(part: Any, kept: Any) -> None:
    batch = parsed(json_span(part), True)
    assert (batch.rejected, batch.repaired) == (0, {"invalid_number": 1})
    assert "(invalid_number)" in batch.error_message
    assert json.loads(batch.rows[0].data)["attributes"] == {"a": kept}


@pytest.mark.parametrize("where", ["attributes", "events", "links", "resource", "scope"])
@pytest.mark.parametrize(
    ("value", "kept", "code"),
    [
        (math.nan, "NaN", "invalid_number"),
        ("a\0b", "a\ufffdb", "nul_character"),
        ("x" * 3_000, "x" * 64 + "… [2936 characters of base64 cut]", "event_too_large"),
    ],
)
def test_bad_content_costs_no_span_wherever_it_is(
    where: str, value: Any, kept: Any, code: str
) -> None:
    bad = span(b"\x01" * 16, attributes={"gen_ai.usage.input_tokens": 7})
    sent = request(span(b"\x02" * 16), bad)
    [group] = sent.resource_spans
    [scope] = group.scope_spans
    parts = {
        "attributes": bad.attributes,
        "events": bad.events.add(name="e").attributes if where == "events" else None,
        "links": bad.links.add().attributes if where == "links" else None,
        "resource": group.resource.attributes,
        "scope": scope.scope.attributes,
    }
    parts[where].add(key="service.x", value=any_value(value))
    scope.spans[1].CopyFrom(bad)
    for body, is_json in ((sent.SerializeToString(), False), (as_json(sent), True)):
        batch = parsed(body, is_json, max_bytes=2_000)
        assert (batch.rejected, len(batch.rows)) == (0, 4)
        if code != "event_too_large":  # of 2,000 bytes it is cut in whichever way
            assert code in batch.repaired
            assert json.dumps(kept) in json.dumps(json.loads(batch.rows[2].data))
        assert f"({code})" in batch.error_message


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "SPAN_KIND_CLIENT", "status": {"code": "STATUS_CODE_ERROR", "message": "no"}},
        {"kind": 3.0, "startTimeUnixNano": float(START_NS), "endTimeUnixNano": f"{START_NS}.0"},
        {"startTimeUnixNano": {"low": START_NS & 0xFFFFFFFF, "high": START_NS >> 32}},
        {"start_time_unix_nano": START_NS, "attributes": [{"string_value": 1}]},
    ],
)
def test_fields_as_the_collector_reads_them(fields: dict[str, Any]) -> None:
    made = json.loads(as_json(request(span(b"\x01" * 16))))
    made["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= fields
    batch = parsed(json.dumps(made).encode(), True)
    assert (batch.rejected, batch.rows[0].timestamp_text) == (0, "2026-11-22T12:00:00+00:00")
    assert batch.rows[1].is_error == ("status" in fields)


@pytest.mark.parametrize(
    ("body", "understood"),
    [
        ("{}", True),
        ('{"resourceSpans": null}', True),
        ('{"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": []}]}]}', True),
        ('{"resource_spans": [{"scope_spans": [{"spans": [{}]}]}]}', False),
        ('{"resourceSpans": [{"instrumentationLibrarySpans": [{"spans": [{}]}]}]}', False),
        ('{"resourceSpans": [{"scopeSpans": [{"Spans": [{}]}]}]}', False),
        ('{"spans": []}', False),
    ],
)
def test_a_body_that_holds_no_span_that_is_understood_says_so(body: str, understood: bool) -> None:
    batch = parsed(body.encode(), True)
    assert (batch.rejected, batch.rows) == (0, [])
    assert ("holds no span" in batch.error_message) is not understood
    assert batch.repaired == ({} if understood else {"no_spans": 1})


def json_span(part: Any) -> bytes:
    """A request of one span with a value."""
    made = json.loads(as_json(request(span(b"\x01" * 16))))
    [sent] = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
    sent["attributes"] = [{"key": "a", "value": part}]
    return json.dumps(made).encode()


def attribute_in_json(part: Any) -> Any:
    """What is kept of a value."""
    batch = parsed(json_span(part), True)
    assert batch.error_message == ""
    return json.loads(batch.rows[0].data)["attributes"]["a"]


def test_half_of_a_surrogate_pair_is_replaced() -> None:
    made = json.loads(as_json(request(span(b"\x01" * 16), span(b"\x02" * 16))))
    made["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] = "cut \ud83d"
    batch = parsed(json.dumps(made).encode(), True)
    assert (batch.rejected, batch.repaired) == (0, {"invalid_text": 1})
    assert batch.rows[0].run_name == "cut \ufffd"


@pytest.mark.parametrize("where", ["name", "key", "value", "nested", "event", "error", "resource"])
@pytest.mark.parametrize("cut", [b"cut \xf0", b"caf\xe9", b"\xed\xa0\xbd"])
def test_text_that_is_no_utf_8_is_replaced(cut: bytes, where: str) -> None:
    """C++ and Go programs cut texts inside of a character."""
    mark = "M" * len(cut)
    text = dict.fromkeys(("name", "key", "value", "nested", "event", "error", "resource"), "fine")
    text[where] = mark
    bad = span(
        b"\x01" * 16,
        text["name"],
        attributes={text["key"]: text["value"], "n": [{"b": text["nested"]}]},
        events={text["event"]: {"a": 1}},
        error=text["error"],
    )
    sent = request(bad, span(b"\x02" * 16), service_version=text["resource"])
    whole = parsed(sent.SerializeToString(), False)
    batch = parsed(sent.SerializeToString().replace(mark.encode(), cut), False)
    assert (batch.rejected, len(batch.rows)) == (0, len(whole.rows))
    assert batch.repaired == {"invalid_text": 1}
    replaced = cut.decode(errors="replace")
    assert any(replaced in row.data.decode() for row in batch.rows)


def deep_span(levels: int, is_json: bool) -> bytes:
    """A request of a span with lists within one another, and of a good one."""
    sent = request(span(b"\x02" * 16), span(b"\x01" * 16))
    if is_json:
        made = json.loads(as_json(sent))
        [_, deep] = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
        deep["attributes"] = [{"key": "a", "value": "HERE"}]
        value = '{"arrayValue":{"values":[' * levels + "]}}" * levels
        return json.dumps(made).replace('"HERE"', value).encode()
    nested = message(5, b"")
    for _ in range(levels - 1):
        nested = message(5, message(1, nested))
    good, deep_one = sent.resource_spans[0].scope_spans[0].spans
    attribute = message(9, message(1, b"a") + message(2, nested))
    scope = message(2, good.SerializeToString())
    scope += message(2, deep_one.SerializeToString() + attribute)
    return message(1, message(2, scope))


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize("levels", [30, 31, 45, 60, 300, 350, 20_000])
def test_what_is_nested_too_deep_is_cut(is_json: bool, levels: int) -> None:
    batch = parsed(deep_span(levels, is_json), is_json, max_depth=32)
    good = levels <= 30  # `data` and `attributes` are two levels more
    assert (batch.rejected, len(batch.rows)) == (0, 4)
    assert batch.repaired == ({} if good else {"too_deep": 1})
    assert batch.rows[2].data.count(b"[") <= 31


@pytest.mark.parametrize("max_depth", [64, 128])  # the default, and the most that may be chosen
@pytest.mark.parametrize("levels", [200, 254, 300, 2_000])
def test_objects_that_are_nested_too_deep_are_cut(levels: int, max_depth: int) -> None:
    """They take more levels of JSON for each of theirs than lists; \ud83d asks for the slow way."""
    value = '{"kvlistValue":{"values":[{"key":"k","value":' * levels + "null" + "}]}}" * levels
    for rest in ("", r"\ud83d", '\\"'):
        made = json.loads(as_json(request(span(b"\x01" * 16), span(b"\x02" * 16))))
        [deep, good] = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
        deep["attributes"], good["name"] = [{"key": "a", "value": "HERE"}], "REST"
        body = json.dumps(made).replace('"HERE"', value).replace("REST", rest).encode()
        batch = parsed(body, True, max_depth=max_depth)
        half = {"invalid_text": 1} if rest == r"\ud83d" else {}
        assert (batch.rejected, len(batch.rows)) == (0, 4)
        assert batch.repaired == {"too_deep": 1} | half


def test_a_span_over_the_limit_is_cut() -> None:
    said = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 9, "a": "x y" * 2_000}
    sent = request(span(b"\x01" * 16, parent=b"\x01" * 8, attributes=said), span(b"\x02" * 16))
    for body, is_json in ((sent.SerializeToString(), False), (as_json(sent), True)):
        batch = parsed(body, is_json, max_bytes=1_500)
        assert (batch.rejected, len(batch.rows), batch.rows[0].tokens_in) == (0, 3, 9)
        assert batch.repaired == {"event_too_large": 1}
        assert len(batch.rows[0].data) <= 1_500
        assert " cut]" in batch.rows[0].data.decode()


def test_a_span_that_is_large_only_as_it_comes_is_refused_unparsed() -> None:
    """Of 64 MB of empty attributes, which are one in the end, protobuf would make gigabytes."""
    large = span(b"\x01" * 16).SerializeToString() + b"\x4a\x00" * 1_000
    batch = parsed(message(1, message(2, message(2, large))), False, max_bytes=1_500)
    assert (batch.rejected, batch.rows) == (1, [])
    assert "(event_too_large)" in batch.error_message


def test_a_message_may_come_in_parts_and_in_any_order() -> None:
    """Protobuf allows both: fields that came apart are put together."""
    whole = request(span(b"\x01" * 16, span_id=b"\x01" * 8))
    [group] = whole.resource_spans
    spans = group.scope_spans[0].SerializeToString()
    resource = group.resource.SerializeToString()
    inner = message(2, spans) + message(9, b"unknown") + b"\x50\x01" + message(1, resource)
    batch = parsed(message(1, inner), False)
    assert batch == parsed(whole.SerializeToString(), False)
    assert batch.rows[0].agent_name == "shop"
