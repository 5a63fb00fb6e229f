"""Rate limits under real workers: many clients at once get what one would, and no more."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from tests.events import event, new_id
from tests.http.wire import JSON, batch, connected, head
from tests.processes.workers import WORKER_CLASSES
from tests.service import Service, serving

Limited = Callable[..., AbstractContextManager[Service]]
RATE, BATCH, TRIES, CLIENTS = 5, 20, 64, 8


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own, whose requests would be refused."""


@pytest.fixture(params=WORKER_CLASSES)
def limited(request: pytest.FixtureRequest, service_database_url: str, tmp_path: Path) -> Limited:
    """Run a service of one worker of each class, with these limits."""
    return lambda **limits: serving(
        service_database_url, tmp_path, WORKER_CLASS=request.param, WORKERS=1, **limits
    )


def offered(ask: Callable[[], requests.Response]) -> tuple[list[requests.Response], float]:
    """What so many requests of many clients at once were answered, and in how many seconds."""
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: ask(), range(TRIES)))
    return answers, time.monotonic() - began


def let_in(answers: list[requests.Response]) -> int:
    """How many were; all others must say when to come again."""
    for answer in answers:
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert int(answer.headers["Retry-After"]) == answer.json()["retry_after"] >= 1
    return sum(answer.status_code == 200 for answer in answers)


def test_reads_of_many_threads_are_counted_together(limited: Limited) -> None:
    with limited(MAX_READS_PER_SECOND=RATE) as service:
        answers, seconds = offered(lambda: service.get("/api/agents"))
        assert RATE <= let_in(answers) <= RATE * (seconds + 1)


def test_events_of_many_threads_are_counted_together(limited: Limited) -> None:
    with limited(MAX_EVENTS_PER_SECOND=RATE) as service:
        body = batch(*[event(new_id()) for _ in range(BATCH)])
        answers, seconds = offered(lambda: service.post(body))
        assert BATCH <= let_in(answers) * BATCH < RATE * (seconds + 1) + BATCH


def test_a_body_that_was_only_announced_is_refused_at_once(limited: Limited) -> None:
    with limited(MAX_EVENTS_PER_SECOND=1) as service:
        assert service.post(batch(*[event(new_id()) for _ in range(600)])).status_code == 200
        with connected(service) as wire:
            announced = head("POST", "/api/events", Content_Type=JSON, Content_Length=900_000)
            answer = wire.send(announced).read()
            assert (answer.status, answer.code) == (429, "rate_limited")
            assert wire.is_closed()
