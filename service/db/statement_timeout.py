"""Client-side timeouts: a connection does not wait without end for a vanished PostgreSQL.

There are two limits, because a cut cable, a firewall or a failover sends no notice. TCP: sent data
must be acknowledged in 3 s, and idle connections send keepalives. The server: it may be silent for
its statement_timeout and 2 s more.

Nor does it wait for an answer to what it has not sent: see `sending`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import _WaitTimeout
from psycopg.pq.abc import PGconn
from psycopg.waiting import READY_R, WAIT_R, WAIT_RW

T = TypeVar("T")

GRACE_SECONDS = 2.0  # beyond statement_timeout
INTERVAL_SECONDS = 0.1  # between two polls of is_server_gone; psycopg's default
SERVER_GONE = "its server is away"

# Parameters of libpq, without effect on a Unix socket.
KEEPALIVES = {
    "keepalives_idle": "10",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "3000",  # ms
}


class ServerSilent(psycopg.OperationalError):
    """The server was silent for longer than a statement may take; the connection is closed."""


class TimeoutConnection(psycopg.Connection[Any]):
    """A connection whose server may be silent for `timeout_seconds`; None: without limit."""

    timeout_seconds: float | None = None
    is_server_gone: Callable[[], bool] | None = None  # polled while waiting; True aborts the wait
    distributed = False  # whether Citus distributes the tables: service/db/queries.py reads it

    def wait(
        self, gen: PQGen[T], interval: float = INTERVAL_SECONDS, timeout: float | None = None
    ) -> T:
        """Run a psycopg generator to its end; a timeout closes and raises OperationalError.

        For threads, in C. The limit holds for the whole wait: one statement, or one round of a
        pipeline, whose results arrive one by one.
        """
        gen = sending(self.pgconn, gen)
        if self.is_server_gone:
            gen = self._until_server_gone(gen, self.is_server_gone)
        if timeout is not None or self.timeout_seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.timeout_seconds)
        except _WaitTimeout:
            raise self.abort() from None

    def _until_server_gone(self, gen: PQGen[T], is_server_gone: Callable[[], bool]) -> PQGen[T]:
        """Wrap a psycopg generator, which psycopg resumes at each interval, ready or not."""
        try:
            ready = yield next(gen)
            while True:
                if not ready and is_server_gone():
                    raise self.abort(SERVER_GONE)
                ready = yield gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def abort(self, cause: str = "") -> psycopg.OperationalError:
        """Close the connection without the server, and return the error to raise."""
        self.pgconn.finish()
        if cause:
            return psycopg.OperationalError(cause)
        return ServerSilent(f"silent for {self.timeout_seconds:.0f} s")


def sending(pgconn: PGconn, gen: PQGen[T]) -> PQGen[T]:
    """Wrap a psycopg generator, so that it does not wait to read while bytes are unsent.

    A pipeline of psycopg 3.3 waits for the results of statements whose parameters the socket has
    not taken, and the server waits for these. Sending also reads, so the generator then looks at
    what has been read, whatever the socket became ready for.
    """
    try:
        needed = next(gen)
        while True:
            if needed == WAIT_R and pgconn.flush():
                needed = gen.send((yield WAIT_RW) and READY_R)
            else:
                needed = gen.send((yield needed))
    except StopIteration as end:
        result: T = end.value
        return result


def set_client_timeout(conn: TimeoutConnection, settings: dict[str, str]) -> None:
    """Limit the silence of PostgreSQL to statement_timeout (whole seconds) plus GRACE_SECONDS."""
    seconds = int(settings.get("statement_timeout", "0").removesuffix("s"))
    conn.timeout_seconds = seconds + GRACE_SECONDS if seconds else None


def keepalives(url: str) -> dict[str, str]:
    """The parameters of KEEPALIVES that the URL does not set."""
    given = conninfo_to_dict(url)
    return {name: value for name, value in KEEPALIVES.items() if name not in given}
