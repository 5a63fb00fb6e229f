"""Bodies as they come, damaged or not, against the standard library's reading of them."""

import json
import random
import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import pytest
from msgspec import structs

from service.ingest.json.batch import BadBatch, Batch, parse_batch
from service.ingest.rows import EventRow
from tests.events import event, new_id

MEGABYTE = 1024 * 1024
MUTATIONS = 4_000
# It is taken for a number, which no event may hold, and which is ignored elsewhere.
BESIDE_DIGIT = re.compile(rb"[-\d.](NaN|Infinity)|(NaN|Infinity)[\d.eE]").search
# It costs its event alone, as half of a surrogate pair does where nothing can be repaired.
BROKEN_ESCAPE = re.compile(rb"\\u(?![0-9a-fA-F]{4})").search
BEYOND = "beyond all floats: "
WRITTEN_BEYOND = re.compile(f'"{BEYOND}([^"]*)"')
TOO_LARGE = {"event_too_large"}
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


def read(body: bytes) -> Batch | None:
    """The batch of a body; None where it is none."""
    try:
        return parse_batch(body, 10_000, MEGABYTE)
    except BadBatch:
        return None


def normal(row: EventRow) -> dict[str, Any]:
    """A row to compare: JSON as it is meant, not as it is written."""
    metadata = row.metadata and json.loads(row.metadata)
    return structs.asdict(row) | {"data": json.loads(row.data), "metadata": metadata}


def within(number: str) -> float | str:
    """A number; BEYOND and its text for one that Python has not, and that is no Infinity either."""
    if number.lstrip("-").isdigit():
        return int(number) if len(number) <= 4_300 else BEYOND + number
    return float(number) if isfinite(float(number)) else BEYOND + number


def check_reading(
    body: bytes, batch: Batch | None, read: Callable[[bytes], Batch | None] = read
) -> None:
    """Hold a reading of a body to that of the standard library, event by event.

    What the standard library reads and writes again gives the same row, or the same error, and
    where something is repaired the same figures and warnings.
    """
    try:
        text = body.decode(errors="replace")
        document = json.loads(text, parse_float=within, parse_int=within)
        has_repeated_keys = repeated(text)
    except ValueError:
        assert batch is None or BESIDE_DIGIT(body) or BROKEN_ESCAPE(body), body
        return
    except RecursionError:
        return
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list) or not events:
        assert batch is None, body
        return
    assert batch is not None, body
    assert len(events) == len(batch.rows) + batch.failed
    rows = iter(batch.rows)
    errors = {error["index"]: error for error in batch.errors}
    is_utf8 = text.encode() == body
    for index, sent in enumerate(events):
        written = WRITTEN_BEYOND.sub(r"\1", json.dumps({"events": [sent]}))
        alone = read(written.encode())
        assert alone is not None, sent
        if index in errors:
            [error] = alone.errors
            assert error == errors[index] | {"index": 0}, sent
            continue
        found = normal(next(rows))
        [row] = map(normal, alone.rows)
        assert (found.pop("tie"), row.pop("tie")) == (index, 0), sent
        codes = {w["code"] for w in batch.warnings if w["index"] == index}
        codes_alone = {w["code"] for w in alone.warnings}
        if codes or codes_alone == TOO_LARGE:  # written again, data may have another size
            # Of keys that are there twice the standard library keeps the last alone.
            assert codes ^ codes_alone <= TOO_LARGE or not is_utf8 or has_repeated_keys
            assert without_content(found) == without_content(row), sent
            continue
        if sent.get("event_id") is None:  # made of the events before it, too
            del found["event_id"], row["event_id"]
        assert found == row, sent
        assert found["data"] == (sent.get("data") or {}), sent


def repeated(text: str) -> bool:
    """Whether any object has a key twice."""
    found: list[bool] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique = dict(pairs)
        found.append(len(unique) < len(pairs))
        return unique

    json.loads(text, object_pairs_hook=note, parse_int=within)
    return any(found)


