"""The cache of all API keys in one worker, reloaded every few seconds.

A request costs no query. A revoked key is refused after FRESH_SECONDS, or after LATEST_SECONDS if
PostgreSQL does not answer. An unknown key id triggers an immediate reload, so new keys work at
once. While the primary is unavailable, keys are read from a replica, so that reads continue. A
replica may lag, so it can only add keys and end them. Endpoints that answer without PostgreSQL
(`old`) continue with keys that cannot be reloaded.
"""

import hmac
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.auth.key_format import KeyText
from service.auth.scopes import Scope
from service.db.client_turns import own_reads
from service.db.database import Database
from service.db.queries import Row, queries

FRESH_SECONDS = 10.0
LATEST_SECONDS = 30.0
OPEN_SECONDS = 1.0  # while no key exists: so soon the first one closes the service
# Between two reloads for unknown ids. Short, because the SDK drops a batch on 401; a worker reloads
# at most 10 times a second for invented ids.
UNKNOWN_SECONDS = 0.1
OLD_PATIENCE_SECONDS = 2.5  # of such a request; a PostgreSQL that hangs would hold it for 12 s
RETRY_SECONDS = 1.0  # between two looks while PostgreSQL does not answer
ENDED, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
AWAY = (psycopg.Error, PoolTimeout, TooManyRequests)


@dataclass(frozen=True)
class Principal:
    """The key that sent a request."""

    key_id: str
    scope: Scope


ANONYMOUS = Principal("anonymous", Scope.ADMIN)


@dataclass(frozen=True)
class Key:
    """A stored key."""

    principal: Principal
    sha256: bytes
    ends_at: datetime | None  # when it expires; of a revoked one ENDED
    last_used_on: str

    @classmethod
    def from_row(cls, row: Row) -> "Key":
        """Read a row of keys/all.

        A revoked key has ended, whatever this machine's clock says of PostgreSQL's time.
        """
        return cls(
            Principal(row["key_id"], Scope(row["scope"])),
            bytes(row["sha256"]),
            row["expires_at"] if row["revoked_at"] is None else ENDED,
            str(row["last_used_on"]),
        )

    def is_valid(self, sent: KeyText) -> bool:
        """Whether this is the key that was sent, and is neither revoked nor expired."""
        same = hmac.compare_digest(self.sha256, sent.sha256)
        return same and (self.ends_at is None or datetime.now(UTC) < self.ends_at)


def added_or_ended(known: Mapping[str, Key], found: Mapping[str, Key]) -> dict[str, Key]:
    """Merge keys from a lagging server: it adds and ends keys, and never revives or removes one."""
    news = {
        key_id: key
        for key_id, key in found.items()
        if key_id not in known or (key.ends_at or NEVER) < (known[key_id].ends_at or NEVER)
    }
    return {**known, **news}


class KeyCache:
    """The keys of the database in one worker. Thread-safe."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._used: set[str] = set()
        self._read_at = self._failed_at = float("-inf")
        self._failure: Exception | None = None
        self._reading = threading.Lock()

    def find(self, sent: str, old: bool = False) -> Principal | None:
        """The principal of a key; None if it is unknown, malformed, revoked or expired."""
        text = KeyText.parse(sent)
        if text is None:
            return None
        key = self._known(old).get(text.key_id)
        if key is None and self._clock() - self._read_at > UNKNOWN_SECONDS:
            self._read(max_age=UNKNOWN_SECONDS, wait=True)
            key = self._keys.get(text.key_id)
        if key is None or not key.is_valid(text):
            return None
        self._used.add(text.key_id)
        return key.principal

    def id_of_known(self, sent: str) -> str | None:
        """The id of a valid key that this worker has read already; asks PostgreSQL nothing."""
        text = KeyText.parse(sent)
        key = self._keys.get(text.key_id) if text else None
        return key.principal.key_id if text and key and key.is_valid(text) else None

    def is_empty(self, old: bool = False) -> bool:
        """Whether no key was ever created."""
        return not self._known(old)

    def _known(self, old: bool) -> Mapping[str, Key]:
        """The keys, at most LATEST_SECONDS old; raises psycopg's errors or PoolTimeout.

        With `old`, the last keys that were read, however old.
        """
        age = self._clock() - self._read_at
        fresh = FRESH_SECONDS if self._keys else OPEN_SECONDS
        if age > fresh and old and self._read_at > float("-inf"):
            reader = threading.Thread(target=self._try_to_read, args=(fresh,), daemon=True)
            reader.start()
            reader.join(OLD_PATIENCE_SECONDS)
        elif age > fresh:
            try:
                self._read(max_age=fresh, wait=age > LATEST_SECONDS)
            except AWAY:
                if age > LATEST_SECONDS:
                    raise
        return self._keys

    def _try_to_read(self, max_age: float) -> None:
        with suppress(*AWAY):
            self._read(max_age)

    def _read(self, max_age: float, wait: bool = False) -> None:
        """Reload all keys, unless another thread does or did, or PostgreSQL just failed."""
        if not self._reading.acquire(blocking=wait):
            return
        try:
            now = self._clock()
            if now - self._read_at <= max_age:
                return
            if self._failure and now - self._failed_at < RETRY_SECONDS:
                raise self._failure
            try:
                self._keys = self._fetch()
            except AWAY as failure:
                self._failure, self._failed_at = failure, self._clock()
                raise
            self._read_at, self._failure = now, None
        finally:
            self._reading.release()

    def _fetch(self) -> dict[str, Key]:
        """Read all keys; mark the used ones in the database if possible."""
        replica = self._database.replicas.in_place_of_primary()
        with own_reads(), (replica or self._database.primary).reading() as conn:
            rows = queries.keys.all(conn).fetchall()
        keys = {row["key_id"]: Key.from_row(row) for row in rows}
        if replica is not None:
            return added_or_ended(self._keys, keys)
        self._mark_used(keys)
        return keys

    def _mark_used(self, keys: Mapping[str, Key]) -> None:
        """Mark keys as used, each once a day; retried later after a failure."""
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        used, self._used = self._used, set()  # first: other threads go on adding
        new = [name for name in used if name in keys and keys[name].last_used_on != today]
        if new:
            try:
                with self._database.changing() as conn:
                    queries.keys.mark_used(conn, key_ids=new)
            except AWAY:
                self._used.update(new)
