"""How a run ended, whatever the order in which its events come: as its root did."""

from itertools import permutations
from typing import Any

import pytest

from service.db.queries import Connection, queries
from service.metrics.verify import verify
from service.writer import run_outcome
from tests.client import Client
from tests.events import Event, differences, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span

GOOD, BAD = {"output": "fine"}, {"status": "error", "error": "boom"}
AGENT = {"gen_ai.operation.name": "invoke_agent"}
REMOTE = 0x300


def nested(run: str, inner: dict[str, str], outer: dict[str, str] | None) -> list[Event]:
    """An agent within an agent: the start of each, and how the inner and the outer one ended."""
    outside, inside = new_id(), new_id()
    helper = {"agent_name": "helper", "parent_event_id": outside}
    events = [
        event(run, "agent_start", 0, event_id=outside),
        event(run, "agent_start", 1, event_id=inside, **helper),
        event(run, "agent_end", 2, previous_event_id=inside, data=inner, **helper),
    ]
    if outer is None:
        return events
    return [*events, event(run, "agent_end", 3, previous_event_id=outside, data=outer)]


@pytest.mark.parametrize(
    ("inner", "outer", "status"),
    [
        (BAD, GOOD, "completed"),
        (GOOD, BAD, "failed"),
        (GOOD, None, "active"),
        (BAD, None, "active"),
    ],
)
def test_a_run_ends_as_its_root_does_in_any_order(
    client: Client,
    conn: Connection,
    database_url: str,
    inner: dict[str, str],
    outer: dict[str, str] | None,
    status: str,
) -> None:
    count = len(nested("", inner, outer))
    for order in permutations(range(count)):
        run = new_id()
        events = nested(run, inner, outer)
        for number in order:
            client.send(events[number])
        assert client.run(run)["status"] == status, order
    summary = client.ok("/api/agents/agent/metrics")
    assert summary["total_runs"] == len(list(permutations(range(count))))
    assert differences(conn) == []
    assert verify(database_url) == []


def test_an_end_that_names_its_agent_as_its_parent_is_inner_too(client: Client) -> None:
    run, outside, inside = new_id(), new_id(), new_id()
    client.send(event(run, "agent_end", 3, parent_event_id=inside))
    assert client.run(run)["status"] == "completed"
    client.send(event(run, "agent_start", 0, event_id=outside))
    assert client.run(run)["status"] == "completed"
    client.send(event(run, "agent_start", 1, event_id=inside, parent_event_id=outside))
    assert client.run(run)["status"] == "active"


def test_an_end_that_names_another_event_is_the_run_s(client: Client) -> None:
    run, step = new_id(), new_id()
    client.send(event(run, "agent_end", 3, previous_event_id=step))
    client.send(event(run, "step", 2, event_id=step), event(run, "agent_start", 0))
    assert client.run(run)["status"] == "completed"


def test_an_error_alone_ends_nothing(client: Client) -> None:
    run = new_id()
    client.send(event(run, "agent_start"), event(run, "error", 1, data=BAD))
    found = client.run(run)
    assert (found["status"], found["error_count"]) == ("active", 1)
    client.send(event(run, "agent_end", 2))
    assert client.run(run)["status"] == "completed"


def test_of_several_roots_the_owner_counts(client: Client, database_url: str) -> None:
    run, first, second = new_id(), new_id(), new_id()
    client.send(event(run, "agent_start", 5, event_id=second))
    client.send(event(run, "agent_end", 6, previous_event_id=second, data=BAD))
    assert client.run(run)["status"] == "failed"
    client.send(event(run, "agent_start", 1, event_id=first))
    assert client.run(run)["status"] == "active"
    client.send(event(run, "agent_end", 2, previous_event_id=first))
    assert client.run(run)["status"] == "completed"
    assert verify(database_url) == []


