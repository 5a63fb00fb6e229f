"""The connections of one process, of three kinds.

write   one per worker's writer, as gati_ingest; a small pool for what people change by hand
read    a pool, read-only, as gati_read, on the primary, and one for each replica
direct  of their own: migrations, partitions, the refresh leader, LISTEN

Whatever is not ingest or a read is the owner's: see service/roles.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg

from service.db.connections import connect
from service.db.notifications import NotifyListener
from service.db.pools import lend, pool
from service.db.queries import Connection, queries
from service.db.reads import Reads
from service.db.replicas import Replicas
from service.db.session_settings import DIRECT, READ, WRITE, with_timeout


class Database:
    """The pools of one process. Open it after the fork, never before.

    `primary` reads from the server that takes writes: what must not be old (keys, the live tail,
    whether events are stored), or has to show that it is there. `replicas` says where others go.
    """

    def __init__(
        self,
        url: str,
        connections: int,
        *,
        ingest_url: Callable[[], str] | None = None,
        read_url: Callable[[], str] | None = None,
        replica_urls: Sequence[str] = (),
        pgbouncer: bool = False,
        max_replica_lag_seconds: int = 10,
        read_timeout_seconds: int = 10,
        write_timeout_seconds: int = 30,
    ) -> None:
        """Split `connections`: one each for writer, changes and refresher, the rest for reads.

        `ingest_url` and `read_url` are asked for each new connection; `url`, the owner's, is used
        for changes, and for what has none of its own. Reads of requests go to `replica_urls`,
        where there are any, through a PgBouncer if `pgbouncer` says so.
        """
        self._ingest_url = ingest_url or (lambda: url)
        self._write_settings = with_timeout(WRITE, write_timeout_seconds)
        reads = max(1, connections - 3)
        self.read_timeout_seconds = read_timeout_seconds
        self.primary = Reads(
            read_url or (lambda: url), with_timeout(READ, read_timeout_seconds), reads
        )
        self.replicas = Replicas(
            replica_urls,
            self.primary,
            reads,
            max_lag_seconds=max_replica_lag_seconds,
            pgbouncer=pgbouncer,
        )
        self._change = pool(lambda: url, self._write_settings, "change", 1)
        self.bell = NotifyListener(lambda: connect(url, DIRECT, "tail"))

    def open(self) -> None:
        """Start the pools; connections are made as they are needed."""
        self.primary.pool.open()
        self._change.open()
        self.replicas.open()

    def close(self) -> None:
        """Close every connection that is not lent."""
        self.bell.close()
        self.replicas.close()
        self.primary.pool.close()
        self._change.close()

    def pool_stats(self) -> dict[str, dict[str, int]]:
        """What psycopg_pool knows of each pool, by its name."""
        replicas = [replica.reads.pool for replica in self.replicas.all]
        pools = (self.primary.pool, self._change, *replicas)
        return {each.name: each.get_stats() for each in pools}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one statement: see Reads."""
        with self.replicas.server().reading() as conn:
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for one read-only transaction: see Reads."""
        with self.replicas.server().snapshot() as conn:
            yield conn

    @contextmanager
    def looking_up(self) -> Iterator[Connection]:
        """Lend a connection for one snapshot of look-ups by key: see Reads."""
        with self.replicas.server().looking_up() as conn:
            yield conn

    @contextmanager
    def searching(self, seconds: float) -> Iterator[Connection]:
        """Lend a connection for one transaction of searches: see Reads."""
        with self.replicas.server().searching(seconds) as conn:
            yield conn

    @contextmanager
    def changing(self, tell: Callable[[str], None] | None = None) -> Iterator[Connection]:
        """Lend a connection for one transaction that changes rows by hand (PATCH, DELETE).

        `tell` is told up to where the log reaches it, unless that fails: it is committed by then.
        """
        with lend(self._change) as conn:
            with conn.transaction():
                yield conn
            if tell:
                with suppress(psycopg.Error):
                    tell(queries.replicas.written(conn).fetchall()[0]["lsn"])

    def connect_writer(self) -> Connection:
        """Open a connection for one writer alone."""
        return connect(self._ingest_url(), self._write_settings, "writer", first=True)
