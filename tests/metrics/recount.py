"""A mixed data set, and the recount of a metric by hour or day that knows nothing of SQL."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.events import Event, new_id
from tests.metrics.asking import moment

AGENTS = ["alpha", "a/b c", "日本語"]
MODELS = ["gpt-4o", "select", 'it\'s "x"', None]
TYPES = ["llm_call", "tool_call", "agent_end"]
BEGIN, END = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)
FIELDS = {"agent": "agent_name", "event_type": "event_type"}

Bucket = Callable[[datetime], str]


def mixed(count: int = 400) -> list[Event]:
    """Events of every kind over 16 days, across the change of the clocks; always the same."""
    chance = random.Random(3)
    runs = [(new_id(), agent) for agent in AGENTS for _ in range(4)]
    events = []
    for _ in range(count):
        run, agent = chance.choice(runs)
        at = BEGIN + timedelta(
            microseconds=chance.randrange(int((END - BEGIN).total_seconds() * 1e6))
        )
        data: dict[str, Any] = {
            "cost": chance.randrange(1000) / 1000,
            "tokens_in": chance.randrange(100),
            "tokens_out": chance.choice([None, 7]),
            "latency_ms": chance.choice([None, chance.randrange(10**6) / 1000]),
            "model": chance.choice(MODELS),
            "status": chance.choice(["ok", "ok", "error"]),
            **{"session_id": run[:8], "user_id": "u", "tags": ["mixed"], "version": "1"},
        }
        kind = chance.choice(TYPES)
        events.append(moment(run, at.isoformat(), kind, agent_name=agent, data=data))
    return events


def value_of(event: Event, metric: str) -> Decimal:
    """What an event adds to a metric."""
    data = event["data"]
    if metric == "events":
        return Decimal(1)
    if metric == "errors":
        return Decimal(data["status"] == "error")
    return Decimal(str(data[metric] or 0))


def name_of(event: Event, dimension: str) -> str | None:
    """The event's agent, model or type."""
    found = event["data"]["model"] if dimension == "model" else event[FIELDS[dimension]]
    return None if found is None else str(found)


def recount(
    events: list[Event], metric: str, bucket: Bucket, group_by: str = "", **filters: str
) -> dict[str | None, dict[str, float]]:
    """The values that are not 0, by group and the beginning of their hour or day."""
    found: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for event in events:
        if all(name_of(event, name) == value for name, value in filters.items()):
            group = name_of(event, group_by) if group_by else None
            at = bucket(datetime.fromisoformat(event["timestamp"]))
            found[group][at] += value_of(event, metric)
    return {
        group: {at: float(value) for at, value in values.items() if value}
        for group, values in found.items()
    }


def by_hour(zone: str) -> Bucket:
    """The hour of a time zone in which a moment lies: where it begins, in UTC."""

    def bucket(at: datetime) -> str:
        local = at.astimezone(ZoneInfo(zone))
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return (at - into).astimezone(UTC).isoformat()

    return bucket


def by_day(zone: str) -> Bucket:
    """The day of a time zone in which a moment lies: where it begins, in UTC."""

    def bucket(at: datetime) -> str:
        local = at.astimezone(ZoneInfo(zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return midnight.astimezone(UTC).isoformat()

    return bucket
