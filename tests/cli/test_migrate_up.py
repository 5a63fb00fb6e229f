"""`python -m service migrate up` beside older processes: what these do not survive needs a yes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.db import migrate
from service.db.connections import connect
from service.db.session_settings import READ
from tests.processes.harness import run, type_into

UNSAFE, BEFORE = "0024.token-parts", "0023.rounded-percentiles"
WHY = f"would apply {UNSAFE}: stop the service first; the old code deletes runs without"
IN_USE = "the database is in use (1 gati-backend read)"


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database of an older version."""
    assert migrate.up(empty_database_url, BEFORE)[-1] == BEFORE
    return empty_database_url


@pytest.fixture
def used_url(old_url: str) -> Iterator[str]:
    """The same, with a session of the older service."""
    with connect(old_url, READ, "read"):
        yield old_url


def has_unsafe(url: str) -> bool:
    """Whether the migration is applied."""
    return {state.name: state.applied for state in migrate.status(url)}[UNSAFE]


@pytest.mark.parametrize("arguments", [("migrate", "up"), ("serve",)])
def test_beside_an_older_service_it_is_refused(
    used_url: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    refused = run(tmp_path, *arguments, DATABASE_URL=used_url)
    assert refused.returncode == 1
    assert WHY in refused.stdout
    assert refused.stderr == (
        f"gati-backend: {IN_USE}; nothing was done. Stop these processes first, or confirm that "
        "they may fail: python -m service migrate up --yes\n"
    )
    assert not has_unsafe(used_url)


def test_with_yes_it_goes_on(used_url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "migrate", "up", "--yes", DATABASE_URL=used_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"applied {UNSAFE}\n" in done.stdout
    again = run(tmp_path, "migrate", "up", DATABASE_URL=used_url)
    assert (again.returncode, again.stdout) == (0, "nothing to be applied\n")


def test_on_a_terminal_it_asks(used_url: str, tmp_path: Path) -> None:
    for typed, code in ((b"no\n", 1), (b"yes\n", 0)):
        assert type_into(tmp_path, typed, "migrate", "up", DATABASE_URL=used_url)[0] == code
        assert has_unsafe(used_url) == (code == 0)


def test_without_an_older_service_it_asks_nothing(old_url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "migrate", "up", DATABASE_URL=old_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert has_unsafe(old_url)


def test_a_database_that_was_never_migrated_has_no_older_service(
    empty_database_url: str, tmp_path: Path
) -> None:
    with connect(empty_database_url, READ, "read"):
        done = run(tmp_path, "migrate", "up", DATABASE_URL=empty_database_url)
    assert (done.returncode, done.stderr) == (0, "")
