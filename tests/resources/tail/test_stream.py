"""The live tail over HTTP: each event once, whatever breaks off; whatever ends frees its place."""

import http.client
import random
import secrets
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.api.policy import SLOTS, Share
from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.core.client_share import share_of
from tests.client import Client
from tests.events import event, new_id
from tests.http.wire import batch
from tests.openapi import close
from tests.processes.harness import until
from tests.processes.workers import WORKER_CLASSES
from tests.resources.tail.reading import reading
from tests.resources.test_openapi import assert_described
from tests.service import Service, serving

PATH = "/api/events/stream"
SHARE = share_of(SLOTS[Share.STREAMS])
WRITERS, BATCHES = 4, 25
HELD = """
INSERT INTO events
       (received_on, run_id, event_id, agent_name, event_type, timestamp, is_error, data)
SELECT received_on, run_id, %s, agent_name, 'step', now(), false, '{}' FROM runs WHERE run_id = %s
"""
KILL = """
SELECT pg_terminate_backend(pid)
  FROM pg_stat_activity
 WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def service(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A service of one worker, with each class that may stand alone on a port."""
    with serving(
        service_database_url,
        tmp_path_factory.mktemp("service"),
        WORKER_CLASS=request.param,
        WORKERS=1,
        STREAM_STALL_SECONDS=2,
    ) as running:
        yield running


def send(service: Service, *events: Any) -> list[str]:
    """Store events; return their ids."""
    assert service.post(batch(*events)).status_code == 200
    return [found["event_id"] for found in events]


def is_free(service: Service) -> bool:
    """Whether another stream could begin: one that is given up at once."""
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, 30)) as conn:
        conn.request("GET", PATH)
        return conn.getresponse().status == 200


def write(service: Service) -> list[str]:
    """Send batches, each beside a transaction that takes its number before and commits after."""
    sent = []
    rng = random.Random()
    for _ in range(BATCHES):
        run = new_id()
        sent += send(service, event(run))
        with psycopg.connect(service.database_url) as held:
            late = new_id()
            held.execute(HELD, (late, run))
            sent += send(service, *(event(run) for _ in range(rng.randint(1, 20))))
            if rng.random() < 0.2:
                held.rollback()
            else:
                sent.append(late)
    return sent


def test_each_event_comes_once_while_transactions_overlap_and_connections_break(
    service: Service,
) -> None:
    got: list[str] = []
    places: list[tuple[int, str, str]] = []
    rng = random.Random(7)
    with reading(service.port) as stream:
        last = stream.last_id
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, service) for _ in range(WRITERS)]
        last_sent = ""
        while not (last_sent and last_sent in got):
            if not last_sent and all(writer.done() for writer in writers):
                [last_sent] = send(service, event(new_id()))  # of the highest transaction
            with reading(service.port, last) as stream:
                messages = stream.messages()
                for _ in range(rng.randint(1, 60)):
                    message = next(messages)
                    if not message.data:  # a sign of life: all that was sent has come
                        break
                    got.append(message.data["event_id"])
                    xid, run, key = message.fields["id"].split("/")
                    places.append((int(xid), run, key))
                    if got[-1] == last_sent:
                        break
                last = stream.last_id
    assert len(got) == len(set(got))
    assert set(got) == {last_sent, *(found for writer in writers for found in writer.result())}
    assert places == sorted(places)


def test_an_event_is_as_every_other_answer_has_it_and_of_the_agent_that_is_asked_for(
    service: Service,
) -> None:
    run, own = new_id(), f"agent {new_id()}"
    with reading(service.port, agent=own) as stream, reading(service.port) as others:
        send(service, event(new_id(), agent_name="another"))
        send(
            service,
            event(run, "agent_start", agent_name=own),
            event(run, "llm", 1, agent_name="inside", data={"text": "a\n\nb\r: \u2028", "cost": 1}),
        )
        found = stream.take(2)
        assert len(others.take(3)) == 3
    timeline = service.ok(f"/api/runs/{run}/timeline")["events"]
    assert sorted(found, key=lambda e: str(e["timestamp"])) == timeline
    with reading(service.port, last_event_id=stream.last_id) as again:
        [late] = send(service, event(run, seconds=2))
        assert again.take(1)[0]["event_id"] == late


