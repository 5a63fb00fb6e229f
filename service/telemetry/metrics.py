"""Every Prometheus metric of the service: name, labels, buckets and meaning.

A worker keeps its values in the files of its slot, so that a scrape of one worker reports all of
them; commands and tests keep values in memory. A counter costs 0.7 µs, a histogram 3 µs. Label
values come from the code, never from a request, because they must be bounded.
"""

import os
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

from service.telemetry.worker_slot import worker_number

if worker_number.directory is None:
    values.ValueClass = values.MutexValue
else:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(worker_number.directory)
    values.ValueClass = values.MultiProcessValue(lambda: worker_number.number)  # type: ignore[no-untyped-call]

# An SDK's batch takes 2 to 40 ms, a read 1 to 15, a trace of 10,000 events 100; statements end
# after 10 and 30 s.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Of answers that last: an export of a million events takes half a minute, a tail a day.
LONG_SECONDS = (0.1, 1.0, 10.0, 60.0, 300.0, 1_800.0, 7_200.0, 43_200.0, 172_800.0)
EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)

registry = CollectorRegistry()


def counter(name: str, meaning: str, *labels: str) -> Counter:
    """A counter."""
    return Counter(name, meaning, labels, registry=registry)


def gauge(name: str, meaning: str, *labels: str) -> Gauge:
    """A gauge, summed over live workers."""
    return Gauge(name, meaning, labels, registry=registry, multiprocess_mode="livesum")


def moment(name: str, meaning: str) -> Gauge:
    """A timestamp gauge: the latest over live workers."""
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livemax")


def histogram(
    name: str, meaning: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
) -> Histogram:
    """A histogram."""
    return Histogram(name, meaning, labels, registry=registry, buckets=buckets)


REQUESTS = counter("gati_http_requests", "Requests answered", "method", "route", "status")
REQUEST_SECONDS = histogram(
    "gati_http_request_duration_seconds",
    "From a request's head to the head of its response",
    SECONDS,
    ("method", "route"),
)

STREAMED = gauge("gati_streamed_answers", "Exports and streams in progress", "kind")
STREAMED_ENDED = counter(
    "gati_streamed_answers_ended",
    "Exports and streams that have ended, by reason",
    "kind",
    "ending",
)
STREAMED_SECONDS = histogram(
    "gati_streamed_answer_duration_seconds",
    "Duration of exports and streams",
    LONG_SECONDS,
    ("kind",),
)

SHARE_REFUSALS = counter(
    "gati_share_refusals", "Requests refused because their client had its share of a worker", "kind"
)

INGEST_EVENTS = counter("gati_ingest_events", "Events of committed batches", "outcome")
INGEST_BATCH = histogram("gati_ingest_batch_events", "Events in a request", EVENTS)
TRANSACTION_EVENTS = histogram("gati_ingest_transaction_events", "Events in a commit", EVENTS)
TRANSACTION_SECONDS = histogram(
    "gati_ingest_transaction_duration_seconds", "From the first row to the commit", SECONDS
)
TRANSACTION_RETRIES = counter("gati_ingest_transaction_retries", "Transactions tried again")
TRANSACTION_FAILURES = counter(
    "gati_ingest_transaction_failures", "Transactions and connections that failed", "kind"
)
QUEUE_EVENTS = gauge("gati_ingest_queue_events", "Events that wait or are being stored")
QUEUE_REQUESTS = gauge("gati_ingest_queue_requests", "Requests that wait or are being stored")
LAST_COMMIT = moment("gati_ingest_last_commit_timestamp_seconds", "The last commit of events")
WRITERS = gauge("gati_ingest_writers_connected", "Workers whose writer has a connection")
WRITERS_FAILING = gauge(
    "gati_ingest_writers_failing", "Workers whose writer could not store events lately"
)

WORKERS = gauge("gati_workers", "Worker processes")
POOL_SIZE = gauge("gati_pool_connections", "Open connections", "pool")
POOL_IDLE = gauge("gati_pool_connections_idle", "Idle connections", "pool")
POOL_MAX = gauge("gati_pool_connections_max", "Largest number of connections", "pool")
POOL_WAITING = gauge("gati_pool_requests_waiting", "Requests that wait for a connection", "pool")
POOL_REQUESTS = counter("gati_pool_requests", "Requests for a connection", "pool")
POOL_QUEUED = counter("gati_pool_requests_queued", "Requests for a connection that waited", "pool")
POOL_ERRORS = counter(
    "gati_pool_requests_errors", "Requests for a connection that timed out", "pool"
)
POOL_WAIT_SECONDS = counter("gati_pool_wait_seconds", "Time waited for connections", "pool")
POOL_LOST = counter("gati_pool_connections_lost", "Connections found closed", "pool")
POOL_FAILED = counter("gati_pool_connections_errors", "Connections that failed to open", "pool")

ASKED_AGAIN = counter(
    "gati_reads_asked_again", "Reads that the primary answered after a replica failed", "replica"
)

REPAIRS = counter(
    "gati_events_repaired", "Events of which content was repaired or cut, by what it was", "code"
)

SCORES = counter("gati_scores", "Scores that came in", "outcome")

FOLD_SECONDS = histogram("gati_fold_duration_seconds", "Folds of deltas, with the views", SECONDS)
FOLDED_DELTAS = counter("gati_folded_deltas", "Deltas that were folded")
FOLD_FAILURES = counter("gati_fold_failures", "Folds that failed")


def count_batch(inserted: int, duplicates: int, rejected: int) -> None:
    """Count the events of an answered request, of any protocol."""
    INGEST_BATCH.observe(inserted + duplicates + rejected)
    for child, number in (
        (INSERTED, inserted),
        (DUPLICATE, duplicates),
        (REJECTED, rejected),
    ):
        if number:
            child.inc(number)


def count_scores(stored: int, rejected: int) -> None:
    """Count the scores of an answered request."""
    for outcome, number in (("stored", stored), ("rejected", rejected)):
        if number:
            SCORES.labels(outcome).inc(number)


def count_repairs(repaired: Mapping[str, int]) -> None:
    """Count what was repaired in the events of a request, by code."""
    for code, number in repaired.items():
        REPAIRS.labels(code).inc(number)


def count_transaction(events: int, seconds: float) -> None:
    """Count a commit of events."""
    TRANSACTION_EVENTS.observe(events)
    TRANSACTION_SECONDS.observe(seconds)
    LAST_COMMIT.set_to_current_time()


def count_ended(kind: str, ending: str, seconds: float) -> None:
    """Count an export or a stream, however it ended."""
    STREAMED_ENDED.labels(kind, ending).inc()
    STREAMED_SECONDS.labels(kind).observe(seconds)


# Two labels that are no routes: requests that load shedding (service/api/load_shedding.py) refuses
# before routing, and requests that gunicorn refuses as invalid HTTP.
REFUSED = REQUESTS.labels("POST", "gate", 503)


def count_invalid(status: int) -> None:
    """Count what gunicorn refused; its statuses are those of service/server/error_pages.py."""
    REQUESTS.labels("other", "invalid", status).inc()


INSERTED = INGEST_EVENTS.labels("inserted")
DUPLICATE = INGEST_EVENTS.labels("duplicate")
REJECTED = INGEST_EVENTS.labels("rejected")
