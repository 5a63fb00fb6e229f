"""A search ends in its time, and what it has not looked at is found from where it says."""

import random
from itertools import count

import pytest

from service.api.errors import ApiError
from service.api.pagination.scan import ScanBatch, TimeBoundedScan
from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.resources.events.search import EventSearch, search_events
from service.resources.runs.search import RunSearch, by_time
from tests.client import Client
from tests.resources.search.test_filters import as_filters, as_search
from tests.resources.search.world import all_runs, in_order, send_runs

SLOW = "SELECT pg_sleep(60)"


def hurried(database: Database) -> TimeBoundedScan:
    """A scan that loses a sixteenth of its time at each look at the clock; batches of 2 runs."""
    ticks = count()
    return TimeBoundedScan(database, clock=lambda: next(ticks) / 16, rows=2)


def test_a_search_of_runs_stops_in_time_and_goes_on(client: Client, database: Database) -> None:
    send_runs(client, random.Random(1), 30)
    expected = [run["run_id"] for run in in_order(all_runs(client)) if run["status"] == "failed"]
    found, cursor, incomplete = [], None, 0
    while True:
        search = RunSearch(as_filters({"status": "failed"}), "started_at", "desc", 1000, cursor)
        page = by_time(hurried(database), search)
        found += [row["run_id"] for row in page.rows]
        incomplete += not page.is_complete
        if page.next is None:
            break
        cursor = search.cursor_at(page.next)
    assert found == expected
    assert incomplete > 2


def test_a_search_of_events_stops_in_time_and_goes_on(client: Client, database: Database) -> None:
    send_runs(client, random.Random(2), 30)
    question = as_search({"event_type": "error"})
    expected = [row["event_id"] for row in search_events(TimeBoundedScan(database), question).rows]
    found, after, incomplete = [], None, 0
    while True:
        search = EventSearch(question.run_filters, question.event_filters, 1000, after)
        page = search_events(hurried(database), search)
        found += [row["event_id"] for row in page.rows]
        incomplete += not page.is_complete
        if page.next is None:
            break
        after = page.next
    assert found == expected
    assert incomplete > 2


def test_a_slice_is_of_so_many_runs_or_of_so_many_of_their_events(
    client: Client, database: Database
) -> None:
    send_runs(client, random.Random(4), 20)
    runs = in_order(all_runs(client))
    with database.searching(1) as conn:
        for rows in (1, 3, 7):
            found = queries.runs.search(conn, slice=rows, row_limit=99, **as_filters({})).fetchall()
            assert [row["is_end"] for row in found] == [False] * (rows - 1) + [True]
            last = next(
                n for n in range(20) if sum(r["event_count"] for r in runs[: n + 1]) >= rows
            )
            last = min(last, rows - 1)
            looked_at = queries.events.search_runs(
                conn, slice=rows, **as_search({}).run_filters
            ).fetchall()
            assert [row["run_id"] for row in looked_at] == [r["run_id"] for r in runs[: last + 1]]
            model = as_filters({"model": "nobody's"})
            [end] = queries.runs.search(conn, slice=rows, row_limit=99, **model).fetchall()
            assert (end["run_id"], end["is_end"], end["matches"]) == (
                runs[last]["run_id"],
                True,
                False,
            )


def key_of(row: Row) -> int:
    """Rows are their own places here."""
    return int(row["n"])


def test_a_slice_that_takes_too_long_is_followed_by_a_smaller_one(database: Database) -> None:
    sizes: list[int] = []

    def scan(conn: Connection, rows: int, position: int | None, limit: int) -> ScanBatch[int]:
        sizes.append(rows)
        if rows > 1:
            conn.execute(SLOW).fetchall()
        return ScanBatch([{"n": 1}], None)

    page = TimeBoundedScan(database, rows=40).collect(scan, None, 10, key_of)
    assert sizes == [40, 2, 1]
    assert page.rows == [{"n": 1}]


def test_a_slice_that_takes_too_long_ends_a_search_that_got_on(database: Database) -> None:
    def scan(conn: Connection, rows: int, position: int | None, limit: int) -> ScanBatch[int]:
        if position is not None:
            conn.execute(SLOW).fetchall()
        return ScanBatch([{"n": 1}], 1)

    page = TimeBoundedScan(database, rows=1).collect(scan, None, 10, key_of)
    assert (page.rows, page.next, page.is_complete) == ([{"n": 1}], 1, False)


def test_a_search_that_cannot_get_on_says_so(database: Database) -> None:
    def scan(conn: Connection, rows: int, position: int | None, limit: int) -> ScanBatch[int]:
        conn.execute(SLOW).fetchall()
        raise AssertionError

    with pytest.raises(ApiError, match="504"):
        TimeBoundedScan(database, rows=1).collect(scan, None, 10, key_of)
    with database.reading() as conn:
        assert queries.agents.list(conn, row_limit=1).fetchall() == []


def test_a_window_of_too_many_runs_is_refused_with_what_would_do(
    client: Client, conn: Connection, database: Database
) -> None:
    send_runs(client, random.Random(3), 9)
    runs = in_order(all_runs(client))
    with database.searching(1) as reader:
        window = {"from_at": "2020-01-01", "run_limit": len(runs) - 1}
        found = queries.runs.search_window(reader, **window).fetchone()
        assert found is not None
        assert found["started_at"].isoformat() == runs[-1]["started_at"]
        window["run_limit"] = len(runs)
        assert queries.runs.search_window(reader, **window).fetchone() is None
    # A million events, as the run's row has it.
    conn.execute("UPDATE runs SET event_count = 1000001 WHERE run_id = %s", [runs[4]["run_id"]])
    params = {"sort": "cost", "from": "2020-01-01"}
    assert len(client.ok("/api/runs", params=params)["runs"]) == 9
    answer = client.simulate_get("/api/runs", params={**params, "model": "haiku"})
    assert (answer.status_code, answer.json["code"]) == (400, "window_too_large")
    assert answer.json["stopped_at"] == runs[4]["started_at"]
