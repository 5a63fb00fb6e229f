"""What one request has the writer read of stored runs is taken from no other request.

Small requests share a transaction, which reads only so much. Here two requests need together what
is there for one; both of their runs must come out as a third run, whose request came alone.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from service.core.clock import today
from service.db.connections import connect
from service.db.session_settings import WRITE
from service.ingest.otlp.batch import parse_spans
from service.ingest.rows import EventRow
from service.metrics.verify import verify
from service.telemetry import metrics
from service.writer import (
    repeated_calls,
    run_changes,
    run_outcome,
    run_statements,
    waiting_events,
)
from service.writer.lock_backoff import LockBackoff
from service.writer.reading_budget import UsedUp
from service.writer.request_store import RequestStore
from service.writer.transaction_runner import TransactionRunner
from service.writer.waiting_requests import WriteRequest
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, request, run_of, send, span
from tests.writer.test_group_commit import rows_of
from tests.writer.test_repeated_calls import KINDS, usage

COMPARED = ("agent_name", "status", "session_id", "tokens_in", "total_cost", "event_count")
CALL = KINDS["call"] | usage(100)
Late = tuple[str, list[EventRow]]  # a run, and the rows of the request that comes later


def rows_of_spans(*spans: Any) -> list[EventRow]:
    """Spans as the writer gets them."""
    body = request(*spans).SerializeToString()
    return parse_spans(body, False, 100, 1_000_000, 100).rows


def a_call_around(client: Client) -> Late:
    """A call, when the one within it is stored."""
    trace, outer = new_trace(), new_span_id()
    inner = [span(trace, parent=outer, attributes=CALL) for _ in range(2)]
    send(client, *inner)
    late = span(trace, span_id=outer, parent=new_span_id(), attributes=CALL)
    return run_of(trace), rows_of_spans(late)


def a_call_within(client: Client) -> Late:
    """A call within two spans, the outer of which is a call."""
    trace, outer, inner = new_trace(), new_span_id(), new_span_id()
    call = span(trace, span_id=outer, attributes=CALL)
    chain = span(trace, span_id=inner, parent=outer, attributes=KINDS["chain"])
    send(client, call, chain)
    return run_of(trace), rows_of_spans(span(trace, parent=inner, attributes=CALL))


def an_earlier_root(client: Client) -> Late:
    """A root that gives its run another agent."""
    run = new_id()
    client.send(event(run, "agent_start", 5), event(run, seconds=6))
    return run, rows_of(event(run, "agent_start", 1, agent_name="other"))


def a_parent_of_the_root(client: Client) -> Late:
    """The parent of what was the root."""
    run, parent = new_id(), new_id()
    client.send(event(run, "agent_start", 5, parent_event_id=parent), event(run, seconds=6))
    return run, rows_of(event(run, "step", 1, event_id=parent, agent_name="other"))


def a_root_of_an_end(client: Client) -> Late:
    """A root, when its end is stored beside that of an inner agent."""
    run, root = new_id(), new_id()
    client.send(
        event(run, "agent_end", 8, previous_event_id=root, data={"status": "failed"}),
        event(run, "agent_start", 3, parent_event_id=root),
    )
    return run, rows_of(event(run, "agent_start", 1, event_id=root))


def a_root_with_a_session(client: Client) -> Late:
    """An earlier root, when another one has a session, and the run has earlier events with one."""
    run = new_id()
    client.send(
        event(run, "agent_start", 5, data={"session_id": "of the root"}),
        event(run, "step", 6, data={"session_id": "of a step", "seed": os.urandom(500).hex()}),
    )
    return run, rows_of(event(run, "agent_start", 1))


def a_named_event(client: Client) -> Late:
    """The root that an end has named."""
    run, root = new_id(), new_id()
    client.send(event(run, "agent_end", 8, previous_event_id=root))
    return run, rows_of(event(run, "agent_start", 1, event_id=root))


@dataclass(frozen=True)
class Budget:
    """A bound that is as low as one request needs."""

    module: ModuleType
    name: str
    most: int
    needing: Callable[[Client], Late]

    def __str__(self) -> str:
        return f"{self.name}-{self.needing.__name__}"


BUDGETS = [
    Budget(repeated_calls, "MOST_READ_IN_ALL", 2, a_call_around),
    Budget(repeated_calls, "MOST_SPANS", 2, a_call_within),
    Budget(run_changes, "MOVED_EVENTS", 2, an_earlier_root),
    Budget(run_changes, "DEMOTED_EVENTS", 2, a_parent_of_the_root),
    Budget(run_outcome, "MOST_EVENTS_IN_ALL", 2, a_root_of_an_end),
    Budget(run_statements, "MOST_EVENTS_IN_ALL", 2, a_root_with_a_session),
    Budget(run_statements, "MOST_DATA_IN_ALL", 2_000, a_root_with_a_session),
    Budget(waiting_events, "MOST_IN_ALL", 1, a_named_event),
]


@pytest.fixture
def runner(database_url: str) -> Iterator[TransactionRunner]:
    """A writer's transactions."""
    runner = TransactionRunner(
        lambda: connect(database_url, WRITE, "test"), today, "test", LockBackoff()
    )
    yield runner
    runner.close()


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_requests_that_share_a_transaction_take_nothing_from_each_other(
    budget: Budget,
    client: Client,
    runner: TransactionRunner,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key with runs of its own had a call of another key counted twice, for ever."""
    runs, requests = zip(*(budget.needing(client) for _ in range(3)), strict=True)
    monkeypatch.setattr(budget.module, budget.name, budget.most)
    before = client.run(runs[0])
    with pytest.raises(UsedUp):
        runner.run(requests[:2])
    waiting = [WriteRequest(rows, 0) for rows in requests]
    store = RequestStore(runner, LockBackoff())
    store.store(waiting[:2])
    store.store(waiting[2:])
    assert [each.done.result().inserted for each in waiting] == [len(rows) for rows in requests]
    after = [client.run(run) for run in runs]
    compared = [{name: run[name] for name in COMPARED} for run in after]
    assert compared[0] == compared[1] == compared[2]
    assert compared[0] != {name: before[name] for name in COMPARED}
    assert verify(database_url) == []


def test_one_request_that_needs_too_much_does_not_part_all_others(
    client: Client, runner: TransactionRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier root of 200 bytes had each of the requests beside it be a transaction."""
    run, late = an_earlier_root(client)
    monkeypatch.setattr(run_changes, "MOVED_EVENTS", 1)
    requests = [rows_of(event(new_id())) for _ in range(64)]
    requests[37] = late
    waiting = [WriteRequest(rows, 0) for rows in requests]
    committed: list[int] = []
    monkeypatch.setattr(metrics, "count_transaction", lambda events, _: committed.append(events))
    RequestStore(runner, LockBackoff()).store(waiting)
    assert [each.done.result().inserted for each in waiting] == [1] * 64
    assert sorted(committed) == [1, 1, 2, 4, 8, 16, 32]
    assert client.run(run)["agent_name"] == "agent"


def test_numbers_of_runs_have_no_gap_where_requests_are_divided(
    client: Client, runner: TransactionRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part took numbers of its own beside those of the transaction that was rolled back."""
    _, late = an_earlier_root(client)
    monkeypatch.setattr(run_changes, "MOVED_EVENTS", 1)
    runs = [new_id() for _ in range(16)]
    requests = [rows_of(event(run, seconds=n, agent_name="new")) for n, run in enumerate(runs)]
    requests.insert(5, late)
    client.send(event(new_id(), agent_name="new"))  # an agent that exists has numbers reserved
    store = RequestStore(runner, LockBackoff())
    store.store([WriteRequest(rows, 0) for rows in requests])
    after = new_id()
    store.store([WriteRequest(rows_of(event(after, agent_name="new")), 0)])
    names = [client.run(run)["run_name"] for run in (*runs, after)]
    assert names == [f"run {number}" for number in range(2, 19)]
