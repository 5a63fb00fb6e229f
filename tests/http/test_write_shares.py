"""One key cannot take all connections for scores and log messages of a worker."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import orjson
import psycopg
import pytest
import requests

from service.api.policy import Share
from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.events import new_id
from tests.http.test_client_shares import as_result, ask, refusals
from tests.ingest.otlp.spans import new_trace, run_of
from tests.openapi import close
from tests.processes.harness import until
from tests.processes.workers import WORKER_CLASSES
from tests.resources.test_openapi import assert_described
from tests.service import Service, serving

REQUESTS = 16  # of one key, each of which waits for a lock: longer than a turn is waited for


@pytest.fixture(autouse=True)
def unharmed() -> None:
    """In the place of the folder's own, whose requests have no key."""


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def service(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """One worker."""
    settings = {"WORKER_CLASS": request.param, "WORKERS": 1}
    directory = tmp_path_factory.mktemp("shares")
    with serving(service_database_url, directory, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def keys(service: Service) -> list[dict[str, str]]:
    """The headers of two keys that send, and of one that reads."""
    scopes = (Scope.INGEST, Scope.INGEST, Scope.READ)
    sent = [create(service.database_url, new_id(), scope, days=None) for scope in scopes]
    until(lambda: ask(service, "/api/agents", {}).status_code == 401, "the keys are not known")
    return [{"Authorization": f"Bearer {key}"} for key in sent]


def post_score(service: Service, key: dict[str, str], trace: bytes) -> requests.Response:
    """POST the one score of a run."""
    score = {"run_id": run_of(trace), "score_id": "the-one", "name": "accuracy", "value": 1}
    return service.post(orjson.dumps({"scores": [score]}), "/api/scores", **key)


def post_log(service: Service, key: dict[str, str], trace: bytes) -> requests.Response:
    """POST the one log message of a trace."""
    record = {
        "traceId": trace.hex(),
        "spanId": "00000000000000aa",
        "timeUnixNano": "1764000000000000000",
        "eventName": "gen_ai.user.message",
        "body": {"stringValue": "hello"},
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    return service.post(orjson.dumps(body), "/v1/logs", **key)


@pytest.mark.parametrize(
    ("post", "path", "table"),
    [(post_score, "/scores", "scores"), (post_log, "/v1/logs", "span_messages")],
)
def test_slow_writes_of_a_key_leave_a_connection_to_another(
    service: Service,
    keys: list[dict[str, str]],
    post: Callable[[Service, dict[str, str], bytes], requests.Response],
    path: str,
    table: str,
) -> None:
    """Each waits for the row that another transaction deletes, until lock_timeout has passed."""
    one, other, reads = keys
    document = close(dict(ask(service, "/openapi.json", {}).json()))
    trace, others_trace = new_trace(), new_trace()
    assert post(service, one, trace).status_code == 200
    before = refusals(service, reads, Share.WRITES)
    with ThreadPoolExecutor(REQUESTS) as pool, psycopg.connect(service.database_url) as deleter:
        deleter.execute(f"DELETE FROM {table} WHERE run_id = %s", [run_of(trace)])
        writes = [pool.submit(partial(post, service, one, trace)) for _ in range(REQUESTS)]
        answers = []
        while not all(write.done() for write in writes):
            answers.append(post(service, other, others_trace).status_code)
        deleter.rollback()
        refused = [answer for answer in (write.result() for write in writes) if is_refusal(answer)]
    assert set(answers) == {200}
    assert refused
    assert refused[0].headers["Retry-After"] == "1"
    assert_described(document, path, "post", as_result(refused[0]))
    assert refusals(service, reads, Share.WRITES) >= before + len(refused)
    assert post(service, one, trace).status_code == 200


def is_refusal(answer: requests.Response) -> bool:
    """Whether the client's other requests held its share."""
    return answer.status_code == 503 and b"Your other scores" in answer.content
