"""The live tail through what may stand before the service: it arrives as it is sent."""

from pathlib import Path

from tests.deploy.conftest import needs_nginx
from tests.deploy.front import command_line_dashboard, two_nginx
from tests.events import event, new_id
from tests.http.wire import batch
from tests.resources.tail.reading import reading
from tests.service import Service


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
    with two_nginx(service, tmp_path) as ports:
        for port in ports:
            assert_it_arrives(service, port)


def test_through_the_dashboard_of_the_command_line(service: Service, tmp_path: Path) -> None:
    with command_line_dashboard(service, tmp_path) as port:
        assert_it_arrives(service, port)
