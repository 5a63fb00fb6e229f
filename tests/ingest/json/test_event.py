"""One event: what is refused, with which field and code, and what counts as absent."""

import json
import math
from datetime import datetime
from typing import Any

import pytest

from service.ingest.json.batch import BadBatch, Batch, parse_batch
from service.ingest.rows import EventRow
from tests.events import Event, event, new_id

MEGABYTE = 1024 * 1024


def parse(*events: Any, max_event_bytes: int = MEGABYTE) -> Batch:
    """Parse a batch of these events."""
    return parse_batch(json.dumps({"events": events}).encode(), 10_000, max_event_bytes)


def error_of(sent: Event) -> tuple[str | None, str]:
    """The (field, code) that an event is refused with."""
    batch = parse(sent)
    assert batch.rows == []
    [error] = batch.errors
    return error["field"], error["code"]


def row_of(sent: Event) -> EventRow:
    """The row of a good event."""
    batch = parse(sent)
    assert (batch.errors, batch.warnings) == ([], [])
    return batch.rows[0]


def repaired(sent: Event, **limits: int) -> tuple[EventRow, tuple[str | None, str]]:
    """The row of an event that is stored repaired, and the (field, code) of its warning."""
    batch = parse(sent, **limits)
    assert batch.errors == []
    [row], [warning] = batch.rows, batch.warnings
    assert (warning["index"], warning["event_id"]) == (0, row.event_id)
    assert batch.repaired == {warning["code"]: 1}
    return row, (warning["field"], warning["code"])


