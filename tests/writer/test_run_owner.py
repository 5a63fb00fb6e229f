"""To which agent a run belongs, whatever the order in which its events come."""

import os
from itertools import permutations

import pytest

from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import WRITE
from service.metrics.verify import verify
from service.writer import run_changes, run_owner
from service.writer.run_owner import LARGE_RUN_EVENTS
from tests.client import Client
from tests.events import Event, differences, event, new_id

ROOT = {"agent_name": "Researcher", "data": {"metadata": {"team": "red"}}}


def batches_of_one_run(run: str) -> list[list[Event]]:
    """A run whose calls carry the application's name, as the SDK's decorators write it."""
    start = event(run, "agent_start", 1, **ROOT)
    calls = [
        event(run, "tool_call", n, agent_name="research agent", parent_event_id=start["event_id"])
        for n in (0, 2)
    ]
    return [[start], [calls[0]], [calls[1], event(run, "agent_end", 3, agent_name="Researcher")]]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_root_gives_the_agent_in_any_order(
    client: Client, other_client: Client, conn: Connection, order: tuple[int, ...]
) -> None:
    run = new_id()
    batches = batches_of_one_run(run)
    for turn, number in enumerate(order):
        (client, other_client)[turn % 2].send(*batches[number])
    found = client.run(run)
    assert found["agent_name"] == "Researcher"
    assert found["metadata"] == {"team": "red"}
    assert found["run_name"] == "run 1"
    assert {agent["name"] for agent in client.ok("/api/agents")} == {"Researcher", "research agent"}
    assert differences(conn) == []


def test_without_a_root_the_earliest_event_gives_the_agent(client: Client) -> None:
    run = new_id()
    client.send(event(run, seconds=5, agent_name="late"))
    assert client.run(run)["agent_name"] == "late"
    client.send(event(run, seconds=1, agent_name="early"))
    assert client.run(run)["agent_name"] == "early"


def test_an_agent_start_whose_parent_is_in_the_run_is_no_root(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(
        event(run, "llm_call", 5, event_id=parent, agent_name="outer"),
        event(run, "agent_start", 6, parent_event_id=parent, agent_name="inner"),
    )
    assert client.run(run)["agent_name"] == "outer"


def test_of_many_demoted_roots_those_of_the_smallest_runs_are_looked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_changes, "DEMOTED_EVENTS", 5)
    sizes = {new_id(): size for size in (3, 1, 2)}
    roots = [event(run, "agent_start", 6, parent_event_id=new_id()) for run in sizes]
    client.send(
        *roots, *(event(run, seconds=9) for run, size in sizes.items() for _ in range(1, size))
    )
    client.send(
        *(
            event(root["run_id"], "step", 5, event_id=root["parent_event_id"], agent_name="outer")
            for root in roots
        )
    )
    agents = [client.run(run)["agent_name"] for run in sizes]
    assert agents == ["agent", "outer", "outer"]


