"""The yardstick: what raw COPY of the same rows does on the same server.

A bare table with the key of events, rows encoded beforehand, one COPY and one commit for each
connection: what PostgreSQL itself can take in, with nobody in front of it.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg

from service.db.queries import queries
from service.ingest.json.batch import parse_batch
from service.ingest.rows import EventRow

CREATE = "CREATE TABLE yardstick (LIKE events INCLUDING DEFAULTS,\
 PRIMARY KEY (received_on, run_id, event_id))"
DAY = b"2026-11-23\t"
MAX_EVENTS, MAX_BYTES = 10_000, 2**20
Parsed = list[list[EventRow]]  # batch by batch


def raw_copy(url: str, parsed: Parsed, connections: int) -> float:
    """Rows per second of raw COPY of these batches, over so many connections at once."""
    parts = [encoded(parsed[number::connections]) for number in range(connections)]
    rows = sum(part.count(b"\n") for part in parts)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS yardstick")
        conn.execute(CREATE)
        try:
            return rows / in_parallel([partial(copy, url, part) for part in parts])
        finally:
            conn.execute("DROP TABLE yardstick")


def parse(bodies: Iterable[bytes]) -> Parsed:
    """The rows of batches, as the service reads them."""
    return [parse_batch(body, MAX_EVENTS, MAX_BYTES).rows for body in bodies]


def encoded(parsed: Parsed) -> bytes:
    """The rows of batches as the service copies them, sorted by the key."""
    rows = [row for batch in parsed for row in batch]
    rows.sort(key=lambda row: row.key)
    return b"".join(DAY + row.copy_columns() for row in rows)


def copy(url: str, rows: bytes) -> None:
    """One COPY of all rows, committed."""
    text = queries.events.copy.text.replace("COPY events ", "COPY yardstick ")
    with psycopg.connect(url) as conn, conn.cursor().copy(text) as sink:
        sink.write(rows)


def in_parallel(tasks: list[Callable[[], None]]) -> float:
    """Run the tasks at once; return the seconds until the last has ended."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(tasks)) as threads:
        for task in [threads.submit(task) for task in tasks]:
            task.result()
    return time.perf_counter() - began
