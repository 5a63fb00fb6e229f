"""What a request costs is bounded by its size: what spans share, what they hold, how deep."""

import json
from typing import Any

import pytest

from service.ingest.otlp.origin import MAX_SHARED_BYTES
from service.ingest.row_bytes import RowsTooLarge
from tests.client import Client
from tests.ingest.otlp.spans import (
    JSON,
    as_json,
    message,
    new_trace,
    parsed,
    post,
    request,
    run_of,
    send,
    span,
)

GOOD = b"\x01" * 16
BAD = b"\x02" * 16
LONG = "x" * MAX_SHARED_BYTES


def otel(row: Any) -> dict[str, Any]:
    """What is kept of a span and of its origin."""
    kept: dict[str, Any] = json.loads(row.data)["otel"]
    return kept


def both(sent: Any) -> list[tuple[bytes, bool]]:
    """A request in both encodings."""
    return [(sent.SerializeToString(), False), (as_json(sent), True)]


# what spans share


def test_of_a_resource_and_a_scope_the_small_attributes_are_kept() -> None:
    sent = request(span(GOOD), service_long=LONG, service_version="2")
    scope = sent.resource_spans[0].scope_spans[0].scope
    for key, text in (("a", "short"), ("b", LONG)):
        scope.attributes.add(key=key).value.string_value = text
    for body, is_json in both(sent):
        batch = parsed(body, is_json)
        kept = otel(batch.rows[0])
        assert kept["resource"] == {"service.name": "shop", "service.version": "2"}
        assert kept["scope"] == {"name": "tests", "version": "1", "attributes": {"a": "short"}}
        assert kept["attributes_omitted"] == 2
        assert (batch.rejected, "left out" in batch.error_message) == (0, True)


def test_what_is_left_out_is_a_warning_to_the_client(client: Client) -> None:
    trace = new_trace()
    body = request(span(trace), service_long=LONG)
    told = post(client, as_json(body), JSON).json["partialSuccess"]
    assert (told["rejectedSpans"], "left out" in told["errorMessage"]) == ("0", True)
    assert client.run(run_of(trace))["event_count"] == 2
    assert not send(client, span(new_trace())).HasField("partial_success")


def test_a_name_of_a_scope_has_the_same_limit() -> None:
    sent = request(span(GOOD))
    sent.resource_spans[0].scope_spans[0].scope.name = LONG
    for body, is_json in both(sent):
        kept = otel(parsed(body, is_json).rows[0])
        assert (kept["scope"], kept["attributes_omitted"]) == ({"version": "1"}, 1)


def test_rows_are_a_multiple_of_their_body() -> None:
    spans = [span(GOOD, span_id=b"%08d" % number) for number in range(1, 101)]
    for body, is_json in both(request(*spans, service_long="x" * 10_000)):
        assert not parsed(body, is_json).rejected
        with pytest.raises(RowsTooLarge, match="Send it in parts"):
            parsed(body, is_json, max_bytes=40_000)


def test_a_resource_over_the_limit_is_cut() -> None:
    sent = request(span(BAD), other="x" * 3_000)
    sent.resource_spans.extend(request(span(GOOD)).resource_spans)
    batch = parsed(sent.SerializeToString(), False, max_bytes=2_000)
    assert (batch.rejected, len(batch.rows)) == (0, 4)
    assert batch.repaired == {"event_too_large": 1}


# how many values


@pytest.mark.parametrize("value", [b"", b"\x2a\x00", b"\x32\x00"])
def test_too_many_values_of_protobuf_cost_their_spans(value: bytes) -> None:
    values = message(5, message(1, value) * 150_000)
    large = span(BAD).SerializeToString() + message(9, message(1, b"a") + message(2, values))
    spans = message(2, large) * 8 + message(2, span(GOOD).SerializeToString())
    batch = parsed(message(1, message(2, spans)), False)
    assert batch.rejected
    assert "(too_many_values)" in batch.error_message
    assert [row.run_id for row in batch.rows[-2:]] == [run_of(GOOD)] * 2


