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
from service.postgres.lock import Busy, hold
from service.postgres.server import EmbeddedServer

START_TIMEOUT_SECONDS = 60.0


@contextmanager
def database_in_use(config: Config, purpose: str) -> Iterator[str]:
    """Yield the URL of the service's database: DATABASE_URL, else the embedded server's.

    If a service runs the embedded server, that one is used; else it is started here and stopped
    afterwards. Raises Failure when the database cannot be reached, goes away meanwhile, or has no
    schema of this version.
    """
    with server_in_use(config, purpose) as url:
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
def server_in_use(config: Config, purpose: str) -> Iterator[str]:
    """Yield the URL as database_in_use does, and let errors of PostgreSQL through."""
    if config.database_url:
        yield config.database_url
        return
    server = EmbeddedServer(config.data_dir)
    try:
        with hold(config.data_dir, purpose):
            try:
                server.start()
                yield server.url
            finally:
                server.stop()
    except Busy as busy:
        wait_for_running(server, busy)
        yield server.url


def wait_for_running(server: EmbeddedServer, busy: Busy) -> None:
    """Attach to the server of the process that holds the lock; it may still be starting."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not server.attach():
        if time.monotonic() > deadline:
            raise Failure(f"{busy}, but its PostgreSQL does not answer")
        time.sleep(0.1)
