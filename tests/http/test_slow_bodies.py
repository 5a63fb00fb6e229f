"""Bodies that dribble hold no thread of gthread that others need."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.events import event, new_id
from tests.http.test_patience import opened
from tests.http.wire import JSON, Wire, batch, exchange, head, post
from tests.service import ANSWER_SECONDS, Service, serving

MB = 1024 * 1024
ATTACKERS = 200
# More heads than threads of each: the body is small, large, in chunks, asked for, or of a GET.
HEADS = (
    head("POST", "/api/events", Content_Type=JSON, Content_Length=5000),
    head("POST", "/api/events", Content_Type=JSON, Content_Length=10 * MB),
    head("POST", "/api/events", Content_Type=JSON, Transfer_Encoding="chunked") + b"fff\r\n",
    head("POST", "/v1/logs", Content_Type=JSON, Content_Length=5000, Expect="100-continue"),
    head("GET", "/livez", Content_Length=5000),
    head("GET", "/livez", Transfer_Encoding="chunked") + b"fff\r\n",
)


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own: there is not always a service."""


@contextmanager
def dribbling(service: Service, count: int) -> Iterator[list[socket.socket]]:
    """Hold so many connections of one address open, and send a byte on each every second."""
    over = threading.Event()
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(opened(service, HEADS[number % len(HEADS)], "127.0.0.3"))
            for number in range(count)
        ]

        def dribble() -> None:
            while not over.wait(1):
                for sock in sockets:
                    with suppress(OSError):
                        sock.send(b" ")

        thread = threading.Thread(target=dribble)
        thread.start()
        try:
            yield sockets
        finally:
            over.set()
            thread.join()


def settings(**more: Any) -> dict[str, Any]:
    """Of a worker with eight threads, whose patience is longer than a test."""
    return {"WORKER_CLASS": "gthread", "WORKERS": 1, "THREADS": 8, **more}


def test_200_bodies_that_dribble_hold_up_no_one(service_database_url: str, tmp_path: Path) -> None:
    """Not a body in chunks, nor one that is larger than the event loop receives, either."""
    large = batch(*(event(new_id(), data={"text": "x" * (MB * 3 // 4)}) for _ in range(4)))
    with (
        serving(service_database_url, tmp_path, **settings(BODY_TIMEOUT_SECONDS=60)) as service,
        dribbling(service, ATTACKERS),
    ):
        for _ in range(10):
            assert service.get("/livez").status_code == 200
            assert service.post(batch(event(new_id()))).status_code == 200
        assert service.post(large).json()["inserted"] == 4
        chunks = iter([batch(event(new_id()))])
        answer = requests.post(
            f"{service.url}/api/events",
            data=chunks,
            headers={"Content-Type": JSON},
            timeout=ANSWER_SECONDS,
        )
        assert answer.json()["inserted"] == 1


def test_bodies_that_are_slow_within_the_limits_are_stored(
    service_database_url: str, tmp_path: Path
) -> None:
    """Each comes in pieces for longer than a silent client has; none of their eight has a turn."""
    bodies = [batch(event(new_id(), data={"text": "x" * 8_000})) for _ in range(12)]
    with (
        serving(service_database_url, tmp_path, **settings(BODY_TIMEOUT_SECONDS=1)) as service,
        ExitStack() as stack,
    ):
        sent = [post(body) for body in bodies]
        sockets = [stack.enter_context(opened(service, request[:1000])) for request in sent]
        for at in range(1000, max(map(len, sent)), 1000):
            time.sleep(0.3)
            for sock, request in zip(sockets, sent, strict=True):
                sock.sendall(request[at : at + 1000])
        for sock in sockets:
            assert Wire(sock).read().json["inserted"] == 1


@pytest.mark.parametrize(("size", "sent"), [(5_000, 1), (3 * MB, 1), (3 * MB, MB)])
def test_a_body_that_takes_too_long_is_told_so(
    service_database_url: str, tmp_path: Path, size: int, sent: int
) -> None:
    """503 body_timeout, for small bodies and for large ones, of which most got no turn."""
    begun = head("POST", "/api/events", Content_Type=JSON, Content_Length=size) + b" " * sent
    with (
        serving(service_database_url, tmp_path, **settings(BODY_TIMEOUT_SECONDS=1)) as service,
        ExitStack() as stack,
    ):
        for sock in [stack.enter_context(opened(service, begun)) for _ in range(20)]:
            answer = Wire(sock).read()
            assert (answer.status, answer.code) == (503, "body_timeout")
            assert answer.headers["retry-after"]
            sock.sendall(b" " * 1000)  # it is drained, not reset


def test_a_body_whose_client_hangs_up_is_told_so(service_database_url: str, tmp_path: Path) -> None:
    begun = head("POST", "/api/events", Content_Type=JSON, Content_Length=5000) + b"{"
    with (
        serving(service_database_url, tmp_path, **settings(BODY_TIMEOUT_SECONDS=60)) as service,
        opened(service, begun) as sock,
    ):
        assert Wire(sock).half_close().read().code == "incomplete_body"
        two = post(batch(event(new_id()))) * 2  # pipelined: the second is a duplicate
        assert exchange(service, two).json["inserted"] == 1
