"""The reasons of /health and /readyz: what is wrong, and which answers each of them changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.config import Config
from service.core.worker_process import process
from service.db.errors import Transient
from service.db.replica import AWAY as REPLICA_AWAY
from service.db.replica import LAGGING
from service.db.replicas import Replicas
from service.postgres.storage import STORAGE_FULL, Storage
from service.resources.health.probe import HealthSnapshot, Probe
from service.writer.group_commit import GroupCommitWriter

UNHEALTHY = "unhealthy"
AWAY = (psycopg.Error, PoolTimeout, TooManyRequests, TimeoutError)
TEXTS = {
    "stopping": "This process is stopping.",
    "database_unavailable": "The database cannot be reached, or does not answer in time.",
    "connections_full": (
        "PostgreSQL has no free connection: raise its max_connections, or lower DATABASE_POOL_SIZE."
    ),
    "storage_full": STORAGE_FULL,
    "no_nodes": "No worker of the Citus cluster answers: no event is stored or read.",
    "nodes_away": (
        "A worker of the Citus cluster is away, which the log names: of its runs nothing is stored "
        "or read."
    ),
    "schema_behind": "The database lacks migrations: run python -m service migrate up.",
    "schema_ahead": "The database has migrations of a newer version: run that version.",
    "tables_missing": "The database lacks tables of the service: restore a backup.",
    "writer_failing": "The writer of this process could not store events lately: see its log.",
    "no_leader": "No process is folding metric deltas. Results stay exact but queries get slower.",
    "folds_failing": (
        "The last fold of metric deltas failed. Results stay exact but queries get slower: see the "
        "log of the process that folds."
    ),
    "replica_unavailable": "A replica is away or too far behind: other servers answer its reads.",
    "clocks_differ": (
        "The clocks of the service and of PostgreSQL are more than a day apart: retention drops "
        "nothing, and no metrics by hour are deleted, until the wrong one is set."
    ),
    "prices_missing": (
        "Models in use have no price, so their costs count as 0: /metrics names them, "
        "python -m service prices update or prices load adds them."
    ),
}
# /readyz is 503. Only what another process, or a restart with another version, does not share: else
# a load balancer would send requests nowhere.
UNREADY = {
    "stopping",
    "database_unavailable",
    "no_nodes",
    "schema_behind",
    "schema_ahead",
    "tables_missing",
}
# /health is 200, but says degraded: requests of some kind fail, or soon will.
DEGRADED = {
    "connections_full",
    "storage_full",
    "nodes_away",
    "schema_behind",
    "tables_missing",
    "writer_failing",
    "folds_failing",
}
OF_THE_WRITER = {Transient.STORAGE_FULL, Transient.CONNECTIONS_FULL}


class Reason(NamedTuple):
    """One reason, as clients see it; `details` only names kinds of errors."""

    code: str
    details: str = ""

    def describe(self) -> dict[str, Any]:
        """The reason as JSON."""
        text = TEXTS[self.code]
        return {
            "code": self.code,
            "description": text + (f" ({self.details})" * bool(self.details)),
        }


class Findings(NamedTuple):
    """The snapshot of the database, None while it is unavailable, and all reasons."""

    snapshot: HealthSnapshot | None
    reasons: list[Reason]

    @property
    def status(self) -> str:
        """The status of /health."""
        if self.snapshot is None or not self.snapshot.has_nodes:
            return UNHEALTHY
        is_degraded = any(reason.code in DEGRADED for reason in self.reasons)
        return "degraded" if is_degraded else "healthy"

    @property
    def against_requests(self) -> list[Reason]:
        """The reasons against sending requests to this process."""
        return [reason for reason in self.reasons if reason.code in UNREADY]


@dataclass(frozen=True)
class Sources:
    """What a process looks at to know how it is."""

    probe: Probe
    config: Config
    writer: GroupCommitWriter
    replicas: Replicas
    storage: Storage

    def look(self) -> Findings:
        """Query the database, and look at this process."""
        try:
            snapshot = self.probe.ask()
        except AWAY:
            snapshot = None
        return Findings(snapshot, [*self._of_process(snapshot), *self._of_database(snapshot)])

    def _of_process(self, snapshot: HealthSnapshot | None) -> Iterator[Reason]:
        """The reasons that hold whether the database answers or not."""
        failure = self.writer.failure
        if process.is_stopping:
            yield Reason("stopping")
        if snapshot is None:
            yield Reason("database_unavailable")
        if self._lacks_connections(snapshot) or failure == Transient.CONNECTIONS_FULL:
            yield Reason("connections_full")
        if self.storage.is_full or failure == Transient.STORAGE_FULL:
            yield Reason("storage_full")
        if snapshot is not None and failure and failure not in OF_THE_WRITER:
            yield Reason("writer_failing", failure)
        if any(replica.state.reason in (REPLICA_AWAY, LAGGING) for replica in self.replicas.all):
            yield Reason("replica_unavailable")

    def _lacks_connections(self, snapshot: HealthSnapshot | None) -> bool:
        if snapshot is None:
            return self.probe.was_refused
        return bool(snapshot.connections["used"] >= snapshot.connections["available"])

    def _of_database(self, snapshot: HealthSnapshot | None) -> Iterator[Reason]:
        """The reasons that the database knows."""
        if snapshot is None:
            return
        if snapshot.nodes_away:
            code = "nodes_away" if snapshot.has_nodes else "no_nodes"
            yield Reason(code, f"{len(snapshot.nodes_away)}")
        if snapshot.gap and snapshot.gap.lacking:
            yield Reason("schema_behind")
        elif snapshot.missing_tables:
            yield Reason("tables_missing", f"{len(snapshot.missing_tables)}")
        if snapshot.gap and snapshot.gap.unknown:
            yield Reason("schema_ahead")
        folds = self.config.refresh_interval_seconds > 0
        if folds and not (snapshot.folds and snapshot.folds["leader"]):
            yield Reason("no_leader")
        if snapshot.folds and snapshot.folds["failure"]:
            yield Reason("folds_failing", snapshot.folds["failure"])
        if snapshot.clocks_differ:
            yield Reason("clocks_differ")
        if snapshot.unpriced_models:
            yield Reason("prices_missing", f"{len(snapshot.unpriced_models)}")
