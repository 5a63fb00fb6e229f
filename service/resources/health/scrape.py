"""A scrape: the metrics of all workers, and those of the database."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from service import __version__
from service.db.queries import Row
from service.db.replica import Replica
from service.resources.health.probe import HealthSnapshot
from service.resources.health.reasons import TEXTS, Findings, Sources
from service.telemetry import metrics
from service.telemetry.worker_slot import forget_dead, worker_number


class Service(Collector):
    """The version, the reasons of /health and the disk."""

    def __init__(self, found: Findings, free_bytes: int | None) -> None:
        self._found = found
        self._free_bytes = free_bytes

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; without the disk if it is not known."""
        yield InfoMetricFamily("gati_build", "What runs", {"version": __version__})
        snapshot = self._found.snapshot
        is_up = snapshot is not None and not snapshot.nodes_away
        yield gauge("gati_database_up", "Whether the database answers, and all its nodes", is_up)
        codes = {reason.code for reason in self._found.reasons}
        reasons = GaugeMetricFamily(
            "gati_health_reason", "Whether /health gives this reason", labels=("code",)
        )
        for code in TEXTS:
            reasons.add_metric((code,), float(code in codes))
        yield reasons
        if self._free_bytes is not None:
            meaning = "Free bytes on the disk of the embedded PostgreSQL"
            yield gauge("gati_storage_free_bytes", meaning, self._free_bytes)


class DatabaseState(Collector):
    """The metrics of the database."""

    def __init__(self, found: HealthSnapshot) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; without the folds if the schema lacks their tables."""
        found = self._found
        pending = len(found.gap.lacking) if found.gap else 0
        yield gauge("gati_migrations_pending", "Migrations that the database lacks", pending)
        yield gauge("gati_tables_missing", "Tables it lacks", len(found.missing_tables))
        used, available = found.connections["used"], found.connections["available"]
        yield gauge("gati_database_connections", "Connections of the server", used)
        yield gauge("gati_database_connections_max", "Connections that it lets in", available)
        models = GaugeMetricFamily(
            "gati_model_without_price",
            "Models in use without a price, at most 20",
            labels=("model",),
        )
        for model in found.unpriced_models:
            models.add_metric((model,), 1.0)
        yield models
        yield from of_folds(found.folds) if found.folds else ()


def of_folds(folds: Row) -> Iterator[Metric]:
    """The metrics of the folds, of whatever process."""
    yield gauge("gati_deltas_waiting", "Deltas to fold, at most 100000", folds["deltas_waiting"])
    yield gauge("gati_fold_leader", "Whether somebody folds", bool(folds["leader"]))
    folded_at = folds["refreshed_at"].timestamp()
    yield gauge("gati_last_fold_timestamp_seconds", "The last fold", folded_at)


class Servers(Collector):
    """The replicas as seen by the worker that answers."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self._replicas = replicas

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; without a lag if it is unknown."""
        labels = ("replica", "server")
        used = GaugeMetricFamily("gati_replica_in_use", "Whether reads go there", labels=labels)
        lag = GaugeMetricFamily("gati_replica_lag_seconds", "Behind the primary", labels=labels)
        for replica in self._replicas:
            named = (str(replica.number), replica.server)
            used.add_metric(named, float(replica.is_usable))
            if replica.state.lag_seconds is not None:
                lag.add_metric(named, replica.state.lag_seconds)
        yield from (used, lag) if self._replicas else ()


def gauge(name: str, meaning: str, value: float) -> Metric:
    """A gauge without labels."""
    return GaugeMetricFamily(name, meaning, value)


def scrape(sources: Sources, accept: str) -> tuple[bytes, str]:
    """All metrics and their type: OpenMetrics or Prometheus' text, as `accept` prefers."""
    found = sources.look()
    registry = CollectorRegistry()
    registry.register(Service(found, sources.storage.free_bytes))
    if found.snapshot is not None:
        registry.register(DatabaseState(found.snapshot))
    registry.register(Servers(sources.replicas.all))
    if worker_number.directory is None:
        registry.register(metrics.registry)
    else:
        forget_dead(worker_number.directory)
        MultiProcessCollector(registry, str(worker_number.directory))  # type: ignore[no-untyped-call]
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
