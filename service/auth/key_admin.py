"""Creating, listing and revoking API keys."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg

from service.auth.key_format import KeyText
from service.auth.scopes import Scope
from service.core.failure import Failure
from service.core.validation import name_problem
from service.db import audit_log
from service.db.connections import connect
from service.db.queries import Row, queries
from service.db.session_settings import DIRECT

MAX_NAME = 100
NO_SUCH_KEY = "no valid key has the name or id {!r}: see keys list"
AMBIGUOUS = "{!r} is the id of one key and the name of another, {} and {}: say the other word of it"


@dataclass(frozen=True)
class Listed:
    """A key as it is listed: everything but its secret."""

    key_id: str
    name: str
    scope: str
    state: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None

    @classmethod
    def from_row(cls, row: Row) -> "Listed":
        """Read a row of keys/all."""
        return cls(
            row["key_id"],
            row["name"],
            row["scope"],
            state_of(row, datetime.now(UTC)),
            row["created_at"],
            row["expires_at"],
            row["revoked_at"],
            row["last_used_on"],
        )

    @property
    def is_unexpired(self) -> bool:
        """Whether the key has not reached its end."""
        return self.expires_at is None or self.expires_at > datetime.now(UTC)

    @property
    def is_valid(self) -> bool:
        """Whether clients can use the key."""
        return self.revoked_at is None and self.is_unexpired

    def __str__(self) -> str:
        used = f"last used {self.last_used_on or 'never'}"
        return f"{self.key_id}  {self.scope:7}  {self.state:22}  {used:20}  {self.name}"


def state_of(row: Row, now: datetime) -> str:
    """Whether a key is valid, and until when."""
    if row["revoked_at"]:
        return f"revoked {row['revoked_at']:%Y-%m-%d}"
    if row["expires_at"] is None:
        return "valid"
    word = "expired" if row["expires_at"] <= now else "valid until"
    return f"{word} {row['expires_at']:%Y-%m-%d}"


def create(url: str, name: str, scope: Scope, days: int | None) -> str:
    """Create a key and return its text, which cannot be shown again. Raises Failure."""
    problem = name_problem(name, MAX_NAME)
    if problem:
        raise Failure(f"a key's name {problem[1]}")
    if any(one.key_id == name for one in keys(url)):
        raise Failure(f"{name!r} is the id of a key: choose another name")
    if not name.isprintable():
        raise Failure("a key's name holds a character that is invisible or turns the direction")
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    key = KeyText.new(scope)
    with connect(url, DIRECT, "keys") as conn:
        try:
            queries.keys.add(
                conn,
                key_id=key.key_id,
                name=name,
                scope=str(scope),
                sha256=f"\\x{key.sha256.hex()}",
                expires_at=expires_at,
            )
        except psycopg.errors.UniqueViolation:
            raise Failure(f"another key is named {name!r}: revoke it, or choose a name") from None
        audit_log.record(conn, audit_log.COMMAND, "create key", f"{key.key_id} {scope} {name}")
    return key.text


def revoke(url: str, key_id: str) -> Row:
    """Revoke a key by its id; return its id and name. Raises Failure for an unknown one."""
    with connect(url, DIRECT, "keys") as conn:
        row = queries.keys.revoke(conn, key_id=key_id).fetchone()
        if row is None:
            raise Failure(NO_SUCH_KEY.format(key_id))
        audit_log.record(conn, audit_log.COMMAND, "revoke key", f"{row['key_id']} {row['name']}")
    return row


def find_valid(url: str, key: str) -> tuple[Listed, bool]:
    """The unrevoked key with this name or id, and whether it is the last valid admin key.

    Raises Failure for an unknown one, and where the name of one is the id of another.
    """
    unrevoked = [one for one in keys(url) if one.revoked_at is None]
    named = [one for one in unrevoked if key in (one.name, one.key_id)]
    if not named:
        raise Failure(NO_SUCH_KEY.format(key))
    if len(named) > 1:
        raise Failure(AMBIGUOUS.format(key, *(f"{one.key_id} ({one.name})" for one in named)))
    found = named[0]
    admins = [one.key_id for one in unrevoked if one.scope == Scope.ADMIN and one.is_unexpired]
    return found, admins == [found.key_id]


def keys(url: str) -> list[Listed]:
    """Every key ever created, oldest first."""
    with connect(url, DIRECT, "keys") as conn:
        return [Listed.from_row(row) for row in queries.keys.all(conn)]
