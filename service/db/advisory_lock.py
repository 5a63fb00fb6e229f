"""The advisory locks of the service, and which sessions hold them.

Any login of the database may take such a lock.
"""

import sys
import time
from dataclasses import dataclass

from service.core.failure import Failure
from service.db.queries import Connection, queries

FOREIGN_LOCK_SECONDS = 30.0
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class LockHolder:
    """A session that holds a lock; `is_same_user`: it is of the user that asks."""

    pid: int
    username: str
    application_name: str
    is_same_user: bool

    def __str__(self) -> str:
        application = self.application_name or "no application name"
        return f"pid {self.pid}, user {self.username}, {application}"


def find_holder(conn: Connection, lock_key: int) -> LockHolder | None:
    """The session that holds the lock; None if it is free by now."""
    row = queries.transactions.lock_holder(conn, lock_key=lock_key).fetchone()
    return LockHolder(**row) if row else None


def wait_for_lock(conn: Connection, lock_key: int) -> None:
    """Wait for the lock of migrations, and print which session holds it.

    Another process that migrates is waited for. Raises Failure if another user's session holds the
    lock for FOREIGN_LOCK_SECONDS, because none but the owner migrates.
    """
    deadline = time.monotonic() + FOREIGN_LOCK_SECONDS
    told = None
    while not queries.migrations.lock(conn, lock_key=lock_key).fetchall()[0]["is_ours"]:
        holder = find_holder(conn, lock_key)
        if holder and not holder.is_same_user and time.monotonic() > deadline:
            raise Failure(
                f"another user's session holds the lock of migrations ({holder}): end it by "
                f"pg_terminate_backend({holder.pid}), then run this again"
            )
        if holder and holder != told:
            print(f"waiting for the lock of migrations: {holder}", file=sys.stderr, flush=True)
            told = holder
        time.sleep(POLL_SECONDS)
