"""Bodies that one client holds leave room for those of others."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.events import event, new_id
from tests.http.test_patience import opened
from tests.http.wire import batch
from tests.service import serving

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own: there is not always a service."""


@pytest.mark.parametrize("path", ["/api/events", "/api/events/check"])
def test_bodies_that_one_client_does_not_finish_hold_up_no_other(
    service_database_url: str, tmp_path: Path, path: str
) -> None:
    """They come to all that the worker holds of bodies."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {MB}\r\n\r\n"
    )
    with (
        serving(
            service_database_url, tmp_path, WORKERS=1, BODY_TIMEOUT_SECONDS=60, MAX_IN_FLIGHT_MB=2
        ) as service,
        ExitStack() as stack,
    ):
        slow = [stack.enter_context(opened(service, head.encode(), "127.0.0.3")) for _ in range(4)]
        assert service.get("/livez").status_code == 200  # the heads have been read
        for connection in slow:
            connection.sendall(b" " * (MB // 2))
        for _ in range(20):
            assert service.post(batch(event(new_id()))).status_code == 200
        stack.close()  # else the service would wait for them to end
