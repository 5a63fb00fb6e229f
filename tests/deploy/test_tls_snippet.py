"""The nginx with TLS of SECURITY.md: its limits are the shipped ones, and nginx takes it."""

import re
from pathlib import Path

from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import REPOSITORY, filled, free_port, limits, nginx

SAME = {
    "client_max_body_size",
    "client_body_buffer_size",
    "large_client_header_buffers",
    "client_header_timeout",
    "client_body_timeout",
    "lingering_timeout",
    "lingering_time",
    "limit_conn_status",
    "proxy_request_buffering",
    "proxy_max_temp_file_size",
    "proxy_http_version",
}


def snippet() -> str:
    """The configuration that SECURITY.md shows."""
    return (REPOSITORY / "SECURITY.md").read_text().split("```nginx\n")[1].split("```")[0]


def directives(text: str) -> dict[str, str]:
    """The last value of each directive that stands once in a server."""
    found = re.findall(r"^ {4,8}(\w+) (.+);$", text, re.M)
    return {name: value for name, value in found if name in SAME}


def most_requests(text: str) -> list[int]:
    """What limit_conn gives an address: requests, and those with a body."""
    return [int(number) for number in re.findall(r"limit_conn \w+ (\d+);", text)][:2]


def shipped() -> str:
    """The template as compose fills it in."""
    return filled(BACKEND_TEMPLATE, {**limits(), "LISTEN": "", "BACKEND": ""})


def test_the_limits_are_those_of_the_shipped_one_and_half_of_its_requests() -> None:
    assert directives(snippet()) == directives(shipped())
    assert set(directives(snippet())) == SAME
    assert most_requests(snippet()) == [number // 2 for number in most_requests(shipped())]


@needs_nginx
def test_nginx_takes_it(tmp_path: Path) -> None:
    """But for its certificate."""
    text = re.sub(r"    ssl_certificate.*\n", "", snippet()).replace("443 ssl", "${LISTEN}")
    template = tmp_path / "tls.conf.template"
    template.write_text(text.replace("127.0.0.1:8000", f"127.0.0.1:{free_port()}"))
    with nginx(template, tmp_path) as proxy:
        answer = proxy.exchange(b"GET / HTTP/1.1\r\nHost: gati\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 502 ")
