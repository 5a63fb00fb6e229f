"""The connections of one process, of three kinds.

write   one for the worker's writer, and a pool for scores and messages of log records, as
        gati_ingest; a pool of one for changes by hand, and one to attach messages, as owner
read    a read-only pool on the primary and one on each replica, as gati_read
direct  opened where needed, as owner: migrations, partitions, the metrics leader, LISTEN
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from service.db.connections import connect
from service.db.database_settings import INGEST_CONNECTIONS, DatabaseSettings
from service.db.notifications import NotifyListener
from service.db.pools import PoolSettings, create_pool, lend
from service.db.queries import Connection, queries
from service.db.reads import Reads
from service.db.replicas import Replicas
from service.db.session_settings import DIRECT, READ, WRITE, with_timeout
from service.db.shared_pool import SharedPool


class Database:
    """The pools of one process. Open it after the fork, never before.

    `primary` reads from the server that takes writes: keys, the live tail and stored checks must
    not be stale. `replicas` routes the reads of requests.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._write_session = with_timeout(WRITE, settings.write_timeout_seconds)
        self.read_timeout_seconds = settings.read_timeout_seconds
        read_session = with_timeout(READ, settings.read_timeout_seconds)
        self.primary = Reads(
            PoolSettings(
                "read",
                settings.read_url,
                read_session,
                settings.read_connections,
                settings.most_reads_per_client,
                find_more_settings=settings.settings_of_owner,
            )
        )
        self.replicas = Replicas(self.primary, settings)
        self._change = create_pool(
            PoolSettings("change", settings.owner_url, self._write_session, 1)
        )
        self._messages = create_pool(
            PoolSettings("messages", settings.owner_url, self._write_session, 1)
        )
        self._ingest = SharedPool(
            PoolSettings(
                "ingest",
                settings.ingest_url,
                self._write_session,
                INGEST_CONNECTIONS,
                settings.most_writes_per_client,
                find_more_settings=settings.settings_of_owner,
            )
        )
        self.notifications = NotifyListener(lambda: connect(settings.url, DIRECT, "tail"))

    def open(self) -> None:
        """Start the pools; they connect on demand."""
        self.primary.pool.open()
        self._change.open()
        self._messages.open()
        self._ingest.pool.open()
        self.replicas.open()

    def close(self) -> None:
        """Close every connection that is not lent."""
        self.notifications.close()
        self.replicas.close()
        self.primary.pool.close()
        self._change.close()
        self._messages.close()
        self._ingest.pool.close()

    def pool_stats(self) -> dict[str, dict[str, int]]:
        """psycopg_pool's statistics of each pool, by its name."""
        replicas = [replica.reads.pool for replica in self.replicas.all]
        pools = (self.primary.pool, self._change, self._messages, self._ingest.pool, *replicas)
        return {pool.name: pool.get_stats() for pool in pools}

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
    def searching(self, seconds: float, planned_once: bool = False) -> Iterator[Connection]:
        """Lend a connection for one transaction of searches: see Reads."""
        with self.replicas.server().searching(seconds, planned_once) as conn:
            yield conn

    @contextmanager
    def changing(self, on_commit: Callable[[str], None] | None = None) -> Iterator[Connection]:
        """Lend a connection for one transaction that changes rows by hand (PATCH, DELETE).

        After the commit, call `on_commit(lsn)`. Errors of that query are ignored.
        """
        with lend(self._change) as conn:
            with conn.transaction():
                yield conn
            if on_commit:
                with suppress(psycopg.Error):
                    on_commit(queries.replicas.written(conn).fetchall()[0]["lsn"])

    @contextmanager
    def attaching_messages(self) -> Iterator[Connection]:
        """Lend the connection that attaches messages of log records, for one transaction.

        It is not that of `changing`: deleting an agent may take minutes. Nor does it keep messages:
        while clients send many, those that wait become content.
        """
        with lend(self._messages) as conn, conn.transaction():
            yield conn

    @contextmanager
    def keeping_messages(self) -> Iterator[Connection]:
        """Lend a connection that keeps messages in the client's turn, for one transaction."""
        with self._ingest.lent() as conn, conn.transaction():
            yield conn

    @contextmanager
    def storing_scores(self) -> Iterator[Connection]:
        """Lend a connection that stores scores in the client's turn, in autocommit."""
        with self._ingest.lent() as conn:
            yield conn

    def connect_writer(self) -> Connection:
        """Open the connection of the worker's writer."""
        url = self._settings.ingest_url()
        session = self._write_session | self._settings.settings_of_owner()
        return connect(url, session, "writer", for_writer=True)

    def connect_probe(self) -> Connection:
        """Open a connection beside the pools, in autocommit, for a look at the server."""
        url = self._settings.read_url()
        conn = connect(url, self.primary.settings.all_settings(), "probe")
        conn.autocommit = True
        return conn
