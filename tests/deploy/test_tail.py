"""The live tail through what may stand before the service: it arrives as it is sent."""

from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from service.dashboard.forwarding import Forwarding
from service.dashboard.pages import Pages
from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import DEPLOY, nginx
from tests.events import event, new_id
from tests.http.wire import batch
from tests.service import Service
from tests.tail.reading import reading

DASHBOARD_TEMPLATE = DEPLOY / "dashboard" / "templates" / "dashboard.conf.template"


def assert_it_arrives(service: Service, port: int) -> None:
    """One small event comes while the stream is open, and the next stream goes on behind it."""
    sent = [event(new_id()) for _ in range(2)]
    with reading(port) as stream:
        assert service.post(batch(sent[0])).status_code == 200
        assert stream.take(1)[0]["event_id"] == sent[0]["event_id"]
    assert service.post(batch(sent[1])).status_code == 200
    with reading(port, stream.last_id) as stream:
        assert stream.take(1)[0]["event_id"] == sent[1]["event_id"]


@needs_nginx
def test_through_the_nginx_of_the_backend_and_that_of_the_dashboard(
    service: Service, tmp_path: Path
) -> None:
    for name in ("backend", "dashboard"):
        (tmp_path / name).mkdir()
    behind = {"BACKEND": f"127.0.0.1:{service.port}", "BODY_LIMIT_MB": "65"}
    with nginx(BACKEND_TEMPLATE, tmp_path / "backend", **behind) as backend:
        assert_it_arrives(service, backend.port)
        before = {
            "DASHBOARD_ROOT": str(tmp_path),
            "KEY_DIRECTORY": "/nowhere",
            "BACKEND": f"127.0.0.1:{backend.port}",
        }
        with nginx(DASHBOARD_TEMPLATE, tmp_path / "dashboard", **before) as dashboard:
            assert_it_arrives(service, dashboard.port)


@pytest.fixture
def forwarding_port(service: Service, tmp_path: Path) -> Iterator[int]:
    """`python -m service dashboard`, in this process."""
    pages = partial(Pages, directory=str(tmp_path), service=Forwarding(service.url, ""))
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_through_the_dashboard_of_the_command_line(service: Service, forwarding_port: int) -> None:
    assert_it_arrives(service, forwarding_port)
