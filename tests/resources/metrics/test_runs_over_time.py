"""/metrics/runs: counts of runs over time are those of a count of all runs."""

import random
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from service.resources.metrics import runs_over_time
from tests.client import Client
from tests.events import event, new_id
from tests.resources.search.world import RUN_FILTERS, all_runs, send_runs, some_of

pytestmark = pytest.mark.pgbouncer
OF_RUNS = {name: found for name, found in RUN_FILTERS.items() if name not in ("model", "tool", "q")}
DAY = 86_400


def counts(client: Client, **parameters: Any) -> Any:
    return client.ok("/api/metrics/runs", params=parameters)


def start(run: dict[str, Any], seconds: int) -> float:
    """Where the bucket of a run begins."""
    return datetime.fromisoformat(run["started_at"]).timestamp() // seconds * seconds


def test_each_bucket_has_the_runs_that_began_in_it(client: Client) -> None:
    draw = random.Random(5)
    send_runs(client, draw, 40)
    runs = all_runs(client)
    non_empty = 0
    for _ in range(30):
        chosen = some_of(draw, OF_RUNS)
        found = counts(client, **chosen)
        passing = [
            run for run in runs if all(OF_RUNS[name][1](run, text) for name, text in chosen.items())
        ]
        states = Counter(run["status"] for run in passing)
        assert (found["runs"], found["failed"], found["active"]) == (
            *(len(passing), states["failed"], states["active"]),
        ), chosen
        seconds = found["bucket_seconds"]
        expected = Counter(start(run, seconds) for run in passing)
        assert {
            datetime.fromisoformat(one["start"]).timestamp(): one["runs"]
            for one in found["buckets"]
        } == expected
        non_empty += bool(passing)
    assert non_empty > 15


def test_the_window_decides_how_long_a_bucket_is(client: Client) -> None:
    client.send(event(new_id(), timestamp="2026-11-03T12:34:56"))
    for to, seconds in (
        ("2026-11-03T12:36:00", 5),
        ("2026-11-04", 900),
        ("2026-12-01", DAY // 2),
        ("2060-01-01", 28 * DAY),
    ):
        found = counts(client, **{"from": "2026-11-03T12:30:00", "to": to})
        assert found["bucket_seconds"] == seconds, to
        assert (found["from"], found["complete"]) == ("2026-11-03T12:30:00+00:00", True)
    assert counts(client)["from"] == "2026-11-03T12:34:56+00:00"
    nothing = counts(client, to="2026-11-01")
    assert (nothing["runs"], nothing["from"], nothing["buckets"]) == (0, None, [])


def test_of_too_many_runs_the_newest_count(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_over_time, "MOST_SORTED_RUNS", 3)
    moments = [f"2026-11-03T12:00:0{second}+00:00" for second in range(5)]
    client.send(*[event(new_id(), timestamp=moment) for moment in moments])
    found = counts(client, **{"from": "2026-11-01"})
    assert (found["runs"], found["from"], found["complete"]) == (3, moments[2], False)


def test_it_refuses_what_it_does_not_filter_by(client: Client) -> None:
    for refused in ({"model": "x"}, {"q": "x"}, {"status": "odd"}, {"from": "no time"}):
        assert client.simulate_get("/api/metrics/runs", params=refused).status_code == 400
