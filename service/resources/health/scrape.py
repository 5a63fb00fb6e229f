"""A scrape: the metrics of all workers, and those of the database."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from service import __version__
from service.db.replica import Replica
from service.resources.health.probe import HealthSnapshot
from service.telemetry import metrics
from service.telemetry.worker_slot import forget_dead, worker_number


class Service(Collector):
    """The version, and the metrics of the database, which are absent while it is unavailable."""

    def __init__(self, found: HealthSnapshot | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        yield InfoMetricFamily("gati_build", "What runs", {"version": __version__})
        yield gauge("gati_database_up", "Whether the database answers", self._found is not None)
        status = self._found.metrics if self._found else None
        if status is not None:
            waiting, folded_at = status["deltas_waiting"], status["refreshed_at"]
            yield gauge("gati_deltas_waiting", "Deltas to fold, at most 100000", waiting)
            yield gauge("gati_fold_leader", "Whether somebody folds", bool(status["leader"]))
            yield gauge("gati_last_fold_timestamp_seconds", "The last fold", folded_at.timestamp())


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


def scrape(
    found: HealthSnapshot | None, replicas: Sequence[Replica], accept: str
) -> tuple[bytes, str]:
    """All metrics in the format that `accept` prefers, OpenMetrics or Prometheus' text; its type.

    `found` is the probe's snapshot, None while the database is unavailable.
    """
    registry = CollectorRegistry()
    registry.register(Service(found))
    registry.register(Servers(replicas))
    if worker_number.directory is None:
        registry.register(metrics.registry)
    else:
        forget_dead(worker_number.directory)
        MultiProcessCollector(registry, str(worker_number.directory))  # type: ignore[no-untyped-call]
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