def test_a_root_that_turns_out_to_have_a_parent_ends_nothing_more(
    client: Client, database_url: str
) -> None:
    run, parent, start = new_id(), new_id(), new_id()
    client.send(
        event(run, "agent_start", 1, event_id=start, parent_event_id=parent),
        event(run, "agent_end", 2, previous_event_id=start),
    )
    assert client.run(run)["status"] == "completed"
    client.send(event(run, "step", 0, event_id=parent))
    assert client.run(run)["status"] == "active"
    assert verify(database_url) == []


def test_an_agent_span_whose_parent_is_still_to_come_ends_no_run(client: Client) -> None:
    trace, root = new_trace(), new_span_id()
    send(client, span(trace, "invoke_agent inner", parent=root, attributes=AGENT, error="no"))
    assert client.run(run_of(trace))["status"] == "active"
    send(client, span(trace, "outer", span_id=root, seconds=9, attributes=AGENT))
    assert client.run(run_of(trace))["status"] == "completed"


@pytest.mark.parametrize("fields", [{"flags": REMOTE | 1}, {"kind": 2}, {"kind": 5}])
def test_a_span_with_a_remote_parent_is_the_root_of_its_run(
    client: Client, database_url: str, fields: dict[str, Any]
) -> None:
    for error, status in (("boom", "failed"), (None, "completed")):
        trace, here, elsewhere = new_trace(), new_span_id(), new_span_id()
        inside = span(trace, "invoke_agent", parent=here, at=1, seconds=3, attributes=AGENT)
        local = span(
            trace, status, span_id=here, parent=elsewhere, seconds=5, error=error, **fields
        )
        send(client, inside)
        send(client, local)
        run = client.run(run_of(trace))
        assert (run["status"], run["run_name"], run["agent_name"]) == (status, status, "shop")
        assert run["total_duration_ms"] == 5000
        tree = client.ok(f"/api/runs/{run_of(trace)}/trace")["execution_tree"]
        assert [node["event_type"] for node in tree] == ["agent_start", "agent_end", "agent_end"]
        assert tree[0]["data"]["otel"]["parent_is_remote"] is True
    assert verify(database_url) == []


@pytest.mark.parametrize("fields", [{"flags": 0x100, "kind": 2}, {"kind": 1}, {"kind": 3}])
def test_a_span_with_a_parent_of_its_own_process_is_no_root(
    client: Client, fields: dict[str, Any]
) -> None:
    trace = new_trace()
    send(client, span(trace, "work", parent=new_span_id(), **fields))
    run = client.run(run_of(trace))
    assert (run["status"], run["event_count"]) == ("active", 1)


def test_the_root_moves_when_the_remote_parent_is_stored_after_all(
    client: Client, database_url: str
) -> None:
    trace, front, back = new_trace(), new_span_id(), new_span_id()
    send(
        client,
        span(
            trace, "POST /chat", span_id=back, parent=front, at=1, flags=REMOTE, error="boom",
            attributes={"gen_ai.agent.name": "back"},
        ),
    )  # fmt: skip
    assert client.run(run_of(trace))["agent_name"] == "back"
    front_attributes = {"gen_ai.agent.name": "front"}
    send(client, span(trace, "page", span_id=front, seconds=9, attributes=front_attributes))
    run = client.run(run_of(trace))
    assert (run["agent_name"], run["status"], run["run_name"]) == ("front", "completed", "page")
    assert client.ok("/api/agents/back/metrics")["total_runs"] == 0
    assert verify(database_url) == []


def test_an_open_root_leaves_its_run_active_until_it_ends(
    client: Client, database_url: str
) -> None:
    trace, root = new_trace(), new_span_id()
    send(client, span(trace, "trip", span_id=root, end_time_unix_nano=0))
    run = client.run(run_of(trace))
    assert (run["status"], run["event_count"], run["run_name"]) == ("active", 1, "trip")
    ended = span(trace, "trip", span_id=root, seconds=5, error="boom")
    for _ in range(2):
        send(client, ended)
        run = client.run(run_of(trace))
        assert (run["status"], run["event_count"], run["error_count"]) == ("failed", 2, 1)
        assert run["total_duration_ms"] == 5000
    send(client, span(trace, "trip", span_id=root, end_time_unix_nano=0))
    assert client.run(run_of(trace)) == run
    assert verify(database_url) == []


