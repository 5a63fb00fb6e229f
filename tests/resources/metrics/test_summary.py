"""The fixed metrics: every field by hand, whatever is folded, late, moved, repeated or deleted."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from service.db.queries import Connection, queries
from service.metrics.leader import fold_once
from tests.client import Client
from tests.events import Event, event, new_id
from tests.metrics.asking import STATES, days_ago, moment, store

PREFIXES = ["", "/api"]
METRICS = [
    "/metrics/summary",
    "/metrics/cost-timeline",
    "/metrics/tokens-timeline",
    "/metrics/agents-comparison",
    "/metrics/timeseries",
    "/metrics/models",
    "/metrics/latency",
    "/agents/agent/metrics",
]
FIXED = [*METRICS[:4], "/agents", "/agents/agent", "/agents/agent/metrics"]

Reader = Callable[[str], Any]


def batch() -> list[Event]:
    """Two runs of alpha, of 3.6 s and of no time, and one of beta, of two hours."""
    first, second, third = new_id(), new_id(), new_id()
    dear = {"cost": 1.5, "tokens_in": 100, "tokens_out": 50}
    return [
        event(first, "agent_start", agent_name="alpha"),
        event(
            first,
            "llm_call",
            1,
            agent_name="alpha",
            data={"cost": 0.1, "tokens_in": 10, "tokens_out": 20},
        ),
        event(
            first,
            "llm_call",
            2,
            agent_name="alpha",
            data={"cost": 0.2, "tokens_in": 5, "tokens_out": 7},
        ),
        event(first, "agent_end", 3.6, agent_name="alpha"),
        event(second, agent_name="alpha", data={"cost": 0.6}),
        event(third, "agent_start", agent_name="beta"),
        event(third, "agent_end", 7200, agent_name="beta", data=dear),
    ]


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    """Old clients call the fixed paths without the prefix."""
    return str(request.param)


@pytest.fixture(params=STATES)
def filled(request: pytest.FixtureRequest, client: Client, database_url: str) -> Client:
    """A service with `batch`, before a fold, after it, or in between."""
    store(client, database_url, request.param, batch())
    return client


@pytest.mark.pgbouncer
def test_the_summary_has_each_fixed_field(filled: Client, prefix: str) -> None:
    found = filled.ok(f"{prefix}/metrics/summary")
    assert found.pop("avg_tokens_in_per_run") == pytest.approx(115 / 3)
    assert found.pop("avg_tokens_out_per_run") == pytest.approx(77 / 3)
    assert found == {
        "total_agents": 2,
        "total_runs": 3,
        "total_events": 7,
        "total_cost": 2.4,
        "avg_cost_per_run": 0.8,
        "total_tokens_in": 115,
        "total_tokens_out": 77,
        "total_duration_hours": 2.001,
        "top_agents_by_cost": [
            {"agent_name": "beta", "cost": 1.5},
            {"agent_name": "alpha", "cost": 0.9},
        ],
        "top_agents_by_runs": [
            {"agent_name": "alpha", "runs": 2},
            {"agent_name": "beta", "runs": 1},
        ],
    }


def test_an_agent_s_metrics_have_each_fixed_field(filled: Client, prefix: str) -> None:
    assert filled.ok(f"{prefix}/agents/alpha/metrics") == {
        "agent_name": "alpha",
        "total_runs": 2,
        "total_events": 5,
        "total_cost": 0.9,
        "avg_cost_per_run": 0.45,
        "avg_tokens_in": 7.5,
        "avg_tokens_out": 13.5,
        "avg_duration_ms": 1800,
        "total_tokens_in": 15,
        "total_tokens_out": 27,
        "total_duration_ms": 3600,
    }


def test_agents_have_each_fixed_field_the_latest_run_first(filled: Client, prefix: str) -> None:
    filled.send(event(new_id(), agent_name="alpha"))
    found = filled.ok(f"{prefix}/agents")
    for agent in found:
        assert datetime.fromisoformat(agent.pop("created_at")).tzinfo is not None
    assert found == [
        {
            "name": "alpha",
            "description": None,
            "total_runs": 3,
            "total_events": 6,
            "total_cost": 0.9,
            "avg_cost": 0.3,
        },
        {
            "name": "beta",
            "description": None,
            "total_runs": 1,
            "total_events": 2,
            "total_cost": 1.5,
            "avg_cost": 1.5,
        },
    ]
    assert {**filled.ok(f"{prefix}/agents/beta"), "created_at": None} == {
        **found[1],
        "created_at": None,
    }


def test_agents_are_compared_the_dearest_first(filled: Client, prefix: str) -> None:
    assert filled.ok(f"{prefix}/metrics/agents-comparison") == [
        {
            "agent_name": "beta",
            "runs": 1,
            "cost": 1.5,
            "avg_cost_per_run": 1.5,
            "total_tokens": 150,
        },
        {
            "agent_name": "alpha",
            "runs": 2,
            "cost": 0.9,
            "avg_cost_per_run": 0.45,
            "total_tokens": 42,
        },
    ]


@pytest.mark.pgbouncer
@pytest.mark.parametrize("state", STATES)
def test_timelines_add_up_day_by_day(
    client: Client, database_url: str, prefix: str, state: str
) -> None:
    run, at = new_id(), {days: days_ago(days) for days in (3, 5, 9, 40)}
    sent = [
        moment(run, at[days], data={"cost": cost, "tokens_in": n, "tokens_out": 2 * n})
        for days, cost, n in ((9, 0.1, 1), (5, 0.2, 2), (5, 0.4, 4), (3, 0.3, 8), (40, 9, 9))
    ]
    store(client, database_url, state, sent)
    costs = by_day(client.ok(f"{prefix}/metrics/cost-timeline", query_string="days=30"))
    tokens = by_day(client.ok(f"{prefix}/metrics/tokens-timeline"))  # 30 is the default
    assert len(costs) == len(tokens) == 30
    days = [datetime.fromisoformat(sent[n]["timestamp"]).date() for n in (0, 1, 3)]
    assert [costs[day] for day in days] == [
        {"cost": 0.1, "cumulative_cost": 0.1},
        {"cost": 0.6, "cumulative_cost": 0.7},
        {"cost": 0.3, "cumulative_cost": 1.0},
    ]
    assert costs[days[1] + timedelta(days=1)] == {"cost": 0, "cumulative_cost": 0.7}
    assert costs[days[0] - timedelta(days=1)] == {"cost": 0, "cumulative_cost": 0}
    names = ("tokens_in", "tokens_out", "cumulative_tokens_in", "cumulative_tokens_out")
    assert [tokens[day] for day in days] == [
        dict(zip(names, values, strict=True))
        for values in ((1, 2, 1, 2), (6, 12, 7, 14), (8, 16, 15, 30))
    ]


def by_day(timeline: Any) -> dict[date, Any]:
    """The points of a timeline, in its order: a point a day, at midnight UTC, today the last."""
    moments = [datetime.fromisoformat(point.pop("timestamp")) for point in timeline]
    assert [moment.utctimetuple()[3:6] for moment in moments] == [(0, 0, 0)] * len(moments)
    found = [moment.date() for moment in moments]
    assert found == [found[0] + timedelta(days=n) for n in range(len(found))]
    assert timedelta(0) <= datetime.now(UTC).date() - found[-1] <= timedelta(days=1)
    return dict(zip(found, timeline, strict=True))


@pytest.mark.parametrize("days", [1, 365])
def test_a_timeline_has_as_many_days_as_are_asked_for(idle_client: Client, days: int) -> None:
    for path in ("/metrics/cost-timeline", "/metrics/tokens-timeline"):
        assert len(idle_client.ok(path, query_string=f"days={days}")) == days


@pytest.mark.parametrize("days", ["0", "366", "abc", "-1", "1.5", "", "1e2"])
@pytest.mark.parametrize("path", ["/metrics/cost-timeline", "/api/metrics/tokens-timeline"])
def test_days_that_no_timeline_has_are_400(idle_client: Client, path: str, days: str) -> None:
    answer = idle_client.simulate_get(path, query_string=f"days={days}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "days")


@pytest.mark.parametrize("path", [*METRICS, "/agents"])
def test_an_unknown_parameter_is_400_and_named(client: Client, path: str) -> None:
    client.send(event(new_id()))
    answer = client.simulate_get("/api" + path, query_string="color=red")
    assert (answer.status_code, answer.json["parameter"]) == (400, "color")


@pytest.mark.parametrize("path", ["/agents/nobody", "/agents/nobody/metrics"])
def test_an_unknown_agent_is_404(idle_client: Client, prefix: str, path: str) -> None:
    answer = idle_client.simulate_get(prefix + path)
    assert (answer.status_code, answer.json["code"]) == (404, "agent_not_found")


def test_an_empty_database_answers_zeros_and_no_null(idle_client: Client, prefix: str) -> None:
    summary = idle_client.ok(f"{prefix}/metrics/summary")
    assert summary.pop("top_agents_by_cost") == summary.pop("top_agents_by_runs") == []
    assert set(summary.values()) == {0}
    assert (
        idle_client.ok(f"{prefix}/metrics/agents-comparison")
        == idle_client.ok(f"{prefix}/agents")
        == []
    )
    for name in ("cost", "tokens"):
        for point in idle_client.ok(f"{prefix}/metrics/{name}-timeline"):
            del point["timestamp"]
            assert set(point.values()) == {0}


@pytest.mark.parametrize("state", ["waiting", "folded"])
@pytest.mark.parametrize("path", FIXED)
def test_a_run_without_cost_and_tokens_makes_no_null(
    client: Client, database_url: str, path: str, state: str
) -> None:
    store(client, database_url, state, [event(new_id())])
    assert_numbers(client.ok(path))


@pytest.mark.parametrize("path", FIXED)
@pytest.mark.parametrize("is_folded", [False, True])
def test_an_agent_without_runs_makes_no_null(
    client: Client, database_url: str, path: str, is_folded: bool
) -> None:
    run = new_id()
    client.send(event(run, data={"cost": 0.1}))
    client.ok(f"/api/runs/{run}", "DELETE")
    if is_folded:
        fold_once(database_url)
    assert_numbers(client.ok(path))


def test_an_agent_that_lost_its_only_run_to_another_makes_no_null(client: Client) -> None:
    run = new_id()
    client.send(event(run, data={"cost": 0.1}))
    client.send(event(run, "agent_start", 1, agent_name="other"))
    for path in FIXED:
        assert_numbers(client.ok(path))
    assert set(client.ok("/agents/agent/metrics").values()) == {"agent", 0}


def assert_numbers(answer: Any) -> None:
    """No null but a description, and every value that is no text, list or object a number."""
    if isinstance(answer, dict):
        texts = {"name", "agent_name", "created_at", "timestamp", "description"}
        for name, value in answer.items():
            assert isinstance(value, (str, type(None))) if name in texts else value is not None
            if name not in texts:
                assert_numbers(value)
    elif isinstance(answer, list):
        for item in answer:
            assert_numbers(item)
    else:
        assert isinstance(answer, (int, float)), answer
        assert not isinstance(answer, bool)


def totals(client: Client) -> Any:
    """All that the summary, the agents and the comparison say."""
    return [client.ok(path) for path in ("/metrics/summary", "/agents", METRICS[3])]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("folds_afterwards", [False, True])
def test_a_deleted_run_takes_exactly_its_share_along(
    client: Client, database_url: str, state: str, folds_afterwards: bool
) -> None:
    client.send(event(new_id(), data={"cost": 0.7, "tokens_in": 3}))
    before = totals(client)
    gone = new_id()
    extra = [event(gone, "step", n, data={"cost": 0.1, "tokens_in": 1}) for n in range(3)]
    store(client, database_url, state, extra)
    assert totals(client) != before
    client.ok(f"/api/runs/{gone}", "DELETE")
    if folds_afterwards:
        fold_once(database_url)
    assert totals(client) == before


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("is_agent", [False, True])
def test_deletes_lead_back_to_exactly_zero(
    client: Client, database_url: str, state: str, is_agent: bool
) -> None:
    run = new_id()
    costs = (0.1, 0.2, 1e-9, 123456.789)
    sent = [
        event(run, "llm_call", n, data={"cost": cost, "latency_ms": 0.3, "tokens_out": n})
        for n, cost in enumerate(costs)
    ]
    store(client, database_url, state, sent)
    client.ok("/api/agents/agent" if is_agent else f"/api/runs/{run}", "DELETE")
    for _ in range(2):
        summary = client.ok("/metrics/summary")
        assert summary.pop("total_agents") == (0 if is_agent else 1)
        assert summary.pop("top_agents_by_cost") == summary.pop("top_agents_by_runs") == []
        assert set(summary.values()) == {0}
        assert client.ok("/metrics/agents-comparison") == client.ok("/metrics/models") == []
        assert client.ok("/metrics/latency")["overall"]["events"] == 0
        fold_once(database_url)  # and once more from the tables


@pytest.mark.parametrize("state", STATES)
def test_a_run_that_moves_takes_its_metrics_to_its_agent(
    client: Client, database_url: str, state: str
) -> None:
    run = new_id()
    data = {"cost": 0.1, "tokens_in": 5, "latency_ms": 7}
    sent = [event(run, "llm_call", n, agent_name="callee", data=data) for n in (1, 2, 3)]
    store(client, database_url, state, sent)
    client.send(event(run, "agent_start", 2.5, agent_name="owner"))
    for _ in range(2):
        zeros = client.ok("/agents/callee/metrics")
        assert (zeros.pop("agent_name"), set(zeros.values())) == ("callee", {0})
        found = client.ok("/agents/owner/metrics")
        assert (found["total_runs"], found["total_events"], found["total_cost"]) == (1, 4, 0.3)
        assert (found["total_tokens_in"], found["total_duration_ms"]) == (15, 2007)
        [compared] = client.ok("/metrics/agents-comparison")
        assert (compared["agent_name"], compared["cost"]) == ("owner", 0.3)
        fold_once(database_url)


@pytest.mark.parametrize("state", STATES)
def test_duplicates_count_once(client: Client, database_url: str, state: str) -> None:
    sent = batch()
    store(client, database_url, state, sent)
    before = totals(client)
    assert client.send(*sent).json["duplicates"] == len(sent)
    client.send(*sent[:2], *sent[:2])
    fold_once(database_url)
    assert totals(client) == before


@pytest.mark.parametrize("is_folded", [False, True])
def test_a_late_event_counts_on_its_own_day(
    client: Client, database_url: str, is_folded: bool
) -> None:
    run = new_id()
    client.send(moment(run, days_ago(0), data={"cost": 0.5}))
    if is_folded:
        fold_once(database_url)
    late = moment(run, days_ago(6), data={"cost": 0.25})
    client.send(late)
    costs = by_day(client.ok("/metrics/cost-timeline"))
    day = datetime.fromisoformat(late["timestamp"]).date()
    assert costs[day] == {"cost": 0.25, "cumulative_cost": 0.25}
    assert client.ok("/metrics/summary")["total_cost"] == 0.75


def test_an_event_in_the_future_counts_in_totals_and_not_yet_in_timelines(client: Client) -> None:
    client.send(moment(new_id(), days_ago(-3), data={"cost": 0.5, "tokens_in": 1}))
    assert client.ok("/metrics/summary")["total_cost"] == 0.5
    assert client.ok("/metrics/cost-timeline")[-1]["cumulative_cost"] == 0
    assert client.ok("/metrics/tokens-timeline")[-1]["cumulative_tokens_in"] == 0


def test_a_run_s_duration_follows_its_events(client: Client, database_url: str) -> None:
    run = new_id()
    for seconds, expected_ms in ((10, 0), (12, 2000), (11, 2000), (5, 7000), (12.5, 7500)):
        client.send(event(run, seconds=seconds))
        found = client.ok("/agents/agent/metrics")
        assert found["total_duration_ms"] == found["avg_duration_ms"] == expected_ms
        if seconds == 11:
            fold_once(database_url)


def test_a_run_s_status_follows_its_events(client: Client, conn: Connection) -> None:
    run = new_id()
    ask = "SELECT runs, completed, failed FROM agent_totals_live"
    for event_type, data, expected in (
        ("agent_start", {}, (1, 0, 0)),
        ("agent_end", {}, (1, 1, 0)),
        ("error", {"error": "boom"}, (1, 1, 0)),
        ("agent_end", {"error": "boom"}, (1, 0, 1)),
    ):
        client.send(event(run, event_type, data=data))
        [row] = conn.execute(ask).fetchall()
        assert tuple(row.values()) == expected


@pytest.mark.parametrize("path", METRICS)
def test_metrics_say_which_moment_they_are_exact_for(
    client: Client, conn: Connection, prefix: str, path: str
) -> None:
    client.send(event(new_id()))
    committed = now(conn)
    headers = client.simulate_get(prefix + path).headers
    as_of = datetime.fromisoformat(headers["X-Metrics-As-Of"])
    assert committed <= as_of <= now(conn)
    assert datetime.fromisoformat(headers["X-Metrics-Refreshed-At"]) <= as_of


def test_metrics_say_when_they_were_folded(
    client: Client, conn: Connection, database_url: str
) -> None:
    before = now(conn)
    fold_once(database_url)
    header = client.simulate_get("/metrics/summary").headers["X-Metrics-Refreshed-At"]
    assert before <= datetime.fromisoformat(header) <= now(conn)


def now(conn: Connection) -> datetime:
    """The time by the database's clock."""
    row = conn.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row is not None
    found = row["now"]
    assert isinstance(found, datetime)
    return found


