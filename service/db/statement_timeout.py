"""Connections that do not wait for ever for a PostgreSQL that is gone without a word.

Two limits, since nobody tells us of a cut cable, a firewall or a failover. The machine: what was
sent must be acknowledged by its TCP in 3 s, and an idle connection is asked now and then. The
server: it may say nothing for as long as a statement may take, and a little longer.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import _WaitTimeout

T = TypeVar("T")

SILENCE_SECONDS = 2.0  # beyond statement_timeout
INTERVAL_SECONDS = 0.1  # between two looks at whether the socket is still open, as psycopg has it

# libpq's, of which none matters on a Unix socket.
KEEPALIVES = {
    "keepalives_idle": "10",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "3000",  # ms
}


class TimeoutConnection(psycopg.Connection[Any]):
    """A connection whose server may be silent for `timeout_seconds`; None: without limit."""

    timeout_seconds: float | None = None
    is_server_gone: Callable[[], bool] | None = None  # asked while it waits: then it waits no more
    distributed = False  # whether Citus spreads the tables over nodes: service/db/queries.py asks

    def wait(
        self, gen: PQGen[T], interval: float = INTERVAL_SECONDS, timeout: float | None = None
    ) -> T:
        """Run a generator of psycopg's to its end; raises OperationalError, the connection closed.

        For threads, in C. The limit is on the whole of it: one statement, or one round of a
        pipeline, whose results come as they are made.
        """
        if self.is_server_gone:
            gen = self._until_server_gone(gen, self.is_server_gone)
        if timeout is not None or self.timeout_seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.timeout_seconds)
        except _WaitTimeout:
            raise self.abort() from None

    def _until_server_gone(self, gen: PQGen[T], is_server_gone: Callable[[], bool]) -> PQGen[T]:
        """Run a generator of psycopg's, which is resumed at each interval, ready or not."""
        try:
            ready = yield next(gen)
            while True:
                if not ready and is_server_gone():
                    raise self.abort("its server is away")
                ready = yield gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def abort(self, why: str = "") -> psycopg.OperationalError:
        """Close the connection without asking, and return the error that says why."""
        self.pgconn.finish()
        return psycopg.OperationalError(why or f"silent for {self.timeout_seconds:.0f} s")


def set_client_timeout(conn: TimeoutConnection, settings: dict[str, str]) -> None:
    """Bound how long PostgreSQL may say nothing: a little longer than a statement may run.

    `statement_timeout` is in whole seconds.
    """
    seconds = int(settings.get("statement_timeout", "0").removesuffix("s"))
    conn.timeout_seconds = seconds + SILENCE_SECONDS if seconds else None


def keepalives(url: str) -> dict[str, str]:
    """The settings of KEEPALIVES that the URL leaves open."""
    given = conninfo_to_dict(url)
    return {name: value for name, value in KEEPALIVES.items() if name not in given}