def test_a_run_whose_starts_have_much_data_keeps_its_demoted_root(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parent of 60 bytes had the data of 20,000 starts of 1 MB read."""
    monkeypatch.setattr(run_changes, "MOST_DATA", 10_000)
    runs = {size: new_id() for size in (10, 20_000)}
    roots = [event(run, "agent_start", 6, parent_event_id=new_id()) for run in runs.values()]
    others = [
        event(run, "agent_start", 8, parent_event_id=new_id(), data={"a": os.urandom(size).hex()})
        for size, run in runs.items()
    ]
    client.send(*roots, *({**other, "agent_name": "next"} for other in others))
    client.send(
        *(
            event(root["run_id"], "step", 5, event_id=root["parent_event_id"], agent_name="outer")
            for root in roots
        )
    )
    agents = {size: client.run(run)["agent_name"] for size, run in runs.items()}
    assert agents == {10: "next", 20_000: "agent"}


def test_the_data_of_starts_whose_parents_are_there_keep_no_root(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not read. A batch of 1,000 such runs had 16 KB for all starts of each."""
    monkeypatch.setattr(run_changes, "MOST_DATA", 10_000)
    run, data = new_id(), {"a": os.urandom(20_000).hex()}
    root = event(run, "agent_start", 6, parent_event_id=new_id(), data=data)
    inner = event(run, "agent_start", 7, parent_event_id=root["event_id"], data=data)
    other = event(run, "agent_start", 8, parent_event_id=new_id(), agent_name="next")
    client.send(root, inner, other)
    client.send(event(run, "step", 5, event_id=root["parent_event_id"]))
    assert client.run(run)["agent_name"] == "next"


def test_an_agent_start_whose_parent_was_stored_before_is_no_root(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(event(run, "llm_call", 5, event_id=parent, agent_name="outer"))
    client.send(event(run, "agent_start", 6, parent_event_id=parent, agent_name="inner"))
    assert client.run(run)["agent_name"] == "outer"


def test_a_parent_that_comes_later_takes_the_root_its_place(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(
        event(
            run,
            "agent_start",
            6,
            parent_event_id=parent,
            agent_name="inner",
            data={"metadata": {"a": 1}},
        ),
    )
    assert client.run(run)["agent_name"] == "inner"
    client.send(event(run, "llm_call", 5, event_id=parent, agent_name="outer"))
    found = client.run(run)
    assert (found["agent_name"], found["metadata"]) == ("outer", {})


def test_when_the_root_is_demoted_the_next_root_is_found(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(event(run, "agent_start", 3, parent_event_id=parent, agent_name="first"))
    client.send(event(run, "agent_start", 4, agent_name="second", data={"metadata": {"b": 2}}))
    assert client.run(run)["agent_name"] == "first"
    client.send(event(run, "step", 9, event_id=parent, agent_name="other"))
    found = client.run(run)
    assert (found["agent_name"], found["metadata"]) == ("second", {"b": 2})


def test_an_agent_start_that_is_its_own_parent_is_no_root(client: Client) -> None:
    run, me = new_id(), new_id()
    client.send(event(run, "step", 0, agent_name="first"))
    client.send(event(run, "agent_start", 1, event_id=me, parent_event_id=me, agent_name="loop"))
    assert client.run(run)["agent_name"] == "first"


def test_equal_times_go_by_event_id(client: Client) -> None:
    run = new_id()
    low, high = sorted([new_id(), new_id()])
    client.send(event(run, "agent_start", 0, event_id=high, agent_name="high"))
    client.send(event(run, "agent_start", 0, event_id=low, agent_name="low"))
    assert client.run(run)["agent_name"] == "low"


def test_a_resent_event_with_other_content_moves_nothing(client: Client) -> None:
    run = new_id()
    first = event(run, "agent_start", 5, agent_name="mine")
    client.send(first)
    client.send({**first, "agent_name": "thief", "timestamp": "2020-01-01T00:00:00Z"})
    assert client.run(run)["agent_name"] == "mine"


def test_a_moved_run_keeps_its_name_where_it_is_free(client: Client) -> None:
    run, other = new_id(), new_id()
    client.send(event(other, agent_name="target"))  # target: run 1
    client.send(event(run, seconds=1, agent_name="source"))  # source: run 1
    client.send(event(run, "agent_start", 0, agent_name="target"))
    assert client.run(run)["run_name"] == "run 2"
    assert client.run(run)["agent_name"] == "target"


def test_a_moved_run_takes_its_own_name_along(client: Client) -> None:
    run = new_id()
    client.send(event(run, seconds=1, agent_name="source", run_name="mine"))
    client.send(event(run, "agent_start", 0, agent_name="target"))
    assert client.ok("/api/runs/target/mine")["run_id"] == run
    assert client.simulate_get("/api/runs/source/mine").status_code == 404


def test_many_runs_move_in_one_transaction(client: Client, conn: Connection) -> None:
    runs = [new_id() for _ in range(50)]
    client.send(*[event(run, seconds=1, agent_name="source") for run in runs])
    client.send(*[event(run, "agent_start", 0, agent_name="target") for run in runs])
    names = [run["run_name"] for run in client.ok("/api/agents/target/runs")]
    assert sorted(names) == sorted(f"run {n}" for n in range(1, 51))
    assert differences(conn) == []


def test_a_parent_in_another_run_of_the_same_batch_is_no_parent(client: Client) -> None:
    one, other, parent = new_id(), new_id(), new_id()
    client.send(event(one, seconds=5, agent_name="x"), event(other, event_id=parent))
    client.send(
        event(one, "agent_start", 6, parent_event_id=parent, agent_name="y"),
        event(other, "agent_start", 6, parent_event_id=parent),
    )
    assert client.run(one)["agent_name"] == "y"


def test_an_owner_whose_agent_was_deleted_is_made_anew(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(
        event(run, "agent_start", 5, parent_event_id=parent, agent_name="a"),
        event(run, "tool_call", 1, agent_name="b"),
    )
    client.ok("/api/agents/b", "DELETE")
    assert client.send(event(run, event_id=parent, seconds=9, agent_name="a")).status_code == 200
    assert client.run(run)["agent_name"] == "b"
    assert client.ok("/api/agents/b")["total_runs"] == 1


def moves(client: Client, run: str, *events: Event) -> list[str]:
    """The agent of the run after each of these events."""
    agents = []
    for one in events:
        assert client.send(one).json["inserted"] == 1
        agents.append(client.run(run)["agent_name"])
    return agents


def large_run(client: Client, *first: Event, apart: float = 1) -> str:
    """A run that these events begin, with more events than a run may have that moves freely."""
    run = first[0]["run_id"]
    client.send(*first)
    more = LARGE_RUN_EVENTS + 1 - len(first)
    client.send(*[event(run, seconds=100 + apart * n, agent_name="own") for n in range(more)])
    return str(run)


def test_a_large_run_moves_for_the_first_root_alone(client: Client, conn: Connection) -> None:
    run = large_run(client, event(new_id(), seconds=50, agent_name="own"))
    assert moves(
        client,
        run,
        event(run, seconds=4, agent_name="early"),
        event(run, "agent_start", 90, agent_name="root"),
        event(run, seconds=2, agent_name="earlier"),
        event(run, "agent_start", 1, agent_name="root", data={"metadata": {"a": 1}}),
        event(run, "agent_start", 0, agent_name="earlier root"),
    ) == ["own", "root", "root", "root", "root"]
    assert client.run(run)["metadata"] == {"a": 1}
    assert differences(conn) == []


def test_a_large_run_moves_once_from_its_root_to_an_earlier_one(client: Client) -> None:
    run, parent = new_id(), new_id()
    large_run(client, event(run, "agent_start", 50, agent_name="own", parent_event_id=parent))
    assert moves(
        client,
        run,
        event(run, seconds=49, agent_name="caller", event_id=parent),
        event(run, "agent_start", 4, agent_name="caller"),
        event(run, "agent_start", 3, agent_name="another"),
    ) == ["own", "caller", "caller"]


def test_an_event_does_not_count_a_large_run_again(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = large_run(client, event(new_id(), seconds=50, agent_name="own"), apart=400)
    before = deltas_of(conn)
    for n in range(5):
        client.send(event(run, seconds=-n, agent_name=f"thief {n}"))
    assert deltas_of(conn) - before <= 5 * 3  # the event, and the run before and after
    assert verify(database_url) == []


def deltas_of(conn: Connection) -> int:
    """How many metric deltas wait."""
    [row] = conn.execute("SELECT count(*) AS n FROM metric_deltas").fetchall()
    conn.rollback()
    return int(row["n"])


def test_one_transaction_moves_so_many_events_beside_first_roots(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_changes, "MOVED_EVENTS", 8)
    runs = sorted(new_id() for _ in range(4))
    for run in runs:
        client.send(*[event(run, seconds=50 + n, agent_name="own") for n in range(3)])
    client.send(*[event(run, seconds=n, agent_name="early") for n, run in enumerate(runs)])
    assert [client.run(run)["agent_name"] for run in runs] == ["early", "early", "own", "own"]
    client.send(*[event(run, "agent_start", 99, agent_name="root") for run in runs])
    assert [client.run(run)["agent_name"] for run in runs] == ["root"] * 4
    assert differences(conn) == []
    assert verify(database_url) == []


def test_runs_that_moved_before_move_again_by_what_was_sent(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever earlier roots of other agents, 150 bytes each, had 20,000 events counted again."""
    monkeypatch.setattr(run_changes, "MOVED_AGAIN_EVENTS", 2)
    monkeypatch.setattr(run_changes, "MOVED_AGAIN_EACH", 1)
    runs = sorted(new_id() for _ in range(2))

    def send_roots(second: int, agent: str) -> None:
        client.send(*[event(run, "agent_start", second, agent_name=agent) for run in runs])

    for run in runs:
        client.send(event(run, "agent_start", 50), event(run, seconds=51))
    send_roots(40, "early")
    assert [client.run(run)["agent_name"] for run in runs] == ["early", "early"]
    send_roots(30, "earlier")
    assert [client.run(run)["agent_name"] for run in runs] == ["earlier", "early"]
    assert verify(database_url) == []


def test_one_transaction_moves_so_many_events_to_first_roots(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_changes, "FIRST_ROOT_EVENTS", 8)
    runs = sorted(new_id() for _ in range(3))
    for run in runs:
        client.send(*[event(run, seconds=50 + n, agent_name="own") for n in range(3)])
    client.send(*[event(run, "agent_start", 99, agent_name="root") for run in runs])
    assert [client.run(run)["agent_name"] for run in runs] == ["root", "root", "own"]
    client.send(event(runs[2], "agent_start", 98, agent_name="root"))
    assert client.run(runs[2])["agent_name"] == "root"
    assert differences(conn) == []
    assert verify(database_url) == []


def test_a_huge_run_stays_with_its_agent_also_for_its_first_root(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_owner, "UNMOVED_EVENTS", 3)
    run = new_id()
    client.send(*[event(run, seconds=50 + n, agent_name="own") for n in range(4)])
    assert moves(
        client,
        run,
        event(run, "agent_start", 10, agent_name="root"),
        event(run, "agent_start", 20, agent_name="own", data={"metadata": {"a": 1}}),
        event(run, "agent_start", 5, agent_name="root"),
    ) == ["own", "own", "own"]
    assert client.run(run)["metadata"] == {"a": 1}
    assert verify(database_url) == []


@pytest.mark.one_server("the plans are the workers' own")
def test_the_owner_is_found_without_the_data_of_the_other_events(
    client: Client, conn: Connection, database_url: str
) -> None:
    run, root = new_id(), event(new_id(), "agent_start", 9, **ROOT)
    steps = [
        event(run, seconds=n, data={"metadata": {}, "input": os.urandom(50_000).hex()})
        for n in range(20)
    ]
    client.send({**root, "run_id": run}, *steps)
    day = conn.execute("SELECT received_on FROM runs").fetchone()
    assert day
    with connect(database_url, WRITE, "test") as writer:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {queries.events.owner.text}"
        asked = {
            "received_ons": [str(day["received_on"])],
            "run_ids": [run],
            "byte_limit": "1000",
        }
        [row] = writer.execute(explain, asked).fetchall()
        [owner] = queries.events.owner(writer, **asked).fetchall()
    plan = row["QUERY PLAN"][0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 60
    assert (str(owner["event_id"]), owner["metadata"]) == (root["event_id"], '{"team": "red"}')


def test_what_small_runs_leave_of_the_data_is_there_for_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run of a request had an equal share, which most of them did not use."""
    monkeypatch.setattr(run_changes, "MOST_DATA", 12_000)
    runs = {size: new_id() for size in (10, 20, 4_000, 9_000)}
    parents = {size: new_id() for size in runs}
    for size, run in runs.items():
        root = event(run, "agent_start", 1, parent_event_id=parents[size], agent_name="first")
        seed = {"seed": os.urandom(size // 2).hex()}
        other = {"parent_event_id": new_id(), "agent_name": "second", "data": seed}
        client.send(root, event(run, "agent_start", 2, **other))
    client.send(*[event(run, "step", 3, event_id=parents[size]) for size, run in runs.items()])
    found = {size: client.run(run)["agent_name"] for size, run in runs.items()}
    assert found == {10: "second", 20: "second", 4_000: "second", 9_000: "first"}
