"""The accounts tell what is wrong, and the proxy cuts where it should."""

import random
import select
from typing import Any

import psycopg
import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.faults.accounting import Batch, Ledger
from tests.faults.conftest import Through
from tests.processes.harness import until


@pytest.fixture
def ledger(client: Client) -> Ledger:
    """The ledger of two clients whose batches, some of them shared, are all stored."""
    made, rngs = Ledger("seed"), [random.Random(number) for number in range(2)]
    for number in range(30):
        send(client, made, made.next(number % 2, rngs[number % 2]))
    return made


def send(client: Client, ledger: Ledger, batch: Batch) -> None:
    ledger.acknowledge(batch, client.send_bytes(batch.body).json)


def delete_one(conn: Connection, batch: Batch) -> None:
    conn.execute("DELETE FROM events WHERE event_id = %s", [batch.events[0]["event_id"]])


def own_batch(ledger: Ledger) -> Batch:
    """A batch of many events that nobody else has."""
    rng = random.Random()
    return next(b for b in iter(lambda: ledger.next(0, rng), None) if b.own and len(b.events) > 1)


def test_what_is_stored_as_it_was_acknowledged_is_right(ledger: Ledger, conn: Connection) -> None:
    found = ledger.account(conn)
    assert (found.lost, found.ambiguous, found.problems) == (0, 0, [])
    assert conn.execute("SELECT count(*) AS n FROM events").fetchone() == {"n": found.acknowledged}


def test_a_lost_event_is_told(client: Client, ledger: Ledger, conn: Connection) -> None:
    batch = own_batch(ledger)
    send(client, ledger, batch)
    delete_one(conn, batch)
    found = ledger.account(conn)
    assert found.lost == 1
    assert "1 acknowledged events are not stored" in found.problems


def test_a_batch_in_part_is_told(client: Client, ledger: Ledger, conn: Connection) -> None:
    batch = own_batch(ledger)  # not acknowledged
    client.send_bytes(batch.body)
    assert ledger.account(conn).problems == []
    delete_one(conn, batch)
    [problem] = ledger.account(conn).problems
    assert problem.startswith(f"{len(batch.events) - 1} events are stored without the rest")


def test_an_event_that_is_there_twice_is_told(
    client: Client, ledger: Ledger, conn: Connection
) -> None:
    send(client, ledger, ledger.probe(1))
    conn.execute(
        'INSERT INTO events SELECT (jsonb_populate_record(e, \'{"received_on": "2001-01-01"}\')).* '
        "FROM events AS e LIMIT 1"
    )
    assert ledger.account(conn).problems == ["1 events are stored twice"]


def test_commits_that_nobody_was_told_of_are_counted(
    client: Client, ledger: Ledger, conn: Connection
) -> None:
    told, untold = own_batch(ledger), own_batch(ledger)
    for batch in (told, untold):
        client.send_bytes(batch.body)
    send(client, ledger, told)
    assert ledger.account(conn).ambiguous == 2


def commit(client: "psycopg.Connection[Any]", pipelined: bool) -> None:
    if pipelined:
        with client.pipeline():
            client.execute("INSERT INTO copied VALUES (3)")
            client.commit()
    else:
        client.commit()


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_commit_of_copied_rows_is_cut_off_from_its_answer(
    through: Through, conn: Connection, pipelined: bool
) -> None:
    proxy, conninfo = through
    proxy.cut_after_commit(1)
    with psycopg.connect(conninfo) as client:
        client.execute("INSERT INTO copied VALUES (1)")
        client.commit()  # nothing was copied: goes through
        assert proxy.cut_commits == 0
        with client.cursor().copy("COPY copied FROM STDIN") as copy:
            copy.write("2\n")
        with pytest.raises(psycopg.OperationalError):
            commit(client, pipelined)
    assert proxy.cut_commits == 1
    stored = [row["n"] for row in conn.execute("SELECT n FROM copied ORDER BY n")]
    assert stored == ([1, 2, 3] if pipelined else [1, 2])


def test_it_refuses_swallows_and_half_opens(through: Through, conn: Connection) -> None:
    proxy, conninfo = through
    backends = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'half-opened'"
    with psycopg.connect(conninfo, application_name="half-opened") as client:
        proxy.half_open()
        until(lambda: conn.execute(backends).fetchone() == {"n": 0}, "PostgreSQL was not told")
        assert select.select([client.pgconn.socket], [], [], 0.2)[0] == [], "the client was told"
    proxy.swallowing = True
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(conninfo, connect_timeout=2)
    proxy.swallowing = False
    proxy.shut()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(conninfo)
    proxy.open()
    psycopg.connect(conninfo).close()
