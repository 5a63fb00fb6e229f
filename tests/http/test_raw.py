"""Raw HTTP against the worker classes that may stand alone: the table of tests/http/raw."""

from collections.abc import Iterator

import pytest

from tests.http.conftest import MAX_BODY_MB
from tests.http.raw.case import Case
from tests.http.raw.cases import ALL
from tests.http.raw.judge import judge, judge_stored
from tests.http.raw.player import Outcome, play_all
from tests.leaks import TRACEBACK
from tests.processes.workers import WORKER_CLASSES
from tests.service import Service, serving

CASES = pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
Played = tuple[dict[str, Outcome], set[int], Service]


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def played(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Played]:
    """All cases at once, on a service of each worker class."""
    with serving(
        service_database_url,
        tmp_path_factory.mktemp("raw"),
        WORKER_CLASS=request.param,
        MAX_BODY_MB=MAX_BODY_MB,
        BODY_TIMEOUT_SECONDS=2,
    ) as service:
        before = service.workers
        yield play_all(service.port, ALL, lambda: service.workers), before, service


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own: each outcome tells itself how the next client fared."""


@CASES
def test_each_case_gets_its_answers_and_harms_no_one(played: Played, one: Case) -> None:
    outcomes, before, _ = played
    judge(one, outcomes[one.name], before)


def test_what_is_stored_is_what_was_sent_openly(played: Played) -> None:
    _, _, service = played
    judge_stored(service.get("/api/agents").content, ALL)
    assert not TRACEBACK.search(service.output)
