"""One connection listens for a worker's streams, and only while there are any."""

from collections.abc import Iterator

import psycopg
import pytest

from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, queries
from service.metrics.leader import FoldLeader
from tests.client import CONNECTIONS, Client
from tests.events import event, new_id
from tests.processes.harness import until

LISTENING = "application_name = 'gati-backend tail' AND query LIKE '%%LISTEN%%'"
PIDS = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {LISTENING}"
GUARD_SECONDS = 30.0


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(database_url, CONNECTIONS))
    yield database
    database.close()


def listeners(conn: Connection) -> list[int]:
    """Connections that listen."""
    return [row["pid"] for row in conn.execute(PIDS)]


def test_it_rings_for_all_through_one_connection_also_after_that_was_killed(
    conn: Connection, database: Database
) -> None:
    bell = database.notifications
    with bell.subscribed(), bell.subscribed():
        rung = bell.wait(0, GUARD_SECONDS)  # it has begun to listen
        [pid] = listeners(conn)
        queries.tail.notify(conn)
        rung = bell.wait(rung, GUARD_SECONDS)
        assert rung == 2
        conn.execute("SELECT pg_terminate_backend(%s::integer)", (pid,))
        assert bell.wait(rung, GUARD_SECONDS) == 3  # for what it may have missed
        [other] = listeners(conn)
        assert other != pid
    until(lambda: not listeners(conn), "it listens for nobody")
    with bell.subscribed():
        assert bell.wait(3, GUARD_SECONDS) == 4
        assert listeners(conn)
        database.close()
        until(lambda: not listeners(conn), "its connection is left")


def test_the_leader_tells_of_what_came_in(
    client: Client, database_url: str, conn: Connection
) -> None:
    refresher = FoldLeader(database_url, interval_seconds=1, quarter_hour_days=90)
    refresher.open()
    try:
        with psycopg.connect(database_url, autocommit=True) as listener:
            listener.execute("LISTEN gati_events")
            for _ in range(2):  # also behind a fold
                assert client.send(event(new_id())).status_code == 200
                assert len(list(listener.notifies(timeout=GUARD_SECONDS, stop_after=1))) == 1
                until(lambda: not conn.execute("TABLE metric_deltas").fetchall(), "not folded")
    finally:
        refresher.close()