@pytest.mark.parametrize("path", METRICS)
def test_pages_of_other_origins_may_read_the_moments(client: Client, path: str) -> None:
    client.send(event(new_id()))
    headers = client.simulate_get(path, headers={"Origin": "http://localhost:3000"}).headers
    exposed = {name.strip() for name in headers["Access-Control-Expose-Headers"].split(",")}
    assert {"X-Metrics-As-Of", "X-Metrics-Refreshed-At"} <= exposed


@pytest.mark.parametrize("path", [*METRICS, "/agents", "/agents/agent", "/health"])
def test_head_answers_as_get_does_without_the_body(client: Client, path: str) -> None:
    client.send(event(new_id()))
    answer = client.simulate_head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert ("X-Metrics-As-Of" in answer.headers) == (path in METRICS)


def test_health_tells_of_the_fold(client: Client, conn: Connection, database_url: str) -> None:
    client.send(event(new_id()))
    before = client.ok("/health")["metrics"]
    assert (before["leader"], before["deltas_waiting"] > 0) == (None, True)
    moment_before = now(conn)
    fold_once(database_url)
    after = client.ok("/health")["metrics"]
    assert after["deltas_waiting"] == 0
    assert datetime.fromisoformat(before["refreshed_at"]) < moment_before
    assert datetime.fromisoformat(after["refreshed_at"]) >= moment_before


