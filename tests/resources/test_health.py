"""/health and /metrics tell what is wrong: each reason is made so in a real PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from service.core.clock import today
from service.db import migrate, partitions
from service.metrics.leader import FoldLeader
from service.postgres.storage import Storage
from tests.client import Client
from tests.events import Event, event, new_id
from tests.processes.harness import needs_root, until
from tests.processes.postgres import ask, do, started
from tests.processes.small_disk import small_disk
from tests.resources.scores.made import score
from tests.telemetry.scraped import Scrape

pytestmark = pytest.mark.one_server("what is broken here is a single server's")


def health(client: Client) -> tuple[int, str, dict[str, str]]:
    """The status code, the status, and each reason's description by its code."""
    answer = client.simulate_get("/health")
    reasons = {reason["code"]: reason["description"] for reason in answer.json["reasons"]}
    return answer.status_code, answer.json["status"], reasons


def readiness(client: Client) -> tuple[int, list[str]]:
    """The status code of /readyz and its reasons."""
    answer = client.simulate_get("/readyz")
    return answer.status_code, [reason["code"] for reason in answer.json["reasons"]]


def metrics(client: Client) -> Scrape:
    """What /metrics says."""
    return Scrape(client.simulate_get("/metrics").text)


@contextmanager
def unfolded(url: str, storage: Storage | None = None, **variables: str) -> Iterator[Client]:
    """A client of a service that wants no leader, which none of these has."""
    variables["REFRESH_INTERVAL_SECONDS"] = "0"
    with Client.of(url, today, time.monotonic_ns, storage, **variables) as client:
        yield client


@contextmanager
def folding(url: str) -> Iterator[None]:
    """A leader that folds every 0.2 s."""
    leader = FoldLeader(url, 0.2)
    leader.open()
    try:
        yield
    finally:
        leader.close()


def test_a_service_without_faults_is_healthy_and_ready(database_url: str) -> None:
    with unfolded(database_url) as client:
        assert client.send(event(new_id())).status_code == 200
        assert health(client) == (200, "healthy", {})
        assert readiness(client) == (200, [])
        found = metrics(client)
    assert found.total("gati_health_reason") == 0
    assert found.total("gati_tables_missing") == found.total("gati_migrations_pending") == 0
    assert (
        0 < found.total("gati_database_connections") < found.total("gati_database_connections_max")
    )


def test_the_name_of_the_leader_does_not_name_its_host(database_url: str, client: Client) -> None:
    with folding(database_url):
        until(lambda: client.ok("/health")["metrics"]["leader"], "nobody leads")
        shown = client.ok("/health")["metrics"]["leader"]
        stored = ask(database_url, "SELECT leader FROM refresh_leader")
    assert stored.endswith("/" + shown)


def test_a_fold_that_fails_is_told_with_the_class_of_its_error(
    database_url: str, client: Client
) -> None:
    do(database_url, "ALTER TABLE daily_rollups ADD CONSTRAINT never CHECK (events < 0) NOT VALID")
    client.send(event(new_id()))
    with folding(database_url):
        until(lambda: "folds_failing" in health(client)[2], "it is not told")
        code, status, reasons = health(client)
        assert (code, status) == (200, "degraded")
        assert reasons["folds_failing"].endswith("(CheckViolation (23514))")
        assert readiness(client) == (200, [])
        assert metrics(client).total("gati_health_reason", code="folds_failing") == 1
        assert metrics(client).total("gati_fold_failures_total") > 0
        do(database_url, "ALTER TABLE daily_rollups DROP CONSTRAINT never")
        until(lambda: health(client) == (200, "healthy", {}), "it is told for ever")


def test_a_fold_that_failed_is_not_told_while_nothing_waits(
    database_url: str, client: Client
) -> None:
    do(database_url, "UPDATE refresh_leader SET failure = 'x', failed_at = now()")
    client.send(event(new_id()))
    assert "folds_failing" in health(client)[2]
    do(database_url, "DELETE FROM metric_deltas")
    assert "folds_failing" not in health(client)[2]


