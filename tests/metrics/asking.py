"""What the tests of the metrics share: events in every state of folding, and questions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from falcon import testing

from service.db.queries import Connection
from service.metrics.fold import forget_quarter_hours
from service.metrics.leader import fold_once
from tests.client import Client
from tests.events import Event, event

# Where the events are when they are asked for: in the deltas, in the tables, or in both.
STATES = ["waiting", "folded", "half folded"]

TIMESERIES = "/api/metrics/timeseries"


def store(client: Client, url: str, state: str, events: list[Event]) -> None:
    """Send events, and fold all, half or none of them."""
    first, rest = (events[::2], events[1::2]) if state == "half folded" else (events, [])
    assert client.send(*first).json["inserted"] == len(first)
    if state != "waiting":
        fold_once(url)
    if rest:
        assert client.send(*rest).json["inserted"] == len(rest)


def forget_all(conn: Connection, days: int) -> None:
    """Forget all quarter hours that are older, as the leader does in as many hours as days."""
    while forget_quarter_hours(conn, days):
        pass


def days_ago(days: float) -> str:
    """A timestamp so many days before now; negative: after now."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def moment(run: str, timestamp: str | datetime, event_type: str = "step", **fields: Any) -> Event:
    """An event at a time of its own."""
    return event(run, event_type, timestamp=str(timestamp), **fields)


def ask(client: Client, **params: Any) -> Any:
    """The parsed answer of /metrics/timeseries; `from_` stands for from."""
    return orjson.loads(answer_of(client, **params).content)


def answer_of(client: Client, wanted: int = 200, /, **params: Any) -> testing.Result:
    """The answer of /metrics/timeseries, with the status it must have."""
    named = {name.rstrip("_"): str(value) for name, value in params.items()}
    result = client.simulate_get(TIMESERIES, params=named)
    assert result.status_code == wanted, result.text
    return result


def refusal(client: Client, **params: Any) -> str:
    """The parameter that a 400 names."""
    return str(answer_of(client, 400, **params).json["parameter"])


def series(answer: Any) -> dict[str | None, dict[str, float]]:
    """The values that are not 0, by group and timestamp."""
    return {
        one["group"]: {
            point["timestamp"]: point["value"] for point in one["points"] if point["value"] != 0
        }
        for one in answer["series"]
    }


def points(answer: Any) -> list[float]:
    """The values of the one series."""
    [one] = answer["series"]
    return [point["value"] for point in one["points"]]


def starts(answer: Any) -> list[datetime]:
    """The times of the one series."""
    [one] = answer["series"]
    return [datetime.fromisoformat(point["timestamp"]) for point in one["points"]]
