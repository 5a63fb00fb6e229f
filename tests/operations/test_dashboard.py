"""The released dashboard: a single page application, pointed at the service in use."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from service.dashboard import RELEASED_ADDRESS, find_files
from tests.operations.harness import command, environment, free_port, run, until

SERVICE_PORT = 9123


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        command("dashboard"),
        cwd=tmp_path_factory.mktemp("dashboard"),
        env=environment(DASHBOARD_PORT=port, PORT=SERVICE_PORT),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert f"http://localhost:{port}" in process.stdout.readline()
    yield port
    process.terminate()
    process.communicate(timeout=10)


def get(port: int, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5)


@pytest.mark.parametrize("path", ["/", "/metrics", "/agents/research%20agent", "/?x=1.2"])
def test_every_view_is_the_page(port: int, path: str) -> None:
    found = get(port, path)
    assert found.status_code == 200
    assert found.headers["Content-Type"].startswith("text/html")
    assert found.content == (find_files() / "index.html").read_bytes()


def test_its_scripts_call_the_service_in_use(port: int) -> None:
    calling = [
        path for path in (find_files() / "assets").glob("*.js")
        if RELEASED_ADDRESS in path.read_bytes()
    ]  # fmt: skip
    assert calling
    for path in calling:
        found = get(port, f"/assets/{path.name}")
        assert found.headers["Content-Type"].startswith(("text/javascript", "application/javas"))
        assert RELEASED_ADDRESS not in found.content
        assert f"http://127.0.0.1:{SERVICE_PORT}".encode() in found.content


@pytest.mark.parametrize(
    "path", ["/none.js", "/../__init__.py", "/%2e%2e/__init__.py", "/assets/..%2f..%2f__init__.py"]
)
def test_what_is_no_file_of_it_is_not_found(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as conn:  # requests would tidy the path
        conn.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert b" 404 " in conn.recv(200)


def test_it_listens_on_this_machine_alone(port: int) -> None:
    listening = Path("/proc/net/tcp").read_text()
    assert f"0100007F:{port:04X} 00000000:0000 0A" in listening


def test_it_says_that_the_service_must_allow_another_port(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        command("dashboard"),
        cwd=tmp_path,
        env=environment(DASHBOARD_PORT=port),
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: get_quietly(port), "it does not answer")
    process.terminate()
    assert f"CORS_ORIGINS=http://localhost:{port}" in process.communicate(timeout=10)[0]


def get_quietly(port: int) -> bool:
    try:
        return get(port, "/").ok
    except requests.RequestException:
        return False


def test_a_port_in_use_is_one_line(port: int, tmp_path: Path) -> None:
    failed = run(tmp_path, "dashboard", DASHBOARD_PORT=port)
    assert failed.returncode == 1
    assert failed.stderr == f"gati-backend: DASHBOARD_PORT={port}: Address already in use\n"
