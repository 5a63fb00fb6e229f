"""The database that a command uses."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from service.config import Config
from service.core.failure import Failure
from service.db import migrate, schema_version
from service.db.queries import queries
from service.db.query_check import first_fault
from service.postgres.cluster import find_cluster
from service.postgres.lock import Busy, hold
from service.postgres.server import EmbeddedServer
from service.server.greeting import redacted

START_TIMEOUT_SECONDS = 60.0
CHOOSE = "set DATA_DIR or DATABASE_URL as the service has it"


@contextmanager
def database_in_use(config: Config, purpose: str, makes_new: bool = False) -> Iterator[str]:
    """Yield the URL of the service's database: DATABASE_URL, else the embedded server's.

    If a service runs the embedded server, that one is used; else it is started here and stopped
    afterwards. Only a command that `makes_new` begins with an empty one where there is none. Raises
    Failure when there is none, or when it cannot be reached, goes away meanwhile, or has no schema
    of this version.
    """
    with server_in_use(config, purpose, makes_new) as url:
        try:
            yield url
        except psycopg.OperationalError as error:
            text = str(error).partition("\n")[0]
            raise Failure(f"the database did not answer: {text}") from None
        except psycopg.ProgrammingError:  # such as a table that does not exist
            with suppress(psycopg.ProgrammingError):  # its query may be the broken one
                schema_version.check(url)
            refuse_broken_queries(url)
            raise


def refuse_broken_queries(url: str) -> None:
    """Raise Failure for the first query that PostgreSQL refuses."""
    with migrate.reach(url) as conn:
        fault = first_fault(conn, queries.all())
    if fault:
        raise Failure(fault)


@contextmanager
def server_in_use(config: Config, purpose: str, makes_new: bool) -> Iterator[str]:
    """Yield the URL as database_in_use does, and let errors of PostgreSQL through."""
    if config.database_url:
        yield config.database_url
        return
    server = EmbeddedServer(config.data_dir)
    if not makes_new:
        refuse_unused(config)
    try:
        with hold(config.data_dir, purpose):
            if not makes_new:
                refuse_absent(config)
            try:
                server.start()
                yield server.url
            finally:
                server.stop()
    except Busy as busy:
        wait_for_running(server, busy)
        yield server.url


def refuse_unused(config: Config) -> None:
    """Raise Failure for a DATA_DIR without database and lock, before `hold` writes into it.

    With the lock alone, a service may just be making the database.
    """
    with suppress(OSError):  # a directory that cannot be used: hold says so
        if not (config.data_dir / "lock").exists():
            refuse_absent(config)


def refuse_absent(config: Config) -> None:
    """Raise Failure where DATA_DIR has no database: a mistyped one must not pass for an empty."""
    if find_cluster(config.data_dir) is None:
        raise Failure(
            f"there is no database in {place(config)}: {CHOOSE}; only serve, migrate up and "
            "restore make a new one"
        )


def place(config: Config) -> str:
    """Where the database in use is, for the user; a relative DATA_DIR in full."""
    if config.database_url:
        return f"the database {redacted(config.database_url)}"
    return f"DATA_DIR={config.data_dir.absolute()}"


def wait_for_running(server: EmbeddedServer, busy: Busy) -> None:
    """Attach to the server of the process that holds the lock; it may still be starting."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not server.attach():
        if time.monotonic() > deadline:
            raise Failure(f"{busy}, but its PostgreSQL does not answer")
        time.sleep(0.1)
