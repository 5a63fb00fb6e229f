"""Lists of agents, models and tools by pages: all of them, once, in the order of the whole list."""

import random
import re
from typing import Any
from urllib.parse import urljoin

import orjson
import pytest

from service.api.pagination import listing
from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.pgbouncer

COUNT = 23
LISTS = {
    "/api/agents": "name",
    "/api/metrics/agents-comparison": "agent_name",
    "/api/metrics/models": "model",
    "/api/metrics/models?from=2026-11-01&to=2026-12-01": "model",
    "/api/metrics/models?agent=one": "model",
    "/api/metrics/tools": "tool",
    "/api/metrics/tools?agent=one": "tool",
}
# The last three are ["1", 1], ["x", "a"] and [[], "a"]; the second is [].
BAD_CURSORS = ["x", "W10", "WyIxIiwxXQ", "WyJ4IiwiYSJd", "W1tdLCJhIl0"]


@pytest.fixture
def many(client: Client) -> Client:
    """A service with some agents, models, and agents without a run; costs are often the same."""
    draw = random.Random(63)
    for number in range(COUNT):
        data = {"cost": draw.choice([0, 0.1, 0.25, 1.000000001]), "latency_ms": number}
        agents = (f"agent {number}", "one")
        events = [
            event(new_id(), "llm_call", agent_name=name, data=data | {"model": f"é/{number}"})
            for name in agents
        ]
        # Another agent's name, inside the run of the first: it has no run of its own.
        events.append(event(events[0]["run_id"], seconds=1, agent_name=f"inner {number}"))
        tool = {"tool_name": f"é/{number}"}
        events += [
            event(new_id(), "tool_call", agent_name="one", data=tool)
            for _ in range(draw.randint(1, 3))
        ]
        assert client.send(*events).json["failed"] == 0
    return client


def next_of(path: str, answer: Any) -> str | None:
    """The address of the next page."""
    found = re.search(r'<([^>]+)>; rel="?next"?', answer.headers.get("Link", ""))
    return urljoin(path, found[1]) if found else None


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("path", list(LISTS))
def test_pages_are_the_whole_list(many: Client, path: str, limit: int) -> None:
    whole = many.ok(path)
    assert len(whole) >= COUNT
    found: list[Any] = []
    at: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while at:
        answer = many.simulate_get(at)
        assert answer.status_code == 200, answer.text
        page = orjson.loads(answer.content)
        assert 0 < len(page) <= limit
        found += page
        at = next_of(at, answer)
    assert found == whole


@pytest.mark.parametrize("path", list(LISTS))
def test_a_list_that_is_too_long_names_limit_and_cursor(
    many: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", len(many.ok(path)))
    assert many.simulate_get(path).status_code == 200
    monkeypatch.setattr(listing, "MOST_ROWS", listing.MOST_ROWS - 1)
    answer = many.simulate_get(path)
    assert (answer.status_code, answer.json["code"]) == (413, "list_too_long")
    assert "`limit`" in answer.json["description"]
    assert "`cursor`" in answer.json["description"]
    limited = many.simulate_get(f"{path}{'&' if '?' in path else '?'}limit=2")
    assert (limited.status_code, len(limited.json)) == (200, 2)


@pytest.mark.parametrize("cursor", BAD_CURSORS)
@pytest.mark.parametrize("path", list(LISTS)[:3])
def test_a_cursor_of_another_making_is_400(idle_client: Client, path: str, cursor: str) -> None:
    answer = idle_client.simulate_get(f"{path}?cursor={cursor}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "cursor")
