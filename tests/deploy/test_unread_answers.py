"""What clients that read none of their answers leave in nginx: so many bytes, and others go on."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import limits, nginx
from tests.processes.harness import until

pytestmark = needs_nginx
KB, MB = 1024, 1024 * 1024
CLIENTS, ANSWER_BYTES, BACKLOG = 10, 8 * MB, 64
MOST_ON_DISK = 1 * MB + 64 * KB  # of each answer: the file, and what was read at once beyond it
SMALL = b"GET /api/agents HTTP/1.1\r\nHost: gati\r\nConnection: close\r\n\r\n"
LARGE = SMALL.replace(b"agents", b"events")


class Backend(BaseHTTPRequestHandler):
    """Answers /api/events by much, and all else by little."""

    def do_GET(self) -> None:
        """Answer a request."""
        size = ANSWER_BYTES if self.path == "/api/events" else 2
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        with suppress(OSError):  # nginx gave the client up
            self.wfile.write(b"x" * size)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Takes all clients at once."""

    request_queue_size = BACKLOG
    daemon_threads = True


@contextmanager
def backend() -> Iterator[str]:
    """A backend; its address."""
    with Server(("127.0.0.1", 0), Backend) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def files_of(directory: Path) -> list[int]:
    """The sizes of the files of answers that nginx holds; it removes their names at once."""
    sizes = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()).startswith(f"{directory}/proxy_temp/"):
                sizes.append(link.stat().st_size)
    return sizes


def is_full(sizes: list[int]) -> bool:
    """Whether each client has a file that its answer has about filled."""
    return len(sizes) == CLIENTS and min(sizes) >= MB // 2


def test_unread_answers_take_a_megabyte_each_and_others_are_answered(tmp_path: Path) -> None:
    with (
        backend() as address,
        nginx(
            BACKEND_TEMPLATE, tmp_path, BACKEND=address, **limits(WORKER_CLASS="gevent")
        ) as proxy,
        ExitStack() as unread,
    ):
        for _ in range(CLIENTS):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * KB)
            unread.enter_context(client).connect(("127.0.0.1", proxy.port))
            client.sendall(LARGE)
        until(lambda: is_full(files_of(tmp_path)), "not all answers have a file that is full")
        assert b"200 OK" in proxy.exchange(SMALL)
        assert max(files_of(tmp_path), default=0) <= MOST_ON_DISK


@pytest.mark.parametrize("worker_class", ["gthread", "meinheld"])
def test_an_answer_is_taken_off_whole_where_a_slow_client_would_stop_the_backend(
    tmp_path: Path, worker_class: str
) -> None:
    variables = limits(WORKER_CLASS=worker_class)
    with (
        backend() as address,
        nginx(BACKEND_TEMPLATE, tmp_path, BACKEND=address, **variables) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)) as client,
    ):
        client.sendall(LARGE)
        until(lambda: sum(files_of(tmp_path)) > 2 * MB, "nginx does not take it")
