"""Tools as a dimension of the metrics: by time, latency and comparison; of spans and of the SDK."""

from typing import Any

import pytest

from service.db import migrate
from service.db.queries import Connection
from service.metrics.leader import fold_once
from service.metrics.metric_names import LIMITS, OTHER, TOOL
from service.metrics.verify import verify
from tests.client import Client
from tests.events import Event, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, send, span
from tests.metrics.asking import STATES, ask, series, store
from tests.metrics.truth import VIEWS, compare

pytestmark = pytest.mark.any_postgres

MIGRATION = "0016.tools"
DAY = {"from_": "2026-11-22", "to": "2026-11-23"}
AT = "2026-11-22T00:00:00+00:00"
# What an event says of its tool -> the tool that it counts for.
NAMES: list[tuple[dict[str, Any], str | None]] = [
    ({"tool_name": "search"}, "search"),
    ({"name": "search"}, "search"),
    ({"tool_name": "search", "name": "another"}, "search"),
    ({"tool_name": 5, "name": "search"}, "search"),
    ({"tool_name": "", "name": "search"}, "search"),
    ({"tool_name": "x" * 256}, None),
    ({"tool_name": "a\tb"}, None),
    ({"tool_name": ["search"]}, None),
    ({"tool_name": 'it\'s "x" \\ ü'}, 'it\'s "x" \\ ü'),
    ({}, None),
]


def calls() -> list[Event]:
    """Ten calls of two tools by two agents, some failed; and what is no call of a tool."""
    found = [
        event(
            new_id(),
            "tool_call",
            agent_name=f"agent {number % 2}",
            data={
                "tool_name": "search" if number < 7 else "calculator",
                "status": "error" if number % 3 == 0 else "ok",
                "latency_ms": 100 * (number + 1),
                "cost": 0.5,
            },
        )
        for number in range(10)
    ]
    return [
        *found,
        event(new_id(), "llm_call", data={"tool_name": "no tool", "model": "m", "latency_ms": 1}),
        event(new_id(), "tool_call", data={"latency_ms": 2}),
    ]


def tools_of(client: Client, **params: str) -> dict[str, Any]:
    """The rows of /metrics/tools by tool."""
    return {row["tool"]: row for row in client.ok("/api/metrics/tools", params=params)}


def stored(conn: Connection) -> list[str | None]:
    """The tools of the stored events."""
    rows = conn.execute("SELECT tool FROM events ORDER BY timestamp, tool").fetchall()
    return [row["tool"] for row in rows]


@pytest.mark.parametrize("state", STATES)
def test_a_metric_by_tool(client: Client, database_url: str, state: str) -> None:
    store(client, database_url, state, calls())
    found = series(ask(client, metric="events", group_by="tool", **DAY))
    assert found == {"search": {AT: 7}, "calculator": {AT: 3}, None: {AT: 2}}
    hours = ask(client, metric="errors", group_by="tool", interval="hour", **DAY)
    errors = {group: sum(values.values()) for group, values in series(hours).items()}
    assert errors == {"search": 3, "calculator": 1, None: 0}
    one = series(ask(client, metric="cost", tool="search", agent="agent 0", **DAY))
    assert one == {None: {AT: 2}}
    kinds = series(ask(client, metric="events", group_by="event_type", tool="search", **DAY))
    assert kinds == {"tool_call": {AT: 7}}
    for interval in ("day", "hour"):
        answer = ask(client, metric="latency_p95", group_by="tool", interval=interval, **DAY)
        [slowest] = series(answer)["calculator"].values()
        assert slowest == pytest.approx(1000, rel=0.1)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("window", [{}, {"from": "2026-11-22", "to": "2026-11-23"}])
def test_the_comparison_of_tools(
    client: Client, database_url: str, state: str, window: dict[str, str]
) -> None:
    store(client, database_url, state, calls())
    found = tools_of(client, **window)
    assert list(found) == ["search", "calculator"]  # the most calls first
    search = found["search"]
    assert (search["calls"], search["errors"], search["cost"]) == (7, 3, 3.5)
    assert search["failure_rate"] == pytest.approx(3 / 7)
    assert search["avg_latency_ms"] == pytest.approx(400)
    assert search["p50_ms"] == pytest.approx(400, rel=0.1)
    assert search["p95_ms"] == pytest.approx(700, rel=0.1)
    of_agent = tools_of(client, agent="agent 1", **window)
    assert {name: row["calls"] for name, row in of_agent.items()} == {"search": 3, "calculator": 2}
    latencies = client.ok("/api/metrics/latency", params={"tool": "search", **window})
    assert latencies["overall"]["events"] == 7
    assert [row["tool"] for row in latencies["tools"]] == ["search"]
    assert client.ok("/api/metrics/tools?agent=nobody") == []


