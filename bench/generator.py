"""The load generator's process: many clients over sockets, in one thread.

Requests are bytes made beforehand, answers are read just far enough, so that the generator takes
little of the machine it measures. It reads a Job and its requests from standard input, and writes
a Result.
"""

import pickle
import selectors
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import BinaryIO

from bench.load import Job, Result

REFUSED = frozenset({429, 503})  # not now: it is sent again
BROKEN = 0  # instead of a status
PART_BYTES = 262_144
HUNG_SECONDS = 60.0  # twice what the service itself waits before it refuses
COUNT = b'"count":'
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Schedule:
    """Which request is due when: at a rate, or as soon as a client is free."""

    def __init__(self, job: Job, requests: deque[bytes]) -> None:
        self._waiting = requests
        self._interval_seconds = 1 / job.per_second if job.per_second else 0.0
        self._due = time.perf_counter()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def is_timed(self) -> bool:
        """Whether requests are due on a clock."""
        return self._interval_seconds > 0

    def take(self, now: float) -> tuple[bytes, float] | None:
        """The next request and the moment it was due, or None before that moment."""
        if not self._interval_seconds:
            return self._waiting.popleft(), now
        if now < self._due:
            return None
        due, self._due = self._due, self._due + self._interval_seconds
        return self._waiting.popleft(), due

    def seconds_left(self, now: float) -> float:
        """How long until the next request is due."""
        return max(0.0, self._due - now)

    def refused(self, request: bytes) -> None:
        """In a closed loop a refused request is sent again: every event is to be stored."""
        if not self._interval_seconds:
            self._waiting.append(request)


class Client:
    """One connection: sends a request, reads the answer."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.request = b""
        self.due = 0.0  # from when its latency counts
        self.sent = 0.0  # when it was begun to send
        self.status = 0
        self.closes = False  # the service closes the connection behind this answer
        self._unsent = memoryview(b"")
        self._counts = False  # the answer to a batch is short, and read whole for its count
        self._answer = b""
        self._missing: int | None = None  # bytes of the body, once the head is whole

    def start(self, request: bytes, due: float) -> bool:
        """Begin to send; whether all is sent."""
        self.request, self.due, self.sent = request, due, time.perf_counter()
        self._unsent = memoryview(request)
        self._counts, self._answer, self._missing = request.startswith(b"POST"), b"", None
        return self.send()

    def send(self) -> bool:
        """Send on; whether all is sent."""
        while self._unsent and self.socket:
            try:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
            except BlockingIOError:
                return False
            except (BrokenPipeError, ConnectionResetError):
                self._unsent = memoryview(b"")  # refused unread: the answer may be there
        return True

    def receive(self) -> bool:
        """Read on; whether the answer is whole."""
        part = self.socket.recv(PART_BYTES) if self.socket else b""
        if not part:
            raise ConnectionError("the service closed a connection")
        if self._missing is None:
            self._answer += part
            return self._read_head()
        self._missing -= len(part)
        if self._counts:
            self._answer += part
        return self._missing <= 0

    def _read_head(self) -> bool:
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return False
        fields = head.lower()
        length = int(fields.partition(b"content-length:")[2].partition(b"\r\n")[0])
        self.status, self.closes = int(head[9:12]), b"connection: close" in fields
        self._missing = length - len(body)
        return self._missing <= 0

    @property
    def acknowledged(self) -> int:
        """The events that the answer, once whole, acknowledges; 0 for what is not a batch."""
        digits = self._answer.partition(COUNT)[2].lstrip().partition(b",")[0]
        return int(digits) if self._counts and digits.isdigit() else 0


class Loop:
    """Every client of a job, until all of its requests are answered."""

    def __init__(self, job: Job, requests: deque[bytes]) -> None:
        self._address = job.host, job.port
        self._schedule = Schedule(job, requests)
        self._idle = deque(Client() for _ in range(min(job.clients, len(requests))))
        self._busy = 0
        self._selector = selectors.DefaultSelector()
        self.result = Result()

    def run(self) -> Result:
        """Send everything; return what was seen."""
        began, cpu_began = time.perf_counter(), time.process_time()
        while self._schedule or self._busy:
            self._start_due()
            waits = self._idle and self._schedule
            timeout = self._schedule.seconds_left(time.perf_counter()) if waits else HUNG_SECONDS
            found = self._selector.select(timeout)
            if not (found or waits):
                raise TimeoutError(f"no answer for {HUNG_SECONDS:.0f} s")
            for key, ready in found:
                self._go_on(key.data, ready)
        self.result.seconds = time.perf_counter() - began
        self.result.cpu_seconds = time.process_time() - cpu_began
        return self.result

    def _start_due(self) -> None:
        while self._idle and self._schedule:
            due = self._schedule.take(time.perf_counter())
            if due is None:
                return
            client = self._idle.popleft()  # by turns: the service closes what is idle for long
            if client.socket is None:
                self._connect(client)
            self._busy += 1
            if not client.start(*due):
                self._selector.modify(client.socket, READ | WRITE, client)  # type: ignore[arg-type]

    def _connect(self, client: Client) -> None:
        client.socket = socket.create_connection(self._address)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.socket.setblocking(False)
        self._selector.register(client.socket, READ, client)

    def _go_on(self, client: Client, ready: int) -> None:
        if ready & WRITE and client.send():
            self._selector.modify(client.socket, READ, client)  # type: ignore[arg-type]
        if ready & READ:
            try:
                whole = client.receive()
            except ConnectionError:
                if not self._schedule.is_timed:
                    raise
                client.status, client.closes, whole = BROKEN, True, True
            if whole:
                self._answered(client)

    def _answered(self, client: Client) -> None:
        self.result.statuses[client.status] += 1
        self.result.acknowledged += client.acknowledged
        now = time.perf_counter()
        if client.status in REFUSED:
            self._schedule.refused(client.request)
            self.result.refusals.append(now - client.sent)
        elif client.status != BROKEN:
            self.result.latencies.append(now - client.due)
        if client.closes and client.socket:
            self._selector.unregister(client.socket)
            client.socket.close()
            client.socket = None
        self._busy -= 1
        self._idle.append(client)


def read_requests(source: BinaryIO) -> deque[bytes]:
    """Every request that follows the job."""
    requests: deque[bytes] = deque()
    with suppress(EOFError):
        while True:
            requests.append(pickle.load(source))  # noqa: S301 -- of the bench's own process
    return requests


if __name__ == "__main__":
    job = pickle.load(sys.stdin.buffer)  # noqa: S301 -- of the bench's own process
    found = Loop(job, read_requests(sys.stdin.buffer)).run()
    pickle.dump(found, sys.stdout.buffer)
