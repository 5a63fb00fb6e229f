"""The events that a run waits for: read within a budget, written where they change."""

from typing import Any

import pytest

from service.db.queries import Connection
from service.metrics.verify import verify
from service.writer import waiting_events
from service.writer.waiting_events import MOST_IN_ALL, NO_LIMIT, ids_of, longest_lists
from tests.client import Client
from tests.events import Event, event, new_id

MANY = 300  # more ids than a row keeps: they lie in TOAST


def waits_of(conn: Connection, run_id: str) -> list[str]:
    """The events that ends of a run name and the run lacks."""
    row = conn.execute(
        "SELECT pending_ends::text AS ids FROM runs WHERE run_id = %s", [run_id]
    ).fetchone()
    conn.rollback()
    return ids_of(row["ids"]) if row and row["ids"] != "{}" else []


def kept_aside(conn: Connection) -> list[Any]:
    """What lies in TOAST of runs, by its numbers: new ones wherever a value is written again."""
    table = conn.execute(
        "SELECT reltoastrelid::regclass::text AS name FROM pg_class WHERE oid = 'runs'::regclass"
    ).fetchone()
    assert table
    rows = conn.execute(f"SELECT DISTINCT chunk_id FROM {table['name']}").fetchall()
    conn.rollback()
    return rows


def ends(run_id: str, count: int) -> list[Event]:
    """Ends, each of which names an event that the run lacks."""
    return [event(run_id, "agent_end", 1, previous_event_id=new_id()) for _ in range(count)]


@pytest.mark.one_server("what is kept aside is on the workers")
def test_what_a_run_waits_for_is_not_written_again_with_each_event(
    client: Client, conn: Connection
) -> None:
    run = new_id()
    client.send(*ends(run, MANY))
    waits, before = waits_of(conn, run), kept_aside(conn)
    assert len(waits) == MANY
    assert before
    assert client.send(event(run)).json["inserted"] == 1
    assert (waits_of(conn, run), kept_aside(conn)) == (waits, before)


def test_what_comes_is_waited_for_no_longer(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    client.send(*ends(run, MANY))
    waits = waits_of(conn, run)
    client.send(event(run, event_id=waits[7]), event(run, event_id=waits[-1]))
    assert waits_of(conn, run) == waits[:7] + waits[8:-1]
    assert client.run(run)["status"] == "completed"
    assert verify(database_url) == []


def test_a_transaction_reads_what_so_many_events_are_waited_for_and_leaves_the_longest_lists(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {size: new_id() for size in (4, 2, 3)}
    for size, run in runs.items():
        client.send(event(run, "agent_start"), *ends(run, size))
    waits = {size: waits_of(conn, run) for size, run in runs.items()}
    late = [event(run, "agent_start", 1, event_id=waits[size][0]) for size, run in runs.items()]
    monkeypatch.setattr(waiting_events, "MOST_IN_ALL", 5)
    client.send(*late, *ends(runs[4], 1))
    assert waits_of(conn, runs[2]) == waits[2][1:]
    assert waits_of(conn, runs[3]) == waits[3][1:]
    assert waits_of(conn, runs[4]) == waits[4]  # as it was: not even the new one is added


def test_the_longest_lists_that_fit() -> None:
    assert longest_lists([], is_shared=False) == NO_LIMIT
    assert longest_lists([0, 5, MOST_IN_ALL - 5], is_shared=False) == NO_LIMIT
    assert longest_lists([1, MOST_IN_ALL, 0], is_shared=False) == MOST_IN_ALL - 1
    thirds = [MOST_IN_ALL // 2] * 3
    assert longest_lists(thirds, is_shared=False) == MOST_IN_ALL // 2 - 1  # of equal ones none
