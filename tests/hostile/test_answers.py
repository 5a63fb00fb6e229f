"""Rows 61 to 63: what an answer costs is bounded too, and so is how large it is."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

import pytest

from service.db.queries import Connection
from tests.events import new_id
from tests.hostile.answers import (
    fetch,
    huge_numbers,
    make_large_run,
    make_many,
)
from tests.hostile.attack import MULTIPLE
from tests.hostile.bodies import MB
from tests.hostile.measure import forget_peak, memory_mb
from tests.processes.harness import peak_mb
from tests.resources.tail.reading import reading
from tests.service import Service

CONSTANT_MB = 32
EVENTS, NUMBERS = 4, 40_000
LARGE_EVENTS, LARGE_GROWTH_MB, PAGE_BYTES = 256, 192, 32 * MB
MANY, LIST_BYTES = 12_000, 2 * MB
LISTS = {
    "/api/agents": "name",
    "/api/metrics/agents-comparison": "agent_name",
    "/api/metrics/models": "model",
}


@contextmanager
def bounded_growth(service: Service, limit_mb: float) -> Iterator[None]:
    """The one worker stays the same, and within a limit, for a block."""
    [worker] = service.workers
    forget_peak(worker)
    before = memory_mb(worker)
    yield
    assert service.workers == {worker}
    assert peak_mb(worker) - before <= limit_mb


def assert_as_sent(numbers: list[float]) -> None:
    assert [float(number) for number in numbers] == [1e308] * NUMBERS


@pytest.mark.parametrize("view", ["timeline", "trace", "search"])
def test_numbers_come_back_no_larger_than_they_were_sent(service: Service, view: str) -> None:
    run_id = new_id()
    body = huge_numbers(run_id, EVENTS, NUMBERS)
    most = MULTIPLE * len(body)
    answer = service.post(body)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:  # beyond an exponent that any measurement has
        return
    paths = {
        "timeline": f"/api/runs/{run_id}/timeline",
        "trace": f"/api/runs/{run_id}/trace",
        "search": f"/api/events?run_id={run_id}",
    }
    with bounded_growth(service, most / MB + CONSTANT_MB):
        found = fetch(service, paths[view], most)
    assert found.status == 200
    assert len(found.body) <= most
    key = {"timeline": "events", "trace": "execution_tree", "search": "events"}[view]
    for each in json.loads(found.body)[key]:
        assert_as_sent(each["data"]["a"])


def test_a_tail_sends_numbers_no_larger_than_they_were_sent(service: Service) -> None:
    body = huge_numbers(new_id(), EVENTS, NUMBERS)
    limit_mb = MULTIPLE * len(body) / MB + CONSTANT_MB
    with bounded_growth(service, limit_mb), reading(service.port) as stream:
        if service.post(body).status_code == 422:
            return
        messages = (message for message in stream.messages() if message.data)
        found = [next(messages) for _ in range(EVENTS)]
    assert sum(len(message.fields["data"]) for message in found) <= MULTIPLE * len(body)
    for message in found:
        assert_as_sent(message.data["data"]["a"])


@pytest.fixture(scope="module")
def large_run(hostile_service: Service, stored: Connection) -> str:
    return make_large_run(hostile_service, stored, LARGE_EVENTS)


@pytest.mark.parametrize("view", ["timeline", "trace"])
def test_a_run_too_large_for_one_answer_is_413_that_says_what_to_ask(
    service: Service, large_run: str, view: str
) -> None:
    with bounded_growth(service, LARGE_GROWTH_MB):
        found = fetch(service, f"/api/runs/{large_run}/{view}", LARGE_EVENTS * 2 * MB)
    assert found.status == 413
    for way_out in ("fields=summary", "/events", "export"):
        assert way_out in json.loads(found.body)["description"]


def test_of_such_a_run_everything_else_is_answered(service: Service, large_run: str) -> None:
    with bounded_growth(service, LARGE_GROWTH_MB):
        assert fetch(service, f"/api/runs/{large_run}", MB).status == 200
        summary = fetch(service, f"/api/runs/{large_run}/trace?fields=summary", MB)
        assert (summary.status, len(json.loads(summary.body)["execution_tree"])) == (
            200,
            LARGE_EVENTS,
        )
        page = fetch(service, f"/api/events?run_id={large_run}&limit=200", LARGE_EVENTS * 2 * MB)
        assert page.status == 200
        assert len(page.body) <= PAGE_BYTES
        assert json.loads(page.body)["events"]
        exported = fetch(service, f"/api/export/events.ndjson?run_id={large_run}", 512 * MB)
        assert exported.status == 200
        assert exported.body.count(b"\n") == LARGE_EVENTS + 1  # the last line says it is complete


@pytest.fixture(scope="module")
def many(hostile_service: Service) -> int:
    make_many(hostile_service, MANY)
    return MANY


@pytest.mark.parametrize("path", list(LISTS))
def test_a_list_without_a_limit_is_bounded(service: Service, many: int, path: str) -> None:
    assert many * 290 > LIST_BYTES, "else nothing is shown"
    found = fetch(service, path, 4 * many * 290)
    assert found.status in (200, 413)
    assert len(found.body) <= LIST_BYTES


@pytest.mark.parametrize("path", list(LISTS))
def test_a_list_is_read_by_pages(service: Service, many: int, path: str) -> None:
    names: list[str] = []
    at: str | None = f"{path}?limit=1000"
    while at:
        page = fetch(service, at, 4 * MB)
        assert page.status == 200, page.body
        rows = json.loads(page.body)
        assert 0 < len(rows) <= 1000
        names += [row[LISTS[path]] for row in rows]
        at = next_of(at, page.link)
    assert len(names) == len(set(names)) >= many


def next_of(path: str, link: str | None) -> str | None:
    """The address of the next page."""
    found = re.search(r'<([^>]+)>; rel="?next"?', link or "")
    return urljoin(path, found[1]) if found else None
