"""What others lock holds up the requests that need it, and no other request."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event as Flag

import psycopg
import pytest

from service.core.clock import today
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.writer.group_commit import GroupCommitWriter
from service.writer.incoming import Counts
from service.writer.locks_of_others import find_locks
from tests.client import Client
from tests.events import Event, differences, event, new_id
from tests.locks import waits_for_a_lock
from tests.processes.harness import until
from tests.writer.test_group_commit import rows_of

LOCKED = psycopg.errors.LockNotAvailable
ANOTHER_RUN = """
INSERT INTO runs
SELECT n.*
  FROM runs AS r
 CROSS JOIN LATERAL jsonb_populate_record(
       r, jsonb_build_object('run_id', %s::text, 'run_name', 'x')) AS n
"""


@pytest.fixture
def writer(database_url: str) -> Iterator[GroupCommitWriter]:
    """A worker's writer."""
    writer = GroupCommitWriter(lambda: connect(database_url, WRITE, "test"), today, "test")
    yield writer
    writer.close()


@pytest.fixture
def other(database_url: str) -> Iterator[Connection]:
    """A connection that holds locks; they end with it."""
    with connect(database_url, WRITE, "test") as other:
        yield other
        other.rollback()


def sent_at_once(
    writer: GroupCommitWriter, conn: Connection, first: Event, *later: list[Event]
) -> list[Future[Counts]]:
    """The answers to requests that queue up behind a first one, which waits for a lock."""
    with ThreadPoolExecutor(len(later) + 1) as pool:
        answers = [pool.submit(writer.store, rows_of(first))]
        until(lambda: waits_for_a_lock(conn), "the first request does not wait for the lock")
        answers += [pool.submit(writer.store, rows_of(*events)) for events in later]
        until(
            lambda: writer.waiting[1] == len(answers) or answers[0].done(),
            "the requests are not queued",
        )
    return answers


def outcomes(answers: list[Future[Counts]]) -> list[int | type[BaseException]]:
    """How many events each request stored, or why it failed."""
    failures = [answer.exception() for answer in answers]
    return [
        answer.result().inserted if failure is None else type(failure)
        for answer, failure in zip(answers, failures, strict=True)
    ]


def test_requests_of_a_locked_run_fail_no_other_request(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    stuck = new_id()
    writer.store(rows_of(event(stuck)))
    other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
    mine = [[event(stuck)] for _ in range(4)]
    both = [event(stuck), event(new_id())]
    others = [[event(new_id())] for _ in range(5)]
    answers = sent_at_once(writer, conn, event(stuck), *mine, both, *others)
    assert outcomes(answers) == [LOCKED] * 6 + [1] * 5  # while the lock is still held
    other.rollback()
    assert writer.store(rows_of(*both)).inserted == 2  # no part of it was stored
    assert differences(conn) == []


def test_a_connection_that_is_lost_before_locks_are_looked_for_fails_no_request(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    stuck = new_id()
    writer.store(rows_of(event(stuck)))
    other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
    with pytest.raises(LOCKED):
        writer.store(rows_of(event(stuck)))
    conn.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> %s",
        [other.info.backend_pid],
    )
    other.rollback()
    assert writer.store(rows_of(event(stuck))).inserted == 1


def test_requests_that_need_a_locked_agent_fail_no_other_request(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    known = new_id()
    writer.store(rows_of(event(known)))
    other.execute("SELECT FROM agents WHERE name = 'agent' FOR NO KEY UPDATE")
    needing = [[event(new_id())] for _ in range(3)]
    others = [[event(new_id(), agent_name=f"of {n}")] for n in range(4)]
    answers = sent_at_once(writer, conn, event(new_id()), *needing, *others, [event(known)])
    assert outcomes(answers) == [LOCKED] * 4 + [1] * 5  # a known run needs no lock of its agent
    assert differences(conn) == []


def test_an_agent_that_another_transaction_inserts_holds_up_its_own_requests_alone(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    other.execute("INSERT INTO agents (name) VALUES ('coming')")
    coming = [[event(new_id(), agent_name="coming")] for _ in range(3)]
    others = [[event(new_id())] for _ in range(5)]
    first = event(new_id(), agent_name="coming")
    answers = sent_at_once(writer, conn, first, *coming, *others)
    assert outcomes(answers) == [LOCKED] * 4 + [1] * 5
    other.commit()
    assert [writer.store(rows_of(*events)).inserted for events in coming] == [1] * 3


def test_a_run_that_another_transaction_inserts_holds_up_no_other_run_of_its_agent(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    writer.store(rows_of(event(new_id())))
    coming = new_id()
    other.execute(ANOTHER_RUN, [coming])
    others = [[event(new_id())] for _ in range(5)]
    answers = sent_at_once(writer, conn, event(coming), [event(coming)], *others)
    assert outcomes(answers) == [LOCKED] * 2 + [1] * 5
    other.rollback()
    assert writer.store(rows_of(event(coming))).inserted == 1
    assert differences(conn) == []


def test_requests_of_a_locked_run_that_never_cease_hold_up_nobody(
    client: Client, conn: Connection, other: Connection
) -> None:
    stuck, over = new_id(), Flag()
    client.send(event(stuck))
    other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])

    def again() -> set[tuple[int, str]]:
        found = set()
        while not over.is_set():
            answer = client.send(event(stuck))
            found.add((answer.status_code, answer.json.get("code")))
        return found

    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(again) for _ in range(4)]
        until(lambda: waits_for_a_lock(conn), "nobody waits for the lock")
        answers = [client.send(event(new_id())).status_code for _ in range(20)]
        over.set()
        assert answers == [200] * 20
        assert {one for sender in senders for one in sender.result()} == {(503, "locked")}
    other.rollback()
    assert client.send(event(stuck)).status_code == 200
    assert differences(conn) == []


def test_a_request_that_waits_is_stored_once_the_lock_is_released(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    stuck = new_id()
    writer.store(rows_of(event(stuck)))
    other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
    with pytest.raises(LOCKED):
        writer.store(rows_of(event(stuck)))
    with ThreadPoolExecutor(1) as pool:  # now it is looked at before it waits
        waiting = pool.submit(writer.store, rows_of(event(stuck)))
        until(lambda: waits_for_a_lock(conn), "the request does not wait for the lock")
        other.rollback()
        assert waiting.result().inserted == 1


@pytest.mark.one_server("the locks of runs are the workers' own")
def test_locks_are_found_with_who_holds_them_and_none_is_kept(
    writer: GroupCommitWriter, conn: Connection, other: Connection
) -> None:
    held, free = new_id(), new_id()
    writer.store(rows_of(event(held), event(free), event(new_id(), agent_name="held")))
    other.execute("SELECT FROM runs WHERE run_id = %s FOR NO KEY UPDATE", [held])
    other.execute("SELECT FROM agents WHERE name = 'held' FOR NO KEY UPDATE")
    row = other.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    rows = rows_of(event(held), event(free), event(new_id(), agent_name="held"))
    found = find_locks(conn, rows)
    assert row
    assert (found.runs, found.agents) == ({held: row["xid"]}, {"held": row["xid"]})
    assert found.in_the_way_of(rows) == {(held, row["xid"]), ("held", row["xid"])}
    assert found.in_the_way_of(rows[1:2]) == set()
    assert not find_locks(other, rows).runs  # nothing is kept locked
    other.rollback()
    other.execute("LOCK TABLE events IN SHARE MODE")
    assert find_locks(conn, rows).is_table_locked
