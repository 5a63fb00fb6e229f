"""Locks and timeouts: a write is refused with 503, a read with 504, and soon."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from service.config import Config
from service.db import session_settings
from service.db.connections import connect
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.writer import transaction_runner
from service.writer.incoming import Counts
from service.writer.transaction import Transaction
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import until


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold a lock on all events, for a block."""
    with connect(url, WRITE, "test") as other:
        other.execute("LOCK TABLE events")
        yield


def test_a_lock_timeout_is_503_to_a_write_and_504_to_a_read(
    client: Client, database_url: str
) -> None:
    run = new_id()
    client.send(event(run))
    with locked(database_url):
        written = client.send(event(run))
        read = client.simulate_get(f"/api/runs/{run}/timeline")
    assert (written.status_code, written.json["code"]) == (503, "locked")
    assert (read.status_code, read.json["code"]) == (504, "locked")
    assert written.headers["Retry-After"] == read.headers["Retry-After"] == "1"
    assert client.send(event(run)).status_code == 200
    assert len(client.ok(f"/api/runs/{run}/timeline")["events"]) == 2


@pytest.mark.parametrize(
    ("chosen", "in_force"),
    [
        ({}, ("10s", "30s")),
        ({"READ_TIMEOUT_SECONDS": "1", "WRITE_TIMEOUT_SECONDS": "50"}, ("1s", "50s")),
    ],
)
def test_every_connection_has_the_timeout_of_its_kind(
    database_url: str, chosen: dict[str, str], in_force: tuple[str, str]
) -> None:
    config = Config.from_environment(chosen)
    pools = Database(
        DatabaseSettings(
            database_url,
            5,
            read_timeout_seconds=config.read_timeout_seconds,
            write_timeout_seconds=config.write_timeout_seconds,
        )
    )
    pools.open()
    try:
        with pools.reading() as read, pools.changing() as change, pools.connect_writer() as write:
            shown = [
                conn.execute("SHOW statement_timeout").fetchone() for conn in (read, change, write)
            ]
    finally:
        pools.close()
    assert [row["statement_timeout"] for row in shown if row] == [
        in_force[0],
        in_force[1],
        in_force[1],
    ]


def test_a_statement_timeout_is_503_to_a_write_and_504_to_a_read(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for settings in (session_settings.READ, session_settings.WRITE):
        monkeypatch.setitem(settings, "lock_timeout", "0")
    run = new_id()
    with Client.of(database_url, READ_TIMEOUT_SECONDS="1", WRITE_TIMEOUT_SECONDS="1") as client:
        client.send(event(run))
        with locked(database_url):
            written = client.send(event(run))
            read = client.simulate_get(f"/api/runs/{run}/timeline")
        assert (written.status_code, written.json["code"]) == (503, "timeout")
        assert (read.status_code, read.json["code"]) == (504, "timeout")
        assert client.send(event(run)).status_code == 200


def test_who_comes_while_nothing_gets_through_is_refused_with_those_who_wait(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    timeouts: list[str] = []

    class Counted(Transaction):
        def run(self) -> list[Counts]:
            attempts.append(len(self._requests))
            return super().run()

        def _hold_runs(self, *arguments: Any) -> Any:
            # Here it meets the lock; its numbers it has reserved in a transaction before.
            row = self._conn.execute("SHOW lock_timeout").fetchone()
            timeouts.append(str(row and row["lock_timeout"]))
            return super()._hold_runs(*arguments)

    monkeypatch.setattr(transaction_runner, "Transaction", Counted)
    with ThreadPoolExecutor(10) as pool, locked(database_url):
        sent = [pool.submit(client.send, event(new_id()))]
        for number, together in ((1, 2), (2, 4)):
            until(lambda number=number: len(attempts) == number, "nobody waits")  # type: ignore[misc]
            sent += [pool.submit(client.send, event(new_id())) for _ in range(together)]
        assert {answer.result().status_code for answer in sent} == {503}
    # The first alone; two together; one of these alone, and with it all that came meanwhile.
    assert attempts == [1, 2, 1]
    assert timeouts == ["750ms", "150ms", "150ms"]
    timeouts.clear()
    for _ in range(2):
        assert client.send(event(new_id())).status_code == 200
    assert timeouts == ["750ms", "750ms"]
