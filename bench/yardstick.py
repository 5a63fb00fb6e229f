"""The yardstick: what raw COPY of the same rows does on the same server.

A bare table with the key of events, rows encoded beforehand, one COPY and one commit for each
connection: what PostgreSQL itself can take in, with nobody in front of it.
"""

import threading
import time
from collections.abc import Callable

import psycopg

from service.ingest import parse_batch
from service.queries import queries

CREATE = "CREATE TABLE yardstick (LIKE events INCLUDING DEFAULTS,\
 PRIMARY KEY (received_on, run_id, event_id))"
DAY = b"2026-11-23\t"
MAX_BYTES = 2**20


def raw_copy(url: str, bodies: list[bytes], connections: int) -> float:
    """Rows per second of raw COPY of these batches, over so many connections at once."""
    parts = [encoded(bodies[number::connections]) for number in range(connections)]
    rows = sum(part.count(b"\n") for part in parts)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS yardstick")
        conn.execute(CREATE)
        try:
            return rows / in_parallel([lambda part=part: copy(url, part) for part in parts])  # type: ignore[misc]
        finally:
            conn.execute("DROP TABLE yardstick")


def encoded(bodies: list[bytes]) -> bytes:
    """The rows of batches as the service copies them, sorted by the key."""
    rows = [row for body in bodies for row in parse_batch(body, 10**6, MAX_BYTES).rows]
    rows.sort(key=lambda row: row.key)
    return b"".join(DAY + row.copy_columns() for row in rows)


def copy(url: str, rows: bytes) -> None:
    """One COPY of all rows, committed."""
    text = queries.events.copy.text.replace("COPY events ", "COPY yardstick ")
    with psycopg.connect(url) as conn, conn.cursor().copy(text) as sink:
        sink.write(rows)


def in_parallel(tasks: list[Callable[[], None]]) -> float:
    """Run the tasks at once; return the seconds until the last has ended."""
    threads = [threading.Thread(target=task) for task in tasks]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began
