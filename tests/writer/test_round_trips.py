"""What a request costs in round trips and statements does not grow with its runs."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.db.database import Database
from service.db.queries import Connection
from tests.client import Client
from tests.events import Event, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, send, span

FEW, MANY = 3, 60
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 5,
}


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """What libpq writes of the messages of every writer's connection."""
    connect = Database.connect_writer
    with tempfile.TemporaryFile() as messages:

        def connect_traced(database: Database) -> Connection:
            conn = connect(database)
            conn.pgconn.trace(messages.fileno())
            return conn

        monkeypatch.setattr(Database, "connect_writer", connect_traced)
        yield messages


def counted(messages: IO[bytes], work: Callable[[], None]) -> tuple[int, int]:
    """How often the server was waited for, and how many statements it ran."""

    def so_far() -> tuple[int, int]:
        messages.seek(0)
        text = messages.read()
        return text.count(b"ReadyForQuery"), text.count(b"\tBind\t")

    waits, statements = so_far()
    work()
    return so_far()[0] - waits, so_far()[1] - statements


def post(client: Client, events: list[Event]) -> None:
    """Send events; all must be stored."""
    assert client.send(*events).json["inserted"] == len(events)


def taken_names(client: Client, runs: int) -> Callable[[], None]:
    """Runs that ask for names which are taken, twice each."""
    names = [f"{runs} runs, {n}" for n in range(runs)]
    post(client, [event(new_id(), run_name=name) for name in names])
    return lambda: post(client, [event(new_id(), run_name=name) for name in names + names])


def numbers_in_between(client: Client, runs: int) -> Callable[[], None]:
    """Runs without a name, each behind one that moves the number of the next."""
    names = [name for n in range(1, runs + 1) for name in (f"run {runs * 100 + n * 10}", None)]
    events = [event(new_id(), seconds=n, run_name=name) for n, name in enumerate(names)]
    return lambda: post(client, events)


def demoted_roots(client: Client, runs: int) -> Callable[[], None]:
    """Parents of the roots of runs, which have ended."""
    roots = [event(new_id(), "agent_start", parent_event_id=new_id()) for _ in range(runs)]
    ends = [
        event(root["run_id"], "agent_end", 1, previous_event_id=root["event_id"]) for root in roots
    ]
    post(client, roots + ends)
    parents = [
        event(root["run_id"], "agent_start", -1, event_id=root["parent_event_id"]) for root in roots
    ]
    return lambda: post(client, parents)


def other_agents(client: Client, runs: int) -> Callable[[], None]:
    """Roots of another agent, which take runs and their names along."""
    first = [event(new_id()) for _ in range(runs)]
    post(client, first)
    roots = [event(one["run_id"], "agent_start", 1, agent_name=f"of {runs}") for one in first]
    return lambda: post(client, roots)


def ended_spans(client: Client, runs: int) -> Callable[[], None]:
    """The ended versions of calls that were sent open."""
    opened = [span(new_trace(), attributes=CALL, end_time_unix_nano=0) for _ in range(runs)]
    send(client, *opened)
    ended = [span(one.trace_id, span_id=one.span_id, attributes=CALL) for one in opened]
    return lambda: post_spans(client, ended)


def calls_around_calls(client: Client, runs: int) -> Callable[[], None]:
    """Calls around calls that are stored."""
    inner = [span(new_trace(), parent=new_span_id(), attributes=CALL) for _ in range(runs)]
    send(client, *inner)
    outer = [span(one.trace_id, span_id=one.parent_span_id, attributes=CALL) for one in inner]
    return lambda: post_spans(client, outer)


def post_spans(client: Client, spans: list[Span]) -> None:
    """Send spans; all must be stored."""
    send(client, *spans)


@pytest.mark.parametrize(
    "prepare",
    [
        taken_names,
        numbers_in_between,
        demoted_roots,
        other_agents,
        ended_spans,
        calls_around_calls,
    ],
)
def test_they_do_not_grow_with_the_runs(
    traced: IO[bytes], client: Client, prepare: Callable[[Client, int], Callable[[], None]]
) -> None:
    few = counted(traced, prepare(client, FEW))
    many = counted(traced, prepare(client, MANY))
    assert many[0] <= few[0] + 3, (few, many)
    assert 5 < many[1] <= few[1] + 3, (few, many)
