"""The service alone on a port, a small limit, and what must hold whatever a client did."""

import json
from collections.abc import Iterator

import pytest

from tests.events import event, new_id
from tests.http.wire import batch
from tests.leaks import TRACEBACK
from tests.processes.workers import WORKER_CLASSES
from tests.service import Service, serving

MAX_BODY_MB = 1  # the least, so that a body over the limit is soon sent
LIMIT = MAX_BODY_MB * 1024 * 1024


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def service(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """The service with each of the worker classes that may stand alone."""
    with serving(
        service_database_url,
        tmp_path_factory.mktemp("service"),
        WORKER_CLASS=request.param,
        MAX_BODY_MB=MAX_BODY_MB,
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def unharmed(service: Service) -> Iterator[None]:
    """After each test the next client is served, by the same workers, and nothing was a 500."""
    before = service.workers
    assert before
    yield
    run_id = new_id()
    answer = service.post(batch(event(run_id), event(run_id, "agent_end", 1)))
    assert (answer.status_code, answer.json()["inserted"]) == (200, 2), answer.text
    assert service.ok(f"/api/runs/{run_id}")["status"] == "completed"
    assert service.workers == before
    assert not TRACEBACK.search(service.output), service.output


def is_stored(service: Service, run_id: str) -> bool:
    """Whether the service knows the run."""
    answer = service.get(f"/api/runs/{run_id}")
    assert answer.status_code in (200, 404), answer.text
    return answer.status_code == 200


def padded(size: int) -> bytes:
    """A batch of one event that is exactly so many bytes long."""
    bare = json.dumps({"events": [event(new_id(), data={"text": ""})]})
    return bare.replace('"text": ""', f'"text": "{"x" * (size - len(bare))}"').encode()
