"""A full disk: writes are refused, reads go on, and all is well once there is room again."""

import os
import subprocess
import tempfile
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

SIZE_MB = 48  # an empty database is 15
DATABASE = f"gati_test_full_{os.getpid()}"


@pytest.fixture
def small_disk(server_url: str) -> Iterator[Path]:
    """A disk of its own, for PostgreSQL to write to."""
    with tempfile.TemporaryDirectory(prefix="gati-disk-") as name:
        options = f"size={SIZE_MB}m,mode=0711"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", name], check=True)
        try:
            space = Path(name, "space")
            space.mkdir()
            with psycopg.connect(server_url, autocommit=True) as conn:
                [data] = conn.execute("SHOW data_directory").fetchone() or [""]
            os.chown(space, Path(data).stat().st_uid, Path(data).stat().st_gid)
            yield space
        finally:
            subprocess.run(["umount", name], check=True)


@pytest.fixture
def full_database_url(server_url: str, template: str, small_disk: Path) -> Iterator[str]:
    """A database on that disk."""
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(f"CREATE TABLESPACE {DATABASE} LOCATION '{small_disk}'".encode())
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
    full_database_url: str, small_disk: Path
) -> None:
    assert "host" in conninfo_to_dict(full_database_url)
    run = new_id()
    large = [event(run, data={"text": os.urandom(2000).hex()}) for _ in range(500)]  # 2 MB
    with Client.of(full_database_url) as client:
        assert client.send(event(run)).status_code == 200
        ballast = small_disk.parent / "ballast"
        fill(ballast)
        refused = client.send(*large)
        assert (refused.status_code, refused.json["code"]) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert client.run(run)["event_count"] == 1
        assert client.ok("/api/metrics/summary")["total_events"] == 1
        assert client.simulate_get("/health").status_code == 200
        ballast.unlink()
        assert client.send(*large).json["inserted"] == 500
        assert client.run(run)["event_count"] == 501
    assert verify(full_database_url) == []


def fill(ballast: Path) -> None:
    """Write to a file until there is no room left."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            return
