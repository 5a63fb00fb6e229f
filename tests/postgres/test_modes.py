"""What lies in DATA_DIR, and what the server logs, is nobody else's to read."""

import os
import stat
from pathlib import Path

import pytest

from service.postgres.lock import hold
from tests.processes.harness import run, serving
from tests.processes.postgres import started

CLOSED = 0o711 if os.geteuid() == 0 else 0o700  # root's PostgreSQL is another user, who passes


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_that_the_service_makes_is_closed_to_others(open_dir: Path) -> None:
    data_dir = open_dir / "new" / "data"
    before = os.umask(0)
    try:
        done = run(open_dir, "migrate", "up", DATA_DIR=data_dir)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert mode_of(data_dir) == CLOSED
    assert mode_of(data_dir / "postgresql") == 0o700
    assert mode_of(data_dir / "postgresql.log") == 0o600
    assert mode_of(data_dir / "lock") == 0o600


def test_a_directory_of_an_earlier_version_is_closed_at_the_next_start(made_dir: Path) -> None:
    data_dir = made_dir / "data"
    data_dir.chmod(0o755)
    (data_dir / "postgresql.log").chmod(0o644)
    with serving(made_dir, data_dir) as service:
        service.ready()
        assert mode_of(data_dir) == CLOSED
        assert mode_of(data_dir / "postgresql.log") == 0o600


def test_a_directory_of_somebody_else_s_keeps_its_mode(open_dir: Path) -> None:
    (open_dir / "theirs").mkdir(mode=0o755)
    with hold(open_dir / "theirs", "test"):
        assert mode_of(open_dir / "theirs") == 0o755


@pytest.mark.parametrize(("mode", "theirs"), [(0o1777, "mine"), (0o755, "mine"), (0o1777, "lock")])
def test_a_directory_with_something_of_somebody_else_s_never_loses_its_mode(
    open_dir: Path, mode: int, theirs: str
) -> None:
    data_dir = open_dir / "shared"
    data_dir.mkdir()
    data_dir.chmod(mode)
    (data_dir / theirs).touch()
    (data_dir / "postgresql").mkdir()
    for _ in range(2):
        with hold(data_dir, "test"):
            assert mode_of(data_dir) == mode


def test_the_log_that_was_put_aside_is_closed_too(
    copy_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.postgres.log.LOG_BYTES", 0)
    log = copy_dir / "data/postgresql.log"
    (copy_dir / "data/postgresql.log.1").touch(0o644)
    with started(copy_dir / "data") as running:
        log.write_text("a line")
        running.rotate_log()
    assert mode_of(log) == mode_of(copy_dir / "data/postgresql.log.1") == 0o600
