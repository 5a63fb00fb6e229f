"""A queue of notifications that somebody filled: metrics are folded, and tails told afterwards."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from service.db import migrate, partitions
from service.metrics.leader import FoldLeader
from service.postgres.server import EmbeddedServer
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import until
from tests.processes.postgres import ask, do

GUARD_SECONDS = 30.0


@pytest.fixture
def small_queue_url(open_dir: Path) -> Iterator[str]:
    """A database whose server queues 512 KB of notifications, as PostgreSQL can from 17 on."""
    server = EmbeddedServer(open_dir, None)
    try:
        server.start()
        do(server.url, "ALTER SYSTEM SET max_notify_queue_pages = 64")
        server.stop()
        server.start()
        migrate.up(server.url)
        partitions.ensure_partitions(server.url)
        yield server.url
    finally:
        server.stop()


def fill(url: str) -> None:
    """Notify until the queue is full."""
    with (
        psycopg.connect(url, autocommit=True) as conn,
        suppress(psycopg.errors.ProgramLimitExceeded),
    ):
        for _ in range(1000):
            conn.execute("SELECT pg_notify('other', repeat('x', 7900))")


def test_folds_go_on_while_the_queue_is_full_and_tails_are_told_afterwards(
    small_queue_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    leader = FoldLeader(small_queue_url, 0.2)
    with Client.of(small_queue_url) as client, caplog.at_level(logging.WARNING, "service"):

        def send() -> None:
            assert client.send(event(new_id())).status_code == 200
            until(lambda: ask(small_queue_url, "SELECT count(*) FROM metric_deltas") == "0", "left")

        try:
            with psycopg.connect(small_queue_url) as holder:
                holder.execute("LISTEN other")
                holder.commit()
                holder.execute("SELECT 1")
                fill(small_queue_url)
                leader.open()
                send()
                send()
            with psycopg.connect(small_queue_url, autocommit=True) as listener:
                listener.execute("LISTEN gati_events")
                send()  # frees the queue
                send()
                assert list(listener.notifies(timeout=GUARD_SECONDS, stop_after=1))
        finally:
            leader.close()
    told = [line for line in caplog.messages if "live tails" in line]
    assert told == ["live tails are not told of new events: ProgramLimitExceeded (54000)"]
