"""A call whose figures count elsewhere says where, in each answer that has its data."""

import json
from typing import Any

import orjson
import pytest

from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection
from service.resources.export import events
from service.resources.tail.pages import find_start, next_page
from tests.client import CONNECTIONS, Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span

Found = dict[str, Any]
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
USAGE = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 1}
STORED = (
    "SELECT e.event_id::text, e.repeats::text, e.data ? 'repeats' AS is_in_data FROM events AS e"
)


def nested_calls(client: Client, *, together: bool) -> str:
    """A call within a call, sent with it or before; the run of both."""
    trace, outer = new_trace(), new_span_id()
    spans = [
        span(trace, "inner", parent=outer, attributes=CALL | USAGE),
        span(trace, "outer", span_id=outer, parent=new_span_id(), attributes=CALL | USAGE),
    ]
    for batch in [spans] if together else [[each] for each in spans]:
        send(client, *batch)
    return run_of(trace)


def shown(client: Client, run: str) -> list[list[Found]]:
    """The data of the run's events as each answer has them."""
    timeline = client.ok(f"/api/runs/{run}/timeline")["events"]
    of_run = f"run_id={run}"
    ids = {each["data"]["name"]: each["event_id"] for each in timeline}
    one = [client.ok(f"/api/runs/{run}/events/{event_id}") for event_id in ids.values()]
    children = client.ok(f"/api/events/{ids['outer']}/children?{of_run}")
    tree = client.ok(f"/api/runs/{run}/trace")["execution_tree"]
    found = client.ok(f"/api/events?{of_run}")["events"]
    lines = client.simulate_get(f"/api/export/events.ndjson?{of_run}").text.splitlines()
    of_agent = client.simulate_get("/api/export/events.ndjson?agent=shop").text.splitlines()
    exported = [[json.loads(line) for line in each[:-1]] for each in (lines, of_agent)]
    answers = [timeline, one, children, [*tree, *tree[0]["children"]], found, *exported]
    return [[each["data"] for each in answer] for answer in answers]


@pytest.mark.parametrize(("together", "exported_at_once"), [(True, 1_000), (False, 1)])
def test_each_answer_says_which_call_counts_in_place_of_another(
    client: Client,
    database_url: str,
    conn: Connection,
    monkeypatch: pytest.MonkeyPatch,
    together: bool,
    exported_at_once: int,
) -> None:
    monkeypatch.setattr(events, "ROWS_PER_PAGE", exported_at_once)
    database = Database(DatabaseSettings(database_url, CONNECTIONS))
    database.open()
    begin, _ = find_start(database, None)
    run = nested_calls(client, together=together)
    answers = shown(client, run)
    for agent in (None, "shop"):
        page = next_page(database, begin, agent)
        answers.append([orjson.loads(orjson.dumps(row["data"])) for _, row in page.events])
    database.close()
    stored = conn.execute(STORED).fetchall()
    [outer] = {row["repeats"] for row in stored} - {None}
    assert [row["is_in_data"] for row in stored] == [False, False]
    for answer in answers:
        marks = {
            data["name"]: (data.get("counted"), data.get("repeats"), data["tokens_in"])
            for data in answer
        }
        assert marks["inner"] == (False, str(outer), 100), answer
        assert marks.get("outer", (None, None, 100)) == (None, None, 100), answer


def test_a_span_that_was_open_says_it_once_it_has_ended(client: Client, conn: Connection) -> None:
    trace, outer, inner = new_trace(), new_span_id(), new_span_id()
    opened = span(trace, "inner", span_id=inner, parent=outer, attributes=CALL)
    opened.end_time_unix_nano = 0
    send(client, opened)
    send(client, span(trace, "outer", span_id=outer, parent=b"\1" * 8, attributes=CALL | USAGE))
    assert [row["repeats"] for row in conn.execute(STORED)] == [None, None]
    send(client, span(trace, "inner", span_id=inner, parent=outer, attributes=CALL | USAGE))
    found = {data["name"]: data for data in shown(client, run_of(trace))[0]}
    assert found["inner"]["counted"] is False
    assert "counted" not in found["outer"]


def test_what_is_exported_and_imported_says_it_again(client: Client, conn: Connection) -> None:
    run = nested_calls(client, together=False)
    before = shown(client, run)
    stored = sorted((row["event_id"], row["repeats"]) for row in conn.execute(STORED))
    lines = client.simulate_get(f"/api/export/events.ndjson?run_id={run}").text.splitlines()
    assert client.simulate_delete(f"/api/runs/{run}").status_code == 200
    assert client.send(*map(json.loads, lines[:-1])).json["inserted"] == 2
    assert shown(client, run) == before
    assert sorted((row["event_id"], row["repeats"]) for row in conn.execute(STORED)) == stored


@pytest.mark.parametrize(
    ("event_type", "said", "repeats"),
    [
        ("llm_call", {"counted": False, "repeats": "{AAAAAAAABBBBCCCCDDDD0123456789AB}"}, True),
        ("agent_end", {"counted": False, "repeats": "aaaaaaaabbbbccccdddd0123456789ab"}, True),
        ("step", {"counted": False, "repeats": "aaaaaaaabbbbccccdddd0123456789ab"}, False),
        ("llm_call", {"counted": True, "repeats": "aaaaaaaabbbbccccdddd0123456789ab"}, False),
        ("llm_call", {"repeats": "aaaaaaaabbbbccccdddd0123456789ab"}, False),
        ("llm_call", {"counted": False, "repeats": "another"}, False),
        ("llm_call", {"counted": False}, False),
    ],
)
def test_what_an_event_sent_says_of_itself(
    client: Client, conn: Connection, event_type: str, said: Found, repeats: bool
) -> None:
    run = new_id()
    client.send(event(run, event_type, data=said))
    [stored] = conn.execute(STORED).fetchall()
    counts = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab" if repeats else None
    assert stored["repeats"] == counts
    [found] = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert found["data"] == (said | {"repeats": counts} if repeats else said)
