"""The health probe: it queries the database for /health and /readyz within 2.5 s.

A hanging PostgreSQL does not even report that statement_timeout has passed. So a thread runs the
query, one at a time, and all requests wait for the same result.
"""

import logging
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

import psycopg
from psycopg_pool import PoolTimeout

from service.core.clock import today
from service.core.cooperative import paced
from service.db.clocks import ClocksDiffer, check_clocks
from service.db.database import Database
from service.db.errors import DATABASE_ERRORS, Transient, transient_kind
from service.db.queries import Connection, Row, is_distributed, queries
from service.db.schema_version import (
    MigrationGap,
    applied_names,
    find_migration_gap,
    known_names,
    known_tables,
)
from service.metrics.leader import COUNTED_DELTAS
from service.prices.price_list import CurrentPrices

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.5
PRICES_SECONDS = 60.0  # between two looks for models without a price
PRICES_TIMEOUT_SECONDS = 1.0
NODES_TIMEOUT_SECONDS = 1.0
DAYS_IN_USE = timedelta(days=7)
MOST_LOOKED_AT, MOST_MODELS = 1_000, 20


class HealthSnapshot(NamedTuple):
    """The state of the database: its schema, connections, folds and prices."""

    gap: MigrationGap | None
    missing_tables: list[str]
    connections: Row  # of health/connections
    clocks_differ: bool
    folds: Row | None  # of refresh/status; None where the schema has no such thing
    unpriced_models: list[str]  # at most MOST_MODELS
    nodes_away: frozenset[str] = frozenset()  # workers of a Citus cluster
    has_nodes: bool = True  # of the workers one answers, or there is no cluster


class Probe:
    """Runs one query for all requests that wait at the moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = known_names()  # of the code that runs, whatever lies there later
        self._tables = known_tables()
        self._lock = threading.Lock()
        self._asked: Future[HealthSnapshot] | None = None
        self._prices = CurrentPrices()
        self._unpriced: list[str] = []
        self._next_prices = 0.0
        self._nodes_away: frozenset[str] = frozenset()
        self.was_refused = False  # PostgreSQL had no free connection for the last query

    def ask(self) -> HealthSnapshot:
        """Return the current snapshot.

        Raises psycopg.Error, PoolTimeout or TooManyRequests, and TimeoutError without an answer.
        """
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(
                    target=self._run, args=(self._asked,), name="probe", daemon=True
                ).start()
            asked = self._asked
        return asked.result(PATIENCE_SECONDS)

    def _run(self, asked: "Future[HealthSnapshot]") -> None:
        try:
            found = self._look()
        except BaseException as error:
            self.was_refused = (
                isinstance(error, psycopg.Error)
                and transient_kind(error) is Transient.CONNECTIONS_FULL
            )
            asked.set_exception(error)
        else:
            self.was_refused = False
            asked.set_result(found)

    def _look(self) -> HealthSnapshot:
        try:
            with self._database.primary.reading() as conn:
                found, is_cluster = self._query(conn), is_distributed(conn)
        except PoolTimeout:  # all are lent, or none can be opened: another connection tells which
            with self._database.connect_probe() as conn:
                return self._query(conn)
        self._find_unpriced()
        if is_cluster:
            found = self._with_nodes(found)
        return found._replace(unpriced_models=self._unpriced)

    def _query(self, conn: Connection) -> HealthSnapshot:
        gap = find_migration_gap(self._known, applied_names(conn))
        missing = queries.health.missing_tables(conn, tables=self._tables).fetchall()
        [connections] = queries.health.connections(conn).fetchall()
        try:
            folds = queries.refresh.status(conn, row_limit=COUNTED_DELTAS).fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            folds = None
        names = [row["name"] for row in missing]
        return HealthSnapshot(gap, names, connections, differ(conn), folds, self._unpriced)

    def _find_nodes(self) -> dict[str, bool]:
        """Each worker of the cluster, and whether it answers.

        A silent one keeps the whole statement waiting, so it has a timeout of its own.
        """
        try:
            with self._database.primary.searching(NODES_TIMEOUT_SECONDS) as conn:
                nodes = queries.citus.nodes(conn).fetchall()
        except DATABASE_ERRORS:
            return {"(one that is silent)": False, "(others)": True}
        return {row["node"]: row["answers"] for row in nodes}

    def _with_nodes(self, found: HealthSnapshot) -> HealthSnapshot:
        """The snapshot with what is known of the workers."""
        nodes = self._find_nodes()
        away = frozenset(node for node, answers in nodes.items() if not answers)
        self._note_nodes(away)
        return found._replace(nodes_away=away, has_nodes=len(away) < max(len(nodes), 1))

    def _note_nodes(self, away: frozenset[str]) -> None:
        """Log which nodes went away, or came back."""
        if gone := away - self._nodes_away:
            log.warning("nodes of the Citus cluster are away: %s", ", ".join(sorted(gone)))
        if back := self._nodes_away - away:
            log.info("nodes of the Citus cluster are back: %s", ", ".join(sorted(back)))
        self._nodes_away = away

    def _find_unpriced(self) -> None:
        """Look for models without a price, now and then; keep those of before after an error."""
        if time.monotonic() < self._next_prices:
            return
        self._next_prices = time.monotonic() + PRICES_SECONDS
        with (
            suppress(*DATABASE_ERRORS),
            self._database.primary.searching(PRICES_TIMEOUT_SECONDS) as conn,
        ):
            prices = self._prices.at(conn, queries.prices.loaded(conn).fetchone())
            found = queries.health.models_without_cost(
                conn, since=today() - DAYS_IN_USE, row_limit=MOST_LOOKED_AT
            )
            unpriced = (row["model"] for row in paced(found) if not prices.model_of(row["model"]))
            self._unpriced = list(islice(unpriced, MOST_MODELS))


def differ(conn: Connection) -> bool:
    """Whether the service's day and PostgreSQL's are more than one apart."""
    try:
        check_clocks(conn, today())
    except ClocksDiffer:
        return True
    return False
