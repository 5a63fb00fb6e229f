"""What nginx bounds by itself: requests of one address, and what is not HTTP/1.1."""

import socket
from contextlib import ExitStack
from pathlib import Path

from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import body_limit_mb, free_port, nginx

pytestmark = needs_nginx
HOST = b"Host: gati\r\n"


def test_grpc_is_answered_by_what_to_use_in_its_place(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with nginx(BACKEND_TEMPLATE, tmp_path, BACKEND=nobody, BODY_LIMIT_MB=body_limit_mb(1)) as proxy:
        answer = proxy.exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert b"http/protobuf" in answer


def test_bodies_that_dribble_leave_others_their_turn(tmp_path: Path) -> None:
    """One address has 512 requests in progress: one more is 429, but not of another address."""
    request = b"POST /api/events HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{"
    nobody = f"127.0.0.1:{free_port()}"
    with (
        nginx(BACKEND_TEMPLATE, tmp_path, BACKEND=nobody, BODY_LIMIT_MB=body_limit_mb(1)) as proxy,
        ExitStack() as stack,
    ):
        for _ in range(512):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port)))
            sock.sendall(request)
        for source, status in (("127.0.0.1", b"429"), ("127.0.0.2", b"503")):  # no backend
            with socket.create_connection(("127.0.0.1", proxy.port), 10, (source, 0)) as one:
                one.sendall(b"GET /api/agents HTTP/1.1\r\n" + HOST + b"\r\n")
                assert one.recv(65536).startswith(b"HTTP/1.1 " + status)
