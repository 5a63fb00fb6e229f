"""A real PostgreSQL for the session, migrated once; each test gets a copy of that database.

PG=15 runs everything on Debian's PostgreSQL 15, DATABASE_URL on a server of yours (databases named
gati_test_… are made there and dropped), CITUS_URL on a Citus cluster of yours, with tables that are
distributed, and without any of them the embedded PostgreSQL is used. PGBOUNCER=1 lets all reads
pass through a PgBouncer: see pgbouncer.py.
"""

import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.db import citus, migrate, partitions
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.postgres.server import EmbeddedServer
from tests import cluster, leaks, pgbouncer
from tests.client import Client
from tests.databases import administrator, fastest_directory, hurry, janitor, url_of
from tests.service import Service, serving

pytest_plugins = ["tests.processes.fixtures"]

DEBIAN_BINARIES = "/usr/lib/postgresql/{}/bin"
TEMPLATE = "gati_test_template"
# By these fixtures, also indirectly, a test uses a PostgreSQL of the version that is under test.
POSTGRES = {"server_url", "cluster"}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may be skipped: there, every program is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", ()) if reporter is not None else ()
    unexpected = [report for report in skipped if cluster.WHY_NOT not in str(report.longrepr)]
    if os.environ.get("CI") and reporter is not None and unexpected:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("CI: a test was skipped, and none is expected to be", red=True)


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores, since tests wait a third of their time; each has a PostgreSQL."""
    return min((os.cpu_count() or 1) + 1, 4)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the markers of folders and those that fixtures imply; begin with modules that take long.

    Several processes take module by module: in the end all wait for the one that began last.
    """
    for item in items:
        for marker in markers_of_folders(item):
            item.add_marker(marker)
        fixtures = set(getattr(item, "fixturenames", ()))
        if not fixtures & POSTGRES and not item.get_closest_marker("processes"):
            item.add_marker("unit")
            item.add_marker("any_postgres")
        if cluster.URL and (found := item.get_closest_marker("one_server")):
            item.add_marker(pytest.mark.skip(reason=f"on Citus: {found.args[0]}"))
    items.sort(key=lambda item: item.get_closest_marker("processes") is None)


def markers_of_folders(item: pytest.Item) -> list[pytest.MarkDecorator]:
    """The `pytestmark` of the packages that an item's module is in."""
    parts = item.path.relative_to(item.config.rootpath).with_suffix("").parts
    packages = [".".join(parts[:depth]) for depth in range(1, len(parts))]
    return [mark for name in packages for mark in getattr(sys.modules[name], "pytestmark", [])]


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
        with pgbouncer.in_front(given), closing(administrator(given)):
            yield given
        return
    version = os.environ.get("PG")
    binaries = Path(DEBIAN_BINARIES.format(version)) if version else None
    with tempfile.TemporaryDirectory(prefix="gati-test-", dir=fastest_directory()) as directory:
        Path(directory).chmod(0o755)
        server = EmbeddedServer(Path(directory), binaries)
        server.start()
        try:
            hurry(server.url)
            server.stop()
            server.start()
            with pgbouncer.in_front(server.url), closing(administrator(server.url)):
                yield server.url
        finally:
            server.stop()


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


@pytest.fixture(scope="module")
def idle_client(server_url: str, template: str) -> Iterator[Client]:
    """A service that stores nothing, for the tests of a module that only ask."""
    name = f"gati_test_idle_{os.getpid()}"
    with janitor(server_url, name, template), Client.of(url_of(server_url, name)) as client:
        yield client
        assert client.ok("/api/agents") == []


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