def test_too_many_values_of_json_cost_their_span() -> None:
    for value in ("{}", '{"arrayValue":{}}', '{"kvlistValue":{}}'):
        made = json.loads(as_json(request(span(BAD), span(GOOD))))
        [large, _] = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
        large["attributes"] = [{"key": "a", "value": {"arrayValue": {"values": "HERE"}}}]
        values = "[" + ",".join([value] * 210_000) + "]"
        batch = parsed(json.dumps(made).replace('"HERE"', values).encode(), True)
        assert (batch.rejected, len(batch.rows)) == (1, 2)
        assert "(too_many_values)" in batch.error_message


def test_a_text_of_many_commas_is_one_value() -> None:
    for body, is_json in both(request(span(GOOD, attributes={"a": '{"b":[],' * 60_000}))):
        assert not parsed(body, is_json).rejected


def test_a_span_of_many_numbers_is_stored() -> None:
    embedding = [0.125] * 30_000
    for body, is_json in both(request(span(GOOD, attributes={"a": embedding}))):
        [start, _] = parsed(body, is_json).rows
        assert json.loads(start.data)["attributes"]["a"] == embedding


def test_keys_of_too_many_parts_cost_their_span() -> None:
    keys = {f"gen_ai.prompt.{number}" + ".a" * 15: "x" for number in range(4_000)}
    for body, is_json in both(request(span(BAD, attributes=keys), span(GOOD))):
        batch = parsed(body, is_json)
        assert (batch.rejected, len(batch.rows)) == (1, 2)
        assert "(too_many_values)" in batch.error_message


# rows 58 and 59 of the review


@pytest.mark.parametrize("digits", [10, 4_301])
@pytest.mark.parametrize("prefix", ["gen_ai.prompt", "llm.output_messages"])
def test_a_very_long_number_in_a_key_is_no_position(prefix: str, digits: int) -> None:
    for body, is_json in both(request(span(BAD, attributes={f"{prefix}.{'9' * digits}": "x"}))):
        data = [json.loads(row.data) for row in parsed(body, is_json).rows]
        assert {"9" * digits: "x"} in [
            part.get(key) for part in data for key in ("input", "output")
        ]


@pytest.mark.parametrize("levels", [65, 250, 300, 950, 980, 1_000, 1_015])
def test_deep_metadata_is_cut(levels: int) -> None:
    text = '{"a":' * levels + "1" + "}" * levels
    sent = request(span(BAD, attributes={"metadata": text}), span(GOOD))
    for body, is_json in both(sent):
        batch = parsed(body, is_json)
        assert (batch.rejected, len(batch.rows)) == (0, 4)
        assert batch.repaired == {"too_deep": 1}
        assert (batch.rows[0].metadata or "").count("{") <= 63


def test_a_resource_that_is_none_costs_no_span() -> None:
    scope = message(2, message(2, span(GOOD).SerializeToString()))
    batch = parsed(message(1, message(1, b"\x0a\x05") + scope), False)
    assert (len(batch.rows), batch.repaired) == (2, {"malformed": 1})
    made = json.loads(as_json(request(span(GOOD))))
    nothing: tuple[Any, ...] = ([], {"attributes": 1}, {"attributes": [{"value": 1}]})
    for resource in nothing:
        made["resourceSpans"][0]["resource"] = resource
        batch = parsed(json.dumps(made).encode(), True)
        assert (len(batch.rows), batch.rejected) == (2, 0)


def test_metadata_of_very_many_parts_stays_text() -> None:
    text = '{"a":[' + "[]," * 20_000 + "1]}"
    for body, is_json in both(request(span(GOOD, attributes={"metadata": text}))):
        [start, _] = parsed(body, is_json).rows
        assert json.loads(start.metadata or "") == {"metadata": text}