def without_content(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of a row; its id may be made of its content."""
    return {key: row[key] for key in row if key not in ("data", "metadata", "event_id")}


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


def test_a_damaged_body_is_read_as_the_standard_library_reads_it() -> None:
    good = 0
    for body in mutated(random.Random(20261124)):
        batch = read(body)
        check_reading(body, batch)
        for row in batch.rows if batch else []:
            good += 1
            assert not any(byte in row.data for byte in b"\t\n\r\x00"), body
    assert good > MUTATIONS / 4


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": 'a "quoted" \\ back\\slash \n newline é 😀'},
        {"output": "text"},
        {"output": [1, {"error": "not here"}]},
        {"cost": "abc", "tokens_in": None, "latency_ms": [], "duration_ms": 2},
        {"error": {"type": "ValueError"}},
        {"big": 1e308, "exact": 12345678901234567890123, "cost": 10**400},
    ],
)
def test_data_is_stored_as_it_came(data: Any) -> None:
    body = body_of(rich_event(**data) if data else event(new_id()))
    batch = read(body)
    check_reading(body, batch)
    assert batch is not None
    [row] = batch.rows
    assert row.data in body


@pytest.mark.parametrize(
    "number", ["1e-20000", "0E+99999", "1E-9999999999", "0." + "0" * 17_000 + "1"]
)
def test_a_number_with_more_places_than_jsonb_has_is_written_as_a_float(number: str) -> None:
    body = body_of(event(new_id(), data={"n": 1})).replace(b'"n": 1', f'"n": {number}'.encode())
    batch = read(body)
    check_reading(body, batch)
    assert batch is not None
    assert len(batch.rows[0].data) < 20


@pytest.mark.parametrize("number", ["1e400", "-1.50E+999", "1" * 4_301])
@pytest.mark.parametrize("name", ["environment", "model", "session_id"])
def test_a_number_beyond_all_floats_is_the_text_that_it_was_sent_as(name: str, number: str) -> None:
    body = body_of(event(new_id(), data={name: 0})).replace(b": 0}", f": {number}}}".encode())
    batch = read(body)
    check_reading(body, batch)
    assert batch is not None
    assert json.loads(batch.rows[0].data) == {name: number}


@pytest.mark.parametrize("indent", [1, "\t"])
def test_a_pretty_printed_body_is_stored_compact(indent: Any) -> None:
    body = json.dumps({"events": [event(new_id(), data={"a": 1})]}, indent=indent).encode()
    assert parse_batch(body, 10_000, MEGABYTE).rows[0].data == b'{"a":1}'


@pytest.mark.parametrize("number", ["1e400", "1e5000", "1" * 400, "1" * 4_301])
@pytest.mark.parametrize("place", ["event", "body"])
def test_a_number_beyond_all_floats_is_ignored_where_its_key_is(number: str, place: str) -> None:
    text = body_of(rich_event()).decode()
    end = {"event": text.index("}]}"), "body": len(text) - 1}[place]
    body = f'{text[:end]}, "other": {number}{text[end:]}'.encode()
    batch, without = (parse_batch(sent, 10, MEGABYTE) for sent in (body, text.encode()))
    assert (batch.errors, list(map(normal, batch.rows))) == ([], list(map(normal, without.rows)))


@pytest.mark.parametrize(("run", "length"), [(1, 51), (200, 250)])
def test_a_name_is_measured_as_it_would_be_stored_after_a_repair(run: int, length: int) -> None:
    body = body_of(event(new_id(), "x" * 50 + "here")).replace(b"here", b"\xff" * run)
    batch = read(body)
    check_reading(body, batch)
    assert batch is not None
    [error] = batch.errors
    assert f"has {length} characters" in error["message"]


@pytest.mark.parametrize("number", ["NaN", "-Infinity"])
def test_very_many_numbers_that_json_cannot_hold_reject_no_event(number: str) -> None:
    embedding = f"[{','.join([number] * 30_000)}]"
    body = body_of(event(new_id(), data={"tokens_in": 5}), event(new_id(), data={"x": "many"}))
    batch = parse_batch(body.replace(b'"many"', embedding.encode()), 10, MEGABYTE)
    assert batch.errors == []
    assert [warning["code"] for warning in batch.warnings] == ["invalid_number"]
    assert [row.tokens_in for row in batch.rows] == [5, None]
    assert json.loads(batch.rows[1].data) == {"x": [number] * 30_000}
