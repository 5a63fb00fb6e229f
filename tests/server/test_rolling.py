"""A rolling restart under load: SIGHUP replaces every worker, and no request fails."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http.wire import connected, get
from tests.processes import harness
from tests.processes.harness import until
from tests.processes.senders import Sender, sending
from tests.service import serving

pytestmark = pytest.mark.slow

CLIENTS = 8


def failures(senders: list[Sender]) -> list[str]:
    """What went wrong; each of them must have been answered."""
    assert all(sender.acknowledged for sender in senders)
    return [failure for sender in senders for failure in sender.failures]


def reload(service: harness.Service) -> None:
    """Tell the supervisor, and wait until no old worker is left."""
    before = service.workers
    service.signal(signal.SIGHUP)
    until(lambda: not service.workers & before, "the old workers stay")


def test_no_request_fails_while_the_supervisor_is_told_to_reload_three_times(
    made_dir: Path,
) -> None:
    with harness.serving(made_dir, made_dir / "data", WORKERS=2) as service:
        service.ready()
        gunicorn = service.gunicorn
        with sending(service.port, CLIENTS) as senders:
            for _ in range(3):
                reload(service)
        assert failures(senders) == []
        assert service.gunicorn == gunicorn


@pytest.mark.parametrize("worker_class", ["gthread"])
def test_no_request_fails_while_gunicorn_itself_reloads(
    database_url: str, tmp_path: Path, worker_class: str
) -> None:
    with serving(database_url, tmp_path, WORKER_CLASS=worker_class) as service:
        before = service.workers
        with sending(service.port, CLIENTS) as senders:
            service.process.send_signal(signal.SIGHUP)
            until(lambda: not before & service.workers, "the old workers stay")
        assert failures(senders) == []


def test_a_worker_that_stops_answers_what_kept_connections_still_ask(
    database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path, WORKERS=1) as service:
        [worker] = service.workers
        with ExitStack() as stack:
            wires = [stack.enter_context(connected(service)) for _ in range(9)]
            for wire in wires:
                assert wire.send(get("/livez")).read().status == 200
            time.sleep(0.5)  # gunicorn looks each second since its start, half a second from here
            os.kill(worker, signal.SIGTERM)
            for wire in wires:
                time.sleep(0.1)
                assert wire.send(get("/livez")).read().status == 200
        until(lambda: worker not in service.workers, "it does not stop")
        service.wait_until_healthy()


def test_a_worker_that_is_still_loading_when_it_is_told_to_stop_does_so(
    database_url: str, open_dir: Path
) -> None:
    with harness.serving(open_dir, open_dir / "data", DATABASE_URL=database_url) as service:

        def workers() -> list[int]:
            found = harness.children(service.process.pid)
            return [pid for pid in found if "gunicorn.conf.py" in harness.command_line(pid)]

        [loading] = until(workers, "no worker")
        os.kill(loading, signal.SIGTERM)
        until(lambda: not harness.is_running(loading), "the signal is lost")
        until(service.is_healthy, "no other worker")
