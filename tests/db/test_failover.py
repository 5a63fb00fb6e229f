"""DATABASE_URL with several hosts: the service follows the primary, and recovers by itself."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from service.db import migrate, partitions
from service.db.connections import connect
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.roles.logins import Logins
from service.db.roles.names import INGEST, url_of
from service.db.roles.names import READ as ROLE
from service.db.session_settings import READ, REFRESH, WRITE
from service.metrics import verify
from service.metrics.leader import fold_once
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import run, until
from tests.processes.postgres import ask, do, started

FENCE = "ALTER SYSTEM SET default_transaction_read_only = on"
UNFENCE = "ALTER SYSTEM RESET default_transaction_read_only"
RELOAD = "SELECT pg_reload_conf()"


def fence(url: str, statement: str = FENCE) -> None:
    """Let a server take no writes any more, as one that was demoted, or take them again."""
    before = ask(url, "SELECT pg_conf_load_time()")
    do(url, statement)
    do(url, RELOAD)
    until(lambda: ask(url, "SELECT pg_conf_load_time()") != before, "the setting is not read")


@dataclass
class Pair:
    """Two servers with the same schema, and the URL that names both."""

    first: str
    second: str
    both: str


@pytest.fixture(scope="module")
def pair(cluster: Path) -> Iterator[Pair]:
    """Two servers that are no replicas, so that it shows which of them was asked."""
    directory = Path(tempfile.mkdtemp(prefix="gati-test-"))
    directory.chmod(0o755)
    for name in ("a", "b"):
        subprocess.run(["cp", "-a", cluster / "data", directory / name], check=True)
    with started(directory / "a") as first, started(directory / "b") as second:
        for server in (first, second):
            migrate.up(server.url)
            partitions.ensure_partitions(server.url)
        yield Pair(first.url, second.url, of_both(first.url, second.url))
    shutil.rmtree(directory)


def of_both(first: str, second: str) -> str:
    """One URL with the hosts of two."""
    parts = [psycopg.conninfo.conninfo_to_dict(url) for url in (first, second)]
    hosts, ports = (",".join(str(part[key]) for part in parts) for key in ("host", "port"))
    return (
        f"postgresql://{parts[0]['user']}@/{parts[0]['dbname']}?host={quote(hosts, safe='')}"
        f"&port={quote(ports)}&target_session_attrs=read-write"
    )


def send(client: Client, agent: str = "a") -> tuple[int, str]:
    """The answer to one event, and the error's code."""
    answer = client.send(event(new_id(), agent_name=agent))
    return answer.status_code, answer.json.get("code", "")


def test_the_service_follows_the_primary(pair: Pair) -> None:
    fence(pair.second)
    with Client.of(pair.both) as client:
        assert send(client) == (200, "")
        assert client.ok("/api/agents")
        assert client.simulate_patch("/api/agents/a", json={"description": "1"}).status_code == 200
        fence(pair.first)
        assert send(client) == (503, "database_unavailable")
        patched = client.simulate_patch("/api/agents/a", json={"description": "2"})
        assert patched.status_code == 503
        assert client.ok("/api/agents")  # over the connection it has
        fence(pair.second, UNFENCE)
        assert send(client) == (200, "")
        patched = client.simulate_patch("/api/agents/a", json={"description": "3"})
        assert patched.status_code == 200
        assert ask(pair.second, "SELECT description FROM agents") == "3"
        fence(pair.second)
        fence(pair.first, UNFENCE)
        # No failure at all: the demoted connection is replaced before anybody is answered.
        assert send(client) == (200, "")
        assert ask(pair.first, "SELECT count(*) FROM events") == "2"


def test_every_way_to_connect_takes_several_hosts(pair: Pair, tmp_path: Path) -> None:
    fence(pair.second, UNFENCE)
    fence(pair.first)
    do(pair.second, "CREATE TABLE second ()")
    for settings in (READ, WRITE, REFRESH):
        with connect(pair.both, settings, "test") as conn:
            assert conn.execute("SELECT to_regclass('second') AS r").fetchone()["r"] == "second"  # type: ignore[index]
            read_only = conn.execute("SHOW transaction_read_only").fetchone()
            assert read_only == {"transaction_read_only": "on" if settings is READ else "off"}
    assert verify.verify(pair.both) == []
    fold_once(pair.both)
    partitions.ensure_partitions(pair.both)
    assert migrate.down(pair.both, 1) != []
    assert migrate.up(pair.both) != []
    shell = run(tmp_path, "psql", "-Atc", "SELECT to_regclass('second')", DATABASE_URL=pair.both)
    assert shell.stdout == "second\n"
    dumped = run(tmp_path, "dump", "file", DATABASE_URL=pair.both)
    assert (dumped.returncode, dumped.stderr) == (0, "")


def test_reads_go_to_the_primary_as_a_role_whose_sessions_begin_read_only(pair: Pair) -> None:
    """By itself libpq would find no host for it: none of its sessions is read-write."""
    for primary, other in ((pair.first, pair.second), (pair.second, pair.first)):
        fence(other)
        fence(primary, UNFENCE)
        with migrate.reach(pair.both) as owner, pytest.raises(psycopg.OperationalError):
            connect(url_of(ROLE, pair.both, owner.info), READ, "test")
        logins = Logins(pair.both)
        database = Database(DatabaseSettings(pair.both, 4, logins))
        database.open()
        with closing(database), database.reading() as conn, database.connect_writer() as writer:
            for found, user in ((conn, ROLE), (writer, INGEST)):
                assert found.info.host == psycopg.conninfo.conninfo_to_dict(primary)["host"]
                assert found.info.user == user
            assert conn.execute("SHOW transaction_read_only").fetchone() == {
                "transaction_read_only": "on"
            }


def test_a_dead_host_is_passed_over(database_url: str) -> None:
    parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(database_url)
    both = of_both(
        f"postgresql:///{parts['dbname']}?user={parts['user']}&host=/nowhere&port=1", database_url
    )
    with Client.of(both) as client:
        assert send(client) == (200, "")
        assert client.simulate_get("/api/agents").status_code == 200
