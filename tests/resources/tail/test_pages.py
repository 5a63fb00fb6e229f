"""The order of the tail: nothing comes in behind a place that a client has passed."""

from typing import Any

import psycopg
import pytest

from service.db.connections import connect
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, queries
from service.db.session_settings import WRITE
from service.db.statement_timeout import TimeoutConnection
from service.resources.tail import pages
from service.resources.tail.pages import Page, find_start, next_page
from service.resources.tail.position import StreamPosition
from tests.client import CONNECTIONS, Client
from tests.events import event, new_id
from tests.processes.harness import until

ADD = """
INSERT INTO events
       (received_on, run_id, event_id, agent_name, event_type, timestamp, is_error, data)
SELECT received_on, run_id, %s, agent_name, 'step', now(), false, '{}' FROM runs WHERE run_id = %s
"""


@pytest.fixture
def database(database_url: str) -> Database:
    database = Database(DatabaseSettings(database_url, CONNECTIONS))
    database.open()
    return database


def ids(page: Page) -> list[str]:
    """The events of a page."""
    return [str(row["event_id"]) for _, row in page.events]


def test_what_is_committed_late_comes_before_what_was_committed_meanwhile(
    client: Client, database: Database, database_url: str
) -> None:
    run, late, soon = new_id(), new_id(), new_id()
    client.send(event(run))
    begin, _ = find_start(database, None)
    with psycopg.connect(database_url) as held:
        held.execute(ADD, (late, run))
        client.send(event(run, event_id=soon))
        page = next_page(database, begin, None)
        assert (ids(page), page.is_last) == ([], True)
        from_here, _ = find_start(database, None)  # a client that begins now is not too late
    assert ids(next_page(database, page.end, None)) == [late, soon]
    assert ids(next_page(database, from_here, None)) == [late, soon]
    database.close()


