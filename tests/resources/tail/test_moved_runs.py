"""The tail of one agent: a run that comes to it later brings along what was stored before."""

from collections.abc import Iterator

import psycopg
import pytest

from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection
from service.resources.tail import pages
from service.resources.tail.pages import find_start, next_page
from service.resources.tail.position import StreamPosition
from tests.client import CONNECTIONS, Client
from tests.events import Event, event, new_id
from tests.resources.tail.test_pages import ADD, ids, read_all


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(database_url, CONNECTIONS))
    database.open()
    yield database
    database.close()


@pytest.fixture
def begin(client: Client, database: Database) -> StreamPosition:
    """Now, in a database that is in use."""
    assert client.send(event(new_id(), agent_name="other")).status_code == 200
    return find_start(database, None)[0]


def children(run: str, count: int, agent: str = "service") -> list[Event]:
    """Spans that ended before the root of their trace did."""
    return [event(run, seconds=10 + n, agent_name=agent) for n in range(count)]


def root(run: str, agent: str = "planner", second: int = 0) -> Event:
    """What says whose the run is; the earliest one wins."""
    return event(run, "agent_start", second, agent_name=agent)


def keys(*events: Event) -> list[str]:
    """The ids of events, in the order in which those of one transaction come."""
    return [one["event_id"] for one in sorted(events, key=lambda one: one["event_id"])]


def test_children_that_came_before_their_root_come_with_it(
    client: Client, database: Database, begin: StreamPosition
) -> None:
    run = new_id()
    early, late, last = children(run, 3), children(run, 2), root(run)
    client.send(*early)
    assert ids(next_page(database, begin, "planner")) == []
    behind = next_page(database, begin, "service").end
    assert ids(next_page(database, begin, "service")) == keys(*early)
    client.send(last, *late)
    [after] = children(run, 1)
    client.send(after)
    whole = [*keys(*early, *late, last), after["event_id"]]
    assert ids(next_page(database, begin, "planner")) == whole
    assert ids(next_page(database, behind, "planner")) == whole
    assert ids(next_page(database, behind, "service")) == []


def test_pages_and_reconnects_of_any_size_hold_each_of_them_once_in_one_order(
    client: Client, database: Database, begin: StreamPosition, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [new_id() for _ in range(3)]
    client.send(*(child for run in runs for child in children(run, 7)))
    client.send(*(event(new_id(), agent_name="planner") for _ in range(5)))
    client.send(*map(root, runs[:2]))
    client.send(*children(runs[0], 4), root(runs[2]))
    whole = ids(next_page(database, begin, "planner"))
    assert len(whole) == len(set(whole)) == 3 * 7 + 5 + 3 + 4
    for rows, size in ((1, 10_000), (2, 10_000), (7, 10_000), (500, 1), (500, 20), (3, 10)):
        monkeypatch.setattr(pages, "ROWS_PER_PAGE", rows)
        monkeypatch.setattr(pages, "BYTES_PER_PAGE", size)
        assert read_all(database, begin, "planner") == whole


def test_a_move_that_is_not_decided_yet_brings_nothing_and_loses_nothing(
    client: Client, database: Database, database_url: str, begin: StreamPosition
) -> None:
    run, other, late = new_id(), new_id(), new_id()
    early = children(run, 2)
    client.send(*early, event(other))
    with psycopg.connect(database_url) as held:
        held.execute(ADD, (late, other))  # a transaction before the move, open
        client.send(root(run))
        page = next_page(database, begin, "planner")
        assert (ids(page), page.is_last) == ([], True)
    assert set(keys(*early)) < set(ids(next_page(database, page.end, "planner")))
    assert ids(next_page(database, page.end, "planner")) == ids(
        next_page(database, begin, "planner")
    )


def test_who_gets_a_run_back_gets_its_events_again_and_who_lost_it_no_more(
    client: Client, database: Database, begin: StreamPosition
) -> None:
    run = new_id()
    early = children(run, 2, agent="one")
    client.send(*early)
    first = next_page(database, begin, "one")
    assert ids(first) == keys(*early)
    there, back = root(run, "two", 5), root(run, "one", 4)
    client.send(there)
    assert set(ids(next_page(database, first.end, "two"))) == set(keys(*early, there))
    client.send(back)
    assert ids(next_page(database, begin, "two")) == []
    again = keys(*early, there)
    assert ids(next_page(database, first.end, "one")) == sorted([*again, back["event_id"]])


@pytest.mark.one_server("the rows' xmin are the workers' own")
def test_a_move_that_was_restored_from_a_server_that_had_counted_further_holds_nothing_up(
    client: Client, database: Database, conn: Connection, begin: StreamPosition
) -> None:
    run = new_id()
    client.send(*children(run, 1))
    client.send(root(run))
    conn.execute(
        "UPDATE runs SET moved_xid = (moved_xid::text::bigint + 1000000)::text::xid8"
        " WHERE run_id = %s",
        (run,),
    )
    now, _ = find_start(database, None)
    new = children(run, 2)
    client.send(*new)
    assert ids(next_page(database, now, "planner")) == keys(*new)
    for _ in range(10):
        conn.execute("SELECT pg_current_xact_id()")
    assert len(ids(next_page(database, begin, "planner"))) == 4


@pytest.mark.one_server("the rows' xmin are the workers' own")
def test_what_was_restored_comes_with_a_run_that_moves_afterwards(
    client: Client, database: Database, conn: Connection, begin: StreamPosition
) -> None:
    run, restored = new_id(), new_id()
    client.send(*children(run, 1))
    conn.execute(ADD, (restored, run))
    conn.execute(
        "UPDATE events SET ingest_xid = (ingest_xid::text::bigint + 1000)::text::xid8"
        " WHERE event_id = %s",
        (restored,),
    )
    client.send(root(run))
    found = ids(next_page(database, begin, "planner"))
    assert restored in found
    assert len(found) == 3


def test_a_run_that_does_not_move_has_no_entry_in_the_index(
    client: Client, conn: Connection, begin: StreamPosition
) -> None:
    moved, stayed = new_id(), new_id()
    client.send(*children(moved, 1), root(stayed))
    client.send(root(moved), *children(stayed, 1))
    assert begin
    found = conn.execute("SELECT run_id FROM runs WHERE moved_xid IS NOT NULL").fetchall()
    assert [str(row["run_id"]) for row in found] == [moved]
