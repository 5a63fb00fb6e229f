"""Clients without a key that hold connections, or fill the log; and whether others are answered."""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.deploy.proxy import DEPLOY, NGINX, nginx
from tests.hostile.attack import kill, single_worker
from tests.hostile.measure import livez_seconds
from tests.http.wire import get, head
from tests.service import Service

ATTACKER, OTHER = "127.0.0.3", "127.0.0.2"
HEAD = b"GET /api/agents HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODIES = (
    head("POST", "/api/events", Content_Type="application/json", Content_Length=9_000),
    head("POST", "/api/events", Content_Type="application/json", Content_Length=9_000_000),
    head("POST", "/api/events", Content_Type="application/json", Transfer_Encoding="chunked"),
)
ROUND_SECONDS = 2.0  # in which each connection sends a byte
WATCH_SECONDS, ANSWER_SECONDS = 20.0, 5.0
CLOSED_WITHIN_SECONDS = 15.0  # BODY_TIMEOUT_SECONDS is 10
FLOOD_SECONDS, FLOOD_LOG_BYTES, FLOOD_CONNECTIONS = 5.0, 2 * 1024 * 1024, 4
TEMPLATE = DEPLOY / "nginx" / "templates" / "backend.conf.template"


@dataclass
class Trial:
    """What was seen while connections dribbled."""

    row: int
    name: str
    wanted: int
    opened: int = 0
    asked: int = 0
    answered: int = 0
    slowest: float = 0.0
    first_closed: float | None = None  # seconds after which the first of them was closed

    @property
    def problems(self) -> list[str]:
        """Which limits were passed."""
        found = []
        if self.answered < self.asked or not self.asked:
            found.append(f"/livez answered {self.answered} of {self.asked} times")
        if self.first_closed is None or self.first_closed > CLOSED_WITHIN_SECONDS:
            found.append("what dribbles is not closed")
        return [f"{self.row} {self.name}: {problem}" for problem in found]

    def __str__(self) -> str:
        closed = "never" if self.first_closed is None else f"after {self.first_closed:.0f} s"
        return (
            f"{self.row:>3}  {self.name:28} {self.opened:>5} of {self.wanted:>5} opened; /livez "
            f"answered {self.answered} of {self.asked}, slowest {self.slowest:.2f} s; "
            f"first closed {closed}"
        )


class Dribblers:
    """Connections of one address that send a request byte by byte, opened again when closed."""

    def __init__(self, port: int, count: int, begun: Sequence[bytes]) -> None:
        self._port = port
        self._begun = cycle(begun)
        self._count = count
        self._sockets: list[socket.socket | None] = [None] * count
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.is_first_round_over = threading.Event()
        self.first_closed: float | None = None

    @property
    def opened(self) -> int:
        """How many there are."""
        return sum(sock is not None for sock in self._sockets)

    def __enter__(self) -> "Dribblers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for sock in self._sockets:
            if sock is not None:
                sock.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            for index, sock in enumerate(self._sockets):
                if self._stop.is_set():
                    return
                self._sockets[index] = self._continued(sock) if sock else self._connected()
            self.is_first_round_over.set()
            self._stop.wait(max(0.0, ROUND_SECONDS - (time.monotonic() - began)))

    def _connected(self) -> socket.socket | None:
        sock = socket.socket()
        try:
            sock.bind((ATTACKER, 0))
            sock.settimeout(0.05)
            sock.connect(("127.0.0.1", self._port))
            sock.send(next(self._begun))
            sock.setblocking(False)
        except OSError:
            sock.close()
            return None
        return sock

    def _continued(self, sock: socket.socket) -> socket.socket | None:
        """Send one byte more; None where the other side has closed it."""
        with suppress(BlockingIOError):
            try:
                if sock.recv(4096) == b"":
                    raise ConnectionResetError
            except BlockingIOError:
                sock.send(b"x")
            except OSError:
                if self.first_closed is None:
                    self.first_closed = time.monotonic() - self._began
                sock.close()
                return None
        return sock


