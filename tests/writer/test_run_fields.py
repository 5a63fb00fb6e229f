"""Session, user, tags, version and first error of a run, whatever the order of its events."""

import json
import os
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.queries import Connection, queries
from service.ingest import error_text
from service.ingest.run_fields import MAX_TAG, MAX_TAGS, MAX_TEXT
from service.metrics.verify import verify
from service.writer import run_statements
from tests.client import Client
from tests.events import Event, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, post, request, run_of, send, span

FIELDS = ("session_id", "user_id", "tags", "version", "first_error")
AGAIN = """
SELECT r.field_sources, f.sources
  FROM runs AS r JOIN run_fields AS f USING (run_id)
 WHERE r.field_sources <> f.sources
"""


def fields_of(client: Client, run: str) -> dict[str, Any]:
    """The fields of a run as GET /runs/{id} has them."""
    found = client.run(run)
    return {name: found[name] for name in FIELDS}


def events_of_one_run(run: str) -> list[Event]:
    """A run in which each field is from another event."""
    root = event(run, "agent_start", 3, data={"session_id": "root's", "error": None})
    return [
        event(run, seconds=2, data={"session_id": "early", "user_id": "later", "version": "2"}),
        event(run, seconds=1, data={"user_id": "u", "tags": ["a", "b"]}),
        root,
        event(run, seconds=5, data={"error": {"type": "E", "message": "first"}, "tags": ["c"]}),
        event(run, seconds=6, data={"error": "second", "user_id": "last"}),
    ]


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_each_field_in_any_order(client: Client, conn: Connection, order: tuple[int, ...]) -> None:
    run = new_id()
    events = events_of_one_run(run)
    for place in order:
        client.send(events[place])
    assert fields_of(client, run) == {
        "session_id": "root's",
        "user_id": "u",
        "tags": ["a", "b"],
        "version": "2",
        "first_error": {"type": "E", "text": "first"},
    }
    assert conn.execute(AGAIN).fetchall() == []


def test_a_run_whose_events_say_nothing_has_none(client: Client) -> None:
    run = new_id()
    client.send(event(run, data={"session_id": "", "user_id": None, "tags": [], "version": {}}))
    nothing: dict[str, Any] = {"session_id": None, "user_id": None, "tags": [], "version": None}
    assert fields_of(client, run) == nothing | {"first_error": None}


def test_what_was_the_roots_goes_when_its_parent_comes(client: Client, conn: Connection) -> None:
    run, parent = new_id(), new_id()
    client.send(
        event(run, seconds=1, data={"session_id": "early"}),
        event(run, "agent_start", 2, parent_event_id=parent, data={"session_id": "root's"}),
    )
    assert client.run(run)["session_id"] == "root's"
    client.send(event(run, "step", 3, event_id=parent, data={"version": "1"}))
    assert client.run(run)["session_id"] == "early"
    assert client.run(run)["version"] == "1"
    assert conn.execute(AGAIN).fetchall() == []


def test_an_earlier_root_takes_the_place_of_a_later_one(client: Client, conn: Connection) -> None:
    run = new_id()
    client.send(
        event(run, "agent_start", 5, data={"session_id": "later", "user_id": "u"}),
        event(run, "step", 6, data={"version": "1"}),
    )
    client.send(event(run, "agent_start", 4, agent_name="first", data={"session_id": "first"}))
    assert client.run(run)["agent_name"] == "first"
    assert fields_of(client, run)["session_id"] == "first"
    assert fields_of(client, run)["user_id"] == "u"
    assert conn.execute(AGAIN).fetchall() == []


def test_long_values_are_cut_with_a_warning(client: Client, conn: Connection) -> None:
    run = new_id()
    long = {
        "session_id": "é" * (MAX_TEXT + 1),
        "tags": ["x" * (MAX_TAG + 1)] * (MAX_TAGS + 1),
        "error": "日" * (error_text.MAX_TEXT + 1),
    }
    answer = client.send(event(run, data=long)).json
    assert answer["inserted"] == 1
    assert {warning["code"] for warning in answer["warnings"]} == {"too_long", "too_many_tags"}
    assert fields_of(client, run) == {
        "session_id": "é" * MAX_TEXT,
        "user_id": None,
        "tags": ["x" * MAX_TAG] * MAX_TAGS,
        "version": None,
        "first_error": {"type": None, "text": "日" * error_text.MAX_TEXT},
    }
    assert conn.execute(AGAIN).fetchall() == []


def test_spans_say_the_same(client: Client, conn: Connection) -> None:
    trace, root = new_trace(), new_span_id()
    inner = span(trace, parent=root, attributes={"user.id": 7, "tag.tags": ["a", "b"]})
    post(client, request(inner, service_version="1.4").SerializeToString())
    run = run_of(trace)
    assert fields_of(client, run)["user_id"] == "7"
    assert fields_of(client, run)["version"] == "1.4"
    said = {"session.id": "s", "user.id": "root's", "gen_ai.agent.version": "9"}
    outer = span(trace, span_id=root, attributes=said)
    post(client, request(outer, service_version="1.4").SerializeToString())
    assert fields_of(client, run) == {
        "session_id": "s",
        "user_id": "root's",
        "tags": ["a", "b"],
        "version": "9",
        "first_error": None,
    }
    assert conn.execute(AGAIN).fetchall() == []


