"""The writer's connection, and the retries of its transactions."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

import psycopg

from service.core.clock import Today
from service.core.overloaded import Overloaded
from service.core.retry_policy import RetryPolicy
from service.db.errors import is_stale_plan
from service.db.pools import is_broken
from service.db.queries import Connection, queries
from service.db.statement_timeout import ServerSilent
from service.ingest.rows import EventRow
from service.metrics.metric_names import MetricNames
from service.prices.price_list import CurrentPrices
from service.telemetry import metrics
from service.writer.costs import remember_names
from service.writer.incoming import Counts
from service.writer.lock_backoff import LockBackoff
from service.writer.locks_of_others import LocksOfOthers, find_locks
from service.writer.run_changes import RetryTransaction
from service.writer.run_numbers import RunNumbers
from service.writer.transaction import Transaction
from service.writer.writer_state import WriterState

RETRIES = RetryPolicy(10, first_pause_seconds=0.005, longest_pause_seconds=0.2)  # about 0.5 s

# Deadlock, serialization failure, unique and foreign key violation: a concurrent transaction won.
TRANSIENT = frozenset({"40P01", "40001", "23505", "23503"})

NAME_OF_RUN = "runs_agent_name_run_name_key"

# Retried once. The new connection leads to no primary either: 503, until there is one. Or the
# server was silent for half a minute, and all that waits for the writer waits for that again.
RETRIED_ONCE = (psycopg.errors.ReadOnlySqlTransaction, ServerSilent)

log = logging.getLogger(__name__)


class TransactionRunner:
    """Stores requests in one transaction each time, over one connection that it keeps open."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        today: Today,
        environment: str,
        lock_backoff: LockBackoff,
    ) -> None:
        self._connect = connect
        self._today = today
        self._environment = environment
        self._lock_backoff = lock_backoff
        self._prices = CurrentPrices()
        self._metric_names = MetricNames()
        self._numbers = RunNumbers()
        self._conn: Connection | None = None
        self.state = WriterState()

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        conn = self._conn
        return conn is not None and not conn.closed

    def remember_names(self, rows: list[EventRow]) -> None:
        """Look up the models of calls in the prices as they are known, so that `run` need not."""
        remember_names(rows, self._prices.last_read)

    def run(self, requests: Sequence[list[EventRow]]) -> list[Counts]:
        """Store the requests' rows in one transaction; retry it after a transient error.

        Raises what psycopg raises, Overloaded after the last attempt, and what was not foreseen;
        the transaction is rolled back.
        """
        agents: frozenset[str] = frozenset()
        for attempt in RETRIES.attempts():
            conn = self._connection()
            try:
                counts = self._run_once(conn, requests, agents)
                self._numbers.used()
                self.state.note_success()
                return counts
            except RetryTransaction as retry:
                conn.rollback()
                self._numbers.give_back()
                agents |= retry.agents
                log.info("transaction retried: %s", retry)
            except psycopg.Error as error:
                self._lock_backoff.note_failure(error)
                self.state.note_failure(error)
                self._recover(conn, error)
                if is_name_taken(error):
                    self._numbers.forget()
                else:
                    self._numbers.give_back()
                if isinstance(error, ServerSilent):
                    log.warning("a transaction of %d requests ended: %s", len(requests), error)
                if attempt > 1 and isinstance(error, RETRIED_ONCE):
                    raise
                if not (conn.closed or error.sqlstate in TRANSIENT):
                    raise
                if is_name_taken(error):
                    agents |= {row.agent_name for rows in requests for row in rows}
                log.info("transaction retried after %s", error.sqlstate or "a lost connection")
            except Exception:  # UsedUp, or unforeseen: of one event, as a rule
                self._roll_back(conn)
                self._numbers.give_back()
                raise
            metrics.TRANSACTION_RETRIES.inc()
        raise Overloaded("The events' runs and agents are changed too often at the moment.")

    def find_locks(self, rows: Collection[EventRow]) -> LocksOfOthers:
        """What other transactions hold of the runs and agents of these rows.

        Nothing where the look fails, for `run` retries what it may: a connection that was lost.
        """
        conn = self._connection()
        try:
            self._set_lock_timeout(conn)
            return find_locks(conn, rows)
        except psycopg.Error as error:
            self._recover(conn, error)
            log.info("locks not looked for: %s", error.sqlstate or "a lost connection")
            return LocksOfOthers()

    def end_turn(self) -> None:
        """All requests that were tried together are answered."""
        self._numbers.forget()

    def keep_connected(self) -> None:
        """Open the connection if there is none, or if the server has closed it.

        Events that come later find it open, also when PostgreSQL lets nobody else in.
        """
        if self._conn is not None and is_broken(self._conn):
            self.close()
        with suppress(psycopg.Error):  # WriterState remembers it
            self._connection()

    def close(self) -> None:
        """Close the connection; the next transaction opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _run_once(
        self, conn: Connection, requests: Sequence[list[EventRow]], agents: frozenset[str]
    ) -> list[Counts]:
        self._set_lock_timeout(conn)
        began = time.monotonic()
        counts = Transaction(
            conn,
            requests,
            self._today(),
            environment=self._environment,
            prices=self._prices,
            metric_names=self._metric_names,
            numbers=self._numbers,
            agents_to_lock=agents,
        ).run()
        metrics.count_transaction(sum(map(len, requests)), time.monotonic() - began)
        return counts

    def _set_lock_timeout(self, conn: Connection) -> None:
        timeout = self._lock_backoff.timeout_to_set(conn)
        if timeout is not None:
            queries.transactions.set_lock_timeout(conn, timeout=timeout)
            conn.commit()

    def _connection(self) -> Connection:
        if self._conn is None or self._conn.closed:
            try:
                self._conn = self._connect()
            except psycopg.Error as error:
                self.state.note_failure(error, connecting=True)
                raise
            self.state.note_connected()
            self._metric_names = MetricNames()  # another server may lack what the last one had
            self._numbers.forget()  # a commit that was not answered may have used them
        return self._conn

    def _recover(self, conn: Connection, error: psycopg.Error) -> None:
        """Roll back; close a connection that cannot do that, so that the next one is opened.

        A connection to a read-only server is closed, too: with several hosts in DATABASE_URL the
        next connection leads to the primary. So is one whose prepared plans a migration has made
        invalid: the next one has none.
        """
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction) or is_stale_plan(error):
            conn.close()
        else:
            self._roll_back(conn)

    def _roll_back(self, conn: Connection) -> None:
        """Roll back; close a connection that cannot do that."""
        try:
            conn.rollback()
        except psycopg.Error:
            conn.close()


def is_name_taken(error: psycopg.Error) -> bool:
    """Whether a reserved number was that of a taken name: a lock of the agent finds a free one.

    On Citus the constraint of a shard has its number behind the name.
    """
    return (error.diag.constraint_name or "").startswith(NAME_OF_RUN)
