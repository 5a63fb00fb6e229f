"""Exports through what may stand before the service: it hands on what it gets, and keeps none."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import needs_nginx
from tests.deploy.front import command_line_dashboard, two_nginx
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import until
from tests.resources.export.reading import read_ndjson
from tests.resources.export.wire import FIRST_BYTES, PATH, begun, rest_of, told
from tests.service import ANSWER_SECONDS, Service, serving

# Far more than the sockets of three connections took in (9 to 30 MB together), and soon stored.
EVENTS, BYTES_EACH = 100, 1_000_000
GIVEN_UP = "export aborted: the client stalled"


@pytest.fixture(scope="module")
def service(
    service_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that waits for nobody, with an export of 100 MB."""
    directory = tmp_path_factory.mktemp("service")
    with serving(service_database_url, directory, WORKERS=1, STREAM_STALL_SECONDS=1) as running:
        for _ in range(EVENTS // 10):
            sent = [event(new_id(), data={"text": "x" * BYTES_EACH}) for _ in range(10)]
            assert running.post(batch(*sent)).status_code == 200
        yield running


def assert_it_is_handed_on(service: Service, port: int) -> None:
    """Who takes nothing is given up by the service, and is told; who reads has all of it."""
    before = told(service)
    with begun(port) as answer:
        first = answer.read(FIRST_BYTES)
        until(lambda: told(service) != before, "what is not taken goes elsewhere")
        assert told(service)["message"] == GIVEN_UP
        assert not rest_of(answer)[1]
    with begun(port) as answer:
        body, is_whole = rest_of(answer)
    assert is_whole
    assert body.startswith(first)
    assert len(read_ndjson(body.decode())) == EVENTS


@needs_nginx
def test_through_the_nginx_of_the_backend_and_that_of_the_dashboard(
    service: Service, tmp_path: Path
) -> None:
    with two_nginx(service, tmp_path) as ports:
        for port in ports:
            assert_it_is_handed_on(service, port)


def test_through_the_dashboard_of_the_command_line(service: Service, tmp_path: Path) -> None:
    with command_line_dashboard(service, tmp_path) as port:
        assert_it_is_handed_on(service, port)
        with socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as old:
            old.sendall(b"GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" % PATH.encode())
            assert b" 505 " in old.recv(FIRST_BYTES), "cut short it would look whole"
