"""Every path that is read, and what of the store is asked for: other runs and agents each time."""

import json
import random
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin

from bench import scores
from bench.trees import AGENT, RUNS, post_trees

SAMPLED_RUNS = 300
SAMPLED_TIMELINES = 40
SCORES = 20_000  # of the sampled runs


@dataclass(frozen=True)
class Path:
    """A path as api.md names it, and what requests of it are to ask, in turn."""

    name: str
    addresses: list[str]
    is_main: bool = False  # measured while ingest runs, too, and as the store grows


@dataclass(frozen=True)
class Targets:
    """What a store holds."""

    agents: list[str]
    runs: list[dict[str, Any]]
    parents: list[tuple[str, str]]  # events with children, each with its run
    cursors: list[str]  # pages deep in the runs of an agent
    trees: dict[int, list[str]]  # runs of an exact size


def find_targets(url: str, seed: int, tree_sizes: tuple[int, ...] = tuple(RUNS)) -> Targets:
    """Look at what the store holds, and add the runs of an exact size."""
    rng = random.Random(seed)
    trees = post_trees(url, seed, tree_sizes)
    agents = {agent["name"]: agent["total_runs"] for agent in read(url, "/api/agents")}
    del agents[AGENT]
    runs = [
        run for name in agents for run in read(url, f"/api/agents/{quote(name)}/runs?limit=1000")
    ]
    runs = rng.sample(runs, min(SAMPLED_RUNS, len(runs)))
    timelines = [
        read(url, f"/api/runs/{run['run_id']}/timeline") for run in runs[:SAMPLED_TIMELINES]
    ]
    parents = [
        (event["event_id"], timeline["run_id"])
        for timeline in timelines
        for event in timeline["events"]
        if event["event_type"] == "agent_start"
    ]
    scores.send(url, scores.bodies_of([run["run_id"] for run in runs], SCORES, 1_000, seed), 1)
    cursors = [address for name in agents if (address := deep_page(url, name, agents[name]))]
    return Targets(list(agents), runs, parents, cursors, trees)


def read(url: str, path: str) -> Any:
    """GET a path; return what its JSON holds."""
    with urllib.request.urlopen(url + path) as answer:  # noqa: S310 -- our own
        return json.load(answer)


def deep_page(url: str, agent: str, runs: int) -> str | None:
    """The page of an agent's runs that follows the first three quarters; None without one."""
    first = f"{url}/api/agents/{quote(agent)}/runs?limit=50&offset={runs * 3 // 4}"
    with urllib.request.urlopen(first) as answer:  # noqa: S310 -- our own
        link: str = answer.headers.get("Link", "")
    target = link.partition("<")[2].partition(">")[0]
    return urljoin(first, target).removeprefix(url) if target else None


def all_paths(targets: Targets) -> list[Path]:
    """Every path that answers GET."""
    return [
        *agent_paths(targets),
        *run_paths(targets),
        *search_paths(targets),
        *metric_paths(targets),
        *who_paths(targets),
        *fixed_paths(),
    ]


def agent_paths(targets: Targets) -> list[Path]:
    """The agents, and their runs."""
    agents = [f"/api/agents/{quote(name)}" for name in targets.agents]
    return [
        Path("agents", ["/api/agents"], is_main=True),
        Path("agent", agents),
        Path("runs of an agent", [f"{agent}/runs?limit=50" for agent in agents], is_main=True),
        Path("runs of an agent, deep page", targets.cursors),
        Path("metrics of an agent", [f"{agent}/metrics" for agent in agents], is_main=True),
    ]


def run_paths(targets: Targets) -> list[Path]:
    """One run, its timeline and its trace, by id and by names; an event's children."""
    by_id = [f"/api/runs/{run['run_id']}" for run in targets.runs]
    by_names = [by_name(run["agent_name"], run["run_name"]) for run in targets.runs]
    return [
        Path("run by id", by_id, is_main=True),
        Path("run by names", by_names),
        Path("timeline by id", [f"{run}/timeline" for run in by_id], is_main=True),
        Path("timeline by names", [f"{run}/timeline" for run in by_names]),
        *trace_paths(targets.trees),
        Path("children", [f"/api/events/{event}/children" for event, _ in targets.parents]),
        Path(
            "children in a run",
            [f"/api/events/{event}/children?run_id={run}" for event, run in targets.parents],
        ),
    ]


