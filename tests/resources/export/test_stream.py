"""An export on the wire: cut short it never looks whole, and whatever ends it frees its place."""

import gzip
import json
import os
import signal
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from service.auth.key_admin import create, find_valid, revoke
from service.auth.key_format import KeyText
from service.auth.scopes import Scope
from tests.events import event, new_id
from tests.http.raw.case import post
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY, until
from tests.processes.workers import WORKER_CLASSES
from tests.resources.export.reading import keys, read_ndjson
from tests.resources.export.wire import EVENTS, FIRST_BYTES, PATH, begun, fill, rest_of, told
from tests.service import ANSWER_SECONDS, Service, serving
from tests.telemetry.scraped import Scrape

pytestmark = pytest.mark.any_postgres

ONE_WORKER: dict[str, Any] = {"WORKERS": 1}


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def worker_class(request: pytest.FixtureRequest) -> str:
    """Each that may stand alone on a port."""
    return str(request.param)


@pytest.fixture(scope="module")
def service(
    service_database_url: str, tmp_path_factory: pytest.TempPathFactory, worker_class: str
) -> Iterator[Service]:
    """A service with events of 20 MB, and one worker."""
    with serving(
        service_database_url,
        tmp_path_factory.mktemp("service"),
        WORKER_CLASS=worker_class,
        STREAM_STALL_SECONDS=2,
        **ONE_WORKER,
    ) as running:
        fill(running)
        yield running


def test_who_reads_to_the_end_has_all_of_it(service: Service) -> None:
    path = f"{PATH}?agent=agent"
    with begun(service.port, path) as answer:
        body, is_whole = rest_of(answer)
    assert is_whole
    assert len(read_ndjson(body.decode())) == EVENTS
    packed = service.get(path)  # requests takes gzip
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == body


def test_others_are_served_meanwhile_and_a_client_s_third_export_is_refused(
    service: Service,
) -> None:
    with begun(service.port), begun(service.port):
        refused = service.get("/api/export/runs.csv")
        assert (refused.status_code, refused.json()["code"]) == (429, "concurrency_limited")
        assert refused.headers["Retry-After"] == "1"
        assert service.ok("/api/agents")
        assert service.post(batch(event(new_id(), agent_name="x"))).status_code == 200
    until(lambda: service.get("/api/export/runs.csv").status_code == 200, "its place is taken")


def test_a_client_that_stands_still_is_given_up(service: Service) -> None:
    with begun(service.port) as answer, begun(service.port):
        assert service.get("/api/export/runs.csv").status_code == 429
        until(lambda: ended(service, "stalled") == 2, "it is waited for")
        assert service.get("/api/export/runs.csv").status_code == 200
        assert not rest_of(answer)[1]
    line = told(service)
    assert line["message"] == "export aborted: the client stalled"
    assert (line["path"], line["bytes"] > FIRST_BYTES) == (PATH, True)


def ended(service: Service, ending: str) -> float:
    """How many exports ended so."""
    name = "gati_streamed_answers_ended_total"
    return Scrape(service.get("/metrics").text).total(name, kind="exports", ending=ending)


def test_of_one_whose_client_has_left_the_log_says_so(service: Service) -> None:
    with begun(service.port, f"{PATH}?agent=agent"):
        pass
    until(lambda: told(service)["message"].endswith("the client left"), "it is not noticed")


@pytest.mark.parametrize("packed", [False, True])
def test_cut_short_by_the_database_it_says_so_and_can_be_resumed(
    service: Service, packed: bool
) -> None:
    headers = {"Accept-Encoding": "gzip"} if packed else {}
    with begun(service.port, **headers) as answer:
        first = answer.read(FIRST_BYTES)
        with psycopg.connect(service.database_url) as locker:
            locker.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            rest, is_whole = rest_of(answer)
    assert not is_whole
    body = first + rest
    if packed:
        with pytest.raises(EOFError):
            gzip.decompress(body)
        body = zlib.decompressobj(31).decompress(body)
    assert ended(service, "failed") == 1 + packed
    came = [json.loads(line) for line in body.split(b"\n")[:-1]]
    assert 0 < len(came) < EVENTS
    assert told(service)["message"].startswith("export aborted: canceling statement")
    after = f"{came[-1]['run_id']}/{came[-1]['event_id']}"
    whole = read_ndjson(service.get(PATH).text)
    assert came + read_ndjson(service.get(f"{PATH}?after={after}").text) == whole
    assert keys(whole) == sorted(keys(whole))


def test_its_client_may_pause_for_longer_than_in_a_body_but_it_ends_with_its_key(
    database_url: str, tmp_path: Path, worker_class: str
) -> None:
    good = bearer(create(database_url, "reader", Scope.ADMIN, None))
    settings = {"WORKER_CLASS": worker_class, "BODY_TIMEOUT_SECONDS": 1, **ONE_WORKER}
    with serving(database_url, tmp_path, **settings) as service:
        fill(service, **good)
        with begun(service.port, **good) as answer:
            answer.read(FIRST_BYTES)
            for _ in range(2):  # when the second one begins the export stands still already
                stand_still(service, good)
            revoke(database_url, find_valid(database_url, "reader")[0].key_id)
            until(lambda: is_refused(service, good), "the key still holds")
            assert not rest_of(answer)[1]
        assert "the key is no longer valid" in service.output


def stand_still(service: Service, headers: dict[str, str]) -> None:
    """Stop in the middle of a body, and wait until that is given up."""
    lines = [f"{name}: {value}".encode() for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", service.port), ANSWER_SECONDS) as conn:
        conn.sendall(post(b"{", b"Content-Length: 2", *lines))
        assert conn.recv(FIRST_BYTES).startswith(b"HTTP/1.1 503 ")


def bearer(key: str) -> dict[str, str]:
    """The header that has a key."""
    return {"Authorization": f"Bearer {key}"}


def is_refused(service: Service, headers: dict[str, str]) -> bool:
    """Whether a key no longer holds: one that nobody knows lets the worker read them all anew."""
    url = f"{service.url}/api/agents"
    requests.get(url, headers=bearer(KeyText.new(Scope.READ).text), timeout=ANSWER_SECONDS)
    return requests.get(url, headers=headers, timeout=ANSWER_SECONDS).status_code == 401


def test_a_worker_that_is_killed_leaves_no_export_that_looks_whole(
    service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    service = Service(
        service_database_url, tmp_path / "log", REPOSITORY, WORKER_CLASS=worker_class, **ONE_WORKER
    )
    try:
        service.wait_until_healthy()
        fill(service)
        with begun(service.port) as answer:
            answer.read(FIRST_BYTES)
            [worker] = service.workers
            os.kill(worker, signal.SIGKILL)
            assert not rest_of(answer)[1]
        service.wait_until_healthy()
        assert len(read_ndjson(service.get(PATH).text)) >= EVENTS
    finally:
        assert service.stop() == 0
