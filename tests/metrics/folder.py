"""A process that folds until it is killed: `leader URL SECONDS`, or `anarchist URL SECONDS`.

The leader is the real one, with its lease; the other asks nobody whether it may.
"""

import random
import sys
import time
from contextlib import suppress

import psycopg

from service.db.queries import Connection
from service.metrics.fold import compact, connect_for_folds, delete_empty, fold
from service.metrics.leader import FoldLeader


def fold_for_ever(url: str, seconds: float) -> None:
    """Fold, compact, and delete what is empty, on average at that distance."""
    with connect_for_folds(url) as conn:
        while True:
            # Another process folded just now; or refreshed a view by hand, behind this snapshot.
            with suppress(psycopg.errors.SerializationFailure, psycopg.errors.UniqueViolation):
                step(conn, random.random())
            time.sleep(seconds * random.random() * 2)


def step(conn: Connection, chance: float) -> None:
    """Do one of them, mostly a fold."""
    if chance < 0.7:
        fold(conn)
    elif chance < 0.9:
        compact(conn)
    else:
        delete_empty(conn)


if __name__ == "__main__":
    _, kind, database_url, interval = sys.argv
    if kind == "leader":
        FoldLeader(database_url, float(interval)).run()
    else:
        fold_for_ever(database_url, float(interval))
