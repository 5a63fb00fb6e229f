"""A real PostgreSQL for the session, migrated once; each test gets a copy of that database.

PG=15 runs everything on Debian's PostgreSQL 15, DATABASE_URL on a server of yours (databases named
gati_test_… are made there and dropped), CITUS_URL on a Citus cluster of yours, with tables that are
distributed, and without any of them the embedded PostgreSQL is used. PGBOUNCER=1 lets all reads
pass through a PgBouncer: see pgbouncer.py.
"""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pytest_postgresql.janitor import DatabaseJanitor

from service.db import citus, migrate, partitions
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.postgres.server import EmbeddedServer
from tests import cluster, leaks, pgbouncer
from tests.client import Client
from tests.service import Service, serving

pytest_plugins = ["tests.processes.fixtures"]

DEBIAN_BINARIES = "/usr/lib/postgresql/{}/bin"
TEMPLATE = "gati_test_template"
# Folders whose tests start services, and wait for them.
SLOW = {"cli", "dashboard", "db", "deploy", "faults", "fuzz", "http", "postgres", "server"}
MEMORY, ENOUGH_BYTES = "/dev/shm", 4 * 2**30


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may be skipped: there, every program is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", ()) if reporter is not None else ()
    unexpected = [report for report in skipped if cluster.WHY_NOT not in str(report.longrepr)]
    if os.environ.get("CI") and reporter is not None and unexpected:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("CI: a test was skipped, and none is expected to be", red=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with modules that take long; skip on a cluster what can be true of one server alone.

    Several processes take module by module: in the end all wait for the one that began last.
    """
    items.sort(key=lambda item: item.path.relative_to(config.rootpath).parts[1] not in SLOW)
    for item in items if cluster.URL else ():
        if marker := item.get_closest_marker("one_server"):
            item.add_marker(pytest.mark.skip(reason=f"on Citus: {marker.args[0]}"))


@pytest.fixture(scope="session", autouse=True)
def watched() -> Iterator[None]:
    """No answer that `requests` gets may tell a secret; tests/client.py and the logs: see there."""
    with leaks.watching():
        yield


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The URL of a PostgreSQL on which databases can be made."""
    given = cluster.URL or os.environ.get("DATABASE_URL")
    if given:
        with pgbouncer.in_front(given):
            yield given
        return
    version = os.environ.get("PG")
    binaries = Path(DEBIAN_BINARIES.format(version)) if version else None
    with tempfile.TemporaryDirectory(prefix="gati-test-", dir=fastest_place()) as directory:
        Path(directory).chmod(0o755)
        server = EmbeddedServer(Path(directory), binaries)
        server.start()
        try:
            hurry(server.url)
            server.stop()
            server.start()
            with pgbouncer.in_front(server.url):
                yield server.url
        finally:
            server.stop()


def fastest_place() -> str | None:
    """Memory, where there is enough: to make and drop a database takes 40 ms of CPU, on disk 100.

    Else None, for /tmp itself: pytest's own directories are closed to PostgreSQL's user.
    """
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > ENOUGH_BYTES else None
    except OSError:
        return None


def hurry(url: str) -> None:
    """Let the server wait for no disk, and look through few buffers to drop a database.

    It counts from the next start on. A database is made for each test: 70 ms in place of 200. What
    has to be durable is shown on servers of their own, in tests/postgres and tests/server.
    """
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("ALTER SYSTEM SET full_page_writes = off")
        conn.execute("ALTER SYSTEM SET shared_buffers = '64MB'")


class Janitor(DatabaseJanitor):
    """Makes databases by copying files; going through the log takes twice as long."""

    def _build_create_database_sql(self) -> sql.Composed:
        return super()._build_create_database_sql() + sql.SQL(" STRATEGY = FILE_COPY")


def janitor(
    server_url: str, name: str, template: str | None = None
) -> Janitor | cluster.ClusterDatabase:
    """Make and drop one database of the server."""
    if cluster.URL:
        return cluster.ClusterDatabase(server_url, name, template)
    server = conninfo_to_dict(server_url)
    return Janitor(
        user=str(server.get("user") or "postgres"),
        host=str(server.get("host") or "localhost"),
        port=str(server.get("port") or "5432"),
        password=str(server.get("password") or "") or None,
        maintenance_dbname=str(server["dbname"]),
        dbname=name,
        template_dbname=template,
        as_template=template is None,
    )


def url_of(server_url: str, name: str) -> str:
    """The URL of another database on the same server."""
    parts = {"password": leaks.PASSWORD, **conninfo_to_dict(server_url), "dbname": name}
    return "postgresql:///?" + urlencode(parts, quote_via=quote)


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a database that is migrated and has its partitions."""
    name = f"{TEMPLATE}_{os.getpid()}"
    maker = janitor(server_url, name)
    maker.drop()
    with maker:
        migrate.up(url_of(server_url, name))
        if cluster.URL:
            citus.distribute(url_of(server_url, name))
        partitions.ensure_partitions(url_of(server_url, name))
        yield name


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"gati_test_empty_{os.getpid()}"
    with janitor(server_url, name):
        yield url_of(server_url, name)


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A fresh database for one test."""
    name = f"gati_test_{os.getpid()}"
    with janitor(server_url, name, template):
        yield url_of(server_url, name)


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A connection of the test's own to its database, committing each statement."""
    with connect(database_url, WRITE, "test") as conn:
        conn.autocommit = True
        yield conn


@pytest.fixture
def client(database_url: str) -> Iterator[Client]:
    """The whole service, called in this process, on the test's database."""
    with Client.of(database_url) as client:
        yield client


@pytest.fixture
def other_client(database_url: str) -> Iterator[Client]:
    """A second service on the same database, as another worker would be."""
    with Client.of(database_url) as client:
        yield client


@pytest.fixture(scope="module")
def service_database_url(server_url: str, template: str) -> Iterator[str]:
    """A fresh database for the service of a module."""
    name = f"gati_test_service_{os.getpid()}"
    with janitor(server_url, name, template):
        yield url_of(server_url, name)


@pytest.fixture(scope="module")
def service(
    service_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The service as a process, over real HTTP."""
    with serving(service_database_url, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the service that the test used has printed."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Service):
                report.sections.append(("what the service printed", value.output))
    return report
