"""What the tests of retention share: runs of weeks long ago, and answers that must not change."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from service.core.clock import monday_of, today
from service.db.partitions import ensure_partitions
from service.db.queries import Connection
from service.db.retention import retaining
from tests.client import Client
from tests.events import Event, event, new_id

KEEP_DAYS = 90
LONG_AGO = monday_of(today() - timedelta(days=200)) + timedelta(days=2)
METRICS = [
    "/agents",
    "/agents/old",
    "/agents/old/metrics",
    "/metrics/summary",
    "/metrics/agents-comparison",
    "/metrics/models",
    f"/metrics/models?from={LONG_AGO - timedelta(days=9)}&to={today() + timedelta(days=1)}",
    "/metrics/latency",
    "/metrics/tools",
    "/metrics/cost-timeline?days=365",
    "/metrics/tokens-timeline?days=365",
    *[
        f"/metrics/timeseries?metric={name}&from={LONG_AGO - timedelta(days=9)}&group_by=agent"
        for name in ("events", "runs", "cost", "errors", "latency_p95")
    ],
    "/metrics/versions?agent=old",
    f"/metrics/versions?agent=other&from={LONG_AGO - timedelta(days=9)}",
    *[
        f"/metrics/timeseries?metric={name}&from={LONG_AGO - timedelta(days=9)}&group_by=version"
        for name in ("events", "runs", "cost", "tokens_in", "errors", "latency_p95")
    ],
]


def on(day: date, hours: float = 12) -> str:
    """A timestamp on a day."""
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)).isoformat()


def run_on(day: date, run: str = "", agent: str = "old", size: int = 0) -> list[Event]:
    """The events of a run of that day, every kind of number in them."""
    run = run or new_id()
    data = {"model": "m", "cost": 0.3, "tokens_in": 5, "tokens_out": 7, "latency_ms": 12.5}
    data |= {"cache_read_tokens": 3, "cache_write_tokens": 1, "reasoning_tokens": 2}
    return [
        event(
            run,
            "agent_start",
            timestamp=on(day, 1),
            agent_name=agent,
            data={"version": f"{agent} {day:%m}"},
        ),
        *[
            event(
                run,
                "llm_call",
                timestamp=on(day, 2 + n),
                agent_name=agent,
                data={**data, "text": "x" * size},
            )
            for n in range(3)
        ],
        event(run, "agent_end", timestamp=on(day, 9), agent_name=agent, data={"status": "error"}),
    ]


def receive(url: str, day: date, *events: Event) -> None:
    """Store events as a service of that day did."""
    ensure_partitions(url, day)
    with Client.of(url, today=lambda: day) as client:
        assert client.send(*events).json["inserted"] == len(events)


def retain(url: str, days: int = KEEP_DAYS) -> list[str]:
    """Drop what is old; the names of the partitions that went, but for those that were empty."""
    with retaining(url, today(), days) as retention:
        gone = [one for one in retention.partitions() if retention.drop(one)]
        retention.tidy()
        return [one.name for one in gone if one.runs]


def name_of(day: date) -> str:
    """The partition of a day."""
    return f"events_{monday_of(day):%Y%m%d}"


def answers(client: Client, paths: Iterable[str] = METRICS) -> list[Any]:
    """What the metrics say; the latency of agents and so on in one list."""
    return [client.ok(path) for path in paths]


def one(conn: Connection, statement: str) -> Any:
    """The one value of a statement."""
    row = conn.execute(statement).fetchone()
    assert row is not None
    [value] = row.values()
    return value