def test_pages_of_any_size_hold_every_event_once_in_one_order(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, _ = find_start(database, None)
    sent = []
    for agent in ("a", "b", "a"):
        batch = [event(new_id(), agent_name=agent, data={"text": "x" * 50}) for _ in range(7)]
        sent += batch
        assert client.send(*batch).status_code == 200
    whole = ids(next_page(database, begin, None))
    assert sorted(whole) == sorted(each["event_id"] for each in sent)
    of_a = [found for found in whole if found in {e["event_id"] for e in sent[:7] + sent[14:]}]
    for rows, size in ((1, 10_000), (2, 10_000), (7, 10_000), (500, 1), (500, 200), (3, 100)):
        monkeypatch.setattr(pages, "ROWS_PER_PAGE", rows)
        monkeypatch.setattr(pages, "BYTES_PER_PAGE", size)
        assert read_all(database, begin, None) == whole
        assert read_all(database, begin, "a") == of_a
    database.close()


def read_all(database: Database, place: StreamPosition, agent_name: str | None) -> list[str]:
    """Every event behind a place; each place is written and read back, as by a reconnect."""
    found: list[str] = []
    while True:
        page = next_page(database, place, agent_name)
        found += ids(page)
        if page.is_last:
            return found
        parsed = StreamPosition.parse(str(page.end))
        assert parsed == page.end
        assert [str(at) for at, _ in page.events[-1:]] in ([], [str(parsed)]) or agent_name
        place = parsed


def test_in_front_of_the_horizon_a_place_within_a_transaction_stays_there(
    client: Client, database: Database, database_url: str
) -> None:
    """As after a failover to a server that has not come as far."""
    run = new_id()
    client.send(event(run))
    begin, _ = find_start(database, None)
    with psycopg.connect(database_url) as held:
        held.execute(ADD, (new_id(), run))
        client.send(*(event(run) for _ in range(3)))
        [row] = held.execute("SELECT max(ingest_xid::text::bigint) FROM events").fetchall()
        first = min(ids_of(held, row[0]))
        within = StreamPosition(row[0], run, first)
        assert next_page(database, within, None) == Page([], within, is_last=True)
    assert len(next_page(database, begin, None).events) == 4
    assert len(next_page(database, within, None).events) == 2
    database.close()


def ids_of(conn: psycopg.Connection[Any], xid: int) -> list[str]:
    """The events of a transaction."""
    found = conn.execute("SELECT event_id FROM events WHERE ingest_xid = %s::text::xid8", (xid,))
    return [str(event_id) for (event_id,) in found]


def test_what_was_deleted_is_passed_over(client: Client, database: Database) -> None:
    runs = [new_id() for _ in range(3)]
    begin, _ = find_start(database, None)
    for run in runs:
        client.send(event(run))
    [first, *_] = next_page(database, begin, None).events
    for run in runs[:2]:
        client.ok(f"/api/runs/{run}", "DELETE")
    rest = next_page(database, first[0], None)
    assert [row["run_id"] for _, row in rest.events] == runs[2:]
    database.close()


@pytest.mark.one_server("the rows' xmin are the workers' own")
def test_what_was_restored_from_a_server_that_had_counted_further_is_not_new(
    client: Client, database: Database, conn: Connection
) -> None:
    run, restored, repriced = new_id(), new_id(), new_id()
    client.send(event(run))
    begin, _ = find_start(database, None)
    conn.execute(ADD, (restored, run))
    conn.execute(
        "UPDATE events SET ingest_xid = (ingest_xid::text::bigint + 5)::text::xid8"
        " WHERE event_id = %s",
        (restored,),
    )
    client.send(event(run, event_id=repriced))
    conn.execute(
        "UPDATE events SET cost = 1, cost_source = 'computed' WHERE event_id = %s", (repriced,)
    )
    for _ in range(10):
        conn.execute("SELECT pg_current_xact_id()")
    assert ids(next_page(database, begin, None)) == [repriced]
    database.close()


def test_a_place_that_is_still_to_come_is_no_place(conn: Connection, database: Database) -> None:
    [row] = conn.execute("SELECT pg_current_xact_id()::text::bigint AS xid").fetchall()
    known, future = StreamPosition(row["xid"]), StreamPosition.before(row["xid"] + 1_000_000)
    assert find_start(database, known) == (known, False)
    begin, is_reset = find_start(database, future)
    assert is_reset
    assert row["xid"] <= begin.xid < future.xid
    database.close()


KEY = "8552f8ec-923d-432c-9bc4-802c92078534"


@pytest.mark.parametrize(
    "text",
    ["", "x", "0", "-1", "1.5", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 19 + "9", "1/2/3", "1 ",
     f"1/{KEY}", f"1/{KEY}/{KEY}/{KEY}", f"/{KEY}/{KEY}"],
)  # fmt: skip
def test_what_was_never_given_is_no_place(text: str) -> None:
    assert StreamPosition.parse(text) is None


def test_places_in_front_of_a_transaction_and_behind_an_event_are_read_back() -> None:
    for text in ("1", "929", str(2**63 - 1), f"7/{new_id()}/{new_id()}"):
        assert str(StreamPosition.parse(text)) == text


ENDED = """
SELECT pg_current_xact_id()::text::bigint AS xid,
       pg_advisory_lock_shared(-pg_current_xact_id()::text::bigint)
"""


def test_on_citus_the_horizon_waits_for_those_that_workers_have_not_committed(
    conn: TimeoutConnection, database_url: str
) -> None:
    """There a transaction has ended on the coordinator while it still holds its locks."""
    other = connect(database_url, WRITE, "test")
    conn.distributed = True
    with other:
        ended = other.execute(ENDED).fetchall()[0]["xid"]
        other.commit()  # what it locked for its session stays
        assert queries.tail.horizon(conn).fetchall()[0]["horizon"] <= ended
        queries.tail.hold_back(other)
        later = other.execute("SELECT pg_current_xact_id()::text::bigint AS xid").fetchall()
        assert queries.tail.horizon(conn).fetchall()[0]["horizon"] <= ended < later[0]["xid"]
    until(
        lambda: queries.tail.horizon(conn).fetchall()[0]["horizon"] > later[0]["xid"],
        "the horizon does not move on",
    )
