"""python -m service serve: one command that runs, survives and stops everything."""

import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from service.embedded import EmbeddedServer
from service.embedded.account import unprivileged
from tests.operations.everyone import python_for_all
from tests.operations.harness import (
    REPOSITORY,
    Service,
    command,
    command_line,
    free_port,
    is_running,
    needs_root,
    run,
    serving,
    until,
)

EMPTY = b'{"events": []}'
CLEAN_STOP = "database system is shut down"


def post(service: Service, run_id: str) -> requests.Response:
    event = {
        "run_id": run_id,
        "agent_name": "a",
        "event_type": "agent_start",
        "timestamp": "2026-11-22T10:00:00Z",
    }
    return requests.post(f"{service.url}/api/events", json={"events": [event]}, timeout=10)


def test_the_greeting_s_commands_work_as_they_stand(service: Service) -> None:
    lines = dict(re.findall(r"^  (try|read back) +(curl .*)$", service.output, re.MULTILINE))
    sent, read = (
        subprocess.run(lines[name], shell=True, capture_output=True, text=True, check=True).stdout  # noqa: S602 - pasted, as a newcomer does
        for name in ("try", "read back")
    )
    assert '"count":1' in sent.replace(" ", "")
    assert "agent_start" in read


def test_all_its_processes_together_stay_below_150_mb(service: Service) -> None:
    def pss_kb(pid: int) -> int:
        found = re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
        assert found
        return int(found[1])

    pids = [service.process.pid, service.gunicorn, *service.workers]
    one_more_worker = max(pss_kb(pid) for pid in service.workers)  # the default is two
    assert sum(map(pss_kb, pids)) + one_more_worker < 150_000


@contextmanager
def in_flight(service: Service) -> Iterator[socket.socket]:
    """A request whose first half has been sent; finish() sends the other."""
    with socket.create_connection(("127.0.0.1", service.port), 10) as slow:
        head = f"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EMPTY)}\r\n"
        slow.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + EMPTY[:5])
        # The worker has taken the connection once another one that came later is answered.
        assert service.is_healthy()
        yield slow


def finish(slow: socket.socket) -> bytes:
    slow.sendall(EMPTY[5:])
    return slow.recv(4096)


def test_sigterm_answers_what_is_in_flight_and_stops_postgresql_cleanly(made_dir: Path) -> None:
    with serving(made_dir, made_dir / "data") as service:
        service.ready()
        pids = [service.gunicorn, service.postmaster, *service.workers]
        with in_flight(service) as slow:
            service.signal(signal.SIGTERM)
            until(lambda: "stopping" in service.output, "it does not stop")
            assert finish(slow).startswith(b"HTTP/1.1 400 ")
        assert service.exit_code() == 0
        assert CLEAN_STOP in service.log.splitlines()[-1]
        assert not any(is_running(pid) for pid in pids)


def test_ctrl_c_in_a_terminal_even_twice_stops_it_all_in_order(made_dir: Path) -> None:
    terminal, inside = pty.openpty()
    arguments = {"stdin": inside, "preexec_fn": take_terminal}
    with serving(made_dir, made_dir / "data", arguments) as service:
        service.ready()
        pids = [service.gunicorn, service.postmaster, *service.workers]
        with in_flight(service) as slow:
            os.write(terminal, b"\x03")
            until(lambda: "stopping" in service.output, "it does not stop")
            os.write(terminal, b"\x03")
            assert finish(slow).startswith(b"HTTP/1.1 400 ")
        assert service.exit_code() == 0
        assert not any(is_running(pid) for pid in pids)
        assert "Traceback" not in service.output
        assert CLEAN_STOP in service.log.splitlines()[-1]
    os.close(terminal)
    os.close(inside)


def take_terminal() -> None:
    import fcntl  # noqa: PLC0415 - in the child alone
    import termios  # noqa: PLC0415

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_closed_terminal_stops_it_all(made_dir: Path) -> None:
    terminal, inside = pty.openpty()
    arguments = {"stdin": inside, "preexec_fn": take_terminal}
    with serving(made_dir, made_dir / "data", arguments) as service:
        service.ready()
        postmaster = service.postmaster
        os.close(inside)
        os.close(terminal)
        assert service.exit_code() == 0
        assert not is_running(postmaster)


def test_ctrl_c_during_the_first_start_leaves_nothing_running(open_dir: Path) -> None:
    with serving(open_dir, open_dir / "data") as service:
        until(lambda: service.postmaster, "PostgreSQL does not start")
        os.killpg(service.process.pid, signal.SIGINT)
        assert service.exit_code() in (0, 1)  # 1: the migration was hit as well
        assert "Traceback" not in service.output
        assert service.postmaster == 0
    with serving(open_dir, open_dir / "data") as service:
        service.ready()


def test_a_killed_service_leaves_the_port_free_and_postgresql_to_the_next(made_dir: Path) -> None:
    with serving(made_dir, made_dir / "data") as service:
        service.ready()
        postmaster, gunicorn = service.postmaster, service.gunicorn
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        service.process.kill()
        service.process.wait()
        with serving(made_dir, made_dir / "data", PORT=service.port) as successor:
            successor.ready()
            assert not is_running(gunicorn)
            assert successor.postmaster == postmaster
            found = requests.get(f"{successor.url}/api/agents", timeout=10).json()
            assert [agent["name"] for agent in found] == ["a"]
        assert not is_running(postmaster)


