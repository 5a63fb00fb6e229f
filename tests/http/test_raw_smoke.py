"""Raw HTTP against gthread: a few cases of each kind; `make test-all` plays all of them there."""

from pathlib import Path
from typing import Any

from tests.http.conftest import MAX_BODY_MB
from tests.http.raw.cases import ALL
from tests.http.raw.judge import judge
from tests.http.raw.player import play_all
from tests.leaks import TRACEBACK
from tests.service import serving

FEW = ALL[::10]


def test_a_few_cases_get_their_answers_and_harm_no_one(
    service_database_url: str, tmp_path: Path
) -> None:
    limits: dict[str, Any] = {"MAX_BODY_MB": MAX_BODY_MB, "BODY_TIMEOUT_SECONDS": 2}
    with serving(service_database_url, tmp_path, WORKER_CLASS="gthread", **limits) as service:
        before = service.workers
        outcomes = play_all(service.port, FEW, lambda: service.workers)
        for one in FEW:
            judge(one, outcomes[one.name], before)
        assert not TRACEBACK.search(service.output)
