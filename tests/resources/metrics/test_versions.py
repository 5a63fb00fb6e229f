"""Versions of an agent beside each other, and over time, against a sum by hand of its runs."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from service.resources.metrics import version_latency
from tests.client import Client
from tests.events import at, event, new_id
from tests.metrics.asking import ask, refusal, series
from tests.resources.search.world import all_runs

Run = dict[str, Any]
HOUR, DAY = 3_600, 86_400
TOTALS: dict[str, Callable[[Run], float]] = {
    "runs": lambda run: 1,
    "cost": lambda run: run["total_cost"],
    "tokens_in": lambda run: run["tokens_in"],
    "tokens_out": lambda run: run["tokens_out"],
    "events": lambda run: run["event_count"],
    "errors": lambda run: run["error_count"],
}


@pytest.fixture
def runs(client: Client) -> list[Run]:
    """Fifty runs of two agents and some versions over three days; a few have not ended."""
    draw = random.Random(6)
    for _ in range(50):
        run, agent, seconds = new_id(), draw.choice(["Ada", "Bob"]), draw.randrange(3 * DAY)
        said = {"version": draw.choice(["1.0", "1.1", None, 2])}
        sums = {"cost": draw.choice([0.1, 0.2]), "tokens_in": draw.randrange(9), "tokens_out": 1}
        ends = {"error": draw.choice([None, "no"])}
        end = event(run, "agent_end", seconds + draw.randrange(1, 99), agent_name=agent, data=ends)
        client.send(
            event(run, "agent_start", seconds, agent_name=agent, data=said),
            event(run, "llm_call", seconds + 1, agent_name=agent, data=sums),
            *[end][: draw.choice([0, 1, 1, 1])],
        )
    return all_runs(client)


def expected(runs: list[Run]) -> list[dict[str, Any]]:
    """What is said of the versions of these runs, but for percentiles."""
    grouped = defaultdict(list)
    for run in runs:
        grouped[run["version"]].append(run)
    rows = []
    for version, some in grouped.items():
        ended = [run["status"] for run in some if run["status"] != "active"]
        failed = ended.count("failed")
        cost = sum(run["total_cost"] for run in some)
        rows.append(
            {
                "version": version,
                "runs": len(some),
                "completed": ended.count("completed"),
                "failed": failed,
                "failure_rate": pytest.approx(failed / len(ended) if ended else 0),
                "total_cost": pytest.approx(cost),
                "cost_per_run": pytest.approx(cost / len(some)),
                **{name: sum(TOTALS[name](run) for run in some) for name in [*TOTALS][2:]},
                "first_seen": min(run["started_at"] for run in some),
                "last_seen": max(run["last_event_at"] for run in some),
            }
        )
    return sorted(rows, key=lambda row: (row["last_seen"], row["version"]), reverse=True)


PERCENTILES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def without_percentiles(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, but for percentiles."""
    return [{name: row[name] for name in row if name not in PERCENTILES} for row in rows]


