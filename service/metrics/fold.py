"""The fold: it moves deltas into the metric tables and refreshes the materialized views.

A fold is one REPEATABLE READ transaction, so all its statements see the same deltas: they add
these, delete these, and refresh the views. Readers see the state before the fold or after it, and
none between. If the process dies, PostgreSQL rolls the fold back. Two folds never overlap: the
second waits for the row of fold_state, and then fails with 40001.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

import psycopg

from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import REFRESH

TABLES_OF_SUMS = ("daily_metrics", "quarter_hour_metrics", "daily_rollups")
TABLES_OF_LATENCIES = (
    "daily_latency",
    "quarter_hour_latency",
    "daily_latency_rollups",
    "latency_rollups",
)

QUARTER_HOUR_DAYS = 93  # how long metrics by hour and time zone are kept

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fold:
    """The result of a fold."""

    deltas: int
    seconds: float


def connect_for_folds(url: str) -> Connection:
    """Open an autocommit connection whose transactions are REPEATABLE READ."""
    conn = connect(url, REFRESH, "refresh")
    conn.autocommit = True
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return conn


def fold(conn: Connection) -> Fold:
    """Fold all deltas and refresh the views; return their number and the duration.

    Raises psycopg.errors.SerializationFailure when another process folded at the same time.
    """
    began = time.monotonic()
    with conn.transaction():
        queries.refresh.begin_fold(conn)
        deltas = fold_deltas(conn)
    return Fold(deltas, time.monotonic() - began)


def fold_deltas(conn: Connection) -> int:
    """The steps of a fold, within its transaction; return the number of deltas."""
    queries.refresh.fold_daily_metrics(conn)
    queries.refresh.fold_quarter_hour_metrics(conn)
    queries.refresh.fold_daily_latency(conn)
    queries.refresh.fold_quarter_hour_latency(conn)
    queries.refresh.fold_daily_rollups(conn)
    queries.refresh.fold_daily_latency_rollups(conn)
    queries.refresh.fold_latency_rollups(conn)
    deltas = queries.refresh.delete_deltas(conn).rowcount
    queries.refresh.refresh_agent_totals(conn)
    queries.refresh.refresh_model_totals(conn)
    return deltas


def compact(conn: Connection) -> int:
    """Merge the deltas of each key; return how many rows remain."""
    with conn.transaction():
        queries.refresh.hold_folds(conn)
        return queries.refresh.compact_deltas(conn).rowcount


def forget_quarter_hours(conn: Connection, days: int) -> int:
    """Delete the quarter hours that are older than `days` days, of one day with any at most.

    Return how many days the first that is kept still lies behind. It never passes the beginning of
    the newest day with any, so that no clock, however wrong, takes all; without any it stays.
    """
    with conn.transaction():
        [stored] = queries.refresh.stored_quarter_hours(conn).fetchall()
        if stored["oldest"] is None:
            return 0
        row = queries.refresh.forget_quarter_hours(conn, days=days, **stored).fetchone()
        if row is None:
            return 0
        kept_from: datetime = row["quarter_hours_from"]
        queries.refresh.delete_quarter_hour_metrics(conn, quarter_hours_from=kept_from)
        queries.refresh.delete_quarter_hour_latency(conn, quarter_hours_from=kept_from)
        return int((row["cutoff"] - kept_from).days)


def delete_empty(conn: Connection) -> None:
    """Delete metric rows whose counts are all 0, as deletes leave them."""
    with conn.transaction():
        queries.refresh.hold_folds(conn)
        for relation in TABLES_OF_SUMS:
            queries.refresh.delete_empty_metrics(conn, relation=relation)
        for relation in TABLES_OF_LATENCIES:
            queries.refresh.delete_empty_latencies(conn, relation=relation)