def test_a_run_has_no_tool(client: Client) -> None:
    answer = client.simulate_get("/api/metrics/timeseries?metric=runs&group_by=tool")
    assert answer.status_code == 400


@pytest.mark.parametrize(("data", "tool"), NAMES)
def test_the_tool_of_an_event(
    client: Client, conn: Connection, data: dict[str, Any], tool: str | None
) -> None:
    client.send(event(new_id(), "tool_call", data=data), event(new_id(), "step", 1, data=data))
    assert stored(conn) == [tool, None]


def test_the_tool_of_a_span(client: Client, conn: Connection) -> None:
    operation = {"gen_ai.operation.name": "execute_tool"}
    trace, root = new_trace(), new_span_id()
    send(
        client,
        span(trace, span_id=root, at=9),
        span(trace, parent=root, attributes=operation | {"gen_ai.tool.name": "search"}),
        span(trace, parent=root, at=1, name="lookup", attributes=operation),
        span(trace, parent=root, at=2, attributes={"gen_ai.operation.name": "chat"}),
    )
    assert [tool for tool in stored(conn) if tool] == ["search", "lookup"]
    assert set(tools_of(client)) == {"search", "lookup"}


def test_an_open_span_of_a_tool_counts_for_the_tool_that_its_end_names(
    client: Client, conn: Connection, database_url: str
) -> None:
    trace, root, call = new_trace(), new_span_id(), new_span_id()
    operation = {"gen_ai.operation.name": "execute_tool"}
    opened = span(trace, "lookup", span_id=call, parent=root, attributes=operation)
    opened.end_time_unix_nano = 0
    named = operation | {"gen_ai.tool.name": "search"}
    ended = span(trace, "lookup", span_id=call, parent=root, seconds=2, attributes=named)
    send(client, span(trace, span_id=root, at=9), opened)
    assert tools_of(client)["lookup"]["calls"] == 1
    send(client, ended)
    [row] = tools_of(client).values()
    assert (row["tool"], row["calls"]) == ("search", 1)
    assert row["p50_ms"] == pytest.approx(2000, rel=0.1)
    assert [tool for tool in stored(conn) if tool] == ["search"]
    assert verify(database_url) == []


def test_deletes_and_moves_take_tools_along(
    client: Client, conn: Connection, database_url: str
) -> None:
    moved, gone = new_id(), new_id()
    data = {"tool_name": "search", "latency_ms": 5}
    client.send(*[event(run, "tool_call", data=data) for run in (moved, gone)])
    fold_once(database_url)
    client.send(event(moved, "agent_start", agent_name="owner"))
    client.ok(f"/api/runs/{gone}", "DELETE")
    assert tools_of(client, agent="agent") == {}
    assert tools_of(client, agent="owner")["search"]["calls"] == 1
    assert tools_of(client)["search"]["calls"] == 1
    assert verify(database_url) == []


def test_an_agent_has_so_many_tools(client: Client, conn: Connection, database_url: str) -> None:
    most, run = LIMITS[TOOL], new_id()
    assert most == 200
    for start in range(0, most + 50, 50):
        names = [f"tool {number:03}" for number in range(start, start + 50)]
        client.send(*[event(run, "tool_call", data={"tool_name": name}) for name in names])
    found = tools_of(client)
    assert len(found) == most + 1
    assert found[OTHER]["calls"] == 50
    assert verify(database_url) == []


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_the_migration_counts_stored_tool_calls(conn: Connection, database_url: str) -> None:
    names = [migration.id for migration in migrate.known_migrations()]
    with Client.of(database_url) as client:
        store(client, database_url, "half folded", calls())
        client.send(
            *[event(new_id(), "tool_call", 60 + n, data=d) for n, (d, _) in enumerate(NAMES)]
        )
        before, tools = tools_of(client), stored(conn)
    migrate.down(database_url, len(names) - names.index(MIGRATION))
    row = conn.execute("SELECT sum(events)::int AS n FROM daily_metrics_live").fetchone()
    assert row == {"n": 12 + len(NAMES)}
    conn.execute("DISCARD ALL")
    migrate.up(database_url)
    assert verify(database_url) == []
    fold_once(database_url)
    assert verify(database_url) == []
    assert stored(conn) == tools
    assert [compare(conn, view)[1] for view in VIEWS] == [[]] * len(VIEWS)
    with Client.of(database_url) as client:
        assert tools_of(client) == before
