"""A closed loop of clients over keep-alive connections, in one process and one thread.

Each client sends its next request when the last is answered. Requests are bytes made beforehand,
answers are read just far enough, so that the generator takes little of the machine it measures.
"""

import selectors
import socket
import time
from collections import Counter, deque
from dataclasses import dataclass, field


@dataclass
class Result:
    """What the clients saw. `latencies` in seconds, one per request answered 200."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that `share` (0 to 1) of the requests stayed below."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Client:
    """One connection: sends a request, reads the answer."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.started = 0.0
        self._unsent = memoryview(b"")
        self._answer = b""

    def start(self, request: bytes) -> None:
        """Begin to send."""
        self.started = time.perf_counter()
        self._unsent = memoryview(request)
        self._answer = b""
        self.send()

    def send(self) -> bool:
        """Send on; whether all is sent."""
        while self._unsent:
            try:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
            except BlockingIOError:
                return False
        return True

    def receive(self) -> int | None:
        """Read on; the status once the answer is whole."""
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("the service closed a connection")
        self._answer += part
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]) if len(body) >= length else None


def post(path: str, body: bytes, host: str) -> bytes:
    """The bytes of a POST request."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str, host: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def closed_loop(host: str, port: int, requests: list[bytes], clients: int) -> Result:
    """Send every request once, `clients` at a time; a refused one (503) is sent again."""
    waiting = deque(requests)
    result = Result()
    started, cpu_started = time.perf_counter(), time.process_time()
    with selectors.DefaultSelector() as selector:
        open_requests: dict[Client, bytes] = {}
        for _ in range(min(clients, len(requests))):
            client = Client(host, port)
            selector.register(client.socket, selectors.EVENT_READ, client)
            begin(selector, client, waiting, open_requests)
        while open_requests:
            for key, events in selector.select():
                client = key.data
                if events & selectors.EVENT_WRITE and client.send():
                    selector.modify(client.socket, selectors.EVENT_READ, client)
                if not events & selectors.EVENT_READ or (status := client.receive()) is None:
                    continue
                result.statuses[status] += 1
                request = open_requests.pop(client)
                if status == 503:
                    waiting.append(request)
                else:
                    result.latencies.append(time.perf_counter() - client.started)
                if waiting:
                    begin(selector, client, waiting, open_requests)
                else:
                    selector.unregister(client.socket)
                    client.socket.close()
    result.seconds = time.perf_counter() - started
    result.cpu_seconds = time.process_time() - cpu_started
    return result


def begin(
    selector: selectors.BaseSelector,
    client: Client,
    waiting: "deque[bytes]",
    open_requests: dict[Client, bytes],
) -> None:
    """Let a client send the next request."""
    request = open_requests[client] = waiting.popleft()
    client.start(request)
    if not client.send():
        selector.modify(client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