def search_paths(targets: Targets) -> list[Path]:
    """Searches that find a page; by cost, of what an agent did in the last hour."""
    agents = [quote(name) for name in targets.agents]
    hour = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        Path("search all runs", ["/api/runs"]),
        Path("search runs with errors", [f"/api/runs?has_error=true&agent={a}" for a in agents]),
        Path("search runs of a model", ["/api/runs?model=gpt-4o"]),
        Path("runs by cost", [f"/api/runs?sort=cost&from={hour}&agent={a}" for a in agents]),
        Path("search errors", ["/api/events?status=error"]),
        Path("grouped errors", [f"/api/errors?from={hour}"]),
        Path("grouped errors of an agent", [f"/api/errors?from={hour}&agent={a}" for a in agents]),
        Path("search text", ["/api/events?q=the"]),
    ]


def trace_paths(trees: dict[int, list[str]]) -> list[Path]:
    """The trace of runs of each size, by id and by names, and its summary."""
    paths = []
    for size, run_ids in trees.items():
        by_id = [f"/api/runs/{run_id}/trace" for run_id in run_ids]
        by_names = [f"{by_name(AGENT, f'{size} events, {run_id}')}/trace" for run_id in run_ids]
        paths.append(Path(f"trace of {size:,} by id", by_id, is_main=size < 10_000))
        paths.append(Path(f"trace of {size:,} by names", by_names))
        summaries = [f"{run}?fields=summary" for run in by_id]
        paths.append(Path(f"trace summary of {size:,}", summaries))
    return paths


def by_name(agent: str, run: str) -> str:
    """A run's path by its agent and name."""
    return f"/api/runs/{quote(agent, safe='')}/{quote(run, safe='')}"


def metric_paths(targets: Targets) -> list[Path]:
    """The metrics, as dashboards ask for them."""
    series = "/api/metrics/timeseries?metric="
    agents = [quote(name) for name in targets.agents]
    return [
        Path("metrics summary", ["/api/metrics/summary"], is_main=True),
        Path("cost timeline", days("cost"), is_main=True),
        Path("tokens timeline", days("tokens")),
        Path("agents comparison", ["/api/metrics/agents-comparison"]),
        Path("cost by day", [f"{series}cost"]),
        Path("cost by day and model", [f"{series}cost&group_by=model"]),
        Path(
            "cost of an agent by day and type",
            [f"{series}cost&agent={a}&group_by=event_type" for a in agents],
        ),
        Path("events by hour", [f"{series}events&interval=hour"]),
        Path("p95 by day", [f"{series}latency_p95"]),
        Path("what changed in 30 days", ["/api/metrics/changes"]),
        Path(
            "models", ["/api/metrics/models", *(f"/api/metrics/models?agent={a}" for a in agents)]
        ),
        Path(
            "latency",
            ["/api/metrics/latency", *(f"/api/metrics/latency?agent={a}" for a in agents)],
        ),
    ]


def who_paths(targets: Targets) -> list[Path]:
    """Sessions, users, versions, tools and scores."""
    agents = [quote(name) for name in targets.agents]
    sessions = [quote(run["session_id"]) for run in targets.runs if run["session_id"]]
    runs = [run["run_id"] for run in targets.runs]
    return [
        Path("sessions", ["/api/sessions"]),
        Path("sessions of an agent", [f"/api/sessions?agent={a}" for a in agents]),
        Path("session", [f"/api/sessions/{session}" for session in sessions]),
        Path("users of an agent", [f"/api/users?agent={a}" for a in agents]),
        Path("runs of a session", [f"/api/runs?session_id={s}" for s in sessions]),
        Path("versions", [f"/api/metrics/versions?agent={a}" for a in agents]),
        Path("tools", [f"/api/metrics/tools?agent={a}" for a in agents]),
        Path("events by day and tool", ["/api/metrics/timeseries?metric=events&group_by=tool"]),
        Path("scores of a run", [f"/api/scores?run_id={run}" for run in runs]),
        Path("scores of an agent", [f"/api/metrics/scores?agent={a}" for a in agents]),
    ]


def days(what: str) -> list[str]:
    """A timeline over several lengths."""
    return [f"/api/metrics/{what}-timeline?days={count}" for count in (7, 30, 90, 365)]


def fixed_paths() -> list[Path]:
    """The service itself."""
    return [Path("health", ["/health"]), Path("root", ["/"])]
