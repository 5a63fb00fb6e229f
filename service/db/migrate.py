"""Migrations: yoyo, made safe against kill -9 and against two services starting at once."""

import getpass
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from glob import escape
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from yoyo import get_backend, read_migrations

from service.core.failure import Failure
from service.db.advisory_lock import wait_for_lock
from service.db.queries import Connection, queries
from service.db.roles.grants import ensure_roles
from service.db.schema_version import DIRECTORY, ROLLBACK, applied_names, find_migration_gap
from service.db.session_settings import SYNTAX, as_options

# Any number that nothing else in the database locks: "gati" in ASCII.
LOCK_KEY = 0x67617469
APPLICATION = "gati-backend migrate"
OLDEST_SERVER = 15
CONNECT_TIMEOUT_SECONDS = 10
WRONG_ENCODING = "the database is {}: create one with ENCODING 'UTF8' TEMPLATE template0 instead"

# yoyo warns so of a connection that is lost while it looks whether DDL is transactional.
warnings.filterwarnings("ignore", "Nested transaction requested", UserWarning)


class State(NamedTuple):
    """One migration file and whether the database has it."""

    name: str
    applied: bool


class Step(NamedTuple):
    """One line of the history: an operation, its time (UTC) and its user."""

    at: datetime
    operation: str
    name: str
    by: str


def up(url: str, last: str | None = None) -> list[str]:
    """Apply every migration that the database lacks, up to `last`; return their names, in order.

    Then the roles get the privileges that they lack, also where no migration was missing. Waits
    for another process that is migrating. Raises Failure naming the migration that failed, while
    the migrations before it stay applied; or if the database is of another version.
    """
    refuse_encoding(url)
    with migrating(url) as backend:
        known = known_migrations()
        refuse_newer(url, known)
        lacking = [found for found in backend.to_apply(known) if last is None or found.id <= last]
        applied = [run_one(apply, backend, found) for found in lacking]
        with reach(url) as conn:
            ensure_roles(conn)
        return applied


def down(url: str, count: int, shown: list[str] | None = None) -> list[str]:
    """Roll back the last `count` migrations; return their names, the latest first.

    Raises Failure, before any change, if a migration has no rollback file: yoyo would do nothing
    and record it as rolled back. Also if they are not those that the user was `shown`.
    """
    with migrating(url) as backend:
        known = known_migrations()
        refuse_newer(url, known)
        last = list(backend.to_rollback(known))[:count]
        if shown is not None and [migration.id for migration in last] != shown:
            raise Failure("meanwhile another process migrated the database; nothing was done")
        for migration in last:
            if not (DIRECTORY / (migration.id + ROLLBACK)).exists():
                raise Failure(f"migrations/{migration.id}{ROLLBACK} is missing")
        return [run_one(roll_back, backend, migration) for migration in last]


def status(url: str) -> list[State]:
    """Return every migration file, in order, with whether the database has it."""
    with migrating(url) as backend:
        return [State(found.id, backend.is_applied(found)) for found in known_migrations()]


def history(url: str) -> list[Step]:
    """Return the applied and rolled back migrations, oldest first."""
    with migrating(url) as backend:
        backend.ensure_internal_schema_updated()  # the table exists from here on
        with reach(url) as conn:
            return [Step(**row) for row in queries.migrations.history(conn)]


def known_migrations() -> Any:
    """Read the files: yoyo's MigrationList. Raises Failure when there are none."""
    # yoyo takes the path for a glob pattern: with a `[` it would silently find nothing.
    found = read_migrations(escape(str(DIRECTORY)))
    if not found:
        raise Failure(f"{DIRECTORY} holds no migrations")
    return found


def refuse_newer(url: str, known: Any) -> None:
    """Raise Failure when the database has migrations that this code does not know.

    Applying or rolling back a known migration below them would leave a schema of no version.
    """
    with reach(url) as conn:
        gap = find_migration_gap([found.id for found in known], applied_names(conn))
    if gap and gap.unknown:
        raise Failure(str(gap))


def refuse_encoding(url: str) -> None:
    """Raise Failure for a database that cannot store every text."""
    with reach(url) as conn:
        encoding = conn.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Failure(WRONG_ENCODING.format(encoding))


