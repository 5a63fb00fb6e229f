"""Run names: unique per agent, never a reason to refuse an event."""

from collections.abc import Iterable
from itertools import permutations

import orjson
import pytest

from service.config import KILOBYTE
from service.core.clock import today
from service.db.queries import Connection, queries
from service.ingest.json.batch import parse_batch
from service.writer.run_names import Namer
from service.writer.run_owner import first_state
from service.writer.run_statements import name_runs
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span


class CountingNamer(Namer):
    """A Namer that counts its statements."""

    statements = 0

    def look_up(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Query which pairs are free."""
        known = len(self._free)
        super().look_up(pairs)
        self.statements += len(self._free) > known


def name_of(client: Client, run: str) -> str:
    """The name that a run has."""
    return str(client.run(run)["run_name"])


def send_named(client: Client, name: str | None, agent: str = "agent", seconds: float = 0) -> str:
    """Send one event of a new run with this run_name; the run's id."""
    run = new_id()
    answer = client.send(event(run, run_name=name, agent_name=agent, seconds=seconds))
    assert answer.json["inserted"] == 1
    return run


def test_runs_without_a_name_count_up_per_agent(client: Client) -> None:
    assert [name_of(client, send_named(client, None, "a")) for _ in range(3)] == [
        "run 1",
        "run 2",
        "run 3",
    ]
    assert name_of(client, send_named(client, "temp_abc", "b")) == "run 1"


def test_a_taken_name_gets_a_number(client: Client) -> None:
    names = [name_of(client, send_named(client, "nightly")) for _ in range(4)]
    assert names == ["nightly", "nightly (2)", "nightly (3)", "nightly (4)"]
    assert name_of(client, send_named(client, "nightly", "another agent")) == "nightly"


def test_many_runs_of_one_name_in_one_batch(client: Client) -> None:
    send_named(client, "same")
    send_named(client, "same (4)")
    runs = [new_id() for _ in range(40)]
    client.send(*[event(run, run_name="same") for run in runs])
    names = {name_of(client, run) for run in runs}
    assert len(names) == 40
    assert names == {f"same ({n})" for n in range(2, 43) if n != 4}


def test_a_generated_name_passes_over_one_that_a_client_took(client: Client) -> None:
    send_named(client, "run 2")
    assert name_of(client, send_named(client, None)) == "run 3"
    assert name_of(client, send_named(client, "run 3")) == "run 3 (2)"
    assert name_of(client, send_named(client, None)) == "run 4"


@pytest.mark.parametrize("number", [10**9, 999_999_999_999_999_999])
def test_a_number_beyond_nine_digits_is_a_name_like_any_other(client: Client, number: int) -> None:
    assert name_of(client, send_named(client, f"run {number}")) == f"run {number}"
    assert name_of(client, send_named(client, None)) == "run 1"
    assert name_of(client, send_named(client, f"run {number}")) == f"run {number} (2)"


def test_the_largest_number_leaves_room_for_more_runs(client: Client) -> None:
    send_named(client, "run 999999999")
    names = [name_of(client, send_named(client, None)) for _ in range(2)]
    assert names == ["run 1000000000", "run 1000000001"]


def test_a_name_that_comes_later_takes_the_place_of_a_generated_one(client: Client) -> None:
    run = send_named(client, None, seconds=0)
    client.send(event(run, seconds=1, run_name="later"))
    assert name_of(client, run) == "later"


def test_the_earliest_wish_wins_in_any_order(client: Client) -> None:
    one, other = new_id(), new_id()
    client.send(event(one, seconds=1, run_name="b"), event(one, seconds=0, run_name="a"))
    client.send(event(other, agent_name="x", seconds=1, run_name="b"))
    client.send(event(other, agent_name="x", seconds=0, run_name="a"))
    assert (name_of(client, one), name_of(client, other)) == ("a", "a")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_wish_of_the_root_wins_in_any_order(client: Client, order: tuple[int, ...]) -> None:
    run, agent = new_id(), new_id()
    events = [
        event(run, "agent_start", agent_name=agent, seconds=5, run_name="z root"),
        event(run, agent_name=agent, seconds=5, run_name="b"),
        event(run, agent_name=agent, seconds=0, run_name="a"),
    ]
    for number in order:
        client.send(events[number])
    assert name_of(client, run) == "z root"


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("at", [0, 0.5])
def test_a_remote_parent_that_comes_names_the_run_also_when_its_clock_is_late(
    client: Client, turned: bool, at: float
) -> None:
    trace, front, back, suffix = new_trace(), new_span_id(), new_span_id(), new_id()
    spans = [
        span(trace, f"a {suffix}", span_id=back, parent=front, flags=0x300),
        span(trace, f"z {suffix}", span_id=front, at=at, seconds=9),
    ]
    for one in spans[::-1] if turned else spans:
        send(client, one)
    assert name_of(client, run_of(trace)) == f"z {suffix}"


def test_a_root_that_has_a_parent_after_all_wishes_as_any_other_event(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(event(run, "agent_start", seconds=5, parent_event_id=parent, run_name="was root"))
    client.send(event(run, "agent_start", event_id=parent, seconds=1))
    assert name_of(client, run) == "was root"
    client.send(event(run, seconds=3, run_name="earlier"))
    assert name_of(client, run) == "earlier"


def test_a_run_renamed_by_hand_keeps_that_name(client: Client) -> None:
    run = send_named(client, "first", seconds=5)
    client.ok("/api/runs/agent/first", "PATCH", json={"new_run_name": "by hand"})
    client.send(event(run, seconds=0, run_name="earlier wish"))
    assert name_of(client, run) == "by hand"


def test_a_wish_for_a_long_name_that_is_taken_still_fits(client: Client) -> None:
    long = "n" * 255
    assert name_of(client, send_named(client, long)) == long
    assert name_of(client, send_named(client, long)) == "n" * 240 + " (2)"


def test_runs_in_one_batch_are_numbered_without_gaps(client: Client) -> None:
    runs = [new_id() for _ in range(5)]
    client.send(*[event(run) for run in runs])
    assert sorted(name_of(client, run) for run in runs) == [f"run {n}" for n in range(1, 6)]


@pytest.mark.parametrize("name", [None, "same"])
def test_runs_in_one_batch_are_numbered_by_time(client: Client, name: str | None) -> None:
    runs = [new_id() for _ in range(6)]
    events = [event(run, run_name=name, seconds=n) for n, run in enumerate(runs)]
    client.send(*events[3:], *events[:3])
    numbered = [f"same ({n})" for n in range(2, 7)]
    expected = ["same", *numbered] if name else [f"run {n}" for n in range(1, 7)]
    assert [name_of(client, run) for run in runs] == expected


@pytest.mark.parametrize("taken", [1, 2, 3, 7, 16, 17, 40])
def test_the_first_gap_is_found_by_galloping(client: Client, taken: int) -> None:
    client.send(*[event(new_id(), run_name="x") for _ in range(taken)])
    expected = f"x ({taken + 1})"
    assert name_of(client, send_named(client, "x")) == expected


def test_runs_of_many_new_agents_are_named_in_one_statement(conn: Connection) -> None:
    agents = [f"agent {n % 300}" for n in range(600)]
    sent = [event(new_id(), seconds=n, agent_name=name) for n, name in enumerate(agents)]
    rows = parse_batch(orjson.dumps({"events": sent}), len(sent), KILOBYTE).rows
    namer = CountingNamer(conn, {}, dict.fromkeys(agents, 0))
    states = [first_state(row.run_id, today(), [row], is_new=True) for row in rows]
    assert name_runs(namer, states) == ["run 1"] * 300 + ["run 2"] * 300
    assert namer.statements == 1


@pytest.mark.parametrize(
    ("taken", "wish"), [("x ({})", "x"), ("run {}", None)], ids=["asked for", "counted up"]
)
def test_many_taken_numbers_are_passed_over_in_few_statements(
    client: Client, conn: Connection, taken: str, wish: str | None
) -> None:
    first = 3 if wish else 10**9 + 1
    client.send(
        *[event(new_id(), run_name=taken.format(n)) for n in range(first, first + 1_000)],
        event(new_id(), run_name=wish or "run 999999999"),
    )
    [locked] = queries.agents.lock(conn, names=["agent"])
    namer = CountingNamer(conn, {}, {"agent": locked["run_counter"]})
    names = [namer.nearest("agent", wish) if wish else namer.generate("agent") for _ in range(3)]
    assert names == [taken.format(n) for n in (first - 1, first + 1_000, first + 1_001)]
    assert namer.statements < 20


def test_runs_that_ask_for_one_taken_name_are_numbered_in_few_statements(
    client: Client, conn: Connection
) -> None:
    send_named(client, "x")
    [locked] = queries.agents.lock(conn, names=["agent"])
    namer = CountingNamer(conn, {}, {"agent": locked["run_counter"]})
    names = [namer.nearest("agent", "x") for _ in range(30)]
    assert names == [f"x ({number})" for number in range(2, 32)]
    assert namer.statements < 6


def test_a_run_that_asks_for_the_name_it_has_keeps_it(client: Client) -> None:
    run = send_named(client, None)
    client.send(event(run, seconds=1, run_name="run 1"))
    assert name_of(client, run) == "run 1"


def test_renaming_ahead_of_the_counter_leaves_ingest_its_numbers(client: Client) -> None:
    send_named(client, None)
    client.ok("/api/runs/agent/run%201", "PATCH", json={"new_run_name": "run 30"})
    assert name_of(client, send_named(client, None)) == "run 31"


@pytest.mark.one_server("no unique key tells there that a name is taken")
def test_a_name_beyond_the_largest_number_is_passed_over(client: Client) -> None:
    send_named(client, "run 1000000001")
    send_named(client, "run 999999999")
    names = [name_of(client, send_named(client, None)) for _ in range(3)]
    assert names == ["run 1000000000", "run 1000000002", "run 1000000003"]


def test_a_name_whose_numbers_are_taken_where_they_are_looked_for_is_given_all_the_same(
    client: Client,
) -> None:
    taken = ["chat", "chat (2)", *(f"chat ({1 + (1 << power)})" for power in range(33))]
    client.send(*[event(new_id(), run_name=name) for name in dict.fromkeys(taken)])
    names = [name_of(client, send_named(client, "chat")) for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.startswith("chat (") for name in names)
    long = "x" * 255
    client.send(*[event(new_id(), run_name=name) for name in (long, f"{long[:240]} (2)")])
    assert len(name_of(client, send_named(client, long))) <= 255


@pytest.mark.one_server("no unique key tells there that a name is taken")
def test_reserved_numbers_that_are_taken_names_cost_one_retry(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.send(*[event(new_id(), run_name=f"run {1_000_000_000 + n}") for n in range(50)])
    send_named(client, "run 999999999")
    with caplog.at_level("INFO", "service.writer.transaction_runner"):
        names = [name_of(client, send_named(client, None)) for _ in range(2)]
    assert len(set(names)) == 2
    assert len([one for one in caplog.messages if "retried after 23505" in one]) == 1
