"""The load generator, against a small HTTP server of the test's own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import Result, closed_loop, get, host_of, offered, post

ANSWER = b'{"status":"success","count":7,"inserted":7}'
REFUSALS = {"/busy": 503, "/full": 429}  # of the first request


class Handler(BaseHTTPRequestHandler):
    """Refuses each path's first request to /busy, and answers all others."""

    protocol_version = "HTTP/1.1"
    seen: list[str]
    connections: set[tuple[str, int]]

    def do_GET(self) -> None:
        self.answer(200, b"[]")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        first = self.path not in self.seen
        self.seen.append(self.path)
        self.answer(REFUSALS.get(self.path, 200) if first else 200, ANSWER)

    def answer(self, status: int, body: bytes) -> None:
        """Head and body apart, as servers send them."""
        self.connections.add(self.client_address)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.headers["Connection"] == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.seen, Handler.connections = [], set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_closed_loop_sends_everything_over_as_many_connections(url: str) -> None:
    result = closed_loop(url, [get("/", host_of(url))] * 40, clients=4)
    assert result.statuses == {200: 40}
    assert len(result.latencies) == 40
    assert len(Handler.connections) == 4
    assert result.cpu_seconds > 0
    assert result.acknowledged == 0


def test_without_keep_alive_each_request_has_its_own_connection(url: str) -> None:
    result = closed_loop(url, [get("/", host_of(url))] * 9, clients=2, keep_alive=False)
    assert result.statuses == {200: 9}
    assert len(Handler.connections) == 9


@pytest.mark.parametrize(("path", "status"), REFUSALS.items())
def test_a_closed_loop_sends_what_was_refused_again(url: str, path: str, status: int) -> None:
    result = closed_loop(url, [post(path, b"{}", host_of(url))], clients=1)
    assert result.statuses == {status: 1, 200: 1}
    assert (len(result.latencies), len(result.refusals)) == (1, 1)


def test_acknowledged_events_are_counted_by_the_answers(url: str) -> None:
    result = closed_loop(url, [post("/", b"{}", host_of(url))] * 3, clients=2)
    assert result.acknowledged == 21


def test_offered_requests_that_are_refused_are_not_sent_again(url: str) -> None:
    requests = (post(path, b"{}", host_of(url)) for path in ("/busy", "/busy", "/"))
    result = offered(url, requests, per_second=1_000, clients=1)
    assert result.statuses == {503: 1, 200: 2}


def test_offered_requests_are_spread_over_the_time(url: str) -> None:
    result = offered(url, [get("/", host_of(url))] * 20, per_second=100, clients=4)
    assert result.statuses == {200: 20}
    assert result.seconds >= 0.19  # the last one is due then: a clock that ran ahead would be wrong


def test_percentiles_are_in_milliseconds() -> None:
    result = Result(latencies=[number / 1000 for number in range(100, 0, -1)])
    assert result.percentile(0.0) == 1.0
    assert result.percentile(0.5) == 51.0
    assert result.percentile(0.99) == 100.0
    assert result.percentile(1.0) == 100.0
    assert Result().percentile(0.5) == 0.0
