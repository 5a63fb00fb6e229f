"""Raw HTTP against meinheld behind the shipped nginx: the table of tests/http/raw."""

import os
from collections.abc import Iterator

import pytest
import requests

from tests.databases import janitor, url_of
from tests.deploy.conftest import Image, needs_nginx
from tests.deploy.conftest import behind_nginx as started
from tests.http.raw.case import Case
from tests.http.raw.cases import ALL
from tests.http.raw.judge import judge, judge_stored
from tests.http.raw.player import Outcome, play_all
from tests.leaks import TRACEBACK
from tests.processes.harness import children

pytestmark = [needs_nginx, pytest.mark.every_worker]
PROXIED = [one.behind_nginx() for one in ALL if not one.alone]
Played = tuple[dict[str, Outcome], set[int], bytes, str]


@pytest.fixture(scope="module")
def played(
    image: Image, server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """All cases at once, on meinheld behind nginx."""
    name = f"gati_test_raw_{os.getpid()}"
    with (
        janitor(server_url, name, template),
        started(
            image, tmp_path_factory.mktemp("raw"), "meinheld", url_of(server_url, name)
        ) as stack,
    ):
        before = set(children(stack.pid))
        outcomes = play_all(stack.proxy.port, PROXIED, lambda: set(children(stack.pid)))
        agents = requests.get(f"{stack.url}/api/agents", timeout=30).content
        yield outcomes, before, agents, stack.log.read_text()


@pytest.mark.parametrize("one", PROXIED, ids=lambda one: one.name)
def test_each_case_gets_its_answers_and_harms_no_one(played: Played, one: Case) -> None:
    outcomes, before, _, _ = played
    judge(one, outcomes[one.name], before)


def test_what_is_stored_is_what_was_sent_openly(played: Played) -> None:
    _, _, agents, log = played
    judge_stored(agents, PROXIED)
    assert not TRACEBACK.search(log)
    assert "was sent" not in log  # gunicorn: "Worker (pid:…) was sent SIGSEGV!"
