"""When a run began and ended, and what goes by that: lists, searches, metrics."""

from datetime import UTC, datetime, timedelta

import pytest

from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.events import at, differences, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span

LONG_AGO = "2026-10-01T10:00:00+00:00"


def times(client: Client, run: str) -> tuple[str, str, float]:
    """A run's start, end and duration."""
    found = client.run(run)
    return found["started_at"], found["ended_at"], found["total_duration_ms"]


@pytest.mark.parametrize(
    ("sent", "began", "ended"),
    [
        ([("llm_call", 5, {"latency_ms": 5000})], 0, 5),
        ([("llm_call", 5, {"latency_ms": 5000}), ("llm_call", 9, {"latency_ms": 3000})], 0, 9),
        ([("agent_start", 1, {"latency_ms": 3000})], 1, 4),
        ([("step", 1, {"latency_ms": 3000, "otel": {"span_id": "00f067aa0ba902b7"}})], 1, 4),
        ([("step", 1, {"latency_ms": 3000, "otel": {"span_id": None}})], -2, 1),
        ([("step", 1, {"latency_ms": 3000, "otel": "none"})], -2, 1),
        ([("step", 3, {}), ("agent_end", 4, {})], 3, 4),
    ],
)
def test_a_run_lasts_from_its_earliest_beginning_to_its_latest_end(
    client: Client,
    conn: Connection,
    sent: list[tuple[str, float, dict[str, object]]],
    began: float,
    ended: float,
) -> None:
    together, one_by_one = new_id(), new_id()
    client.send(*[event(together, kind, second, data=data) for kind, second, data in sent])
    for kind, second, data in reversed(sent):
        client.send(event(one_by_one, kind, second, data=data))
    expected = at(began), at(ended), 1000 * (ended - began)
    assert times(client, together) == times(client, one_by_one) == expected
    assert differences(conn) == []


def test_a_child_that_outlives_its_root_belongs_to_the_run(client: Client) -> None:
    trace, root = new_trace(), new_span_id()
    send(
        client,
        span(trace, span_id=root, seconds=1),
        span(trace, parent=root, at=0.5, seconds=5),
    )
    assert client.run(run_of(trace))["total_duration_ms"] == 5500


def test_every_json_of_a_run_has_its_times(client: Client) -> None:
    run = new_id()
    client.send(event(run, "llm_call", 5, data={"latency_ms": 2000}), event(run, seconds=4))
    path = f"/api/runs/{run}"
    found = [client.ok(f"{path}{view}") for view in ("", "/timeline", "/trace")]
    found += [client.ok(f"{path}/trace?fields=summary"), *client.ok("/api/runs")["runs"]]
    found += client.ok("/api/agents/agent/runs")
    for one in found:
        assert (one["started_at"], one["ended_at"], one["last_event_at"]) == (at(3), at(5), at(5))


def test_history_stands_on_its_own_days(client: Client, database_url: str) -> None:
    run, today = new_id(), new_id()
    client.send(event(today))
    client.send(event(run, timestamp=LONG_AGO))
    query = "from=2026-10-01&to=2026-10-02"
    assert [one["run_id"] for one in client.ok(f"/api/runs?{query}")["runs"]] == [run]
    assert [one["run_id"] for one in client.ok("/api/runs")["runs"]] == [today, run]
    assert [one["run_id"] for one in client.ok("/api/runs?order=asc")["runs"]] == [run, today]
    assert [one["run_id"] for one in client.ok("/api/agents/agent/runs")] == [today, run]
    assert counted(client, query) == 1
    assert len(client.simulate_get(f"/api/export/runs.csv?{query}").text.splitlines()) == 2
    assert verify(database_url) == []


def counted(client: Client, query: str) -> int:
    """The metric `runs` of some days."""
    [series] = client.ok(f"/api/metrics/timeseries?metric=runs&{query}")["series"]
    return sum(point["value"] for point in series["points"])


def test_a_run_that_begins_earlier_after_all_moves_to_that_day(
    client: Client, database_url: str
) -> None:
    run = new_id()
    client.send(event(run, timestamp="2026-10-03T00:00:01Z"))
    assert counted(client, "from=2026-10-02&to=2026-10-03") == 0
    client.send(event(run, timestamp="2026-10-03T00:00:02Z", data={"latency_ms": 3000}))
    assert counted(client, "from=2026-10-02&to=2026-10-03") == 1
    assert counted(client, "from=2026-10-03&to=2026-10-04") == 0
    assert client.ok("/metrics/summary")["total_runs"] == 1
    assert verify(database_url) == []


def test_active_runs_that_are_silent_are_found(client: Client) -> None:
    silent, ended, lively = new_id(), new_id(), new_id()
    now = datetime.now(UTC)
    long_ago = (now - timedelta(days=3)).isoformat()
    client.send(
        event(silent, timestamp=long_ago),
        event(ended, "agent_end", timestamp=long_ago),
        event(lively, timestamp=long_ago),
        event(lively, timestamp=now.isoformat()),
    )
    for query in ("silent_for=1h", "silent_for=2d", "silent_for=90s&sort=cost&from=2026-01-01"):
        assert [one["run_id"] for one in client.ok(f"/api/runs?{query}")["runs"]] == [silent]
    assert client.ok("/api/runs?silent_for=4d")["runs"] == []


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "1w", "-1h", "1.5h", "999999d"])
def test_a_silence_that_is_no_duration_is_400(idle_client: Client, text: str) -> None:
    answer = idle_client.simulate_get("/api/runs", params={"silent_for": text})
    assert (answer.status_code, answer.json["parameter"]) == (400, "silent_for")
