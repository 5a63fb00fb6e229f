"""/livez, /readyz and /health: each reason, and answers in time while PostgreSQL hangs."""

import os
import signal
import sys
import time
from pathlib import Path

import psycopg
import pytest
import requests

from service.db import migrate
from service.db.schema_version import known_names
from tests.client import Client
from tests.leaks import TRACEBACK
from tests.processes.harness import REPOSITORY, Service, is_running, run, serving, until
from tests.processes.postgres import stopped

NEWER = "INSERT INTO _yoyo_migration (migration_id, migration_hash) VALUES ('9999.newer', '')"
BOUND_SECONDS = 10  # a hang guard; the service means to answer within 3


def do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())


def lead(url: str) -> None:
    do(url, "UPDATE refresh_leader SET leader = 'h:1', lease_until = now() + interval '1 hour'")


def ready(client: Client, path: str = "/readyz") -> tuple[int, list[str]]:
    """The status and the codes of the reasons."""
    answer = client.simulate_get(path)
    assert (answer.status_code == 503) == ("Retry-After" in answer.headers)
    return answer.status_code, [reason["code"] for reason in answer.json["reasons"]]


@pytest.mark.parametrize("prefix", ["", "/api"])
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health"])
def test_each_answers_get_and_head_with_and_without_prefix(
    database_url: str, client: Client, prefix: str, path: str
) -> None:
    lead(database_url)
    assert client.simulate_get(prefix + path).status_code == 200
    answer = client.simulate_head(prefix + path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_without_a_leader_it_says_so_and_takes_requests_unless_none_is_wanted(
    database_url: str,
) -> None:
    with Client.of(database_url) as client:
        assert ready(client) == (200, [])
        assert ready(client, "/health") == (200, ["no_leader"])
        lead(database_url)
        assert ready(client, "/health") == (200, [])
    do(database_url, "UPDATE refresh_leader SET lease_until = now()")
    with Client.of(database_url, REFRESH_INTERVAL_SECONDS="0") as client:
        assert ready(client, "/health") == (200, [])


def test_a_schema_that_moves_on_or_back_is_a_reason(database_url: str, client: Client) -> None:
    lead(database_url)
    do(database_url, NEWER)
    assert ready(client) == (503, ["schema_ahead"])
    assert client.simulate_get("/api/agents").status_code == 200
    do(database_url, "DELETE FROM _yoyo_migration WHERE migration_id = '9999.newer'")
    do(database_url, "DELETE FROM _yoyo_migration WHERE migration_id LIKE '0001.%'")
    assert ready(client) == (503, ["schema_behind"])


def test_a_database_that_was_never_migrated_is_behind(empty_database_url: str) -> None:
    with Client.of(empty_database_url) as client:
        assert ready(client) == (503, ["schema_behind"])


def test_the_names_are_those_that_yoyo_records(database_url: str) -> None:
    assert {state.name for state in migrate.status(database_url)} == known_names()


def test_a_newer_database_is_not_served_nor_migrated(database_url: str, tmp_path: Path) -> None:
    do(database_url, NEWER)
    line = (
        "gati-backend: the database is of a newer version, with migrations that this one does not "
        "know (9999.newer): run the newer version of the service\n"
    )
    for arguments in (["serve"], ["migrate", "up"], ["migrate", "down", "1"]):
        refused = run(tmp_path, *arguments, DATABASE_URL=database_url)
        assert (refused.returncode, refused.stderr) == (1, line), arguments


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0001.%'", "migrate up"),
        (NEWER, "run the newer version of the service"),
    ],
)
def test_gunicorn_by_hand_refuses_another_schema(
    database_url: str, open_dir: Path, change: str, said: str
) -> None:
    do(database_url, change)
    by_hand = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    arguments = {"args": by_hand, "cwd": REPOSITORY}
    with serving(open_dir, open_dir / "data", arguments, DATABASE_URL=database_url) as service:
        assert service.exit_code() == 4
        assert said in service.output
        assert not TRACEBACK.search(service.output)


def test_a_newer_migration_ends_no_old_worker_not_even_one_that_is_replaced(
    database_url: str, open_dir: Path
) -> None:
    with serving(open_dir, open_dir / "data", DATABASE_URL=database_url) as service:
        service.ready()
        until(service.is_healthy, "not healthy")
        do(database_url, NEWER)
        [worker] = workers(service)
        os.kill(worker, signal.SIGKILL)
        until(lambda: workers(service) not in ([], [worker]), "no new worker")
        until(service.is_healthy, "the new worker does not serve")
        reasons = requests.get(f"{service.url}/readyz", timeout=10).json()["reasons"]
        assert "schema_ahead" in [reason["code"] for reason in reasons]
        assert "serving on beside it" in service.output


def workers(service: Service) -> list[int]:
    """With a DATABASE_URL the process is gunicorn's master itself."""
    found = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text()
    return [int(pid) for pid in found.split() if is_running(int(pid))]


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
@pytest.mark.slow
def test_while_postgresql_hangs_it_lives_and_says_it_is_not_ready(
    made_dir: Path, worker_class: str
) -> None:
    with serving(made_dir, made_dir / "data", WORKER_CLASS=worker_class) as service:
        service.ready()

        def status(path: str) -> int:
            began = time.monotonic()
            code = requests.get(service.url + path, timeout=30).status_code
            assert time.monotonic() - began < BOUND_SECONDS
            return code

        until(lambda: status("/readyz") == 200, "not ready")
        assert status("/metrics") == 200  # from here on the worker knows that there is no key
        with stopped(service.postmaster):
            path = "/readyz" if worker_class == "gevent" else "/health"
            assert [status("/livez"), status(path)] == [200, 503]
            if worker_class == "gevent":
                assert status("/metrics") == 200
        until(lambda: status("/readyz") == 200, "not ready again")


def test_a_worker_that_stops_says_so_on_a_connection_it_has_kept(
    database_url: str, open_dir: Path
) -> None:
    with serving(open_dir, open_dir / "data", DATABASE_URL=database_url) as service:
        service.ready()
        until(service.is_healthy, "not healthy")
        with requests.Session() as session:
            until(lambda: session.get(f"{service.url}/readyz", timeout=10).ok, "not ready")
            os.kill(workers(service)[0], signal.SIGTERM)
            answer = session.get(f"{service.url}/readyz", timeout=10)
        codes = [reason["code"] for reason in answer.json()["reasons"]]
        assert (answer.status_code, codes[0]) == (503, "stopping")
        assert answer.headers["Connection"] == "close"
