"""The released dashboard: a single page application, pointed at the service in use."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.cli.dashboard.command import find_files
from service.cli.dashboard.pages import RELEASED_ADDRESS
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import command, environment, free_port, run, until
from tests.service import Service, serving

SERVICE_PORT = 9123


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        command("dashboard", "--port", str(port)),
        cwd=tmp_path_factory.mktemp("dashboard"),
        env=environment(PORT=SERVICE_PORT),
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


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_its_scripts_ask_here(port: int, name: str) -> None:
    calling = [
        path for path in (find_files() / "assets").glob("*.js")
        if RELEASED_ADDRESS in path.read_bytes()
    ]  # fmt: skip
    assert calling
    for path in calling:
        found = requests.get(f"http://{name}:{port}/assets/{path.name}", timeout=5)
        assert found.headers["Content-Type"].startswith(("text/javascript", "application/javas"))
        assert RELEASED_ADDRESS not in found.content
        assert f"http://{name}:{port}/api".encode() in found.content


def test_what_they_ask_is_502_while_no_service_answers(port: int) -> None:
    found = get(port, "/api/agents")
    assert (found.status_code, found.json()["code"]) == (502, "unreachable")
    assert f"http://127.0.0.1:{SERVICE_PORT}" in found.json()["detail"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:3000", "[", ""])
def test_a_name_that_is_not_this_machine_s_gets_nothing(port: int, host: str) -> None:
    for path in ("/", "/api/agents"):
        url = f"http://127.0.0.1:{port}{path}"
        assert requests.get(url, headers={"Host": host}, timeout=5).status_code == 421


@pytest.mark.parametrize(
    "path", ["/none.js", "/../__init__.py", "/%2e%2e/__init__.py", "/assets/..%2f..%2f__init__.py"]
)
def test_what_is_no_file_of_it_is_not_found(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as conn:  # requests would tidy the path
        conn.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        assert b" 404 " in conn.recv(200)


def test_it_listens_on_this_machine_alone(port: int) -> None:
    listening = Path("/proc/net/tcp").read_text()
    assert f"0100007F:{port:04X} 00000000:0000 0A" in listening


def test_a_port_in_use_is_one_line(port: int, tmp_path: Path) -> None:
    failed = run(tmp_path, "dashboard", "--port", str(port))
    assert failed.returncode == 1
    assert failed.stderr == f"gati-backend: port {port}: Address already in use\n"


@contextmanager
def serving_pages(tmp_path: Path, service: Service, *arguments: str) -> Iterator[tuple[int, str]]:
    """The dashboard before a service: its port, and what it says."""
    port, said = free_port(), tmp_path / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            command("dashboard", "--port", str(port), *arguments),
            cwd=tmp_path,
            env=environment(PORT=service.port),
            stdout=output,
        )
    try:
        until(lambda: is_there(port), "it does not answer")
        yield port, said.read_text()
    finally:
        process.terminate()
        process.wait(timeout=10)


def is_there(port: int) -> bool:
    """Whether the page answers."""
    try:
        return get(port, "/").ok
    except requests.RequestException:
        return False


def send_event(client: Client) -> None:
    """Make an agent, `mine`."""
    assert client.send(event(new_id(), agent_name="mine")).status_code == 200


def test_its_key_reads_and_changes_nothing(
    database_url: str, client: Client, tmp_path: Path
) -> None:
    send_event(client)
    key = create(database_url, "dashboard", Scope.READ, days=None)
    with serving(database_url, tmp_path) as service:
        with serving_pages(tmp_path, service) as (port, said):
            assert "dashboard --key-file" in said
            assert get(port, "/api/agents").status_code == 401
        file = tmp_path / "dashboard.key"
        file.write_text(f"{key}\n")
        with serving_pages(tmp_path, service, "--key-file", str(file)) as (port, said):
            reads_and_changes_nothing(port)
            assert "--key-file" not in said
        file.write_text(create(database_url, "sdk", Scope.INGEST, days=None))
        with serving_pages(tmp_path, service, "--key-file", str(file)) as (port, said):
            assert f"refuses the key of {file}" in said


def reads_and_changes_nothing(port: int) -> None:
    """Ask the dashboard for what there is, and for what its key may not have."""
    assert [agent["name"] for agent in get(port, "/api/agents").json()] == ["mine"]
    url = f"http://localhost:{port}/api/agents/mine"
    assert requests.delete(url, timeout=5).status_code == 403
    assert requests.patch(f"http://localhost:{port}/", timeout=5).status_code == 405
    large = {"description": "x" * 1_000_001}
    assert requests.patch(url, json=large, timeout=5).status_code == 413


def test_without_keys_the_page_may_change_what_it_shows(
    database_url: str, client: Client, tmp_path: Path
) -> None:
    send_event(client)
    with (  # the dashboard asks for /api, whatever the service's prefix is
        serving(database_url, tmp_path, API_PREFIX="/traces") as service,
        serving_pages(tmp_path, service) as (port, said),
    ):
        assert "--key-file" not in said
        url = f"http://localhost:{port}/api/agents/mine"
        changed = requests.patch(url, json={"description": "best"}, timeout=5)
        assert (changed.status_code, changed.json()["description"]) == (200, "best")
        assert requests.delete(url, timeout=5).status_code == 200
        assert get(port, "/api/agents").json() == []
