"""Answers that hold many events end at a size, with an error that names other ways to read them."""

from contextlib import closing
from typing import Any

import pytest

from service.api import answer_size
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection
from service.resources.export import events
from service.resources.tail import pages
from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.pgbouncer

BYTES, COUNT = 100_000, 40
FULL_PAGE = {28, 29}  # events of some 3,630 bytes; the root has none


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_size, "MOST_BYTES", BYTES)


def lists_of_runs(client: Client) -> list[Any]:
    """What each list says of the metadata of runs."""
    paths = ("/api/runs", "/api/runs?sort=cost&from=2026-01-01", "/api/sessions/s")
    lists = [client.ok("/api/agents/agent/runs"), *[client.ok(path)["runs"] for path in paths]]
    return [sorted((run["metadata"] for run in runs), key=str) for runs in lists]


def test_a_list_of_runs_leaves_out_large_metadata(client: Client, conn: Connection) -> None:
    small, large = {"team": "blue"}, {"text": "x" * 100_000}
    for seconds, metadata in enumerate((small, large)):
        data = {"session_id": "s", "metadata": metadata}
        sent = event(new_id(), "agent_start", seconds, data=data)
        assert client.send(sent).json["inserted"] == 1
    whole = len('{"text": ""}') + 100_000
    omitted = [[{"omitted_bytes": whole}, small]] * 4
    assert lists_of_runs(client) == omitted
    for run in client.ok("/api/runs")["runs"]:
        assert client.run(run["run_id"])["metadata"] in (small, large)
    conn.execute("UPDATE runs SET metadata_bytes = NULL")  # stored by an older version
    assert lists_of_runs(client) == omitted


def test_a_list_of_runs_goes_by_the_stored_size_of_metadata(
    client: Client, conn: Connection
) -> None:
    large = {"text": "x" * 100_000}
    data = {"session_id": "s", "metadata": large}
    client.send(event(new_id(), "agent_start", data=data))
    listed = lists_of_runs(client)
    conn.execute("UPDATE runs SET metadata = '{}'")  # else it could be printed to be measured
    assert lists_of_runs(client) == listed
    assert [*listed[0][0]] == ["omitted_bytes"]


def send_run(client: Client, count: int, size: int) -> tuple[str, str]:
    """A run of a root and its children, each with so much data that compresses well."""
    run, root = new_id(), new_id()
    children = [
        event(run, seconds=n, parent_event_id=root, data={"name": "é" * 300, "text": "x" * size})
        for n in range(1, count)
    ]
    assert client.send(event(run, event_id=root), *children).json["inserted"] == count
    return run, root


def refused(client: Client, path: str) -> Any:
    """The body of an answer that must be 413."""
    result = client.simulate_get(path)
    assert result.status_code == 413, result.text[:200]
    return result.json


@pytest.mark.parametrize("size", [3_000, 100_000])  # stored in the row, and outside of it
def test_a_run_too_large_names_what_to_ask_for(client: Client, size: int) -> None:
    run, root = send_run(client, COUNT, size)
    name = f"agent/{client.run(run)['run_name']}"
    paths = (f"runs/{run}/timeline", f"runs/{run}/trace", f"runs/{name}/trace")
    for path in (*paths, f"events/{root}/children?run_id={run}"):
        error = refused(client, f"/api/{path}")
        assert (error["code"], error["limit_bytes"]) == ("answer_too_large", BYTES)
        for way_out in ("fields=summary", f"/events?run_id={run}", "/export/events.ndjson?run_id="):
            assert way_out in error["description"]
    assert client.run(run)["event_count"] == COUNT
    assert client.ok(f"/api/events?run_id={run}")["events"]
    assert client.ok(f"/api/runs/{run}/trace?fields=summary")["event_count"] == COUNT


def test_only_what_is_printed_counts(client: Client, conn: Connection) -> None:
    run, root = send_run(client, COUNT, 1_000)
    assert COUNT * 1_000 * 4 > BYTES, "else the stored sizes decide"
    assert len(client.ok(f"/api/runs/{run}/timeline")["events"]) == COUNT
    assert len(client.ok(f"/api/events/{root}/children")) == COUNT - 1
    conn.execute(
        "UPDATE events SET data = data || %s::jsonb WHERE run_id = %s",
        ['{"n": [' + ",".join(["1e300"] * 10) + "]}", run],  # 301 digits each
    )
    refused(client, f"/api/runs/{run}/timeline")


def test_a_summary_is_bounded_by_the_number_of_events(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = send_run(client, COUNT, 1)
    summary = client.ok(f"/api/runs/{run}/trace?fields=summary")["execution_tree"]
    assert [node["name"] for node in summary[0]["children"]] == ["é" * 255] * (COUNT - 1)
    monkeypatch.setattr(answer_size, "MOST_BYTES", answer_size.BYTES_PER_EVENT * (COUNT - 1))
    refused(client, f"/api/runs/{run}/trace?fields=summary")


def test_a_search_ends_its_page_by_the_bytes_that_it_prints(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.resources.events.search.BYTES_PER_PAGE", BYTES)
    run, _ = send_run(client, COUNT, 20_000)  # stored in 250 bytes
    page = client.ok(f"/api/events?run_id={run}&limit=200")
    assert 5 <= len(page["events"]) <= 6
    found = {each["event_id"] for each in page["events"]}
    while page["next_cursor"]:
        page = client.ok(f"/api/events?run_id={run}&limit=200&cursor={page['next_cursor']}")
        found |= {each["event_id"] for each in page["events"]}
    assert len(found) == COUNT


@pytest.mark.parametrize("count", [COUNT, 1_010])  # small runs together, a large run alone
def test_an_export_ends_its_pages_by_the_bytes_that_it_prints(
    client: Client, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    run, _ = send_run(client, count, 3_000)  # stored in 350 bytes
    read_pages: list[Any] = []
    read = events.next_events

    def counting(*arguments: Any) -> Any:
        read_pages.append(read(*arguments))
        return read_pages[-1]

    monkeypatch.setattr(events, "next_events", counting)
    monkeypatch.setattr(events, "PRINTED_PER_PAGE", BYTES)
    lines = client.simulate_get(f"/api/export/events.ndjson?run_id={run}").text.splitlines()
    assert len(lines) == count + 1
    assert {len(page) for page in read_pages[:-1]} <= FULL_PAGE


@pytest.mark.parametrize("agent", [None, "agent"])
def test_a_tail_ends_its_pages_by_the_bytes_that_it_prints(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch, agent: str | None
) -> None:
    monkeypatch.setattr(pages, "PRINTED_PER_PAGE", BYTES)
    database = Database(DatabaseSettings(database_url, 2))
    database.open()
    with closing(database):
        position, _ = pages.find_start(database, None)
        send_run(client, COUNT, 3_000)
        found: list[pages.Page] = []
        while not found or not found[-1].is_last:
            found.append(pages.next_page(database, position, agent))
            position = found[-1].end
    assert len(found[0].events) in FULL_PAGE
    assert sum(len(page.events) for page in found) == COUNT