def hold_open(row: int, name: str, port: int, count: int, begun: Sequence[bytes]) -> Trial:
    """Open so many connections, and ask /livez from another address for a while."""
    trial = Trial(row, name, count)
    with Dribblers(port, count, begun) as dribblers:
        dribblers.is_first_round_over.wait(WATCH_SECONDS)
        trial.opened = dribblers.opened
        until = time.monotonic() + WATCH_SECONDS
        while time.monotonic() < until:
            took = livez_seconds(port, ANSWER_SECONDS, OTHER)
            trial.asked += 1
            trial.answered += took < ANSWER_SECONDS
            trial.slowest = max(trial.slowest, min(took, ANSWER_SECONDS))
            time.sleep(0.2)
        trial.first_closed = dribblers.first_closed
    return trial


@contextmanager
def standing(url: str, directory: Path, front: str, **settings: object) -> Iterator[int]:
    """The service, alone or behind the shipped nginx, for a block; its port."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=directory)))
        place.chmod(0o755)
        service = stack.enter_context(single_worker(url, place, **{"WORKERS": 2, **settings}))
        if front == "nginx":
            behind = {"BACKEND": f"127.0.0.1:{service.port}", "BODY_LIMIT_MB": "65"}
            (place / "nginx").mkdir()
            yield stack.enter_context(nginx(TEMPLATE, place / "nginx", **behind)).port
        else:
            yield service.port
        kill(service)  # with thousands of connections open, an orderly end takes half a minute


TRIALS = (
    (66, "gthread, alone", "", 150, {"WORKER_CLASS": "gthread"}),
    (66, "gthread behind nginx", "nginx", 150, {"WORKER_CLASS": "gthread"}),
    (66, "gthread alone, bodies", "", 200, {"WORKER_CLASS": "gthread"}),
    (67, "gevent, alone", "", 4200, {"WORKER_CLASS": "gevent"}),
    (67, "gevent, few connections", "", 150, {"WORKER_CLASS": "gevent"}),
    (68, "gevent behind nginx", "nginx", 2048, {"WORKER_CLASS": "gevent"}),
)


def run(url: str, directory: Path, rows: Sequence[int] | None) -> list[str]:
    """Run each trial, then flood the log; return which limits were passed."""
    problems = []
    for row, name, front, count, settings in TRIALS:
        if (rows and row not in rows) or (front == "nginx" and NGINX is None):
            continue
        begun = BODIES if "bodies" in name else [HEAD]
        with standing(url, directory, front, **settings) as port:
            trial = hold_open(row, name, port, count, begun)
        print(trial, flush=True)
        problems += trial.problems
    if not rows or 69 in rows:
        problems += flood(url, directory)
    return problems


def flood(url: str, directory: Path) -> list[str]:
    """Row 69: requests without a key, whose paths are long; how much log they make."""
    with tempfile.TemporaryDirectory(dir=directory) as name, single_worker(url, Path(name)) as one:
        create(url, f"flood {time.time_ns()}", Scope.READ, days=None)
        one.wait_until_healthy()
        time.sleep(6)  # until the worker has read the keys
        before = log_bytes(one)
        senders = [threading.Thread(target=pipeline, args=(one,)) for _ in range(FLOOD_CONNECTIONS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        written = log_bytes(one) - before
    print(f" 69  401s with long paths: {written / 2**20:.1f} MB of log in {FLOOD_SECONDS:.0f} s")
    limit = FLOOD_LOG_BYTES
    return [f"69 {written:,} bytes of log; the limit is {limit:,}"] if written > limit else []


def log_bytes(service: Service) -> int:
    """How long the log is."""
    return len(service.output)


def pipeline(service: Service) -> None:
    """Send requests one behind the other, and throw the answers away."""
    request = get("/api/agents/" + "x" * 8000) * 8
    until = time.monotonic() + FLOOD_SECONDS
    address = ("127.0.0.1", service.port)
    with suppress(OSError), socket.create_connection(address, ANSWER_SECONDS) as sock:
        while time.monotonic() < until:
            sock.sendall(request)
            sock.recv(1 << 20)
