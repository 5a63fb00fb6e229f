"""The connections to PostgreSQL: three kinds, their settings, and what a broken one means.

write   one per worker's writer, as gati_ingest; a small pool for what people change by hand
read    a pool, read-only, as gati_read; a statement by itself, or several in one snapshot
direct  of their own: migrations, partitions, the refresh leader, LISTEN

Whatever is not ingest or a read is the owner's: see service/roles.
"""

import logging
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader
from psycopg_pool import ConnectionPool

from service.bell import Bell
from service.greenlets import connection_class, poll_now
from service.json import FragmentLoader, NumberLoader
from service.queries import Connection, queries
from service.silence import PatientConnection, keepalives, limit_silence

CONNECT_TIMEOUT_SECONDS = 2
POOL_TIMEOUT_SECONDS = 2.0
MAX_WAITING = 200
READ_ONLY = "default_transaction_read_only"

# It warns of each pipeline that an error has ended, also of one that is expected and tried again.
logging.getLogger("psycopg").setLevel(logging.ERROR)

COMMON = {
    "timezone": "UTC",
    "jit": "off",  # a plan that avoids sequential scans costs 1e10 on paper and would be compiled
    "plan_cache_mode": "force_generic_plan",  # timeline over 104 partitions: planning 2.4 -> 0.5 ms
    "client_min_messages": "warning",
    "idle_in_transaction_session_timeout": "60s",
}
READ = COMMON | {
    READ_ONLY: "on",
    "default_transaction_isolation": "repeatable\\ read",  # an answer of two queries is one state
    "statement_timeout": "10s",
    "lock_timeout": "400ms",  # and 2 s for a connection before: refused within 2.5 s
    "enable_mergejoin": "off",  # it would sort a run anew for each level of its trace
    "work_mem": "64MB",  # a trace of 100,000 events hashes 10 MB; spilt, each level would rescan it
}
WRITE = COMMON | {
    # Prepared while tables were small, a plan would scan them for ever. Every write goes by key, so
    # nested loops over indexes are always right: 10,000 events are looked up in 60 ms, not 20 s.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "statement_timeout": "30s",
    # Met twice in one transaction (another writer's row, then the table), and followed by two that
    # wait 150 ms (writer/locks.py), a request is still refused within 2.5 s.
    "lock_timeout": "750ms",
}
DIRECT = COMMON | {"lock_timeout": "10s"}
REFRESH = COMMON | {
    "plan_cache_mode": "force_custom_plan",  # a few statements a second over tables that swing
    "lock_timeout": "5s",
    "statement_timeout": "0",  # the first fold of a large database may take minutes
    "work_mem": "64MB",
    # A fold that a crash takes back is folded again: nothing is lost, no commit waits for a disk.
    "synchronous_commit": "off",
}


def connect(url: str, settings: dict[str, str], role: str, first: bool = False) -> Connection:
    """Open one connection with its settings, rows as dicts; `first` goes before requests."""
    conn = connection_class(first).connect(conninfo(url, settings, role), row_factory=dict_row)
    limit_silence(conn, settings)
    conn.autocommit = True
    note_distribution(conn)
    if must_say_read_only(conn, settings):
        queries.transactions.read_only(conn)
    conn.autocommit = False
    return conn


def note_distribution(conn: PatientConnection) -> None:
    """Let the connection know whether its tables are distributed; there, Citus chooses the plans.

    It makes none for parameters that it does not know, as a generic plan would have it.
    """
    conn.distributed = queries.transactions.plan_on_citus(conn).fetchone() is not None


def wants_read_write(url: str) -> bool:
    """Whether libpq looks for a host on which sessions begin read-write."""
    return conninfo_to_dict(url).get("target_session_attrs") == "read-write"


def must_say_read_only(conn: PatientConnection, settings: dict[str, str]) -> bool:
    """Whether a session that is to be read-only has not begun as one; PostgreSQL reports it."""
    begun = conn.pgconn.parameter_status(READ_ONLY.encode())
    return READ_ONLY in settings and begun != b"on"


def conninfo(url: str, settings: dict[str, str], role: str) -> str:
    """Add to the URL what libpq is told. Settings travel in the start-up packet: no SET.

    But for `default_transaction_read_only` with target_session_attrs=read-write: libpq looks at
    that very setting, and a session that begins with it is none of those it wants, on no host.
    """
    if wants_read_write(url):
        settings = {name: value for name, value in settings.items() if name != READ_ONLY}
    return make_conninfo(
        url,
        **keepalives(url),
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        application_name=f"gati-backend {role}",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
    )


def configure(conn: PatientConnection) -> None:
    """Load numeric as a number of JSON's, jsonb as text that is passed on unparsed, ids as text.

    UUID objects take long to make and to hash: 40 of the 190 ms of a trace of 10,000 events.
    """
    conn.adapters.register_loader("numeric", NumberLoader)
    conn.adapters.register_loader("jsonb", FragmentLoader)
    conn.adapters.register_loader("uuid", TextLoader)