def test_health_names_the_leader_while_its_lease_runs(client: Client, conn: Connection) -> None:
    queries.refresh.lead(conn, leader="host:1", lease_seconds=60)
    assert client.ok("/health")["metrics"]["leader"] == "host:1"
    queries.refresh.resign(conn, leader="host:1")
    assert client.ok("/health")["metrics"]["leader"] is None


@pytest.mark.parametrize("name", ["a/b", "100 %", "it's", "日本語", "select", "all", "metrics"])
def test_any_agent_name_has_metrics(client: Client, prefix: str, name: str) -> None:
    client.send(event(new_id(), agent_name=name, data={"cost": 0.5}))
    found = client.ok(f"{prefix}/agents/{quote(name, safe='')}/metrics")
    assert (found["agent_name"], found["total_cost"]) == (name, 0.5)


def test_the_top_agents_are_five(client: Client, database_url: str) -> None:
    for n in range(7):
        agent, runs = f"agent {n}", [new_id() for _ in range(7 - n)]
        client.send(*[event(run, agent_name=agent, data={"cost": n}) for run in runs])
        if n == 3:
            fold_once(database_url)
    summary = client.ok("/metrics/summary")
    assert [one["cost"] for one in summary["top_agents_by_cost"]] == [12, 12, 10, 10, 6]
    assert [one["agent_name"] for one in summary["top_agents_by_runs"]] == [
        f"agent {n}" for n in range(5)
    ]