def test_a_writer_that_cannot_write_is_told_until_it_can(database_url: str) -> None:
    name = Identifier(str(conninfo_to_dict(database_url)["dbname"]))
    set_read_only = SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
    end_others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with unfolded(database_url) as client, psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(set_read_only.format(name, SQL("on")))
        conn.execute(end_others.encode())
        assert client.send(event(new_id())).status_code == 503
        code, status, reasons = health(client)
        assert (code, status, list(reasons)) == (200, "degraded", ["writer_failing"])
        assert reasons["writer_failing"].endswith("(database_unavailable)")
        assert readiness(client) == (200, [])
        assert metrics(client).total("gati_ingest_transaction_failures_total") > 0
        conn.execute(set_read_only.format(name, SQL("off")))
        until(lambda: client.send(event(new_id())).status_code == 200, "it cannot write")
        assert health(client) == (200, "healthy", {})


def test_events_that_are_refused_say_nothing_against_the_writer(database_url: str) -> None:
    with unfolded(database_url) as client:
        do(database_url, "ALTER TABLE runs ADD CONSTRAINT never CHECK (run_name = '') NOT VALID")
        assert client.send(event(new_id())).status_code == 500
        assert health(client) == (200, "healthy", {})


def test_a_lost_table_is_told(database_url: str) -> None:
    with unfolded(database_url) as client:
        do(database_url, "DROP TABLE retired_metrics CASCADE")
        code, status, reasons = health(client)
        assert (code, status, list(reasons)) == (200, "degraded", ["tables_missing"])
        assert readiness(client) == (503, ["tables_missing"])
        assert metrics(client).total("gati_tables_missing") == 1


def test_a_migration_that_is_pending_is_counted(database_url: str, client: Client) -> None:
    do(database_url, "DELETE FROM _yoyo_migration WHERE migration_id LIKE '0005.%'")
    assert health(client)[1] == "degraded"
    assert metrics(client).total("gati_migrations_pending") == 1


def called_now(run_id: str, data: dict[str, object]) -> Event:
    """A call of this moment: only models of the last days are looked at."""
    return event(run_id, "llm_call", data=data, timestamp=datetime.now(UTC).isoformat())


def test_models_without_a_price_are_counted_for_all_and_named_for_readers(
    database_url: str,
) -> None:
    def call(model: str, **data: object) -> None:
        sent = called_now(new_id(), {"model": model, "tokens_in": 5, **data})
        assert client.send(sent).status_code == 200

    with unfolded(database_url) as client:
        call("canary-priceless")
        call("canary-paid", cost=0.5)
        code, status, reasons = health(client)
        assert (code, status, list(reasons)) == (200, "healthy", ["prices_missing"])
        assert reasons["prices_missing"].endswith("(1)")
        assert "canary" not in client.simulate_get("/health").text
        found = metrics(client)
        assert found.total("gati_model_without_price") == 1
        assert found.total("gati_model_without_price", model="canary-priceless") == 1
    do(
        database_url,
        "INSERT INTO model_prices VALUES"
        " ('canary-priceless', '2020-01-01', 1, 1, NULL, NULL, 'test', NULL, now())",
    )
    with unfolded(database_url) as client:
        assert health(client) == (200, "healthy", {})


def test_the_names_of_models_without_a_price_are_bounded(database_url: str) -> None:
    with unfolded(database_url) as client:
        run = new_id()
        client.send(*[called_now(run, {"model": f"m{n}", "tokens_in": n}) for n in range(1, 40)])
        assert metrics(client).total("gati_model_without_price") == 20
        assert metrics(client).total("gati_model_without_price", model="m39") == 1


def test_a_replica_that_is_away_is_told(database_url: str) -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    with unfolded(database_url, DATABASE_READ_URL=away) as client:
        until(lambda: "replica_unavailable" in health(client)[2], "it is not told")
        assert health(client)[:2] == (200, "healthy")
        assert readiness(client) == (200, [])