def apply(backend: Any, migration: Any) -> None:
    """Apply a migration and record it, in one transaction.

    yoyo's own apply_one records it in another: cut off between the two, a migration would be
    applied again.
    """
    backend.ensure_internal_schema_updated()
    with backend.transaction():
        migration.process_steps(backend, "apply")
        backend.log_migration(migration, "apply")
        backend.mark_one(migration, log=False)


def roll_back(backend: Any, migration: Any) -> None:
    """Roll back a migration and record it, in one transaction."""
    backend.ensure_internal_schema_updated()
    with backend.transaction():
        migration.process_steps(backend, "rollback")
        backend.log_migration(migration, "rollback")
        backend.unmark_one(migration, log=False)


def run_one(operation: Callable[[Any, Any], None], backend: Any, migration: Any) -> str:
    """Apply or roll back one migration and return its name; raises Failure naming it."""
    try:
        operation(backend, migration)
    except psycopg.Error as error:
        raise Failure(f"migration {migration.id} failed: {last_line(error)}") from error
    return str(migration.id)


@contextmanager
def migrating(url: str) -> Iterator[Any]:
    """Yield yoyo's backend while no other process migrates the database.

    yoyo's own lock is a row, which survives the process that wrote it. So this takes an advisory
    lock, which ends with its connection. The process that holds the lock may break yoyo's.
    """
    with reach(url) as conn:
        wait_for_lock(conn, LOCK_KEY)
        name_the_user()
        with get_backend(yoyo_url(url)) as backend:
            backend.break_lock()
            with backend.lock():
                yield backend


def reach(url: str) -> Connection:
    """Connect, in autocommit. Raises Failure for an unreachable or too old server."""
    try:
        conn = psycopg.connect(
            bounded(url), autocommit=True, row_factory=dict_row, application_name=APPLICATION
        )
    except psycopg.Error as error:
        raise Failure(f"the database cannot be reached: {last_line(error)}") from None
    if conn.info.server_version < OLDEST_SERVER * 10000:
        conn.close()
        raise Failure(f"PostgreSQL {OLDEST_SERVER} or later is needed")
    return conn


def wait_for(url: str, timeout_seconds: float) -> None:
    """Return when the database can be reached; raises Failure after the timeout."""
    deadline = time.monotonic() + timeout_seconds
    printed = ""
    while True:
        try:
            return reach(url).close()
        except Failure as failure:
            if time.monotonic() > deadline:
                raise
            if str(failure) != printed:  # at once, because a wrong password stays wrong
                printed = str(failure)
                print(f"{printed}; trying for {timeout_seconds:.0f} s", flush=True)
        time.sleep(0.5)


def bounded(url: str) -> str:
    """Return the URL as conninfo with SYNTAX, and a timeout: a host may drop all packets."""
    given = conninfo_to_dict(url)
    return make_conninfo(
        url,
        connect_timeout=given.get("connect_timeout") or CONNECT_TIMEOUT_SECONDS,
        client_encoding="UTF8",
        options=f"{given.get('options') or ''} {as_options(SYNTAX)}".lstrip(),
    )


def yoyo_url(url: str) -> str:
    """Return the URL in yoyo's form, every part as a parameter.

    yoyo does not decode the database's name, and knows no directory as a host. It decodes
    parameters and passes them to psycopg.
    """
    return "postgresql+psycopg:///?" + urlencode(conninfo_to_dict(bounded(url)))


def url_with_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server, every part as a parameter."""
    parts = {**conninfo_to_dict(url), "dbname": name}
    return "postgresql:///?" + urlencode(
        parts, quote_via=quote
    )  # libpq does not know + for a space


def name_the_user() -> None:
    """Set LOGNAME for yoyo's log, because a user in a container may have no name."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())


def last_line(error: Exception) -> str:
    """Return the most useful line of an error's text: psycopg puts its attempts first."""
    lines = str(error).strip().splitlines()
    return lines[0] if len(lines) > 1 and "LINE 1" in str(error) else (lines or [repr(error)])[-1]
