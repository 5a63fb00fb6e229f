"""Scores -> one statement: they are stored apart from events, in the order of their keys."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from service.core.overloaded import Overloaded, StorageFull
from service.core.retry_policy import RetryPolicy
from service.db.queries import Connection, queries
from service.ingest.scores.rows import ScoreRow
from service.postgres.storage import STORAGE_FULL, Storage

# Two requests insert the same key, or a run is deleted in another order, as on Citus.
TRANSIENT = frozenset({"40P01", "40001", "23505"})
RETRIES = RetryPolicy(5, first_pause_seconds=0.005, longest_pause_seconds=0.1)

Lend = Callable[[], AbstractContextManager[Connection]]
Store = Callable[[Connection, Sequence[ScoreRow]], "StoredScores"]


@dataclass(frozen=True)
class StoredScores:
    """What became of the scores of a request."""

    inserted: int  # keys that were new
    expired: frozenset[str]  # runs that retention removed: their scores are not stored
    lsn: str | None = None
    kept: int = 0  # that stayed as they were, not being older


class ScoreWriter:
    """Stores scores over connections that `lend` lends, each in autocommit."""

    def __init__(self, lend: Lend, storage: Storage | None = None) -> None:
        self._lend = lend
        self._storage = storage or Storage()

    def store(self, rows: Sequence[ScoreRow]) -> StoredScores:
        """Store the scores durably; of one key the last counts, and a stored one is replaced.

        Raises psycopg's errors, StorageFull, and Overloaded after too many deadlocks.
        """
        return self._store(rows, store)

    def store_newer(self, rows: Sequence[ScoreRow]) -> StoredScores:
        """Store exported scores durably as `store` does, but replace older ones alone."""
        stored = self._store(sorted(rows, key=updated), store_newer)
        keys = [row.key for row in rows if row.run_id not in stored.expired]
        return replace(stored, kept=stored.kept + len(keys) - len(set(keys)))

    def _store(self, rows: Sequence[ScoreRow], store: Store) -> StoredScores:
        if self._storage.is_full:
            raise StorageFull(STORAGE_FULL)
        latest = {row.key: row for row in rows}
        ordered = [latest[key] for key in sorted(latest)]
        for _ in RETRIES.attempts():
            try:
                with self._lend() as conn:
                    return store(conn, ordered)
            except psycopg.Error as error:
                if error.sqlstate not in TRANSIENT:
                    raise
        raise Overloaded("The same scores are changed too often at the moment.")


def store(conn: Connection, rows: Sequence[ScoreRow]) -> StoredScores:
    """Store rows that are sorted by key, each key once."""
    stored = queries.scores.store(conn, updated_ats=None, **columns_of(rows)).fetchall()
    written = queries.replicas.written(conn).fetchall()[0]
    kept = {str(row["run_id"]) for row in stored}
    expired = frozenset(row.run_id for row in rows) - kept
    inserted = sum(row["is_new"] for row in stored)
    return StoredScores(inserted, expired, str(written["lsn"]))


def store_newer(conn: Connection, rows: Sequence[ScoreRow]) -> StoredScores:
    """Store rows as `store` does, but those that are stored already only over older ones."""
    moments = [row.updated_at for row in rows]
    stored = queries.scores.store(conn, updated_ats=moments, **columns_of(rows)).fetchall()
    others = {row.run_id for row in rows} - {str(row["run_id"]) for row in stored}
    found = queries.scores.expired(conn, run_ids=sorted(others)).fetchall()
    expired = frozenset(str(row["run_id"]) for row in found)
    inserted = sum(row["is_new"] for row in stored)
    kept = sum(row.run_id not in expired for row in rows) - len(stored)
    return StoredScores(inserted, expired, kept=kept)


def columns_of(rows: Sequence[ScoreRow]) -> dict[str, list[str | None]]:
    """The rows as parameters of scores/store."""
    return {
        "run_ids": [row.run_id for row in rows],
        "score_ids": [row.score_id for row in rows],
        "event_ids": [row.event_id for row in rows],
        "names": [row.name for row in rows],
        "kinds": [row.kind for row in rows],
        "numbers": [row.number for row in rows],
        "texts": [row.text for row in rows],
        "comments": [row.comment for row in rows],
        "metadata": [row.metadata for row in rows],
        "sources": [row.source for row in rows],
        "timestamps": [row.timestamp for row in rows],
    }


def updated(row: ScoreRow) -> datetime:
    """When a score last came."""
    return datetime.fromisoformat(row.updated_at or row.timestamp)
