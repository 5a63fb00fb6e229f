"""A rolling restart under load: SIGHUP replaces every worker, and no request fails."""

import signal
from pathlib import Path

import pytest

from tests.operations import harness
from tests.operations.harness import until
from tests.operations.senders import EVENTS, Sender, sending
from tests.service import serving

CLIENTS = 4


def failures(senders: list[Sender]) -> list[str]:
    """What went wrong; each of them must have been answered, and oftener than it connected."""
    for sender in senders:
        assert sender.acknowledged > EVENTS * sender.connections
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
