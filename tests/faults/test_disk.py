"""A full disk: writes are refused, reads go on, and all is well once there is room again."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from service.metrics.verify import verify
from tests.client import Client
from tests.databases import url_of
from tests.events import event, new_id
from tests.processes.harness import needs_root
from tests.processes.small_disk import fill, small_disk

SIZE_MB = 48  # an empty database is 15
DATABASE = f"gati_test_full_{os.getpid()}"


@pytest.fixture
def disk(server_url: str) -> Iterator[Path]:
    """A directory on a small disk of its own, for PostgreSQL to write to."""
    with small_disk(SIZE_MB) as mounted:
        space = mounted / "space"
        space.mkdir()
        with psycopg.connect(server_url, autocommit=True) as conn:
            [data] = conn.execute("SHOW data_directory").fetchone() or [""]
        os.chown(space, Path(data).stat().st_uid, Path(data).stat().st_gid)
        yield space


@pytest.fixture
def full_database_url(server_url: str, template: str, disk: Path) -> Iterator[str]:
    """A database on that disk."""
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(f"CREATE TABLESPACE {DATABASE} LOCATION '{disk}'".encode())
        conn.execute(
            f"CREATE DATABASE {DATABASE} TEMPLATE {template} TABLESPACE {DATABASE}".encode()
        )
        try:
            yield url_of(server_url, DATABASE)
        finally:
            conn.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)".encode())
            conn.execute(f"DROP TABLESPACE {DATABASE}".encode())


@needs_root
def test_a_full_disk_refuses_writes_alone_and_room_mends_it(
    full_database_url: str, disk: Path
) -> None:
    assert "host" in conninfo_to_dict(full_database_url)
    run = new_id()
    large = [event(run, data={"text": os.urandom(2000).hex()}) for _ in range(500)]  # 2 MB
    with Client.of(full_database_url) as client:
        assert client.send(event(run)).status_code == 200
        ballast = disk.parent / "ballast"
        fill(ballast)
        refused = client.send(*large)
        assert (refused.status_code, refused.json["code"]) == (503, "storage_full")
        assert refused.headers["Retry-After"] == "1"
        assert client.run(run)["event_count"] == 1
        assert client.ok("/api/metrics/summary")["total_events"] == 1
        health = client.simulate_get("/health")
        assert (health.status_code, health.json["status"]) == (200, "degraded")
        assert "storage_full" in [reason["code"] for reason in health.json["reasons"]]
        ballast.unlink()
        assert client.send(*large).json["inserted"] == 500
        assert client.run(run)["event_count"] == 501
    assert verify(full_database_url) == []
