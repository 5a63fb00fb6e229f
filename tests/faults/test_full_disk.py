"""The embedded server on a disk that runs full: refused and told in time, and nothing is lost."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import requests

from service.postgres.server import EmbeddedServer
from service.postgres.storage import RESERVED_BYTES
from tests.events import event, new_id
from tests.processes.harness import Service, end_postgres, needs_root, serving, until
from tests.processes.small_disk import fill, small_disk

pytestmark = pytest.mark.slow
DISK_MB = 640
MIB = 2**20


@pytest.fixture
def full_service(template_dir: Path) -> Iterator[tuple[Service, Path]]:
    """A service with its data on a small disk, and the disk."""
    with small_disk(DISK_MB) as disk:
        subprocess.run(["cp", "-a", template_dir / "data", disk], check=True)
        try:
            with serving(disk, disk / "data", REFRESH_INTERVAL_SECONDS=1) as service:
                yield service.ready(), disk
        finally:
            end_postgres(disk / "data")


def send(service: Service) -> tuple[str, requests.Response]:
    """Store an event; its run and the answer."""
    run_id = new_id()
    body = {"events": [event(run_id, data={"text": os.urandom(100_000).hex()})]}
    return run_id, requests.post(f"{service.url}/api/events", json=body, timeout=30)


def send_until_full(service: Service) -> list[str]:
    """Store events until one is refused; the runs of those that were acknowledged."""
    acknowledged: list[str] = []
    for _ in range(3000):
        run_id, answer = send(service)
        if answer.status_code == 503:
            assert answer.json()["code"] == "storage_full"
            assert "Free space" in answer.json()["description"]
            return acknowledged
        assert answer.status_code == 200, answer.text
        acknowledged.append(run_id)
    raise AssertionError("the disk did not fill up")


def health(service: Service) -> tuple[int, str, list[str]]:
    """The code, the status and the reasons."""
    answer = requests.get(f"{service.url}/health", timeout=10)
    found = answer.json()
    return answer.status_code, found["status"], [one["code"] for one in found["reasons"]]


def missing(service: Service, runs: list[str]) -> list[str]:
    """The acknowledged runs that are not there."""
    return [
        run_id
        for run_id in runs
        if requests.get(f"{service.url}/api/runs/{run_id}", timeout=10).status_code != 200
    ]


def take_segment(disk: Path) -> bool:
    """Let PostgreSQL begin a new segment of its log, if it is there."""
    server = EmbeddedServer(disk / "data")
    if server.attach():
        with (
            suppress(psycopg.Error),
            psycopg.connect(server.url, connect_timeout=2, autocommit=True) as conn,
        ):
            conn.execute("SELECT pg_logical_emit_message(true, 't', 't'), pg_switch_wal()")
    return True


@needs_root
def test_ingest_is_refused_before_postgresql_fails_and_room_mends_it(
    full_service: tuple[Service, Path],
) -> None:
    service, disk = full_service
    until(lambda: health(service) == (200, "healthy", []), "it does not begin well")
    fill(disk / "ballast", leave=RESERVED_BYTES + 20 * MIB)
    acknowledged = send_until_full(service)
    assert len(acknowledged) > 10
    assert health(service)[:2] == (200, "degraded")
    assert "storage_full" in health(service)[2]
    until(lambda: "storage_full: ingest is refused" in service.output, "it is not logged")
    assert requests.get(f"{service.url}/readyz", timeout=10).status_code == 200
    assert missing(service, acknowledged) == []
    assert "has died" not in service.output
    (disk / "ballast").unlink()
    assert send(service)[1].status_code == 200
    until(lambda: health(service) == (200, "healthy", []), "it is told for ever")


@needs_root
def test_a_log_that_cannot_be_written_is_told_as_the_cause_and_survived(
    full_service: tuple[Service, Path],
) -> None:
    service, disk = full_service
    acknowledged = [run_id for run_id, answer in (send(service) for _ in range(20)) if answer.ok]
    assert len(acknowledged) == 20
    fill(disk / "ballast")
    until(lambda: take_segment(disk) and "has died" in service.output, "it lives on")
    [died] = [line for line in service.output.splitlines() if "has died" in line][:1]
    assert "No space left on device" in died
    assert "storage_full: The disk" in service.output
    code, status, reasons = health(service)
    assert (code, status) == (503, "unhealthy")
    assert {"database_unavailable", "storage_full"} <= set(reasons)
    refused = send(service)[1]
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_full")
    (disk / "ballast").unlink()
    until(lambda: send(service)[1].status_code == 200, "it does not come back")
    assert missing(service, acknowledged) == []
    until(lambda: health(service) == (200, "healthy", []), "it is told for ever")