def pool(
    find_url: Callable[[], str], settings: dict[str, str], role: str, size: int
) -> ConnectionPool[PatientConnection]:
    """A pool, not yet open, that makes its connections as they are needed, each by the URL then."""

    def prepare(conn: PatientConnection) -> None:
        configure(conn)
        limit_silence(conn, settings)
        note_distribution(conn)
        if READ_ONLY in settings:
            queries.transactions.limit_temp_files(conn)
        if must_say_read_only(conn, settings):
            queries.transactions.read_only(conn)

    return ConnectionPool(
        lambda: conninfo(find_url(), settings, role),
        connection_class=connection_class(),
        kwargs={"row_factory": dict_row, "autocommit": True},
        configure=prepare,
        name=role,
        min_size=0,
        max_size=size,
        max_waiting=MAX_WAITING,
        timeout=POOL_TIMEOUT_SECONDS,
        # After this a failed attempt is forgotten and the next request tries at once; the default
        # of 300 s would back off for up to a minute after PostgreSQL is there again.
        reconnect_timeout=2.0,
        open=False,
    )


def with_timeout(settings: dict[str, str], seconds: int) -> dict[str, str]:
    """The settings, with so many seconds for each statement."""
    return settings | {"statement_timeout": f"{seconds}s"}


class Database:
    """The pools of one process. Open it after the fork, never before."""

    def __init__(
        self,
        url: str,
        connections: int,
        *,
        ingest_url: Callable[[], str] | None = None,
        read_url: Callable[[], str] | None = None,
        read_timeout_seconds: int = 10,
        write_timeout_seconds: int = 30,
    ) -> None:
        """Split `connections`: one each for writer, changes and refresher, the rest for reads.

        `ingest_url` and `read_url` are asked for each new connection; `url`, the owner's, is used
        for changes, and for what has none of its own.
        """
        self._ingest_url = ingest_url or (lambda: url)
        self._write_settings = with_timeout(WRITE, write_timeout_seconds)
        read_settings = with_timeout(READ, read_timeout_seconds)
        reads = max(1, connections - 3)
        self.read_timeout_seconds = read_timeout_seconds
        self._read = pool(read_url or (lambda: url), read_settings, "read", reads)
        self._change = pool(lambda: url, self._write_settings, "change", 1)
        self.bell = Bell(lambda: connect(url, DIRECT, "tail"))

    def open(self) -> None:
        """Start the pools; connections are made as they are needed."""
        self._read.open()
        self._change.open()

    def close(self) -> None:
        """Close every connection that is not lent."""
        self.bell.close()
        self._read.close()
        self._change.close()

    def pool_stats(self) -> dict[str, dict[str, int]]:
        """What psycopg_pool knows of each pool, by its name."""
        return {pool.name: pool.get_stats() for pool in (self._read, self._change)}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one statement, a snapshot by itself: a single round trip."""
        with lend(self._read) as conn:
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for one read-only transaction: all that it reads is one state.

        In a pipeline: statements wait, and travel together once a result is looked at. PostgreSQL
        keeps all of a pipeline in one transaction, until its end. conn.transaction() would open
        two more within, each a round trip: the p95 of an agent's runs was 15 ms in place of 9.
        """
        with lend(self._read) as conn, conn.pipeline():
            yield conn

    @contextmanager
    def looking_up(self) -> Iterator[Connection]:
        """Lend a connection for one snapshot of look-ups by key, thousands in a statement.

        A plan that was made while a table was small would scan it for each of them, for ever.
        """
        with self.snapshot() as conn:
            queries.transactions.look_up(conn)
            yield conn

    @contextmanager
    def searching(self, seconds: float) -> Iterator[Connection]:
        """Lend a connection for one transaction of searches, each planned for its own values.

        None of them takes longer than so many seconds: then QueryCanceled.
        """
        with self.snapshot() as conn:
            milliseconds = max(1, round(seconds * 1000))  # 0 would be no limit
            queries.transactions.plan_for_values(conn, timeout=f"{milliseconds}ms")
            yield conn

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """Lend a connection for one transaction that changes rows by hand (PATCH, DELETE)."""
        with lend(self._change) as conn, conn.transaction():
            yield conn

    def connect_writer(self) -> Connection:
        """Open a connection for one writer alone."""
        return connect(self._ingest_url(), self._write_settings, "writer", first=True)


@contextmanager
def lend(pool: ConnectionPool[PatientConnection]) -> Iterator[Connection]:
    """Lend a pool's connection; one that the server has closed is replaced.

    One on which a write is refused as read-only (25006) is discarded afterwards: its server was the
    primary once, and with several hosts in the URL the next connection leads to the one that is.

    PostgreSQL's farewell makes an idle socket readable, so a look at it (2 µs, no round trip) finds
    what a restart left behind; the pool's own check= costs a round trip and backs off for seconds.
    """
    conn = pool.getconn()
    if is_broken(conn):
        pool.putconn(conn)
        pool.check()
        conn = pool.getconn()
    try:
        yield conn
    except psycopg.errors.ReadOnlySqlTransaction:
        conn.close()
        raise
    finally:
        pool.putconn(conn)


def is_broken(conn: Connection) -> bool:
    """Whether an idle connection has something to say: then it is the server's farewell."""
    if conn.closed:
        return True
    poll = poll_now()
    poll.register(conn.fileno(), select.POLLIN)
    return bool(poll.poll(0))
