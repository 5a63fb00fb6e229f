"""Workers that cannot be started, and the settings that new ones take: .env counts at a reload."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.events import event, new_id
from tests.http.test_reload import copy_project
from tests.http.wire import batch
from tests.processes.harness import until
from tests.server.test_failed_reload import break_worker_class, loaded, refuse_reload
from tests.service import Service

NOT_STARTED = "A new worker could not be started ("
FORK_FAILS = """

def pre_fork(_arbiter, _worker):
    if Path("{flag}").exists():
        raise BlockingIOError(11, "Resource temporarily unavailable")
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's files, which tries again after a second."""
    project = copy_project(tmp_path / "project")
    arbiter = project / "service/server/rolling_arbiter.py"
    arbiter.write_text(arbiter.read_text().replace("RETRY_SECONDS = 10", "RETRY_SECONDS = 1"))
    return project


@pytest.fixture(params=["gevent", "gthread"])
def service(
    database_url: str, tmp_path: Path, project: Path, request: pytest.FixtureRequest
) -> Iterator[Service]:
    """A service of two workers that runs the copy."""
    chosen = {"WORKERS": 2, "WORKER_CLASS": request.param}
    running = Service(database_url, tmp_path / "log", project, **chosen)
    try:
        running.wait_until_healthy()
        until(lambda: len(loaded(running)) == 2, "a worker is missing")
        yield running
    finally:
        running.stop()


def write_env(service: Service, text: str) -> None:
    (Path(f"/proc/{service.process.pid}/cwd") / ".env").write_text(text)


def is_replaced(service: Service, worker: int) -> bool:
    found = service.workers
    return worker not in found and len(found) == 2


def replace_workers(service: Service) -> None:
    """Kill the workers one after the other; new ones serve in their place."""
    before = service.workers
    for worker in before:
        os.kill(worker, signal.SIGKILL)
        until(partial(is_replaced, service, worker), "no worker replaces it")
    service.wait_until_healthy()


def statuses(service: Service) -> set[int]:
    """What the workers answer to a batch of two events."""
    run = new_id()
    return {service.post(batch(event(run), event(run))).status_code for _ in range(12)}


@contextmanager
def without_descriptors(service: Service) -> Iterator[None]:
    """Let gunicorn's master open no file."""
    master = service.process.pid
    soft, hard = resource.prlimit(master, resource.RLIMIT_NOFILE)
    resource.prlimit(master, resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        if service.process.poll() is None:
            resource.prlimit(master, resource.RLIMIT_NOFILE, (soft, hard))


def umask(service: Service) -> str:
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return next(line for line in status.splitlines() if line.startswith("Umask:"))


def test_a_replaced_worker_takes_what_the_others_run_and_a_reload_the_edited_file(
    service: Service,
) -> None:
    write_env(service, "MAX_BATCH_SIZE=1\n")
    replace_workers(service)
    assert statuses(service) == {200}
    before = service.workers
    service.process.send_signal(signal.SIGHUP)
    until(lambda: not before & service.workers, "the old workers stay")
    assert statuses(service) == {413}


def test_a_worker_is_replaced_while_the_file_cannot_be_used(service: Service) -> None:
    write_env(service, "MAX_BATCH_SIZE=abc\n")
    replace_workers(service)
    refuse_reload(service)
    assert "Not reloaded: MAX_BATCH_SIZE='abc': " in service.output
    replace_workers(service)
    assert statuses(service) == {200}


def test_a_reload_that_fails_after_the_file_was_read_leaves_the_settings(
    service: Service, project: Path
) -> None:
    write_env(service, "MAX_BATCH_SIZE=1\n")
    break_worker_class(project)
    refuse_reload(service)
    replace_workers(service)
    assert statuses(service) == {200}


def test_a_worker_that_cannot_be_started_is_tried_again(service: Service) -> None:
    before, mask = service.workers, umask(service)
    with without_descriptors(service):
        os.kill(min(before), signal.SIGKILL)
        until(lambda: service.output.count(NOT_STARTED) > 1, "nothing is said")
        assert service.workers == before - {min(before)}
        assert service.ok("/health")["status"] == "healthy"
    assert "Too many open files" in service.output
    until(lambda: len(service.workers) == 2, "no worker replaces it")
    assert umask(service) == mask


def test_a_reload_that_the_system_refuses_says_so(service: Service, project: Path) -> None:
    flag = project / "flag"
    with (project / "gunicorn.conf.py").open("a") as settings:
        settings.write(FORK_FAILS.format(flag=flag))
    before = service.workers
    with without_descriptors(service):
        refuse_reload(service)
    flag.touch()
    refuse_reload(service)
    assert service.workers == before
    assert "Not reloaded: [Errno 24] Too many open files" in service.output
    assert "Not reloaded: a new worker could not be started ([Errno 11] " in service.output
    assert "gunicorn.conf.py could not be used" not in service.output
    flag.unlink()
    service.process.send_signal(signal.SIGHUP)
    until(lambda: not before & service.workers, "the old workers stay")


def test_a_service_that_can_start_no_worker_at_all_ends(service: Service) -> None:
    with without_descriptors(service):
        for worker in service.workers:
            os.kill(worker, signal.SIGKILL)
        assert service.process.wait(30) == 255
