"""Bodies that come slowly: what they leave on nginx's disk, and that others are answered."""

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import Proxy, free_port, limits, nginx
from tests.service import serving

pytestmark = needs_nginx
MB = 1024 * 1024
HEAD = b"POST /api/events HTTP/1.1\r\nHost: gati\r\nContent-Type: application/json\r\n"
READ = b"GET /api/agents HTTP/1.1\r\nHost: gati\r\nConnection: close\r\n\r\n"
ADDRESS, OTHER_ADDRESS = "127.0.0.1", "127.0.0.2"
BODIES, REQUESTS = 384, 512
BUFFERED = ["gthread", "meinheld"]


def begin(stack: ExitStack, proxy: Proxy, request: bytes, address: str = ADDRESS) -> socket.socket:
    """Open a connection from an address, and send what a request begins with."""
    sock = socket.create_connection((ADDRESS, proxy.port), 30, (address, 0))
    stack.enter_context(sock).sendall(request)
    return sock


def body(length: int, sent: int) -> bytes:
    """A request whose body is not all sent."""
    return HEAD + b"Content-Length: %d\r\n\r\n" % length + b"[" * sent


def status(sock: socket.socket) -> int:
    """The status of the answer that comes."""
    return int(sock.recv(65536).split()[1])


def refused(socks: list[socket.socket]) -> int:
    """The status of the first answer; which of the requests nginx sees first is not certain."""
    answered, _, _ = select.select(socks, [], [], 30)
    [sock] = answered
    return status(sock)


def on_disk(directory: Path) -> list[int]:
    """The sizes of the files of bodies that nginx holds; it removes their names at once."""
    sizes = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()).startswith(f"{directory}/client_temp/"):
                sizes.append(link.stat().st_size)
    return sizes


@contextmanager
def before_nobody(directory: Path, worker_class: str) -> Iterator[Proxy]:
    """The shipped nginx of a worker class; it passes on to a port that nothing listens on."""
    variables = limits(WORKER_CLASS=worker_class)
    with nginx(BACKEND_TEMPLATE, directory, BACKEND=f"{ADDRESS}:{free_port()}", **variables) as one:
        yield one


@pytest.mark.parametrize("worker_class", BUFFERED)
def test_bodies_that_dribble_leave_reads_and_other_addresses_their_places(
    tmp_path: Path, worker_class: str
) -> None:
    others = ((READ, ADDRESS), (READ, OTHER_ADDRESS), (body(1, 1), OTHER_ADDRESS))
    with before_nobody(tmp_path, worker_class) as proxy, ExitStack() as stack:
        assert refused([begin(stack, proxy, body(9, 1)) for _ in range(BODIES + 1)]) == 429
        for request, address in others:
            assert status(begin(stack, proxy, request, address)) == 503  # nobody is behind


@pytest.mark.parametrize("worker_class", BUFFERED)
@pytest.mark.parametrize("length", [b"Content-Length: 3000000", b"Transfer-Encoding: chunked"])
def test_of_large_bodies_few_lie_on_the_disk(
    tmp_path: Path, worker_class: str, length: bytes
) -> None:
    """16 of an address, 64 in all; small bodies and reads go on."""
    request = HEAD + length + b"\r\n\r\n100000\r\n" + b"[" * MB
    with before_nobody(tmp_path, worker_class) as proxy, ExitStack() as stack:
        for last in range(1, 5):
            address = f"127.0.0.{last}"
            assert refused([begin(stack, proxy, request, address) for _ in range(17)]) == 429
        assert status(begin(stack, proxy, request, "127.0.0.5")) == 429
        assert len(on_disk(tmp_path)) <= 64
        assert sum(on_disk(tmp_path)) <= 64 * 1.1 * MB
        for small in (READ, body(129_999, 129_999)):
            assert status(begin(stack, proxy, small)) == 503


def test_gevent_gets_a_body_as_it_comes_and_nothing_lies_on_the_disk(
    database_url: str, tmp_path: Path
) -> None:
    with (
        serving(database_url, tmp_path, WORKERS=1, BODY_TIMEOUT_SECONDS=300) as service,
        nginx(
            BACKEND_TEMPLATE,
            tmp_path,
            BACKEND=f"{ADDRESS}:{service.port}",
            **limits(WORKER_CLASS="gevent"),
        ) as proxy,
        ExitStack() as stack,
    ):
        slow = [begin(stack, proxy, body(3 * MB, MB)) for _ in range(16)]
        slow += [begin(stack, proxy, body(1000, 1)) for _ in range(BODIES - 15)]
        assert refused(slow) == 429
        assert status(begin(stack, proxy, READ)) == 200
        assert on_disk(tmp_path) == []


def test_a_body_without_a_key_is_refused_before_it_comes(database_url: str, tmp_path: Path) -> None:
    create(database_url, "admin", Scope.ADMIN, days=None)
    with (
        serving(database_url, tmp_path, WORKERS=1) as service,
        nginx(
            BACKEND_TEMPLATE,
            tmp_path,
            BACKEND=f"{ADDRESS}:{service.port}",
            **limits(WORKER_CLASS="gevent"),
        ) as proxy,
        ExitStack() as stack,
    ):
        assert status(begin(stack, proxy, body(60 * MB, MB))) == 401
