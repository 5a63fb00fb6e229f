"""An export that finds little still sends something, and notices that nobody waits for it."""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from service.api import policy
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Row
from service.resources.export import events, formats, runs
from service.resources.export.events import event_pages
from service.resources.export.filters import Filters
from service.resources.export.formats import EVENT_COLUMNS, csv_lines, ndjson
from service.resources.export.stream import Aborted, packing
from tests.client import CONNECTIONS, Client
from tests.resources.export.reading import export, exported, filled, keys

RUNS, EVENTS = 6, 40
LITTLE = {"event_type": "type 1", "agent": "agent 0"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page may be the last for a while: a sign of life after every one."""
    monkeypatch.setattr(events, "ROWS_PER_PAGE", 1)
    monkeypatch.setattr(formats, "ALIVE_SECONDS", 0.0)
    monkeypatch.setattr(formats, "HELD_BYTES", 100)


@pytest.fixture
def pages(client: Client, database_url: str) -> Iterator[Iterator[list[Row]]]:
    """The pages of an export that finds nothing."""
    filled(client, RUNS, EVENTS)
    database = Database(DatabaseSettings(database_url, CONNECTIONS))
    database.open()
    with closing(database):
        yield event_pages(database, Filters(event_type="none"), None)


@pytest.mark.usefixtures("impatient")
def test_after_each_page_without_a_line_comes_a_byte(pages: Iterator[list[Row]]) -> None:
    parts = list(ndjson(pages))
    assert len(parts) > RUNS * EVENTS
    assert set(parts[:-1]) == {b" "}
    assert parts[-1] == b'{"export":{"complete":true,"events":0}}\n'


def test_pages_of_runs_without_a_wanted_event_are_told_of(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "RUNS_PER_PAGE", 1)
    filled(client, RUNS, EVENTS)
    with closing(Database(DatabaseSettings(database_url, CONNECTIONS))) as database:
        database.open()
        found = list(event_pages(database, Filters(from_at=datetime(2100, 1, 1, tzinfo=UTC)), None))
    assert len(found) >= RUNS
    assert not any(found)


@pytest.mark.usefixtures("impatient")
def test_of_csv_the_header_comes_little_by_little(pages: Iterator[list[Row]]) -> None:
    parts = list(csv_lines(EVENT_COLUMNS, pages))
    assert len(parts) > RUNS * EVENTS
    assert all(parts[:100])
    assert b"".join(parts) == ",".join(EVENT_COLUMNS).encode() + b"\r\n"


@pytest.mark.usefixtures("impatient")
def test_packed_each_byte_comes_by_itself(pages: Iterator[list[Row]]) -> None:
    parts = list(packing(ndjson(pages)))
    assert len(parts) > RUNS * EVENTS
    assert all(parts)


def test_what_is_found_is_the_same(client: Client, request: pytest.FixtureRequest) -> None:
    filled(client, RUNS, EVENTS)
    found = exported(client, **LITTLE)
    assert len(found) == RUNS * EVENTS / 4
    as_csv = export(client, "events.csv", **LITTLE).content
    request.getfixturevalue("impatient")
    assert keys(exported(client, **LITTLE)) == keys(found)
    assert export(client, "events.csv", **LITTLE).content == as_csv


@pytest.mark.usefixtures("impatient")
def test_that_its_client_has_left_is_noticed_while_nothing_is_found(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policy.SLOTS, policy.Share.EXPORTS, 1)
    with Client.of(database_url) as client:
        filled(client)
        ours, theirs = socket.socketpair()
        theirs.close()
        with ours, pytest.raises(Aborted):
            client.simulate_get(
                "/api/export/events.csv",
                params={"event_type": "none"},
                extras={"gunicorn.socket": ours},
            )
        assert export(client).status_code == 200
