"""Numbers that PostgreSQL prints much longer than they were sent are stored as text, and said."""

import json
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.db.queries import Connection
from service.ingest import long_numbers
from service.ingest.json.batch import parse_batch
from service.ingest.long_numbers import REPAIRED
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import as_json, new_trace, parsed, request, send, span

MAX_BYTES = 1024 * 1024
MANY = 4_000  # of 309 digits each


def body_of(data: str) -> bytes:
    """A batch of one event with this `data`, as written."""
    sent = json.dumps(event(new_id(), data={"at": 0}))
    return f'{{"events":[{sent.replace(json.dumps({"at": 0}), data)}]}}'.encode()


def numbers(written: str, count: int = MANY) -> str:
    """`data` with a list of a number."""
    return f'{{"cost":1,"list":[{",".join([written] * count)}]}}'


@pytest.mark.parametrize("written", ["1e308", "-1.5E+300", "2e-308", "1e-300", "1e21"])
def test_many_long_numbers_are_text_as_they_were_sent(written: str) -> None:
    size = MANY if len(written) > 4 else MAX_BYTES // 7
    batch = parse_batch(body_of(numbers(written, size)), 10, MAX_BYTES)
    [row], [warning] = batch.rows, batch.warnings
    assert (warning["index"], warning["event_id"], warning["code"]) == (
        0,
        row.event_id,
        "numbers_as_text",
    )
    assert orjson.loads(row.data) == {"cost": 1, "list": [written] * size}
    assert batch.failed == 0


@pytest.mark.parametrize(
    "data",
    [
        numbers("1e308", 3_000),  # prints to less than the largest event
        numbers("1e20", MAX_BYTES // 7),
        numbers("0.000012", MAX_BYTES // 10),
        numbers('"1e308"', MAX_BYTES // 10),
        numbers('"2026-11-22"', MAX_BYTES // 15),
        numbers(f'"{new_id()}"', MAX_BYTES // 42),
    ],
)
def test_anything_else_is_stored_as_it_came(data: str) -> None:
    batch = parse_batch(body_of(data), 10, MAX_BYTES)
    assert (batch.rows[0].data, batch.warnings) == (data.encode(), [])


def as_text(written: str) -> float | str:
    """A number as it is stored, its exponent beyond 20 or not."""
    exponent = written.lower().partition("e")[2]
    return written if exponent and abs(int(exponent)) > 20 else float(written)


WRITTEN = st.one_of(
    st.sampled_from(["1e22", "-1.5E+300", "1e-21", "1e20", "0.0e-5", "-0.5", "12", "null", "[]"]),
    st.lists(st.sampled_from([*"e1-,:[", "1e30", '"', "\\", "é", "\ud800"])).map(
        lambda parts: json.dumps("".join(parts))
    ),
)
TEXTS = st.recursive(
    WRITTEN,
    lambda inner: st.one_of(
        st.lists(inner).map(lambda items: f"[{','.join(items)}]"),
        st.lists(inner).map(
            lambda items: "{" + ",".join(f'"1e{n}":{item}' for n, item in enumerate(items)) + "}"
        ),
    ),
)


@pytest.mark.unit
@given(TEXTS, st.sampled_from([1, 3, 10, 1024]))
def test_long_numbers_are_found_outside_strings_wherever_a_part_ends(text: str, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_numbers, "CHUNK", chunk)
        found = long_numbers.LongNumbers().replace(text.encode())
    assert json.loads(found) == json.loads(text, parse_float=as_text)


@pytest.mark.unit
def test_many_members_are_not_made_to_look_for_long_numbers() -> None:
    text = "{" + ",".join(f'"{number:x}":0' for number in range(80_000)) + "}"
    tracemalloc.start()
    try:
        assert long_numbers.LongNumbers().replace(text.encode()) == text.encode()
        assert tracemalloc.get_traced_memory()[1] < 6 * len(text)
    finally:
        tracemalloc.stop()


def test_a_few_come_back_as_numbers_and_many_as_text(client: Client, conn: Connection) -> None:
    few, many = {"list": [1e308, 1e-300, 1.7976931348623157e308]}, numbers("1e308")
    metadata = f'{{"metadata":{many}}}'
    bodies = [body_of(json.dumps(few)), body_of(many), body_of(metadata)]
    answers = [client.send_bytes(body.replace(b'"step"', b'"agent_start"')) for body in bodies]
    assert [answer.json["inserted"] for answer in answers] == [1, 1, 1]
    assert ["warnings" in answer.json for answer in answers] == [False, True, True]
    found = [data_of(client, body) for body in bodies]
    text = {"cost": 1, "list": ["1e308"] * MANY}
    assert found == [few, text, {"metadata": text}]
    assert client.run(run_of(bodies[2]))["metadata"] == text
    printed = conn.execute("SELECT max(octet_length(data::text)) AS bytes FROM events").fetchone()
    assert printed
    assert printed["bytes"] < 20 * MANY


def test_a_span_keeps_its_long_numbers_as_text_too(client: Client) -> None:
    trace = new_trace()
    sent = span(trace, attributes={"list": [1e308] * MANY})
    for is_json in (False, True):
        body = as_json(request(sent)) if is_json else request(sent).SerializeToString()
        batch = parsed(body, is_json)
        assert (batch.rejected, batch.repaired) == (0, {"numbers_as_text": 1})
        assert orjson.loads(batch.rows[0].data)["attributes"]["list"] == ["1e+308"] * MANY
    warning = send(client, sent).partial_success
    assert (warning.rejected_spans, REPAIRED in warning.error_message) == (0, True)
    few = send(client, span(trace, attributes={"list": [1e308, 1e-300]}))
    assert not few.HasField("partial_success")


def run_of(body: bytes) -> str:
    """The run of a batch of one event."""
    return str(orjson.loads(body)["events"][0]["run_id"])


def data_of(client: Client, body: bytes) -> Any:
    """The stored `data` of a batch of one event."""
    [found] = client.ok(f"/api/runs/{run_of(body)}/timeline")["events"]
    return found["data"]