def test_a_killed_postgresql_is_started_again(made_dir: Path) -> None:
    with serving(made_dir, made_dir / "data") as service:
        service.ready()
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        killed, workers = service.postmaster, service.workers
        os.kill(killed, signal.SIGKILL)
        until(lambda: service.postmaster not in (0, killed), "not started again", 5)
        until(service.is_healthy, "not healthy again", 5)
        until(
            lambda: post(service, "10000000-0000-4000-8000-000000000002").status_code == 200,
            "it does not ingest again",
            5,
        )
        assert service.workers == workers


def test_a_killed_gunicorn_ends_the_service_with_its_code(made_dir: Path) -> None:
    with serving(made_dir, made_dir / "data") as service:
        service.ready()
        postmaster = service.postmaster
        os.kill(service.gunicorn, signal.SIGKILL)
        assert service.exit_code() == 128 + signal.SIGKILL
        assert not is_running(postmaster)


def test_a_second_start_on_the_same_directory_says_who_has_it(service: Service) -> None:
    second = run(service.data_dir.parent, "serve", DATA_DIR=service.data_dir, PORT=free_port())
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr == (
        f"gati-backend: {service.data_dir} is in use by process {service.process.pid} "
        "(python -m service serve)\n"
    )
    assert service.is_healthy()


def test_sighup_replaces_the_workers_and_loses_no_request(made_dir: Path) -> None:
    with serving(made_dir, made_dir / "data") as service:
        service.ready()
        before, gunicorn = service.workers, service.gunicorn
        failures: list[Exception] = []
        reloaded = threading.Event()

        def ask_on() -> None:
            while not reloaded.is_set():
                try:
                    requests.get(f"{service.url}/health", timeout=10).raise_for_status()
                except requests.RequestException as error:
                    failures.append(error)

        asking = threading.Thread(target=ask_on)
        asking.start()
        service.signal(signal.SIGHUP)
        until(lambda: service.workers and not service.workers & before, "the old workers stay")
        reloaded.set()
        asking.join()
        assert failures == []
        assert service.gunicorn == gunicorn


def test_a_port_in_use_is_one_line(
    made_dir: Path, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    program = (
        "import sys; from service import serve; serve.PORT_PATIENCE_SECONDS = 0.2; "
        "from service.__main__ import main; sys.exit(main(['serve']))"
    )
    arguments = {"args": [sys.executable, "-c", program]}
    with serving(made_dir, made_dir / "data", arguments, PORT=service.port) as second:
        assert second.exit_code() == 1
        assert second.output == (
            f"gati-backend: 127.0.0.1:{service.port} cannot be listened on: "
            "Address already in use\n"
        )


@needs_root
def test_a_user_who_is_not_root_needs_nothing_more(open_dir: Path) -> None:
    account = unprivileged()
    project, home = open_dir / "project", open_dir / "home"
    for name in ("service", "sql", "migrations"):
        shutil.copytree(REPOSITORY / name, project / name)
    shutil.copy(REPOSITORY / "gunicorn.conf.py", project)
    home.mkdir()
    os.chown(home, account.uid, account.gid)
    python, variables = python_for_all(open_dir)
    paths = [str(project), variables.get("PYTHONPATH", "")]
    arguments = {
        "args": [python, *command("serve")[1:]],
        "env": {**variables, "PYTHONPATH": os.pathsep.join(paths), "HOME": str(home)},
        "cwd": project,
        "user": account.uid,
        "group": account.gid,
        "extra_groups": [],
    }
    with serving(open_dir, home / "data", arguments) as service:
        service.ready()
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        assert Path(f"/proc/{service.postmaster}").stat().st_uid == account.uid
        service.signal(signal.SIGTERM)
        assert service.exit_code() == 0


@needs_root
def test_root_in_a_directory_that_only_root_may_enter(closed_dir: Path) -> None:
    with serving(closed_dir, closed_dir / "data") as service:
        service.ready()
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        assert Path(f"/proc/{service.postmaster}").stat().st_uid == unprivileged().uid


def test_with_a_database_url_it_becomes_gunicorn(open_dir: Path, empty_database_url: str) -> None:
    with serving(open_dir, open_dir / "data", DATABASE_URL=empty_database_url) as service:
        service.ready()
        until(service.is_healthy, "not healthy")
        assert "gunicorn" in command_line(service.process.pid)
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        assert not (open_dir / "data").exists()
        service.signal(signal.SIGTERM)
        assert service.exit_code() == 0


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(
    open_dir: Path,
) -> None:
    url = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/none"
    failed = run(open_dir, "migrate", "up", DATABASE_URL=url)
    assert failed.returncode == 1
    assert failed.stderr.startswith("gati-backend: the database cannot be reached: ")
    assert len(failed.stderr.splitlines()) == 1
    assert "hunter2" not in failed.stderr + failed.stdout


def test_the_embedded_server_outlives_no_command(open_dir: Path) -> None:
    assert run(open_dir, "migrate", "up", DATA_DIR=open_dir / "data").returncode == 0
    assert not EmbeddedServer(open_dir / "data").attach()