@pytest.mark.parametrize("window", [{}, {"from": at(DAY)}, {"from": at(9), "to": at(2 * DAY)}])
def test_versions_are_the_sums_of_their_runs(
    client: Client, runs: list[Run], window: dict[str, str]
) -> None:
    found = client.ok("/api/metrics/versions", params={"agent": "Ada", **window})
    own = [
        run
        for run in runs
        if run["agent_name"] == "Ada"
        and window.get("from", "") <= run["started_at"] < window.get("to", "~")
    ]
    assert without_percentiles(found["versions"]) == expected(own)
    assert not found["truncated"]
    for row in found["versions"]:
        durations = sorted(
            run["total_duration_ms"]
            for run in own
            if run["version"] == row["version"] and run["status"] != "active"
        )
        for name, share in PERCENTILES.items():
            exact = durations[max(0, -(-int(share * 100) * len(durations) // 100) - 1)]
            assert row[name] == pytest.approx(exact, rel=found["error_bound"])


def test_as_many_versions_as_are_asked_for(client: Client, runs: list[Run]) -> None:
    found = client.ok("/api/metrics/versions?agent=Ada&limit=2")
    assert (len(found["versions"]), found["truncated"]) == (2, True)
    assert client.ok("/api/metrics/versions?agent=nobody")["versions"] == []
    refused = client.simulate_get("/api/metrics/versions")
    assert (refused.status_code, refused.json["parameter"]) == (400, "agent")


@pytest.mark.parametrize("metric", TOTALS)
@pytest.mark.parametrize("interval", ["hour", "day"])
@pytest.mark.parametrize("agent", [{}, {"agent": "Ada"}])
def test_a_metric_by_version_is_of_the_runs_that_started_then(
    client: Client, runs: list[Run], metric: str, interval: str, agent: dict[str, str]
) -> None:
    window = {"from_": at(0), "to": at(2 * DAY), "interval": interval}
    answer = ask(client, metric=metric, group_by="version", **window, **agent)
    wanted: dict[str | None, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for run in runs:
        started = datetime.fromisoformat(run["started_at"]).astimezone(UTC)
        begin = started.replace(minute=0, second=0, microsecond=0)
        if interval == "day":
            begin = begin.replace(hour=0)
        if agent.get("agent") in (None, run["agent_name"]) and started < datetime.fromisoformat(
            answer["to"]
        ):
            wanted[run["version"]][begin.isoformat()] += TOTALS[metric](run)
    found = series(answer)
    assert {group: found[group] for group in wanted} == {
        group: {at: pytest.approx(value) for at, value in points.items() if value}
        for group, points in wanted.items()
    }


def test_durations_by_version(client: Client) -> None:
    for version, seconds in (("1", 2), ("1", 2), ("2", 8)):
        run = new_id()
        client.send(
            event(run, "agent_start", 0, data={"version": version}),
            event(run, "agent_end", seconds),
        )
    client.send(event(new_id(), "agent_start", 0, data={"version": "3"}))
    window = {"from_": at(0), "to": at(HOUR), "interval": "hour"}
    answer = ask(client, metric="latency_p95", group_by="version", **window)
    found = {group: [*points.values()] for group, points in series(answer).items()}
    assert found == {"1": [pytest.approx(2_000, rel=0.1)], "2": [pytest.approx(8_000, rel=0.1)]}


def test_versions_go_with_agents_alone(client: Client) -> None:
    assert refusal(client, group_by="version", model="gpt") == "group_by"
    assert refusal(client, metric="runs", group_by="version", event_type="step") == "metric"


def calls_of_versions(client: Client, agents: dict[str | None, str]) -> None:
    """Calls in runs of three versions, of the agent that each has."""
    draw = random.Random(7)
    for _ in range(30):
        run, version = new_id(), draw.choice([*agents])
        sent = [
            event(
                run,
                draw.choice(["llm_call", "tool_call", "step"]),
                draw.randrange(HOUR),
                agent_name=agents[version],
                data={
                    "version": version,
                    "latency_ms": draw.choice([draw.randrange(1, 9_000), None]),
                    "model": draw.choice(["gpt-4o", None]),
                    "tool_name": draw.choice(["search", "sum"]),
                },
            )
            for _ in range(9)
        ]
        client.send(*sent)


@pytest.mark.parametrize(
    "filters",
    [{}, {"event_type": "llm_call"}, {"model": "gpt-4o"}, {"tool": "search"}, {"from": at(0)}],
)
def test_latency_by_version_is_that_of_agents_with_one_version_each(
    client: Client, filters: dict[str, str]
) -> None:
    """The same calls, sent as those of one agent, and as those of an agent for each version."""
    versions = ["1.0", "1.1", None]
    calls_of_versions(client, dict.fromkeys(versions, "all"))
    calls_of_versions(client, {version: f"agent {version}" for version in versions})
    asked = {"agent": "all", "group_by": "version", **filters}
    found = client.ok("/api/metrics/latency", params=asked)
    assert {row.pop("version"): row for row in found["versions"]} == {
        version: client.ok("/api/metrics/latency", params={"agent": f"agent {version}", **filters})[
            "overall"
        ]
        for version in versions
    }
    assert sum(row["events"] for row in found["versions"]) == found["overall"]["events"]
    assert "versions" not in client.ok("/api/metrics/latency", params={"agent": "all"})


def test_latency_by_version_follows_a_run_that_moves_and_goes(client: Client) -> None:
    run, path = new_id(), "/api/metrics/latency?group_by=version&agent="
    client.send(event(run, parent_event_id=new_id(), data={"latency_ms": 5, "version": "1"}))
    assert [row["version"] for row in client.ok(f"{path}agent")["versions"]] == ["1"]
    client.send(event(run, "agent_start", agent_name="other", data={"version": "2"}))
    assert client.ok(f"{path}agent")["versions"] == []
    assert [row["version"] for row in client.ok(f"{path}other")["versions"]] == ["2"]
    client.ok(f"/api/runs/{run}", "DELETE")
    assert client.ok(f"{path}other")["versions"] == []


def test_latency_by_version_is_of_an_agent_and_of_as_many_runs_as_can_be_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = client.simulate_get("/api/metrics/latency?group_by=version")
    assert (refused.status_code, refused.json["parameter"]) == (400, "agent")
    refused = client.simulate_get("/api/metrics/latency?group_by=model")
    assert (refused.status_code, refused.json["parameter"]) == (400, "group_by")
    monkeypatch.setattr(version_latency, "MOST_RUNS", 2)
    for seconds in range(3):
        client.send(event(new_id(), "agent_start", seconds, data={"latency_ms": 5}))
    path = "/api/metrics/latency?group_by=version&agent=agent"
    refused = client.simulate_get(path)
    assert (refused.status_code, refused.json["code"]) == (400, "window_too_large")
    assert datetime.fromisoformat(refused.json["stopped_at"]) == datetime.fromisoformat(at(0))
