"""Exports and live tails among the figures: those that run, and how they ended; and the writers."""

import time

from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import until
from tests.resources.tail.reading import reading
from tests.service import Service
from tests.telemetry.scraped import Scrape

NAME = "gati_streamed_answers"


def told(service: Service, name: str, **labels: str) -> float:
    """One figure, now."""
    return Scrape(service.get("/metrics").text).total(name, **labels)


def test_streams_are_counted_while_they_run_and_by_how_they_ended(service: Service) -> None:
    with reading(service.port), reading(service.port):
        assert told(service, NAME, kind="streams") == 2
    until(lambda: told(service, NAME, kind="streams") == 0, "they still run")
    assert told(service, f"{NAME}_ended_total", kind="streams", ending="left") == 2
    assert told(service, "gati_streamed_answer_duration_seconds_count", kind="streams") == 2


def test_exports_are_counted_once_they_are_complete_and_what_is_refused_is_none(
    service: Service,
) -> None:
    assert service.get("/api/export/runs.csv?from=x").status_code == 400
    for name in ("runs.csv", "events.ndjson"):
        assert service.get(f"/api/export/{name}").status_code == 200
    until(lambda: told(service, NAME, kind="exports") == 0, "they still run")
    assert told(service, f"{NAME}_ended_total", kind="exports", ending="complete") == 2
    assert told(service, f"{NAME}_ended_total", kind="exports") == 2


def test_writers_are_told_once_they_are_connected_and_when_they_last_committed(
    service: Service,
) -> None:
    name = "gati_ingest_last_commit_timestamp_seconds"
    began = time.time()
    assert told(service, name) < began
    assert service.post(batch(event(new_id()))).status_code == 200
    assert began <= told(service, name) <= time.time()
    until(lambda: told(service, "gati_ingest_writers_connected") >= 1, "not looked at")
    assert told(service, "gati_ingest_writers_connected") <= told(service, "gati_workers")
