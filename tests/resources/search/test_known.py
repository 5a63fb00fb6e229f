"""A search for a model, event type or tool that no event has ends after one batch, complete."""

import random
from itertools import count
from typing import Any

import pytest

from service.api.pagination.scan import Page, TimeBoundedScan
from service.db.database import Database
from service.db.queries import Connection
from service.metrics.fold import fold
from service.resources.events.search import search_events
from service.resources.runs.search import RunSearch, by_time
from tests.client import Client
from tests.events import event, new_id
from tests.resources.search.test_filters import as_filters, as_search
from tests.resources.search.world import send_runs

RUNS = 30


def hurried(database: Database) -> TimeBoundedScan:
    """A scan whose time is over after a few batches of 2 runs."""
    ticks = count()
    return TimeBoundedScan(database, clock=lambda: next(ticks) / 16, rows=2)


def is_complete(database: Database, name: str, value: str) -> list[bool]:
    """Whether a search of events, and one of runs where runs have the filter, came to its end."""
    pages: list[Page[Any]] = [search_events(hurried(database), as_search({name: value}))]
    if name != "event_type":
        search = RunSearch(as_filters({name: value}), "created_at", "desc", 50, None)
        pages.append(by_time(hurried(database), search))
    assert [page.rows for page in pages] == [[]] * len(pages)
    return [page.is_complete for page in pages]


@pytest.mark.parametrize("name", ["model", "event_type", "tool"])
def test_what_does_not_exist_is_known_at_once(
    client: Client, database: Database, conn: Connection, name: str
) -> None:
    oldest = new_id()
    rare = event(oldest, "rare", data={"model": "rare"})
    call = event(oldest, "tool_call", data={"tool_name": "rare"})
    assert client.send(rare, call).json["inserted"] == 2
    send_runs(client, random.Random(65), RUNS)
    for _ in range(2):  # as deltas that wait, and folded
        assert all(is_complete(database, name, "there-is-none"))
        assert not any(is_complete(database, name, "rare")), "it exists, in a run not yet read"
        fold(conn)
    found = client.ok(f"/api/events?{name}=rare")
    assert ([each["run_id"] for each in found["events"]], found["complete"]) == ([oldest], True)
    assert client.simulate_delete(f"/api/runs/{oldest}").status_code == 200
    assert all(is_complete(database, name, "rare")), "its only event is deleted"


@pytest.mark.parametrize("name", ["model", "tool"])
def test_a_sort_by_a_total_ends_at_once_too(client: Client, name: str) -> None:
    send_runs(client, random.Random(66), RUNS)
    found = client.ok(f"/api/runs?sort=cost&from=2020-01-01&{name}=there-is-none")
    assert (found["runs"], found["complete"], found["next_cursor"]) == ([], True, None)
