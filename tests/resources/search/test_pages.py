"""Page after page, while others write: what was there and did not change comes exactly once."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from service.resources.events import search as events
from tests.client import Client
from tests.events import event, new_id
from tests.resources.search.world import Draw, Run, all_runs, in_order, send_runs

pytestmark = pytest.mark.pgbouncer

LONG_AGO = "2020-01-01"


def pages(client: Client, path: str, params: dict[str, Any], between: Any = None) -> list[Run]:
    """All rows of a search, its pages asked one after the other; `between` each two of them."""
    rows: list[Run] = []
    link: str | None = None
    while True:
        answer = client.ok(path, params=params)
        rows += answer[path.rpartition("/")[2]]
        assert answer["complete"]
        if answer["next_cursor"] is None:
            return rows
        assert answer["next_cursor"] != link, "it does not get on"
        link = params["cursor"] = answer["next_cursor"]
        if between:
            between()


def write(client: Client, draw: Draw, runs: list[Run], changed: set[str]) -> None:
    """Add runs, add events to one that is there, delete another; note both as changed."""
    send_runs(client, draw, draw.randint(0, 2))
    grown, gone = draw.sample(runs, 2)
    client.send(event(grown["run_id"], seconds=20, data={"cost": draw.choice([0, 0.1, 3])}))
    client.simulate_delete(f"/api/runs/{gone['run_id']}")
    changed |= {grown["run_id"], gone["run_id"]}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["started_at", "cost", "duration", "tokens"])
def test_runs_that_did_not_change_come_once_in_order(client: Client, sort: str, order: str) -> None:
    draw = random.Random(f"{sort} {order}")
    send_runs(client, draw, 40)
    runs = all_runs(client)
    changed: set[str] = set()
    params = {"sort": sort, "order": order, "from": LONG_AGO, "limit": 7}
    found = pages(client, "/api/runs", params, lambda: write(client, draw, runs, changed))
    still = [run for run in in_order(runs, sort, order) if run["run_id"] not in changed]
    known = {run["run_id"] for run in still}
    assert len(changed) >= 5
    assert [run["run_id"] for run in found if run["run_id"] in known] == [
        run["run_id"] for run in still
    ]


def test_events_come_once_run_by_run_while_others_come_in(client: Client) -> None:
    draw = random.Random(7)
    send_runs(client, draw, 25)
    runs = all_runs(client)
    changed: set[str] = set()
    found = pages(
        client, "/api/events", {"limit": 5}, lambda: write(client, draw, runs[:12], changed)
    )
    still = [run for run in in_order(runs) if run["run_id"] not in changed]
    expected = [each["event_id"] for run in still for each in reversed(run["events"])]
    known = set(expected)
    assert [each["event_id"] for each in found if each["event_id"] in known] == expected
    assert len({(each["run_id"], each["event_id"]) for each in found}) == len(found)


def test_a_page_of_events_ends_where_their_data_is_large(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(5)
    send_runs(client, draw, 12)
    large = [event(new_id(), data={"text": draw.randbytes(n).hex()}) for n in range(0, 3_000, 100)]
    client.send(*large)
    whole = client.ok("/api/events", params={"limit": 200})["events"]
    assert len(whole) > len(large)
    for room in (1, 500, 5_000, 20_000):
        monkeypatch.setattr(events, "BYTES_PER_PAGE", room)
        came = list(event_pages(client, 200))
        assert [one for page in came for one in page] == whole
        assert all(came[:-1])
        for page in came:  # all but the last event have room
            assert sum(len(one["data"].get("text", "")) for one in page[:-1]) < room
    assert len(came) > 3
    monkeypatch.setattr(events, "BYTES_PER_PAGE", 10**9)
    assert [len(page) for page in event_pages(client, 200)] == [len(whole)]


def event_pages(client: Client, limit: int) -> Iterator[list[Any]]:
    """One page after the other."""
    cursor: dict[str, Any] = {}
    while True:
        page = client.ok("/api/events", params={"limit": limit, **cursor})
        assert page["complete"]
        yield page["events"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def test_a_total_keeps_every_digit_from_page_to_page(client: Client) -> None:
    """As floats these three costs would be one, and a page would skip or repeat some."""
    for digit in (1, 2, 3):
        body = (
            f'{{"events": [{{"run_id": "00000000-0000-4000-8000-00000000000{4 - digit}", '
            '"agent_name": "a", "event_type": "s", "timestamp": "2026-11-22T12:00:00Z", '
            f'"data": {{"cost": 0.100000000000000{digit}}}}}, '
            f'{{"run_id": "00000000-0000-4000-8000-00000000000{4 - digit}", '
            '"agent_name": "a", "event_type": "s", "timestamp": "2026-11-22T12:00:01Z", '
            '"data": {"cost": 9000000}}]}'
        )
        assert client.send_bytes(body.encode()).json["inserted"] == 2
    params = {"sort": "cost", "from": LONG_AGO, "limit": 1}
    found = pages(client, "/api/runs", params)
    assert [run["run_id"][-1] for run in found] == ["1", "2", "3"]


def test_the_link_leads_on_with_all_that_was_asked(client: Client) -> None:
    draw = random.Random(3)
    send_runs(client, draw, 12)
    client.send(event("00000000-0000-4000-8000-000000000000", agent_name="b&c", run_name="ä/+ 1"))
    client.send(event("00000000-0000-4000-8000-000000000001", agent_name="b&c", run_name="ä/+ 2"))
    for path, params in (("runs", {"name": "ä/+ "}), ("events", {"q": "{"})):
        asked = {"agent": "b&c", "limit": 1, **params}
        answer = client.simulate_get(f"/api/{path}", params=asked)
        link = answer.headers["Link"]
        assert link.endswith("; rel=next")
        target, _, query = link.partition("<")[2].partition(">")[0].partition("?")
        assert target == ""  # relative to the request
        [row] = client.ok(f"/api/{path}", query_string=query)[path]
        assert row["agent_name"] == "b&c"
        assert row != answer.json[path][0]