def test_the_error_of_a_span_has_its_type(client: Client, conn: Connection) -> None:
    trace = new_trace()
    failed = span(trace, parent=new_span_id(), error="")
    said = failed.events.add(name="exception")
    for key, value in (("exception.type", "ValueError"), ("exception.message", "no \0 price")):
        said.attributes.add(key=key).value.string_value = value
    send(client, failed)
    found = client.run(run_of(trace))["first_error"]
    assert found == {"type": "ValueError", "text": "no \ufffd price"}
    assert conn.execute(AGAIN).fetchall() == []


@pytest.mark.parametrize(
    ("ended", "session"), [({"session.id": "c"}, "c"), ({"user.id": "u"}, "b"), ({}, "b")]
)
def test_the_ended_version_of_a_span_takes_the_place_of_the_open_one(
    client: Client, conn: Connection, ended: dict[str, Any], session: str
) -> None:
    trace, root, inner = new_trace(), new_span_id(), new_span_id()
    opened = span(trace, span_id=inner, parent=root, attributes={"session.id": "a"})
    opened.end_time_unix_nano = 0
    later = span(trace, parent=root, attributes={"session.id": "b"})
    later.start_time_unix_nano += 1_000_000
    send(client, opened, later)
    assert fields_of(client, run_of(trace))["session_id"] == "a"
    send(client, span(trace, span_id=inner, parent=root, attributes=ended, error="e"))
    found = fields_of(client, run_of(trace))
    assert (found["session_id"], found["user_id"]) == (session, ended.get("user.id"))
    assert found["first_error"] == {"type": None, "text": "e"}
    assert conn.execute(AGAIN).fetchall() == []


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(-1e20, 1e20).map(lambda number: round(number, 3))
    | st.sampled_from(["", " ", "none", "E: said", "x" * 201, "\ud7ff\U0001f600", "a\x01b", "'\\"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "message", "error"]), inner, max_size=2)
    ),
    max_leaves=4,
)
NAMES = ["session_id", "user_id", "tags", "version", "error", "error_type", "output", "status"]
datas = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sent=st.lists(datas, min_size=1, max_size=12))
def test_sql_reads_of_stored_events_what_ingest_read(
    client: Client, conn: Connection, database_url: str, sent: list[dict[str, Any]]
) -> None:
    answer = client.send(*[event(new_id(), data=data) for data in sent]).json
    assert answer["inserted"] == len(sent), json.dumps(answer)
    assert conn.execute(AGAIN).fetchall() == []
    assert verify(database_url) == []


def test_another_root_counts_again_only_where_a_field_was_the_roots(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[list[str]] = []
    recount = queries.runs.recount_fields

    def noted(conn: Connection, run_ids: list[str], **limits: str) -> Any:
        again.append(run_ids)
        return recount(conn, run_ids=run_ids, **limits)

    monkeypatch.setattr(queries.runs, "recount_fields", noted)
    run = new_id()
    client.send(event(run, "agent_start", 5), event(run, seconds=6, data={"session_id": "early"}))
    client.send(event(run, "agent_start", 4))
    client.send(event(run, "agent_start", 3, data={"session_id": "root's"}))
    assert (fields_of(client, run)["session_id"], again) == ("root's", [])
    client.send(event(run, "agent_start", 2))
    assert (fields_of(client, run)["session_id"], again) == ("root's", [[run]])
    assert conn.execute(AGAIN).fetchall() == []


def test_a_transaction_reads_so_many_events_again_those_of_small_runs_first(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root of 60 bytes has a whole run read again, of each of the runs of a request."""
    monkeypatch.setattr(run_statements, "MOST_EVENTS_IN_ALL", 5)
    runs = {size: new_id() for size in (4, 2, 3)}
    for size, run in runs.items():
        early = [event(run, seconds=1, data={"session_id": "early"}) for _ in range(size - 1)]
        client.send(event(run, "agent_start", 5, data={"session_id": "root's"}), *early)
    client.send(*[event(run, "agent_start", 4) for run in runs.values()])
    found = {size: fields_of(client, run)["session_id"] for size, run in runs.items()}
    assert found == {2: "early", 3: "early", 4: "root's"}
    assert len(conn.execute(AGAIN).fetchall()) == 1  # verify says so, and repairs it


def test_runs_with_much_data_are_not_read_again(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root of 60 bytes had 5,000 events of 1 MB read, four times each."""
    monkeypatch.setattr(run_statements, "MOST_DATA_IN_ALL", 10_000)
    runs = {size: new_id() for size in (10, 20_000)}
    for size, run in runs.items():
        early = event(run, seconds=1, data={"session_id": "early", "a": os.urandom(size).hex()})
        client.send(event(run, "agent_start", 5, data={"session_id": "root's"}), early)
    client.send(*[event(run, "agent_start", 4) for run in runs.values()])
    found = {size: fields_of(client, run)["session_id"] for size, run in runs.items()}
    assert found == {10: "early", 20_000: "root's"}
    assert len(conn.execute(AGAIN).fetchall()) == 1  # verify says so, and repairs it