@pytest.mark.parametrize("together", [False, True])
def test_the_ended_version_of_a_root_replaces_the_open_one(
    client: Client, database_url: str, together: bool
) -> None:
    trace, root, agent = new_trace(), new_span_id(), new_id()
    opened = span(trace, "starting", span_id=root, attributes=AGENT, end_time_unix_nano=0)
    said = {
        "session.id": "s",
        "gen_ai.agent.name": agent,
        "input.value": "q",
        "metadata": '{"a": 1}',
    }
    ended = span(trace, "trip", span_id=root, seconds=5, attributes=AGENT | said)
    for batch in [[opened, ended]] if together else [[opened], [ended], [opened]]:
        send(client, *batch)
    run = client.run(run_of(trace))
    assert (run["agent_name"], run["run_name"], run["session_id"]) == (agent, "trip", "s")
    assert (run["status"], run["event_count"], run["metadata"]["a"]) == ("completed", 2, 1)
    [start, _] = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    assert (start["agent_name"], start["data"]["input"]) == (agent, "q")
    assert client.ok(f"/api/agents/{agent}/metrics")["total_events"] == 2
    assert verify(database_url) == []


def test_the_error_of_an_inner_agent_that_was_open_counts(
    client: Client, database_url: str
) -> None:
    trace, root, inner = new_trace(), new_span_id(), new_span_id()
    said = AGENT | {"gen_ai.agent.name": "helper"}
    send(
        client, span(trace, "h", span_id=inner, parent=root, attributes=said, end_time_unix_nano=0)
    )
    send(client, span(trace, "h", span_id=inner, parent=root, attributes=said, error="boom"))
    send(client, span(trace, "trip", span_id=root, seconds=9, attributes=AGENT))
    run = client.run(run_of(trace))
    assert (run["status"], run["error_count"], run["event_count"]) == ("completed", 1, 4)
    assert verify(database_url) == []


def test_a_late_start_does_not_count_the_ends_of_a_huge_run_again(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, inside = new_id(), new_id()
    root = event(run, "agent_start", 0)
    late = event(run, "agent_start", 1, event_id=inside, parent_event_id=root["event_id"])
    first = [root, event(run, "agent_end", 2, previous_event_id=inside, data=BAD)]
    client.send(*first)
    assert client.run(run)["status"] == "failed"
    monkeypatch.setattr(run_outcome, "HUGE_RUN_EVENTS", 1)
    client.send(late)
    assert client.run(run)["status"] == "failed"
    monkeypatch.undo()
    other = new_id()
    client.send(*[one | {"run_id": other} for one in first])
    client.send(late | {"run_id": other})
    assert client.run(other)["status"] == "active"
    assert [row["said"]["run_id"] for row in differences(conn)] == [run]


def test_a_transaction_reads_the_ends_of_so_many_events_again_of_small_runs_first(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start of 60 bytes has a whole run read again, of each of the runs of a request."""
    monkeypatch.setattr(run_outcome, "MOST_EVENTS_IN_ALL", 5)
    late, runs = [], {size: new_id() for size in (4, 2, 3)}
    for size, run in runs.items():
        root, inside = event(run, "agent_start", 0), new_id()
        ends = [
            event(run, "agent_end", 2, previous_event_id=inside, data=BAD) for _ in range(size - 1)
        ]
        client.send(root, *ends)
        start = event(run, "agent_start", 1, event_id=inside, parent_event_id=root["event_id"])
        late.append(start)
    client.send(*late)
    found = {size: client.run(run)["status"] for size, run in runs.items()}
    assert found == {2: "active", 3: "active", 4: "failed"}
    assert [row["said"]["run_id"] for row in differences(conn)] == [runs[4]]


def test_verify_takes_the_status_of_a_huge_run_as_it_is() -> None:
    text = queries.verify.agent_runs.text
    assert f"event_count > {run_outcome.HUGE_RUN_EVENTS}" in text
