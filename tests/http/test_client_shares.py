"""One key cannot take all streams, exports or reads of a worker: the next key gets its own."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial

import psycopg
import pytest
import requests
from falcon import testing

from service.api.policy import SLOTS, Share
from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.core.client_share import share_of
from tests.events import event, new_id
from tests.hostile.answers import COPY_EVENTS
from tests.http.wire import batch, get
from tests.openapi import close
from tests.processes.harness import until
from tests.processes.workers import WORKER_CLASSES
from tests.resources.test_openapi import assert_described
from tests.service import ANSWER_SECONDS, Service, serving
from tests.telemetry.scraped import Scrape

STREAMS = {
    Share.STREAMS: "/api/events/stream",
    Share.EXPORTS: "/api/export/events.ndjson",
}
LARGE_EVENTS = 64  # of 1 MB: more than any buffer holds
HOLD_EVENTS = "LOCK TABLE events IN ACCESS EXCLUSIVE MODE"
SEARCHES = 16


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own, whose requests have no key."""


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def service(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """One worker with two connections for reads."""
    settings = {"WORKER_CLASS": request.param, "WORKERS": 1, "DATABASE_POOL_SIZE": 5}
    directory = tmp_path_factory.mktemp("shares")
    with serving(service_database_url, directory, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def keys(service: Service) -> list[dict[str, str]]:
    """The headers of two keys that read; a large run is stored."""
    run_id = new_id()
    sender, *readers = (
        {"Authorization": f"Bearer {create(service.database_url, new_id(), scope, days=None)}"}
        for scope in (Scope.INGEST, Scope.READ, Scope.READ)
    )
    until(lambda: ask(service, "/api/agents", {}).status_code == 401, "the keys are not known")
    body = batch(event(run_id, data={"text": "x" * 1_000_000}))
    assert service.post(body, **sender).status_code == 200
    with psycopg.connect(service.database_url) as conn:
        conn.execute(COPY_EVENTS, [LARGE_EVENTS - 1, run_id])
    return readers


def ask(service: Service, path: str, headers: dict[str, str]) -> requests.Response:
    """GET a path."""
    return requests.get(service.url + path, headers=headers, timeout=ANSWER_SECONDS)


def as_result(answer: requests.Response) -> testing.Result:
    """An answer as the test client has it."""
    status = f"{answer.status_code} {answer.reason}"
    return testing.Result([answer.content], status, list(answer.headers.items()))


def begin(service: Service, stack: ExitStack, path: str, headers: dict[str, str]) -> int:
    """The status of an answer that is not read, and stays open until the stack ends."""
    sock = stack.enter_context(closing(socket.socket()))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(ANSWER_SECONDS)
    sock.connect(("127.0.0.1", service.port))
    sock.sendall(get(path, **headers))
    return int(sock.recv(64).split()[1])


def refusals(service: Service, headers: dict[str, str], kind: Share) -> float:
    """How many requests of this kind were refused."""
    figures = Scrape(ask(service, "/metrics", headers).text)
    return figures.total("gati_share_refusals_total", kind=kind)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_key_has_its_share_of_streams_until_its_clients_leave(
    service: Service, keys: list[dict[str, str]], kind: Share
) -> None:
    path, share = STREAMS[kind], share_of(SLOTS[kind])
    one, other = keys
    document = close(dict(ask(service, "/openapi.json", {}).json()))
    before = refusals(service, other, kind)
    for _ in range(2):  # the second time with what the clients of the first have left
        with ExitStack() as stack:
            begun = [begin(service, stack, path, one) for _ in range(share + 1)]
            assert begun == [200] * share + [429]
            refused = ask(service, path, one)
            assert_described(document, path.removeprefix("/api"), "get", as_result(refused))
            assert begin(service, stack, path, other) == 200
        until(lambda: running(service, other, kind) == 0, "who has left holds a slot")
    assert (refused.json()["code"], refused.json()["limit"]) == ("concurrency_limited", share)
    assert refused.headers["Retry-After"] == "1"
    assert f"{share} {kind}" in refused.json()["description"]
    assert refusals(service, other, kind) >= before + 4


def running(service: Service, headers: dict[str, str], kind: Share) -> float:
    """How many streams of a kind run."""
    figures = Scrape(ask(service, "/metrics", headers).text)
    return figures.total("gati_streamed_answers", kind=kind)


def test_slow_reads_of_a_key_leave_connections_to_another(
    service: Service, keys: list[dict[str, str]]
) -> None:
    """Each search waits for a lock, and holds its connection until lock_timeout has passed."""
    one, other = keys
    document = close(dict(ask(service, "/openapi.json", {}).json()))
    search = partial(ask, service, "/api/events?q=there-is-none", one)
    with ThreadPoolExecutor(SEARCHES) as pool, psycopg.connect(service.database_url) as locker:
        locker.execute(HOLD_EVENTS)
        searches = [pool.submit(search) for _ in range(SEARCHES)]
        answers = []
        while not all(search.done() for search in searches):
            answers.append(ask(service, "/api/agents", other).status_code)
        refused = [found for found in (s.result() for s in searches) if found.status_code == 429]
    assert set(answers) == {200}
    assert refused
    assert {answer.json()["code"] for answer in refused} == {"concurrency_limited"}
    assert_described(document, "/events", "get", as_result(refused[0]))
    assert refusals(service, other, Share.READS) >= len(refused)
    assert ask(service, "/api/events?q=there-is-none", one).status_code == 200
