"""Row 64: one key holds no more than its share of streams, exports and searches."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.db.queries import Connection
from tests.hostile.answers import fetch, make_large_run
from tests.hostile.bodies import MB
from tests.http.wire import get
from tests.processes.harness import until
from tests.service import ANSWER_SECONDS, Service

SETTINGS = {"DATABASE_POOL_SIZE": 4, "READ_TIMEOUT_SECONDS": 4}
MANY = 16
EVENTS = 128  # of 1 MB: more than any buffer holds


@pytest.fixture(scope="module")
def keys(hostile_service: Service, stored: Connection, service_database_url: str) -> list[str]:
    """Two keys of scope read; before there was one, a large run was made."""
    make_large_run(hostile_service, stored, EVENTS)
    made = [create(service_database_url, name, Scope.READ, days=None) for name in ("one", "other")]
    ask = partial(hostile_service.get, "/api/agents")
    until(lambda: ask().status_code == 401, "the keys are not known")
    return made


@contextmanager
def opened(service: Service, path: str, key: str) -> Iterator[int]:
    """The status of an answer that is not read to its end, and stays open for a block."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(ANSWER_SECONDS)
        sock.connect(("127.0.0.1", service.port))
        sock.sendall(get(path, Authorization=f"Bearer {key}"))
        yield int(sock.recv(64).split()[1])


@pytest.mark.parametrize("path", ["/api/events/stream", "/api/export/events.ndjson"])
def test_a_key_that_opens_all_it_can_leaves_some_to_another(
    service: Service, keys: list[str], path: str
) -> None:
    with ExitStack() as stack:
        own = [stack.enter_context(opened(service, path, keys[0])) for _ in range(MANY)]
        assert own[0] == 200
        assert set(own[1:]) <= {200, 429, 503}
        assert stack.enter_context(opened(service, path, keys[1])) == 200


def test_a_key_that_searches_all_the_time_leaves_connections_to_another(
    service: Service, keys: list[str]
) -> None:
    one, other = ({"Authorization": f"Bearer {key}"} for key in keys)
    search = partial(fetch, service, "/api/events?q=there-is-none", MB, one)
    with ThreadPoolExecutor(MANY) as pool:
        searches = [pool.submit(search) for _ in range(MANY)]
        answers = [fetch(service, "/api/agents", MB, other).status for _ in range(5)]
        assert {search.result().status for search in searches} <= {200, 429, 503, 504}
    assert answers == [200] * 5
