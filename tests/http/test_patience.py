"""Waiting for a client has an end: on sockets of both kinds, and for the threads of gthread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import gevent.socket
import pytest

from service.core.socket_deadline import MinimumRate, MinimumRateSocket, SlowClientTimeout
from service.server.gevent_worker import GeventSocket
from tests.events import event, new_id
from tests.http.raw.case import post
from tests.http.wire import batch, get
from tests.processes.workers import WORKER_CLASSES
from tests.service import ANSWER_SECONDS, Service, serving

LONG = b"x" * 20_000_000  # more than the sockets on both sides take in
Pair = tuple[MinimumRate, socket.socket]


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own: there is not always a service."""


@pytest.fixture(params=[MinimumRateSocket, GeventSocket])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A socket of the service's, with 0.2 s of patience, and its client's."""
    ours, theirs = socket.socketpair()
    patient = request.param(ours.family, ours.type, ours.proto, fileno=ours.detach())
    patient.limit(0.2)
    with theirs:
        yield patient, theirs
    patient.close()


def test_a_client_that_sends_nothing_is_given_up(pair: Pair) -> None:
    patient, theirs = pair
    theirs.sendall(b"one")
    assert patient.recv(10) == b"one"
    with pytest.raises(SlowClientTimeout):
        patient.recv(10)


def test_a_head_is_whole_within_its_time_of_the_first_byte(pair: Pair) -> None:
    patient, theirs = pair
    patient.limit_head(0.2)
    patient.settimeout(0.5)
    with pytest.raises(TimeoutError) as raised:
        patient.recv(10)  # as long as nothing has come, the time does not run
    assert not isinstance(raised.value, SlowClientTimeout)
    patient.settimeout(None)
    with sending(theirs, LONG[:1000]), pytest.raises(SlowClientTimeout):
        drain(patient)  # so many bytes would be enough for a body


def drain(patient: MinimumRate) -> None:
    """Receive for as long as something comes."""
    while patient.recv(1000):
        pass


@contextmanager
def sending(theirs: socket.socket, piece: bytes) -> Iterator[None]:
    """Send a piece every 10 ms, for a block."""
    over = threading.Event()

    def dribble() -> None:
        while not over.wait(0.01):
            theirs.sendall(piece)

    sender = threading.Thread(target=dribble)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def test_a_client_that_dribbles_is_given_up(pair: Pair) -> None:
    patient, theirs = pair
    with sending(theirs, b"x"), pytest.raises(SlowClientTimeout):
        drain(patient)


def test_a_client_that_takes_nothing_is_given_up(pair: Pair) -> None:
    with pytest.raises(SlowClientTimeout):
        pair[0].sendall(LONG)


def test_a_client_that_takes_everything_gets_everything(pair: Pair) -> None:
    patient, theirs = pair
    taken: list[int] = []

    def take() -> None:
        while data := theirs.recv(1_000_000):
            taken.append(len(data))

    taker = threading.Thread(target=take)
    taker.start()
    patient.sendall(LONG)
    patient.shutdown(socket.SHUT_WR)
    taker.join()
    assert sum(taken) == len(LONG)


def test_without_a_limit_it_is_a_socket_like_any_other(pair: Pair) -> None:
    patient, _ = pair
    patient.limit(None)
    patient.settimeout(0.05)
    with pytest.raises(TimeoutError) as raised:
        patient.recv(10)
    assert not isinstance(raised.value, SlowClientTimeout)


def test_it_stands_on_gevent_s_own_socket() -> None:
    assert issubclass(GeventSocket, gevent.socket.socket)


def big_run(service: Service) -> bytes:
    """A request whose answer is 11 MB."""
    run_id = new_id()
    for _ in range(12):
        stored = service.post(batch(event(run_id, data={"output": "x" * 900_000})))
        assert stored.status_code == 200, stored.text
    return get(f"/api/runs/{run_id}/timeline")


@pytest.mark.slow
def test_the_only_thread_comes_back_from_every_kind_of_slow_client(
    service_database_url: str, tmp_path: Path
) -> None:
    chosen: dict[str, Any] = {
        "WORKER_CLASS": "gthread",
        "WORKERS": 1,
        "THREADS": 1,
        "BODY_TIMEOUT_SECONDS": 1,
    }
    with serving(service_database_url, tmp_path, **chosen) as service, ExitStack() as stack:
        slow = [
            b"",
            b"GET /health HTTP/1.1\r\nHo",
            post(b"{}", b"Content-Length: 9"),
            post(b"5\r\n", b"Transfer-Encoding: chunked"),
            big_run(service),
        ]
        for sent in slow:
            stack.enter_context(opened(service, sent))
            assert service.get("/health").status_code == 200


PART = b"GET /health HTTP/1.1\r\nHo"


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_a_head_that_is_never_whole_is_given_up_and_holds_up_no_one(
    service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    """One head is the first of its connection; one is pipelined behind a whole request."""
    chosen: dict[str, Any] = {"WORKER_CLASS": worker_class, "WORKERS": 1, "THREADS": 1}
    with (
        serving(service_database_url, tmp_path, BODY_TIMEOUT_SECONDS=3, **chosen) as service,
        ExitStack() as stack,
    ):
        slow = [stack.enter_context(opened(service, sent)) for sent in (PART, get("/livez") + PART)]
        assert service.get("/health").status_code == 200
        for connection in slow:
            while connection.recv(4096):  # raises TimeoutError where the service never closes it
                pass


@contextmanager
def pipelining(service: Service, requests: bytes) -> Iterator[None]:
    """Send requests and take the answers for a block, never waiting for one."""
    over = threading.Event()

    def send(connection: socket.socket) -> None:
        with suppress(OSError):  # closed below
            while not over.is_set():
                connection.sendall(requests)

    def take(connection: socket.socket) -> None:
        with suppress(OSError):
            while connection.recv(1_000_000):
                pass

    with opened(service, b"") as connection:
        threads = [threading.Thread(target=act, args=(connection,)) for act in (send, take)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_a_connection_that_never_stops_asking_holds_up_no_one(
    service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    chosen: dict[str, Any] = {"WORKER_CLASS": worker_class, "WORKERS": 1}
    with serving(service_database_url, tmp_path, **chosen) as service, ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(pipelining(service, get("/livez") * 1_000))
        for _ in range(20):  # each times out where the worker is not given up
            assert service.get("/livez").status_code == 200


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_clients_that_stay_after_their_last_answer_hold_up_no_one(
    service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    """With a thread for each of them, for 2 s, the next client would wait for 80 s."""
    chosen: dict[str, Any] = {"WORKER_CLASS": worker_class, "WORKERS": 1, "THREADS": 1}
    with serving(service_database_url, tmp_path, **chosen) as service, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(opened(service, b"nonsense\r\n\r\n"))
            stack.enter_context(opened(service, get("/livez", Connection="close")))
        assert service.get("/health").status_code == 200


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_an_address_that_opens_too_many_connections_loses_its_oldest(
    service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    """The worker takes 200 connections in place of 2,000, and gevent 100 of them."""
    with (
        serving(
            service_database_url,
            tmp_path,
            WORKER_CLASS=worker_class,
            WORKERS=1,
            GUNICORN_CMD_ARGS="--worker-connections=200",
        ) as service,
        ExitStack() as stack,
    ):
        ours = stack.enter_context(opened(service, b"", "127.0.0.2"))
        theirs = [stack.enter_context(opened(service, PART, "127.0.0.3")) for _ in range(240)]
        ours.sendall(get("/livez"))
        assert ours.recv(4096).startswith(b"HTTP/1.1 200")
        for connection in theirs[:120]:
            with suppress(ConnectionResetError):
                assert connection.recv(10) == b""
        theirs[-1].sendall(b"st: 127.0.0.1\r\n\r\n")
        assert theirs[-1].recv(4096).startswith(b"HTTP/1.1 200")
        assert "Too many connections from ip=127.0.0.3" in service.output


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_240_clients_that_idle_or_are_slow_hold_up_no_one(
    service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    """Under gthread 40 threads are held, for longer than is waited here, and four are left.

    The bodies that were only announced come to ten times of what the worker holds of bodies.
    """
    chosen: dict[str, Any] = {"WORKER_CLASS": worker_class, "WORKERS": 1, "THREADS": 44}
    with (
        serving(
            service_database_url, tmp_path, BODY_TIMEOUT_SECONDS=60, MAX_IN_FLIGHT_MB=1, **chosen
        ) as service,
        ExitStack() as stack,
    ):
        unread = big_run(service)
        for sent in [post(b"{}", b"Content-Length: 500000")] * 20 + [unread] * 20 + [b""] * 200:
            stack.enter_context(opened(service, sent))
        for _ in range(20):
            assert service.post(batch(event(new_id()))).status_code == 200
            assert service.get("/api/agents").status_code == 200
        stack.close()  # else the service would wait for them to end


def opened(service: Service, sent: bytes, source: str = "127.0.0.1") -> socket.socket:
    """A connection on which this was sent, and nothing is read."""
    target = ("127.0.0.1", service.port)
    connection = socket.create_connection(target, ANSWER_SECONDS, (source, 0))
    connection.sendall(sent)
    return connection
