"""SIGHUP where no new worker can load: the workers that run go on serving."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.http.test_reload import copy_project
from tests.processes.harness import run as run_command
from tests.processes.harness import until
from tests.service import Service

NOT_RELOADED = "Not reloaded: "
AGAIN = "then send SIGHUP again"


pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's files, to be broken."""
    return copy_project(tmp_path / "project")


@pytest.fixture
def service(database_url: str, tmp_path: Path, project: Path) -> Iterator[Service]:
    """A service of two workers that runs the copy."""
    running = Service(database_url, tmp_path / "log", project, WORKERS=2)
    try:
        running.wait_until_healthy()
        until(lambda: len(loaded(running)) == 2, "a worker is missing")
        yield running
    finally:
        running.stop()


def loaded(service: Service) -> set[int]:
    """The workers that accept connections."""
    return {pid for pid in service.workers if accepts(pid)}


def accepts(pid: int) -> bool:
    """Whether a worker has sent a heartbeat: its file has the monotonic clock's time then."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if "wgunicorn-" in os.readlink(descriptor):
                return descriptor.stat().st_mtime <= time.monotonic()
    return False


def add_migration(project: Path) -> None:
    (project / "migrations/9001.later.sql").write_text(
        "-- 9001.later: nothing.\n--\n-- safe     yes: nothing\n\nSELECT 1;\n"
    )
    (project / "migrations/9001.later.rollback.sql").write_text("-- back\nSELECT 1;\n")


def break_worker(project: Path) -> None:
    (project / "service/app.py").write_text("import nothing_of_this_name\n")


def break_settings(project: Path) -> None:
    with (project / "gunicorn.conf.py").open("a") as settings:
        settings.write("\nraise ValueError('broken')\n")


def break_worker_class(project: Path) -> None:
    with (project / "gunicorn.conf.py").open("a") as settings:
        settings.write("\nworker_class = 'service.server.nowhere.Worker'\n")


def change_address(project: Path) -> None:
    with (project / "gunicorn.conf.py").open("a") as settings:
        settings.write("\nbind = '0.0.0.0:' + bind.rpartition(':')[2]\n")


def refuse_reload(service: Service) -> None:
    """Send SIGHUP, wait for the line that says it changed nothing, and ask all workers."""
    said = service.output.count(NOT_RELOADED)
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.output.count(NOT_RELOADED) > said, "nothing is said")
    assert AGAIN in service.output
    for _ in range(10):
        assert service.ok("/health")["status"] == "healthy"


@pytest.mark.parametrize(
    "break_it",
    [add_migration, break_worker, break_settings, break_worker_class, change_address],
)
def test_the_old_workers_stay_until_a_reload_that_can_load(
    service: Service, project: Path, database_url: str, break_it: object
) -> None:
    assert callable(break_it)
    sound = shutil.copytree(project, project.parent / "sound")
    before = service.workers
    break_it(project)
    refuse_reload(service)
    assert service.workers == before
    assert service.process.poll() is None
    if break_it is add_migration:
        assert "the database lacks 9001.later: run python -m service migrate up" in service.output
        url = {"DATABASE_URL": database_url, "PYTHONPATH": project}
        assert run_command(project, "migrate", "up", **url).returncode == 0
    else:
        shutil.copytree(sound, project, dirs_exist_ok=True)
    service.process.send_signal(signal.SIGHUP)
    until(lambda: not before & service.workers, "the old workers stay")
    until(lambda: len(service.workers) == 2, "the number of workers has changed")
    service.wait_until_healthy()


def test_a_worker_that_cannot_be_replaced_leaves_the_other_one_serving(
    service: Service, project: Path
) -> None:
    add_migration(project)
    ended, stays = sorted(service.workers)
    os.kill(ended, signal.SIGKILL)
    until(lambda: "the others go on serving" in service.output, "nothing is said")
    assert service.workers == {stays}
    assert service.ok("/health")["status"] == "healthy"


def test_a_service_without_another_worker_ends(service: Service, project: Path) -> None:
    """So that what started it starts it again, which migrates."""
    add_migration(project)
    for worker in service.workers:
        os.kill(worker, signal.SIGKILL)
    assert service.process.wait(30) == 4
    assert "Traceback" not in service.output
