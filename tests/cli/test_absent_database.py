"""A DATA_DIR without a database, as a mistyped one, does not pass for an empty database."""

from pathlib import Path

import pytest

from service.cli import database
from service.cli.database import server_in_use
from service.cli.exit_codes import FAILED
from service.config import Config
from service.core.failure import Failure
from service.db import backup
from service.postgres.lock import hold
from tests.processes.harness import REPOSITORY, run

COMMANDS = [
    "dump gati.dump",
    "explain events/find event_id=6738206f-76cb-447b-b55e-2647469279a0",
    "import events.ndjson",
    "keys create laptop --scope read --yes",
    "keys list",
    "keys revoke laptop",
    "migrate citus",
    "migrate down 1 --yes",
    "migrate history",
    "migrate status",
    "prices list",
    "prices load prices.csv --yes",
    "prices reprice --since 2026-01-01",
    "prices update",
    "psql -c SELECT",
    "refresh --once",
    "retention --keep 90d --yes",
    "verify",
]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The settings of a service on `tmp_path`/data."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return Config.from_environment()


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_makes_no_database(tmp_path: Path, line: str) -> None:
    """DATA_DIR is relative here, as its default is: the message says what it leads to."""
    (tmp_path / "events.ndjson").write_text("")
    (tmp_path / "prices.csv").write_text((REPOSITORY / "docs/prices.example.csv").read_text())
    before = sorted(tmp_path.iterdir())
    failed = run(tmp_path, *line.split(), DATA_DIR="mistyped")
    assert (failed.returncode, failed.stdout) == (FAILED, "")
    assert failed.stderr == (
        f"gati-backend: there is no database in DATA_DIR={tmp_path}/mistyped: set DATA_DIR or "
        "DATABASE_URL as the service has it; only serve, migrate up and restore make a new one\n"
    )
    assert sorted(tmp_path.iterdir()) == before


def test_a_directory_of_something_else_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert run(tmp_path, "verify", DATA_DIR="mine").returncode == FAILED
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_dump_of_the_wrong_directory_leaves_the_file(tmp_path: Path) -> None:
    file = tmp_path / "gati.dump"
    file.write_text("the last good one")
    assert run(tmp_path, "dump", "--yes", str(file), DATA_DIR="mistyped").returncode == FAILED
    assert file.read_text() == "the last good one"


def test_a_service_that_is_making_its_database_is_waited_for(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "START_TIMEOUT_SECONDS", 0)
    with (
        hold(config.data_dir, "serve"),
        pytest.raises(Failure, match=r"is in use by process .* does not answer"),
        server_in_use(config, "verify", makes_new=False),
    ):
        pass


def test_the_lock_that_a_failed_start_left_is_no_database(config: Config) -> None:
    with hold(config.data_dir, "serve"):
        pass
    with (
        pytest.raises(Failure, match="there is no database in DATA_DIR="),
        server_in_use(config, "verify", makes_new=False),
    ):
        pass


def test_restore_makes_a_new_one(open_dir: Path, database_url: str) -> None:
    backup.dump(database_url, str(open_dir / "gati.dump"))
    restored = run(open_dir, "restore", "gati.dump", DATA_DIR=open_dir / "data")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert run(open_dir, "migrate", "status", DATA_DIR=open_dir / "data").returncode == 0