@pytest.fixture
def small_server_url(copy_dir: Path) -> Iterator[str]:
    """A server that lets in nine sessions, and three more of superusers."""
    with (copy_dir / "data/postgresql/postgresql.conf").open("a") as settings:
        settings.write("max_connections = 12\nmax_wal_senders = 0\n")
    with started(copy_dir / "data") as running:
        migrate.up(running.url)
        partitions.ensure_partitions(running.url)
        yield running.url


@contextmanager
def crowd(url: str) -> Iterator[None]:
    """Sessions of others that take every connection that the server has left."""
    with ExitStack() as stack:
        try:
            while True:
                stack.enter_context(psycopg.connect(url))
        except psycopg.OperationalError as error:
            assert "too many clients" in str(error)  # noqa: PT017 - which error is a precondition
        yield


def test_while_all_connections_are_taken_the_writer_keeps_its_own_and_health_says_so(
    small_server_url: str,
) -> None:
    writers = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '% writer'"
    with unfolded(small_server_url) as client:
        until(lambda: ask(small_server_url, writers) == "1", "the writer does not connect")
        assert health(client) == (200, "healthy", {})
        with crowd(small_server_url):
            assert {client.send(event(new_id())).status_code for _ in range(10)} == {200}
            assert health(client)[:2] == (200, "degraded")
            assert list(health(client)[2]) == ["connections_full"]
            assert readiness(client) == (200, [])
            found = metrics(client)
            assert found.total("gati_health_reason", code="connections_full") == 1
            used, most = (found.total(f"gati_database_connections{end}") for end in ("", "_max"))
            assert used > most
        until(lambda: health(client) == (200, "healthy", {}), "it is told for ever")


def test_a_writer_that_gets_no_connection_answers_so(small_server_url: str) -> None:
    others = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name LIKE '% writer'"
    )
    with unfolded(small_server_url) as client, psycopg.connect(small_server_url) as boss:
        assert client.send(event(new_id())).status_code == 200
        boss.execute("ALTER ROLE gati_ingest CONNECTION LIMIT 0")
        boss.commit()
        boss.execute(others.encode())
        answer = client.send(event(new_id()))
        assert (answer.status_code, answer.json["code"]) == (503, "connections_full")
        assert health(client)[:2] == (200, "degraded")
        assert list(health(client)[2]) == ["connections_full"]
        boss.execute("ALTER ROLE gati_ingest CONNECTION LIMIT -1")
        boss.commit()
        until(lambda: health(client) == (200, "healthy", {}), "the writer does not come back")


def test_a_service_that_gets_no_connection_at_all_says_why(small_server_url: str) -> None:
    with crowd(small_server_url), unfolded(small_server_url) as client:
        assert client.send(event(new_id())).status_code == 503
        code, status, reasons = health(client)
        assert (code, status) == (503, "unhealthy")
        assert list(reasons) == ["database_unavailable", "connections_full"]
        assert readiness(client) == (503, ["database_unavailable"])


@needs_root
def test_a_disk_that_is_nearly_full_refuses_events_and_is_told(database_url: str) -> None:
    with (
        small_disk(48) as disk,
        unfolded(database_url, Storage(disk)) as client,
    ):
        answer = client.send(event(new_id()))
        assert (answer.status_code, answer.json["code"]) == (503, "storage_full")
        assert answer.headers["Retry-After"] == "1"
        assert "python -m service retention" in answer.json["description"]
        scored = client.simulate_post("/api/scores", json={"scores": [score(new_id())]})
        assert (scored.status_code, scored.json["code"]) == (503, "storage_full")
        assert health(client)[:2] == (200, "degraded")
        assert list(health(client)[2]) == ["storage_full"]
        assert client.ok("/api/agents") == []
        assert 0 < metrics(client).total("gati_storage_free_bytes") <= 48 * 2**20
