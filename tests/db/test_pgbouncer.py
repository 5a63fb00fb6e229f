"""Reads through a real PgBouncer: as if a session were theirs, and nothing of them stays in one."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, queries
from service.db.reads import Reads
from service.db.roles.names import READ as READ_ROLE
from service.db.session_settings import READ, transaction_settings
from tests.client import Client
from tests.events import event, new_id
from tests.pgbouncer import PROGRAM, running, url_through
from tests.processes.harness import until
from tests.processes.postgres import ask, do

pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="no pgbouncer is installed")

SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
HOW_IT_BEGAN = ["transaction_isolation", "transaction_read_only", "temp_file_limit"]


@pytest.fixture(scope="module")
def directory(server_url: str) -> Iterator[Path]:
    """Where a PgBouncer in front of the server listens."""
    with running(server_url) as directory:
        yield directory


@pytest.fixture
def through(directory: Path, database_url: str) -> str:
    """The URL of the test's database through PgBouncer."""
    return url_through(directory, database_url)


@pytest.fixture
def database(database_url: str, through: str) -> Iterator[Database]:
    """Pools whose reads go through it."""
    database = Database(DatabaseSettings(database_url, 4, replica_urls=[through], pgbouncer=True))
    database.open()
    with closing(database):
        yield database


@pytest.fixture
def reads(database: Database) -> Reads:
    """What goes through it."""
    return database.replicas.all[0].reads


def settings_of(conn: Connection) -> dict[str, str]:
    """What holds for a transaction."""
    names = [*transaction_settings(READ, distributed=False), *HOW_IT_BEGAN]
    return {row["name"]: row["setting"] for row in conn.execute(SETTINGS, [names])}


def test_a_transaction_has_what_a_session_of_the_service_would_have(
    database: Database, reads: Reads
) -> None:
    with reads.snapshot() as conn:
        found = settings_of(conn)
    with database.primary.snapshot() as conn:
        direct = settings_of(conn)
    # Connected as the role there, as the owner here, who may set it: the role's own says the same.
    assert found == direct
    assert found["transaction_isolation"] == "repeatable read"
    assert found["enable_mergejoin"] == "off"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reads.reading() as conn:
        conn.execute("CREATE TABLE t ()").fetchall()


def test_a_transaction_of_a_search_has_its_own_beside(reads: Reads) -> None:
    with reads.searching(2.5) as conn:
        shown = conn.execute("SHOW statement_timeout").fetchall()
    with reads.looking_up() as conn:
        scans = conn.execute("SHOW enable_seqscan").fetchall()
    assert (shown, scans) == ([{"statement_timeout": "2500ms"}], [{"enable_seqscan": "off"}])


def test_nothing_of_it_stays_in_a_session(reads: Reads, through: str) -> None:
    for _ in range(8):  # psycopg would prepare by now
        with reads.snapshot() as conn:
            queries.agents.find(conn, agent_name="a").fetchall()
    for _ in range(3):
        assert ask(through, "SHOW work_mem") != READ["work_mem"]
        assert ask(through, "SELECT count(*) FROM pg_prepared_statements") == "0"


def test_a_read_that_fails_takes_nothing_along(database: Database, reads: Reads) -> None:
    for _ in range(5):
        with pytest.raises(psycopg.errors.DivisionByZero), reads.snapshot() as conn:
            conn.execute("SELECT 1 / 0").fetchall()
    with reads.snapshot() as conn:
        assert conn.execute("SELECT 1 AS one").fetchall() == [{"one": 1}]
    assert database.pool_stats()["replica 1"]["pool_size"] == 1


def test_a_service_reads_through_it_and_times_are_utc_wherever_the_database_is(
    database_url: str, through: str
) -> None:
    name = str(conninfo_to_dict(database_url)["dbname"])
    do(database_url, f"ALTER DATABASE \"{name}\" SET timezone = 'Asia/Tokyo'")
    variables: dict[str, Any] = {"DATABASE_READ_URL": through, "DATABASE_READ_PGBOUNCER": "true"}
    run_id = new_id()
    with Client.of(database_url, **variables) as client:
        until(lambda: client.ok("/health")["replicas"][0]["status"] == "in use", "it is not used")
        assert client.send(event(run_id)).status_code == 200
        assert client.ok(f"/api/runs/{run_id}")["created_at"].endswith("+00:00")
        summary = client.simulate_get("/api/metrics/summary")
        assert summary.json["total_runs"] == 1
        assert summary.headers["X-Metrics-As-Of"].endswith("+00:00")
        who = "SELECT usename FROM pg_stat_activity WHERE query = '{}'"
        assert ask(database_url, who.format("/* transactions.commit */ COMMIT")) == READ_ROLE


def test_pgbouncer_refuses_what_a_session_of_the_service_is_told(through: str) -> None:
    """If it did not, the tests that pass through it would prove less."""
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter: options"):
        psycopg.connect(f"{through}&options={quote('-c jit=off')}")


def test_a_role_s_own_search_path_changes_nothing(database_url: str, through: str) -> None:
    do(database_url, f"ALTER ROLE {READ_ROLE} SET search_path = nowhere")
    try:
        with Client.of(
            database_url, DATABASE_READ_URL=through, DATABASE_READ_PGBOUNCER="true"
        ) as client:
            run = new_id()
            assert client.send(event(run)).status_code == 200
            until(lambda: "in use" in str(client.ok("/health")["replicas"]), "it is not used")
            assert client.run(run)["event_count"] == 1
    finally:
        do(database_url, f"ALTER ROLE {READ_ROLE} RESET search_path")
