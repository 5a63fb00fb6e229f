"""Migrations: yoyo, made safe against kill -9 and against two services starting at once."""

import getpass
import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from glob import escape
from pathlib import Path
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

# Any number that nothing else in the database locks: "gati" in ASCII.
LOCK_KEY = 0x67617469
APPLICATION = "gati-backend migrate"
OLDEST_SERVER = 15
CONNECT_TIMEOUT_SECONDS = 10

# yoyo warns so of a connection that is lost while it looks whether DDL is transactional.
warnings.filterwarnings("ignore", "Nested transaction requested", UserWarning)

FORWARD_HEADER = """\
-- {name}: what it does.
--
-- locks    what, and for how long
-- safe     while the old code runs? and why

SET LOCAL lock_timeout = '2s';

"""
ROLLBACK_HEADER = """\
-- {name}, backwards: the exact mirror.
--
-- locks    what, and for how long
-- loses    which data

SET LOCAL lock_timeout = '2s';

"""


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


def up(url: str) -> list[str]:
    """Apply every migration that the database lacks; return their names, in order.

    Then the roles get the privileges that they lack, also where no migration was missing. Waits
    for another process that is migrating. Raises Failure naming the migration that failed, while
    the migrations before it stay applied; or if the database is of another version.
    """
    with migrating(url) as backend:
        known = known_migrations()
        refuse_newer(url, known)
        applied = [run_one(backend.apply_one, found) for found in backend.to_apply(known)]
        with reach(url) as conn:
            ensure_roles(conn)
        return applied


def down(url: str, count: int) -> list[str]:
    """Roll back the last `count` migrations; return their names, the latest first.

    Raises Failure, before any change, if a migration has no rollback file: yoyo would do nothing
    and record it as rolled back.
    """
    with migrating(url) as backend:
        known = known_migrations()
        refuse_newer(url, known)
        last = list(backend.to_rollback(known))[:count]
        for migration in last:
            if not (DIRECTORY / (migration.id + ROLLBACK)).exists():
                raise Failure(f"migrations/{migration.id}{ROLLBACK} is missing")
        return [run_one(backend.rollback_one, migration) for migration in last]


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


def new(name: str, directory: Path = DIRECTORY) -> tuple[Path, Path]:
    """Write the two files of the next migration, with their headers; return their paths.

    Raises Failure for a name that is not words in lower case, such as `create-agent-totals`.
    """
    slug = "-".join(name.split())
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise Failure(f"{name!r}: expected words in lower case, such as create-agent-totals")
    numbers = [
        int(match[0]) for path in directory.iterdir() if (match := re.match(r"\d+", path.name))
    ]
    title = f"{max(numbers, default=0) + 1:04}.{slug}"
    forward, back = directory / f"{title}.sql", directory / (title + ROLLBACK)
    forward.write_text(FORWARD_HEADER.format(name=title))
    back.write_text(ROLLBACK_HEADER.format(name=title))
    return forward, back


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


def run_one(operation: Any, migration: Any) -> str:
    """Apply or roll back one migration and return its name; raises Failure naming it."""
    try:
        operation(migration)
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
    """Return the URL as conninfo with a connect_timeout, because a host may drop all packets."""
    timeout = conninfo_to_dict(url).get("connect_timeout") or CONNECT_TIMEOUT_SECONDS
    return make_conninfo(url, connect_timeout=timeout)


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