def test_a_client_has_its_share_and_one_more_is_refused_until_one_leaves(service: Service) -> None:
    with ExitStack() as streams:
        opened = [streams.enter_context(reading(service.port)) for _ in range(SHARE)]
        refused = service.get(PATH)
        assert (refused.status_code, refused.json()["code"]) == (429, "concurrency_limited")
        assert refused.headers["Retry-After"] == "1"
        assert service.ok("/api/agents") is not None
        [sent] = send(service, event(new_id()))
        assert [stream.take(1)[0]["event_id"] for stream in opened] == [sent] * SHARE
    until(lambda: is_free(service), "who has left holds a place")


def test_under_few_threads_some_are_left_for_others(
    service_database_url: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"WORKERS": 1, "WORKER_CLASS": "gthread", "THREADS": 3}
    with serving(service_database_url, tmp_path, **settings) as service:
        with reading(service.port):
            assert service.get(PATH).status_code == 429
            assert service.get("/api/export/runs.csv").status_code == 429
            assert service.get("/livez").status_code == 200
        until(lambda: service.get("/api/export/runs.csv").status_code == 200, "the place is taken")


def test_a_client_that_reads_nothing_is_given_up(service: Service) -> None:
    with ExitStack() as stack:
        for _ in range(SHARE):
            sock = stack.enter_context(closing(socket.socket()))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", service.port))
            sock.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert sock.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 429")
        assert not is_free(service)
        for _ in range(8):
            send(service, *(event(new_id(), data={"t": secrets.token_hex(450_000)}) for _ in "12"))
        until(lambda: is_free(service), "it is waited for")


def test_it_goes_on_after_postgresql_has_closed_every_connection(service: Service) -> None:
    with reading(service.port) as stream:
        with psycopg.connect(service.database_url, autocommit=True) as conn:
            conn.execute(KILL)
        sent = event(new_id())
        until(lambda: service.post(batch(sent)).status_code == 200, "nothing is stored")
        assert stream.take(1)[0]["event_id"] == sent["event_id"]


def test_a_place_of_another_history_begins_anew_and_says_so(service: Service) -> None:
    with reading(service.port, str(2**62)) as stream:
        pass
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, 30)) as conn:
        conn.request("GET", PATH, headers={"Last-Event-ID": str(2**62)})
        text = conn.getresponse().read1().decode()
    assert "event: reset\n" in text
    assert int(stream.last_id) < 2**62


def test_a_restart_ends_it_whole_and_loses_nothing(
    service_database_url: str, tmp_path: Path
) -> None:
    with serving(service_database_url, tmp_path, WORKERS=1) as first, reading(first.port) as stream:
        [before] = send(first, event(new_id()))
        assert stream.take(1)[0]["event_id"] == before
        first.process.terminate()
        assert list(stream.events()) == []  # the last chunk came: nothing was cut off
    with serving(service_database_url, tmp_path, WORKERS=1) as second:
        [sent] = send(second, event(new_id()))
        with reading(second.port, stream.last_id) as stream:
            assert stream.take(1)[0]["event_id"] == sent


def test_it_ends_for_whoever_is_no_longer_let_in(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path, WORKERS=1) as service, reading(service.port) as stream:
        create(database_url, "first", Scope.READ, None)  # from now on nobody without a key is
        assert list(stream.events()) == []


def test_what_cannot_be_streamed_is_an_error(database_url: str) -> None:
    with Client.of(database_url, WORKER_CLASS="meinheld") as client:
        document = close(dict(client.ok("/api/openapi.json")))
        answer = client.simulate_get(PATH)
        assert (answer.status_code, answer.json["code"]) == (501, "not_streamed")
        assert_described(document, "/events/stream", "get", answer)
    with Client.of(database_url) as client:
        for wrong in ({"last_event_id": "x"}, {"agent": ""}, {"since": "1"}):
            answer = client.simulate_get(PATH, params=wrong)
            assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter")
            assert_described(document, "/events/stream", "get", answer)
        answer = client.simulate_get(PATH, headers={"Last-Event-ID": "x"})
        assert answer.status_code == 400
        answer = client.simulate_head(PATH)
        assert (answer.status_code, answer.headers["X-Accel-Buffering"]) == (200, "no")
