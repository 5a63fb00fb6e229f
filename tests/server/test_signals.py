"""Signals and kills: what stops stops in order, what is killed comes back or makes room."""

import os
import pty
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.leaks import TRACEBACK
from tests.processes.harness import (
    Service,
    is_running,
    post,
    serving,
    until,
)

EMPTY = b'{"events": []}'
CLEAN_STOP = "database system is shut down"


@contextmanager
def in_flight(service: Service) -> Iterator[socket.socket]:
    """A request whose first half has been sent; finish() sends the other."""
    with socket.create_connection(("127.0.0.1", service.port), 10) as slow:
        head = f"POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(EMPTY)}\r\n"
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
        assert not TRACEBACK.search(service.output)
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
        assert not TRACEBACK.search(service.output)
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