def nested(levels: int) -> Any:
    """Objects inside one another."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("name", ["run_id", "agent_name", "event_type", "timestamp"])
def test_required_fields(name: str) -> None:
    sent = event(new_id())
    del sent[name]
    assert error_of(sent) == (name, "missing")
    assert error_of({**sent, name: None}) == (name, "missing")


NO_IDS = pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        1,
        [],
        "8552f8ec-923d-432c-9bc4-802c9207853",
        {},
        "+552f8ec-923d-432c-9bc4-802c92078534",
        "8552f8ec_923d_432c_9bc4_802c92078534",
    ],
)


@NO_IDS
@pytest.mark.parametrize("name", ["run_id", "event_id"])
def test_ids_are_uuids(name: str, value: object) -> None:
    assert error_of(event(new_id()) | {name: value}) == (name, "invalid_uuid")


@NO_IDS
@pytest.mark.parametrize("name", ["parent_event_id", "previous_event_id"])
def test_an_event_is_stored_without_a_link_that_is_none(name: str, value: object) -> None:
    row, warning = repaired(event(new_id()) | {name: value})
    assert (getattr(row, name), warning) == (None, (name, "invalid_uuid"))


NO_NAMES = pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "empty"),
        ("x" * 256, "too_long"),
        ("a\nb", "control_character"),
        ("a\x7f", "control_character"),
        ("a\x00b", "nul_character"),
        (".", "dot_segment"),
        ("..", "dot_segment"),
        (7, "wrong_type"),
        (["a"], "wrong_type"),
    ],
)


@NO_NAMES
def test_names(value: object, code: str) -> None:
    assert error_of(event(new_id()) | {"agent_name": value}) == ("agent_name", code)


@NO_NAMES
def test_a_run_name_is_shortened_and_not_refused(value: object, code: str) -> None:
    row, warning = repaired(event(new_id()) | {"run_name": value})
    assert warning == ("run_name", code)
    names = {"x" * 256: "x" * 254 + "…", "a\nb": "a b", "a\x7f": "a", "a\x00b": "a b"}
    assert row.run_name == (names.get(value) if isinstance(value, str) else None)


@pytest.mark.parametrize(("name", "limit"), [("agent_name", 255), ("event_type", 50)])
def test_the_longest_names_and_one_character_more(name: str, limit: int) -> None:
    for letter in "x🦊":
        assert getattr(row_of(event(new_id()) | {name: letter * limit}), name) == letter * limit
        assert error_of(event(new_id()) | {name: letter * (limit + 1)}) == (name, "too_long")


@pytest.mark.parametrize("name", ["model", "environment"])
def test_a_name_in_data_that_is_too_long_counts_as_absent(name: str) -> None:
    for letter in "x🦊":
        assert getattr(row_of(event(new_id(), data={name: letter * 255})), name) == letter * 255
        assert getattr(row_of(event(new_id(), data={name: letter * 256})), name) is None


@pytest.mark.parametrize(
    ("name", "column", "limit", "stored"),
    [
        ("tokens_in", "tokens_in", 2**40, 2**40),
        ("tokens_out", "tokens_out", 2**40, 2**40),
        ("cost", "cost", 1e9, "1000000000.0"),
        ("latency_ms", "latency_us", 1e12, 10**15),
        ("duration_ms", "latency_us", 1e12, 10**15),
    ],
)
def test_the_largest_numbers_and_the_next(
    name: str, column: str, limit: float, stored: object
) -> None:
    beyond = limit + 1 if isinstance(limit, int) else math.nextafter(limit, math.inf)
    assert getattr(row_of(event(new_id(), data={name: limit})), column) == stored
    assert getattr(row_of(event(new_id(), data={name: beyond})), column) is None


@pytest.mark.parametrize(
    "value",
    [
        "infinity",
        "-infinity",
        "now",
        "today",
        "",
        "10000-01-01T00:00:00",
        "2026-02-30T00:00:00",
        "2026-01-01T00:00:60",
        "2026-11-22T24:00:01Z",
        "2026-11-22T24:01",
        "2199-12-31T24:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+05:00",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        1700000000,
        True,
        {},
    ],
)
def test_timestamps_that_are_none(value: object) -> None:
    assert error_of(event(new_id()) | {"timestamp": value}) == ("timestamp", "invalid_timestamp")


@pytest.mark.parametrize(
    "value",
    ["1970-01-01T00:00:00Z", "1969-12-31T23:00:00-01:00", "2199-12-31T23:59:59.999999Z"],
)
def test_the_first_and_the_last_moment(value: str) -> None:
    moment = row_of(event(new_id(), timestamp=value)).timestamp
    assert moment == datetime.fromisoformat(value)


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_data_is_an_object(value: object) -> None:
    row, warning = repaired(event(new_id(), data=value))
    assert warning == ("data", "wrong_type")
    assert json.loads(row.data) == {"value": value}


def test_data_that_is_absent_or_null_is_empty() -> None:
    sent = event(new_id())
    assert row_of({**sent, "data": None}).data == b"{}"
    del sent["data"]
    assert row_of(sent).data == b"{}"


@pytest.mark.parametrize("text", ["\x00", "x\x00\x00", "\\\x00", "\\\\u0000\x00"])
def test_nul_characters_anywhere_are_replaced(text: str) -> None:
    for data in ({"a": text}, {text: 1}, {"a": [{"b": text}]}):
        row, warning = repaired(event(new_id(), data=data))
        assert warning == ("data", "nul_character")
        stored = json.dumps(data).replace(
            json.dumps(text), json.dumps(text.replace("\0", "\ufffd"))
        )
        assert json.loads(row.data) == json.loads(stored)


def test_text_about_nul_characters_is_text() -> None:
    assert json.loads(row_of(event(new_id(), data={"a": "\\u0000"})).data) == {"a": "\\u0000"}


def test_nesting_up_to_64_levels() -> None:
    assert json.loads(row_of(event(new_id(), data=nested(64))).data) == nested(64)
    row, warning = repaired(event(new_id(), data={"cost": 1, **nested(65)}))
    assert (warning, row.cost) == (("data", "too_deep"), "1")
    assert row.data.count(b"{") == 64
    assert b"nested deeper than 64 levels, cut" in row.data
    wide: Event = {"a": [{} for _ in range(200)]}
    assert json.loads(row_of(event(new_id(), data=wide)).data) == wide


@pytest.mark.parametrize("levels", [250, 255, 500, 990, 1_000, 1_010, 1_021, 1_024, 2_000, 100_000])
def test_nesting_that_no_parser_takes_is_cut(levels: int) -> None:
    run = new_id()
    deep = '{"a":' * levels + "1" + "}" * levels
    body = json.dumps({"events": [event(run), event(run, data="HERE"), event(run)]})
    batch = parse_batch(body.replace('"HERE"', deep).encode(), 10, MEGABYTE)
    assert (len(batch.rows), batch.errors) == (3, [])
    assert [(error["index"], error["code"]) for error in batch.warnings] == [(1, "too_deep")]


def test_up_to_100_000_lists_and_objects() -> None:
    unit: list[Any] = [[], {}]
    for name in (new_id(), new_id().upper()):  # as it came, and written anew
        sent = {**event(new_id()), "event_id": name}
        batch = parse(
            {**sent, "data": {"a": unit * 49_999}}, {**sent, "data": {"a": unit * 50_000}}
        )
        assert (len(batch.rows), batch.warnings[0]["code"]) == (2, "too_many_values")
        sent_bytes = len(json.dumps({"a": unit * 50_000}))
        assert json.loads(batch.rows[1].data) == {"cut": f"{sent_bytes} bytes"}
    text = json.dumps(unit * 100_000)
    assert not parse({**event(new_id()), "data": {"a": text}}).failed


def test_an_event_at_the_size_limit_and_one_over_it() -> None:
    text = "x" * (MEGABYTE - len('{"a":""}'))
    assert len(row_of(event(new_id(), data={"a": text})).data) == MEGABYTE
    row, warning = repaired(event(new_id(), data={"a": text + "x", "tokens_in": 5}))
    assert (warning, row.tokens_in) == (("data", "event_too_large"), 5)
    assert json.loads(row.data)["a"] == "x" * 64 + f"… [{len(text) - 63} characters of base64 cut]"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5_000])
def test_numbers_that_are_none_are_text(number: str) -> None:
    run = new_id()
    body = json.dumps({"events": [event(run), event(run, data={"x": "HERE"}), event(run)]})
    batch = parse_batch(body.replace('"HERE"', number).encode(), 10, MEGABYTE)
    assert (len(batch.rows), batch.errors) == (3, [])
    assert [(error["index"], error["code"]) for error in batch.warnings] == [(1, "invalid_number")]
    assert json.loads(batch.rows[1].data) == {"x": number}


def test_what_looks_like_structure_inside_text_is_text() -> None:
    run = new_id()
    tricky = {"a": '"events": [{"x": "]}', "b": "\\", "c": '\\"', "d": "\ud83d"}
    sent = [event(run, data={**tricky, "d": "ok"}), event(run, data=tricky), event(run)]
    batch = parse(*sent)
    assert [(error["index"], error["code"]) for error in batch.warnings] == [(1, "invalid_text")]
    assert json.loads(batch.rows[0].data) == {**tricky, "d": "ok"}
    assert json.loads(batch.rows[1].data) == {**tricky, "d": "\ufffd"}


def test_the_last_of_equal_keys_wins() -> None:
    body = json.dumps({"events": [event(new_id())]}).replace('"data": {}', '"data": {"a":1,"a":2}')
    data = parse_batch(body.encode(), 10, MEGABYTE).rows[0].data
    assert json.loads(data) == {"a": 2}  # as jsonb reads it as well


def test_known_keys_become_typed_columns() -> None:
    row = row_of(
        event(
            new_id(),
            "llm_call",
            data={
                "model": "m",
                "tokens_in": 3,
                "tokens_out": 4.0,
                "cost": 1e-07,
                "latency_ms": 0.0057,
            },
        )
    )
    assert (row.model, row.tokens_in, row.tokens_out) == ("m", 3, 4)
    assert (row.cost, row.cost_source, row.latency_us) == ("1e-07", "client", 6)


def test_numbers_may_be_text() -> None:
    data = {"tokens_in": "12", "tokens_out": "7.0", "cost": "0.250", "latency_ms": "1.5"}
    row = row_of(event(new_id(), data=data))
    assert (row.tokens_in, row.tokens_out, row.cost, row.latency_us) == (12, 7, "0.250", 1_500)
    assert json.loads(row.data) == data


@pytest.mark.parametrize(
    ("text", "number"), [(" 12 ", 12), ("+5", 5), (".5e1", 5), ("5.", 5), ("", None), (".", None)]
)
def test_a_number_as_text_may_have_blanks_and_no_leading_digit(
    text: str, number: int | None
) -> None:
    row = row_of(event(new_id(), data={"tokens_in": text, "cost": text}))
    assert row.tokens_in == number
    assert (row.cost and float(row.cost)) == number


def test_reasoning_tokens_that_were_counted_beside_the_output_are_added() -> None:
    def tokens_out(**data: object) -> int | None:
        return row_of(event(new_id(), data=data)).tokens_out

    assert tokens_out(tokens_out=50, reasoning_tokens=20) == 50
    assert tokens_out(tokens_out=20, reasoning_tokens="500") == 520
    assert tokens_out(tokens_out=20, reasoning_tokens=None) == 20


def test_data_that_is_a_json_text_is_the_object_in_it() -> None:
    for text in ('{"tokens_in": 5}', ' {"tokens_in": 5}'):
        row, warning = repaired(event(new_id(), data=text))
        assert (row.tokens_in, warning) == (5, ("data", "wrong_type"))
    assert json.loads(repaired(event(new_id(), data="{no"))[0].data) == {"value": "{no"}


def test_cached_tokens_that_were_counted_beside_the_input_are_added() -> None:
    def tokens_in(**data: object) -> int | None:
        return row_of(event(new_id(), data=data)).tokens_in

    assert tokens_in(tokens_in=10, cache_read_tokens=7, cache_write_tokens=3) == 10
    assert tokens_in(tokens_in=10, cached_tokens=90) == 100
    assert tokens_in(tokens_in=10, cache_read_tokens=7, cache_write_tokens="4") == 21
    assert tokens_in(cache_read_tokens=5) == 5
    assert tokens_in(tokens_in=10, cache_read_tokens=True) == 10


@pytest.mark.parametrize(
    "nothing", [None, False, 0, 0.0, "", {}, [], "false", "None", " {} ", "[]", "0", "undefined"]
)
def test_what_says_nothing_is_no_error(nothing: object) -> None:
    for data in ({"error": nothing}, {"output": {"error": nothing}}, {"status": nothing}):
        assert row_of(event(new_id(), data=data)).is_error is False


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        *[
            (word, True)
            for word in ("error", "ERROR", "Failed", "failure", "Exception", " error\n")
        ],
        *[(word, False) for word in ("ok", "success", "COMPLETED", "errors", "", 1, True)],
    ],
)
def test_a_status_is_read_in_any_case(status: object, failed: bool) -> None:
    assert row_of(event(new_id(), data={"status": status})).is_error is failed


@pytest.mark.parametrize("value", [True, "x", "-1", "1.5", -1, [], {}, 2**41, 1.5])
def test_tokens_that_are_none_count_as_absent(value: object) -> None:
    assert row_of(event(new_id(), data={"tokens_in": value})).tokens_in is None


@pytest.mark.parametrize("value", [True, "abc", -0.01, 1.1e9, [], 2**70])
def test_costs_that_are_none_count_as_absent(value: object) -> None:
    row = row_of(event(new_id(), data={"cost": value}))
    assert (row.cost, row.cost_source) == (None, None)


@pytest.mark.parametrize("value", [0, -0.0, 0.0])
def test_zero_counts(value: float) -> None:
    row = row_of(event(new_id(), data={"cost": value, "tokens_in": value, "latency_ms": value}))
    assert (row.cost, row.tokens_in, row.latency_us) == ("0", 0, 0)


def test_data_survives_copy_and_jsonb_escapes() -> None:
    data = {"a": 'tab\t newline\n backslash\\ quote" \\N \\. \x07'}
    row = row_of(event(new_id(), data=data))
    assert b"\t" not in row.data
    assert b"\n" not in row.data
    assert row.copy_columns().count(b"\n") == 1


def test_a_text_that_never_ends_is_refused_at_once() -> None:
    body = (
        b'{"events":["' + b'\\"' * 500_000
    )  # looked for to the end from each quote, it took hours
    with pytest.raises(BadBatch, match="truncated"):
        parse_batch(body, 10, MEGABYTE)


NO_ERRORS: list[Any] = [None, False, "", " ", {}, [], 0, 0.0, "null", "None"]
ERRORS: list[Any] = ["boom", {"type": "E"}, ["E"], 1, True]
STATUSES = ["error", "ERROR", "Failed", "failure", "exception"]
OTHER_STATUSES: list[Any] = ["ok", "success", "completed", "", None, 1, {}]


@pytest.mark.parametrize(
    ("data", "failed"),
    [
        *[({"error": said}, False) for said in NO_ERRORS],
        *[({"output": {"error": said}}, False) for said in NO_ERRORS],
        *[({"error": said}, True) for said in ERRORS],
        *[({"output": {"error": said}}, True) for said in ERRORS],
        *[({"status": status}, True) for status in STATUSES],
        *[({"status": status}, False) for status in OTHER_STATUSES],
    ],
)
def test_an_error_is_something_that_says_what_went_wrong(
    data: dict[str, Any], failed: bool
) -> None:
    assert row_of(event(new_id(), data=data)).is_error is failed


def test_figures_of_data_with_too_many_values_are_kept_where_they_can_be() -> None:
    many = ", ".join(["[]"] * 100_001)
    figures = (
        '"tokens_in": 5, "cost": 1e400, "model": "a\\u0000b", "latency_ms": {}, "status": "error"'
    )
    body = json.dumps({"events": [event(new_id(), data="HERE")]})
    sent = body.replace('"HERE"', f'{{{figures}, "a": [{many}]}}').encode()
    [row] = parse_batch(sent, 10, MEGABYTE).rows
    assert (row.tokens_in, row.cost, row.is_error) == (5, None, True)
    kept = json.loads(row.data)
    assert (kept["model"], kept["tokens_in"], "cost" in kept) == ("a\ufffdb", 5, False)
    assert kept["cut"].endswith(" bytes")


def test_the_middle_of_a_long_history_is_cut_before_texts_are() -> None:
    def message(number: int) -> dict[str, str]:
        return {"role": "user", "content": f"{number} " + "well, " * 40}

    sent = [message(number) for number in range(5_000)]
    row, warning = repaired(event(new_id(), data={"input": sent, "cost": 1}))
    assert (warning, row.cost) == (("data", "event_too_large"), "1")
    kept = json.loads(row.data)["input"]
    assert kept == [sent[0], "… [4995 messages cut]", *sent[-4:]]
