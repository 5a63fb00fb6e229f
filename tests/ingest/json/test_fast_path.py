"""The usual way to read a body agrees with the careful one, whatever comes."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from service.ingest.json.batch import parse_carefully
from service.ingest.json.event import MAX_DEPTH
from service.ingest.json.fast_path import NotFastPath, read_usual
from service.ingest.rows import EventRow
from tests.events import event, new_id

MEGABYTE = 1024 * 1024
MUTATIONS = 4_000
# What is put somewhere into a good body, in place of none or some of its bytes.
SPLINTERS = [
    *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b" ", b"\n", b"\t", b"\r", b"\xff", b"\x00"),
    *(b"\xc3\xa9", b"\\ud800", b"\\ud83d\\ude00", b"\\u0000", b"\\\\u0000", b"\x7f", b"\xc2\x85"),
    *(
        b"1e400",
        b"-0",
        b"1e-400",
        b"12345678901234567890123",
        b"NaN",
        b"null",
        b"true",
        b"0",
        b".5",
    ),
    *(b'"error":1,', b'"output":{"error":null},', b'"output":[{"error":1}],', b'"status":"error",'),
    *(
        b'"metadata":{"a":1.50,"b":99999999999999999999},',
        b'"metadata":[],',
        b'"environment":"a\\tb",',
    ),
    *(
        b'"model":"",',
        b'"cost":true,',
        b'"cost":-1,',
        b'"cost":"1",',
        b'"tokens_in":2.0,',
        b'"a":1,',
    ),
    *(
        b'"parent_run_id":"x",',
        b'"run_name":"",',
        b'"run_name":"temp_",',
        b'"data":{},',
        b'"events":[],',
    ),
]


def usual_rows(body: bytes) -> list[EventRow] | None:
    """The rows of a body as the usual way reads them; None where it leaves it to the other."""
    try:
        return read_usual(body, 10_000, MEGABYTE, MAX_DEPTH)
    except NotFastPath:
        return None


def normal(row: EventRow) -> dict[str, Any]:
    """A row to compare: `data` as JSON means it, not as it is written."""
    return asdict(row) | {"data": json.loads(row.data)}


def body_of(*events: Any) -> bytes:
    return json.dumps({"events": events}).encode()


def rich_event(**data: Any) -> dict[str, Any]:
    """An event with every field that is read."""
    known = {
        "model": "m", "tokens_in": 3, "tokens_out": 4, "cost": 0.25, "latency_ms": 1.5,
        "environment": "test", "metadata": {"a": 1}, "output": {"text": "é"}, "status": "ok",
    }  # fmt: skip
    return event(
        new_id(), "agent_start", run_name="a run", previous_event_id=new_id(), data=known | data
    )


def mutated(rng: random.Random) -> Iterator[bytes]:
    """Good bodies, each damaged in one or two places."""
    for _ in range(MUTATIONS):
        body = body_of(rich_event(), event(new_id(), data={"latency_ms": 7}))
        for _ in range(rng.choice((1, 1, 2))):
            places = [at for at, byte in enumerate(body) if byte in b'{,:"'] + [len(body)] * 2
            at = rng.choice(places) + rng.randint(0, 1)
            body = body[:at] + rng.choice(SPLINTERS) + body[at + rng.choice((0, 0, 1, 3)) :]
        yield body


def test_what_the_usual_way_accepts_the_careful_way_reads_the_same() -> None:
    accepted = 0
    for body in mutated(random.Random(20261124)):
        rows = usual_rows(body)
        if rows is None:
            continue
        accepted += 1
        careful = parse_carefully(body, 10_000, MEGABYTE)
        assert careful.errors == [], body
        assert [normal(row) for row in rows] == [normal(row) for row in careful.rows], body
        assert not any(byte in row.data for row in rows for byte in b"\t\n\r\x00"), body
    assert accepted > MUTATIONS / 20


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": 'a "quoted" \\ back\\slash \n newline é 😀'},
        {"output": "text"},
        {"output": [1, {"error": "not here"}]},
        {"cost": "abc", "tokens_in": None, "latency_ms": [], "duration_ms": 2},
        {"error": {"type": "ValueError"}},
        {"big": 1e308, "exact": 12345678901234567890123},
    ],
)
def test_data_of_every_kind_is_usual(data: Any) -> None:
    sent = body_of(rich_event(**data) if data else event(new_id()))
    if "exact" in data:
        sent = sent.replace(b'"metadata": {"a": 1}', b'"other": 1')
    rows = usual_rows(sent)
    assert rows is not None
    [careful] = parse_carefully(sent, 10_000, MEGABYTE).rows
    assert [normal(row) for row in rows] == [normal(careful)]


@pytest.mark.parametrize(
    "splinter",
    [
        *(b'"t":"\\u0000"', b'"t":"\\ud800"', b'"n":1e400', b'"n":NaN', b'"t":"\xff"'),
        # jsonb has 16,383 places; to a parser of floats all of these are 0 or 1
        *(b'"n":1e-20000', b'"n":0E+99999', b'"n":1E-9999999999', b'"n":0.' + b"0" * 17_000 + b"1"),
    ],
)
def test_what_postgresql_or_a_reader_cannot_take_is_left_to_the_careful_way(
    splinter: bytes,
) -> None:
    body = body_of(event(new_id(), data={"x": 1})).replace(b'"x": 1', splinter)
    assert usual_rows(body) is None


@pytest.mark.parametrize("indent", [1, "\t"])
def test_a_pretty_printed_body_is_left_to_the_careful_way(indent: Any) -> None:
    body = json.dumps({"events": [event(new_id(), data={"a": 1})]}, indent=indent).encode()
    assert usual_rows(body) is None
    [row] = parse_carefully(body, 10_000, MEGABYTE).rows
    assert row.data == b'{"a":1}'


@pytest.mark.parametrize("number", ["1e400", "1e5000", "1" * 400, "1" * 4_301])
@pytest.mark.parametrize("place", ["event", "body"])
def test_a_number_beyond_all_floats_is_ignored_where_its_key_is(number: str, place: str) -> None:
    text = body_of(rich_event()).decode()
    end = {"event": text.index("}]}"), "body": len(text) - 1}[place]
    body = f'{text[:end]}, "other": {number}{text[end:]}'.encode()
    [usual] = usual_rows(body) or []
    careful = parse_carefully(body, 10, MEGABYTE)
    assert (careful.errors, [normal(row) for row in careful.rows]) == ([], [normal(usual)])
