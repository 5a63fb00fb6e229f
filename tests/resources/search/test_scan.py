"""A search ends in its time, and what it has not looked at is found from where it says."""

import random
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from service.api.errors import ApiError
from service.api.pagination import scan
from service.api.pagination.scan import ScanBatch, TimeBoundedScan
from service.db.database import Database
from service.db.queries import Connection, Query, Row, queries
from service.resources.events.search import EventSearch, search_events
from service.resources.events.text_slices import next_slice
from service.resources.runs.search import RunSearch, by_time
from tests.client import Client
from tests.events import event, new_id
from tests.resources.search.test_filters import as_filters, as_search
from tests.resources.search.world import all_runs, in_order, send_runs

SLOW = "SELECT pg_sleep(60)"


def hurried(database: Database) -> TimeBoundedScan:
    """A scan that loses a sixteenth of its time at each look at the clock; batches of 2 runs."""
    ticks = count()
    return TimeBoundedScan(database, clock=lambda: next(ticks) / 16, rows=2)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "chosen",
    [{"status": "failed"}, {"q": "time"}, {"q": "été", "model": "gpt", "status": "failed"}],
)
def test_a_search_of_runs_stops_in_time_and_goes_on(
    client: Client, database: Database, chosen: dict[str, str], order: str
) -> None:
    send_runs(client, random.Random(1), 30)
    asked = {**chosen, "order": order, "limit": 1000}
    expected = [run["run_id"] for run in client.ok("/api/runs", params=asked)["runs"]]
    found, cursor, incomplete = [], None, 0
    while True:
        search = RunSearch(as_filters(chosen), "started_at", order, 1000, cursor)
        page = by_time(hurried(database), search)
        found += [row["run_id"] for row in page.rows]
        incomplete += not page.is_complete
        if page.next is None:
            break
        cursor = search.cursor_at(page.next)
    assert found == expected != []
    assert incomplete > 2


@pytest.mark.parametrize("chosen", [{"event_type": "error"}, {"q": "time"}, {"q": "été"}])
def test_a_search_of_events_stops_in_time_and_goes_on(
    client: Client, database: Database, chosen: dict[str, str]
) -> None:
    send_runs(client, random.Random(2), 30)
    question = as_search(chosen)
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
    assert found == expected != []
    assert incomplete > 2


class Heavy:
    """A query that takes too long but for a few events, as where each of them is a megabyte."""

    def __init__(self, query: Query, most: int) -> None:
        self.query, self.most = query, most

    def __call__(self, conn: Connection, **params: Any) -> Any:
        reads_text = "data_pattern" in params
        if reads_text and len(params.get("event_ids") or [None] * 99) > self.most:
            conn.execute(SLOW).fetchall()
        return self.query(conn, **params)


@pytest.mark.parametrize("asked", ["late", "none of them"])
def test_a_run_that_is_too_much_for_a_statement_is_searched_in_slices(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """It was a wall: nothing in it or before it was found, in any number of requests."""
    run, older = new_id(), new_id()
    client.send(
        event(older, "agent_start", 0, data={"text": "late"}),
        event(run, "agent_start", 1, data={"text": "late"}),
        *[event(run, "step", seconds) for seconds in range(2, 12)],
    )
    monkeypatch.setattr(queries.events, "search", Heavy(queries.events.search, 3))
    monkeypatch.setattr(queries.runs, "search", Heavy(queries.runs.search, 3))
    monkeypatch.setattr(scan, "SHRINK", 500)
    hits = [run, older] if asked == "late" else []
    with Client.of(database_url, READ_TIMEOUT_SECONDS="1") as hurried:
        for path in ("events", "runs"):
            pages = list(pages_of(hurried, path, asked))
            found = [row["run_id"] for page in pages for row in page[path]]
            assert (found, len(pages) > 1) == (hits, True)


def test_a_slice_within_a_run_has_many_events_until_that_takes_too_long(
    client: Client, database: Database
) -> None:
    """Each slice walks all that the run has left: 1,000 events of 300,000 took 2 s."""
    run, events = new_id(), scan.FIRST_ROWS + 10
    client.send(*[event(run, "step", seconds) for seconds in range(events)])
    with database.searching(1) as conn:
        runs = queries.events.search_runs(conn, slice=1, **as_search({}).run_filters).fetchall()
        many = next_slice(conn, runs, {}, None, scan.FIRST_ROWS)
        few = next_slice(conn, runs, {}, None, scan.FIRST_ROWS - 1)
    assert (len(many.events), many.is_last) == (events, True)
    assert (len(few.events), few.is_last) == (scan.FIRST_ROWS - 1, False)


def pages_of(client: Client, path: str, asked: str) -> Iterator[Any]:
    """The pages of a search for text."""
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = client.ok(f"/api/{path}", params={"q": asked, **cursor})
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
        yield page


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

    def scan_batch(conn: Connection, rows: int, position: int | None, limit: int) -> ScanBatch[int]:
        sizes.append(rows)
        if rows > 1:
            conn.execute(SLOW).fetchall()
        return ScanBatch([{"n": 1}], None)

    page = TimeBoundedScan(database, rows=40).collect(scan_batch, None, 10, key_of)
    assert sizes == [40, 2, 1]
    assert page.rows == [{"n": 1}]


def test_a_slice_that_takes_too_long_ends_a_search_that_got_on(database: Database) -> None:
    def scan_batch(conn: Connection, rows: int, position: int | None, limit: int) -> ScanBatch[int]:
        if position is not None:
            conn.execute(SLOW).fetchall()
        return ScanBatch([{"n": 1}], 1)

    page = TimeBoundedScan(database, rows=1).collect(scan_batch, None, 10, key_of)
    assert (page.rows, page.next, page.is_complete) == ([{"n": 1}], 1, False)


def test_a_search_that_cannot_get_on_says_so(database: Database) -> None:
    def scan_batch(conn: Connection, rows: int, position: int | None, limit: int) -> ScanBatch[int]:
        conn.execute(SLOW).fetchall()
        raise AssertionError

    with pytest.raises(ApiError, match="504"):
        TimeBoundedScan(database, rows=1).collect(scan_batch, None, 10, key_of)
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
