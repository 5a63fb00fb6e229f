"""A database without the service's tables is not dumped, and a dump of one is not restored."""

import subprocess
from pathlib import Path

import pytest

from service.db import backup, migrate
from service.postgres import programs
from tests.processes.harness import command, environment, run
from tests.processes.postgres import ask, do

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(params=[True, False], ids=["empty", "of another program"])
def foreign_url(request: pytest.FixtureRequest, empty_database_url: str) -> str:
    """A database that is empty, or has the tables of another program alone."""
    if not request.param:
        do(empty_database_url, "CREATE TABLE orders (number integer)")
    return empty_database_url


def test_it_is_not_dumped(foreign_url: str, tmp_path: Path) -> None:
    file = tmp_path / "gati.dump"
    file.write_text("the last good one")
    refused = run(tmp_path, "dump", "--yes", "gati.dump", DATABASE_URL=foreign_url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("gati-backend: nothing was dumped: the database ")
    assert "/gati_test_empty" in refused.stderr
    assert refused.stderr.endswith(
        " has no table events: set DATA_DIR or DATABASE_URL as the service has it\n"
    )
    assert refused.stderr.count("\n") == 1
    assert file.read_text() == "the last good one"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.one_server("rolls back")
def test_an_older_schema_is_dumped(empty_database_url: str, tmp_path: Path) -> None:
    migrate.up(empty_database_url, "0001.schema")
    made = run(tmp_path, "dump", "gati.dump", DATABASE_URL=empty_database_url)
    assert (made.returncode, made.stderr) == (0, "")
    assert (tmp_path / "gati.dump").read_bytes().startswith(b"PGDMP")


def dump_of(url: str, file: Path) -> Path:
    """A dump by pg_dump, which asks for no tables."""
    with file.open("wb") as target:
        subprocess.run(**programs.dumper(url, backup.DUMP), stdout=target, check=True)
    return file


def restore(tmp_path: Path, url: str, file: str, given: bytes = b"") -> str:
    """What a restore that is refused says."""
    refused = subprocess.run(
        command("restore", file),
        cwd=tmp_path,
        env=environment(DATABASE_URL=url),
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 1
    return refused.stderr.decode()


def test_a_dump_of_it_is_not_restored(foreign_url: str, tmp_path: Path) -> None:
    file = dump_of(foreign_url, tmp_path / "gati.dump")
    do(foreign_url, "DROP TABLE IF EXISTS orders")
    said = "gati-backend: nothing was restored: {} is a dump without the table events\n"
    assert restore(tmp_path, foreign_url, str(file)) == said.format(file)
    piped = restore(tmp_path, foreign_url, "-", file.read_bytes())
    assert piped == said.format("standard input")
    assert ask(foreign_url, TABLES) == "0"
