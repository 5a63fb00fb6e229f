"""Plays cases over sockets, all at once, and tells what came back and how the service was then."""

import socket
import struct
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.http.raw.case import CLOSED, Act, Case, get

HANG_SECONDS = 30.0
HTTP_0_9 = 9  # in the place of a status: an answer without a head
PAUSE_SECONDS = 0.02
AT_ONCE = 24
PROBE = get(b"/api/probe", b"Connection: close")  # answered 404, in step with what came before
LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass
class Answer:
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Outcome:
    """What a case came to."""

    answers: list[Answer] = field(default_factory=list)
    closed: bool = False  # by the service, or by our having reset it
    next_status: int = 0  # of a plain GET on a new connection afterwards
    workers: set[int] = field(default_factory=set)
    seconds: float = 0.0  # for whoever looks into a failure


Workers = Callable[[], set[int]]


def play_all(port: int, cases: Iterable[Case], workers: Workers) -> dict[str, Outcome]:
    """Play every case, many at a time."""
    listed = list(cases)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda one: play(port, one, workers), listed)
        return {one.name: outcome for one, outcome in zip(listed, outcomes, strict=True)}


def play(port: int, one: Case, workers: Workers) -> Outcome:
    """Play one case, then ask as the next client would."""
    outcome = Outcome()
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), HANG_SECONDS) as sock:
        perform(sock, one, outcome)
    outcome.seconds = time.monotonic() - began
    outcome.next_status = requests.get(
        f"http://127.0.0.1:{port}/health", timeout=HANG_SECONDS
    ).status_code
    outcome.workers = workers()
    return outcome


def perform(sock: socket.socket, one: Case, outcome: Outcome) -> None:
    """Send what the case sends, and read until the service closes."""
    for step in (*one.steps, *([] if one.kept is CLOSED else [PROBE])):
        # A service that has refused a request may have closed while more was being sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            act(sock, step)
    if Act.RESET in one.steps:
        outcome.closed = True
        return
    with sock.makefile("rb") as file, suppress(TimeoutError):
        with suppress(ConnectionResetError):
            while answer := read(file):
                if answer.status >= 200:  # 100 says no more than: go on
                    outcome.answers.append(answer)
        outcome.closed = True


def act(sock: socket.socket, step: bytes | Act) -> None:
    """Do one step."""
    if isinstance(step, bytes):
        sock.sendall(step)
    elif step is Act.PAUSE:
        time.sleep(PAUSE_SECONDS)
    elif step is Act.HALF_CLOSE:
        sock.shutdown(socket.SHUT_WR)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        sock.close()


def read(file: Any) -> Answer | None:
    """Read one answer; None at the end of the connection."""
    line = file.readline()
    if not line:
        return None
    if not line.startswith(b"HTTP/1."):
        return Answer(HTTP_0_9, {}, line + file.read())
    headers = {}
    while header := file.readline().strip():
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    return Answer(int(line.split()[1]), headers, body)
