"""What nginx answers by itself: what is not HTTP/1.1."""

from pathlib import Path

from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import body_limit_mb, free_port, nginx

pytestmark = needs_nginx


def test_grpc_is_answered_by_what_to_use_in_its_place(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with nginx(BACKEND_TEMPLATE, tmp_path, BACKEND=nobody, BODY_LIMIT_MB=body_limit_mb(1)) as proxy:
        answer = proxy.exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert b"http/protobuf" in answer
