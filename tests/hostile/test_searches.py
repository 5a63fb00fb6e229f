"""Row 65: the metrics know every model, type and agent, so a search for another ends at once."""

import pytest

from service.db.queries import Connection
from tests.hostile.answers import make_runs
from tests.service import Service

SETTINGS = {"READ_TIMEOUT_SECONDS": 1, "REFRESH_INTERVAL_SECONDS": 1}
RUNS = 60_000  # half a second is not enough to look through them


@pytest.fixture(scope="module", autouse=True)
def _many_runs(hostile_service: Service, stored: Connection) -> None:
    make_runs(hostile_service, stored, RUNS)


@pytest.mark.parametrize("name", ["model", "event_type", "agent"])
def test_a_search_for_what_does_not_exist_is_complete(service: Service, name: str) -> None:
    found = service.ok(f"/api/events?{name}=there-is-none")
    assert (found["events"], found["complete"]) == ([], True)


def test_a_search_for_what_exists_finds_it(service: Service) -> None:
    assert service.ok("/api/events?event_type=step&agent=agent&limit=5")["events"]
