"""GET /export/…: every event and run once, in an order that can be resumed, as files have to be."""

import gzip
import json
import re
from contextlib import closing
from typing import Any

import psycopg
import pytest

from service.api import policy
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, Query, queries
from service.resources.export.events import ROWS_PER_PAGE, event_pages
from service.resources.export.filters import Filters
from service.resources.export.runs import RUNS_PER_PAGE, run_pages
from tests.client import Client
from tests.events import at, event, new_id
from tests.openapi import close
from tests.resources.export.reading import export, exported, filled, keys, read_csv, read_ndjson
from tests.resources.test_openapi import assert_described

pytestmark = pytest.mark.pgbouncer

HOSTILE = [
    "=1+1",
    "@SUM(A1)",
    "+1",
    "-1",
    "＝1",
    "'=1",
    "''@",
    "'quoted'",
    'a "quote", a comma',
    "new\nline\rand \r\n",
    " naïve \U0001f600 \\N ",
    ";\t|",
]


def test_each_event_comes_once_by_key_and_as_it_can_be_sent_again(client: Client) -> None:
    sent = filled(client)
    found = exported(client)
    assert keys(found) == keys(sent)
    for line, one in zip(found, sent, strict=True):
        assert line["timestamp"] == one["timestamp"]
        nothing = dict.fromkeys(("run_name", "parent_event_id", "previous_event_id"))
        assert {**one, **nothing, "tie": line["tie"]} == line


def test_nothing_stored_is_an_export_of_nothing(client: Client) -> None:
    assert exported(client) == []
    assert read_csv(export(client, "events.csv").text) == []
    assert export(client, "runs.csv").text.startswith("run_id,run_name,agent_name,")


@pytest.mark.parametrize("events", [ROWS_PER_PAGE - 1, ROWS_PER_PAGE, ROWS_PER_PAGE + 1, 2_500])
def test_a_run_of_any_size_comes_whole(client: Client, events: int) -> None:
    sent = filled(client, 1, events) + filled(client, 3, 2)
    assert sorted(keys(exported(client))) == sorted(keys(sent))
    run = sent[0]["run_id"]
    assert len(exported(client, run_id=run)) == events


def test_more_runs_than_a_page_come_whole(client: Client) -> None:
    sent = filled(client, 2 * RUNS_PER_PAGE + 1, 1)
    assert keys(exported(client)) == keys(sent)
    mine = [one for one in sent if one["agent_name"] == "agent 0"]
    assert sorted(keys(exported(client, agent="agent 0"))) == keys(mine)
    assert len(read_csv(export(client, "runs.csv").text)) == len(sent)


def test_large_data_and_metadata_make_small_pages_and_come_whole(client: Client) -> None:
    """Random text, so that it is stored as large as it is."""
    run, runs = new_id(), [new_id() for _ in range(12)]
    data = [{"text": "".join(new_id() for _ in range(2_000))} for _ in range(20)]
    client.send(*[event(run, seconds=n, data=one) for n, one in enumerate(data)])
    client.send(*[event(one, "agent_start", data={"metadata": data[0]}) for one in runs])
    for params in ({}, {"agent": "agent"}):
        found = exported(client, **params)
        assert len(set(keys(found))) == len(found) == 32
        assert sorted(one["data"]["text"] for one in found if one["run_id"] == run) == sorted(
            one["text"] for one in data
        )
        rows = read_csv(export(client, "runs.csv", **params).text)
        assert sorted(row["run_id"] for row in rows) == sorted([run, *runs])
        assert sum(json.loads(row["metadata"]) == data[0] for row in rows) == len(runs)


FILTERS: list[tuple[dict[str, str], Any]] = [
    ({"agent": "agent 1"}, lambda one: one["agent_name"] == "agent 1"),
    ({"agent": "nobody"}, lambda _: False),
    ({"event_type": "type 1"}, lambda one: one["event_type"] == "type 1"),
    ({"from": at(101)}, lambda one: one["timestamp"] >= at(101)),
    ({"to": at(102)}, lambda one: one["timestamp"] < at(102)),
    ({"from": at(1), "to": at(3)}, lambda one: at(1) <= one["timestamp"] < at(3)),
    ({"from": "2026-11-22", "to": "2026-11-23"}, lambda _: True),
    ({"from": "2026-11-23"}, lambda _: False),
    (
        {"agent": "agent 0", "event_type": "type 0", "from": at(200)},
        lambda one: (
            one["agent_name"] == "agent 0"
            and one["event_type"] == "type 0"
            and one["timestamp"] >= at(200)
        ),
    ),
]


@pytest.mark.parametrize(("params", "is_wanted"), FILTERS)
def test_filters_leave_what_they_say(
    client: Client, params: dict[str, str], is_wanted: Any
) -> None:
    sent = filled(client)
    expected = keys([one for one in sent if is_wanted(one)])
    assert sorted(keys(exported(client, **params))) == expected
    assert len(read_csv(export(client, "events.csv", **params).text)) == len(expected)


def test_a_run_counts_for_its_own_agent_whatever_its_events_say(client: Client) -> None:
    run = new_id()
    client.send(event(run, "agent_start", agent_name="owner"), event(run, agent_name="tool"))
    assert len(exported(client, agent="owner")) == 2
    assert exported(client, agent="tool") == []
    assert {one["agent_name"] for one in exported(client)} == {"owner", "tool"}


@pytest.mark.parametrize("params", [{}, {"agent": "agent 0"}, {"event_type": "type 1"}])
def test_after_any_line_the_rest_comes(client: Client, params: dict[str, str]) -> None:
    filled(client)
    whole = exported(client, **params)
    for number, last in enumerate(whole, 1):
        after = f"{last['run_id']}/{last['event_id']}"
        assert exported(client, after=after, **params) == whole[number:]


def test_after_a_line_within_a_run_of_many_pages_the_rest_comes(client: Client) -> None:
    sent = filled(client, 1, ROWS_PER_PAGE + 300)
    for number in (1, 700, ROWS_PER_PAGE, ROWS_PER_PAGE + 300):
        last = sent[number - 1]
        for params in ({}, {"run_id": last["run_id"]}):
            found = exported(client, after=f"{last['run_id']}/{last['event_id']}", **params)
            assert keys(found) == keys(sent[number:])


def test_after_a_run_that_was_deleted_the_rest_comes(client: Client) -> None:
    sent = filled(client, 4, 2)
    last = sent[3]
    assert client.simulate_delete(f"/api/runs/{last['run_id']}").status_code == 200
    after = f"{last['run_id']}/{last['event_id']}"
    assert keys(exported(client, after=after)) == keys(sent[4:])
    lost = export(client, after=after, agent=last["agent_name"])
    assert (lost.status_code, lost.json["parameter"]) == (400, "after")


def test_runs_can_be_resumed_and_filtered_by_when_they_were_first_seen(client: Client) -> None:
    filled(client)
    whole = read_csv(export(client, "runs.csv").text)
    for number, last in enumerate(whole, 1):
        rest = read_csv(export(client, "runs.csv", after=last["run_id"]).text)
        assert rest == whole[number:]
    mine = read_csv(export(client, "runs.csv", agent="agent 1").text)
    assert {run["agent_name"] for run in mine} == {"agent 1"}
    assert (
        read_csv(export(client, "runs.csv", agent="agent 1", after=mine[0]["run_id"]).text)
        == mine[1:]
    )
    assert read_csv(export(client, "runs.csv", to="2020-01-01").text) == []
    assert read_csv(export(client, "runs.csv", **{"from": "2020-01-01"}).text) == whole


def test_csv_is_rfc_4180_and_no_cell_of_it_is_a_formula(client: Client) -> None:
    run = new_id()
    client.send(
        *[
            event(
                run,
                "llm_call",
                n,
                agent_name="=agent",
                run_name="@run",
                data={"text": text, "cost": 0.1, "tokens_in": 7, "latency_ms": 1.5, "model": "-m"},
            )
            for n, text in enumerate(HOSTILE)
        ]
    )
    body = export(client, "events.csv").content
    rows = read_csv(body.decode())
    assert body.count(b"\r\n") == len(rows) + 1, "what stands in JSON is escaped"
    found = exported(client)
    assert [row["event_id"] for row in rows] == [one["event_id"] for one in found]
    assert {row["run_name"] for row in rows} == {"'@run"}
    assert {row["agent_name"] for row in rows} == {"'=agent"}
    assert {one["agent_name"] for one in found} == {"=agent"}, "NDJSON is as it was sent"
    assert {json.loads(row["data"])["text"] for row in rows} == set(HOSTILE)
    assert {(row["model"], row["tokens_in"], row["tokens_out"]) for row in rows} == {
        ("'-m", "7", "")
    }
    assert {(row["cost"], float(row["latency_ms"]), row["is_error"]) for row in rows} == {
        ("0.1", 1.5, "false")
    }
    assert {row["timestamp"][-13:] for row in rows} == {".000000+00:00"}


def test_a_name_is_quoted_and_is_no_formula_and_taking_off_the_apostrophe_gives_it_back(
    client: Client,
) -> None:
    sent = {name for name in HOSTILE if not any(mark in name for mark in "\n\r\t")}
    client.send(*[event(new_id(), agent_name=name) for name in sent])
    names = {row["agent_name"] for row in read_csv(export(client, "runs.csv").text)}
    assert not any(name.startswith(tuple("=+-@＝")) for name in names)
    assert {re.sub("^'(?='*[=+@＝-])", "", name) for name in names} == sent
    assert "'quoted'" in names


def test_names_that_were_asked_for_or_given_by_hand_go_along(client: Client) -> None:
    named, renamed, plain = new_id(), new_id(), new_id()
    client.send(
        event(named, run_name="mine"), event(named, seconds=1), event(renamed), event(plain)
    )
    run = client.run(renamed)
    client.simulate_patch(
        f"/api/runs/agent/{run['run_name'].replace(' ', '%20')}", json={"new_run_name": "by hand"}
    )
    found = {one["run_id"]: one["run_name"] for one in exported(client)}
    assert found == {named: "mine", renamed: "by hand", plain: None}


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br, *", False),
    ],
)
def test_it_is_packed_for_who_takes_it(client: Client, accepted: str, packed: bool) -> None:
    sent = filled(client)
    answer = client.simulate_get("/api/export/events.ndjson", headers={"Accept-Encoding": accepted})
    assert ("Content-Encoding" in answer.headers) == packed
    assert "Accept-Encoding" in answer.headers["Vary"]
    text = gzip.decompress(answer.content) if packed else answer.content
    assert keys(read_ndjson(text.decode())) == keys(sent)


def test_head_tells_what_it_would_be_and_takes_no_place(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policy.SLOTS, policy.Share.EXPORTS, 1)
    with Client.of(database_url) as client:
        for _ in range(3):
            answer = client.simulate_head("/api/export/events.csv")
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/csv")
            assert answer.headers["Content-Disposition"] == 'attachment; filename="events.csv"'
        assert export(client).status_code == 200


WRONG = [
    ("events.ndjson", {"run_id": "x"}, "run_id"),
    ("events.ndjson", {"from": "yesterday"}, "from"),
    ("events.ndjson", {"from": at(1), "to": at(1)}, "from"),
    ("events.ndjson", {"after": "x"}, "after"),
    ("events.ndjson", {"after": new_id()}, "after"),
    ("events.csv", {"after": f"{new_id()}/x"}, "after"),
    ("events.csv", {"run_id": new_id(), "after": f"{new_id()}/{new_id()}"}, "after"),
    ("events.csv", {"limit": "1"}, "limit"),
    ("runs.csv", {"after": f"{new_id()}/{new_id()}"}, "after"),
    ("runs.csv", {"event_type": "step"}, "event_type"),
]


@pytest.mark.parametrize(("name", "params", "parameter"), WRONG)
def test_a_wrong_parameter_is_named(
    idle_client: Client, name: str, params: dict[str, str], parameter: str
) -> None:
    answer = export(idle_client, name, **params)
    assert (answer.status_code, answer.json["parameter"]) == (400, parameter)


def test_a_server_that_cannot_stream_says_so(database_url: str) -> None:
    with Client.of(database_url, WORKER_CLASS="meinheld") as client:
        document = close(dict(client.ok("/api/openapi.json")))
        for name in ("events.ndjson", "events.csv", "runs.csv"):
            answer = export(client, name)
            assert (answer.status_code, answer.json["code"]) == (501, "not_streamed")
            assert_described(document, f"/export/{name}", "get", answer)


def test_what_is_wrong_before_the_first_line_is_an_error_and_gives_its_place_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policy.SLOTS, policy.Share.EXPORTS, 1)
    with Client.of(database_url) as client:
        filled(client)
        document = close(dict(client.ok("/api/openapi.json")))
        with psycopg.connect(database_url) as locker:
            locker.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            locked = client.simulate_get(
                "/api/export/events.ndjson", headers={"Accept-Encoding": "gzip"}
            )
        assert (locked.status_code, locked.json["code"]) == (504, "locked")
        assert "Content-Encoding" not in locked.headers
        assert "Content-Disposition" not in locked.headers
        assert_described(document, "/export/events.ndjson", "get", locked)
        assert export(client).status_code == 200


def test_between_pages_no_connection_is_held(
    client: Client, conn: Connection, database_url: str
) -> None:
    """A transaction that is open for as long as a client reads would hold up vacuum."""
    filled(client, RUNS_PER_PAGE + 1, 3)
    database = Database(DatabaseSettings(database_url, 1))
    database.open()
    with closing(database):
        for pages in (event_pages(database, Filters(), None), run_pages(database, Filters(), None)):
            found = filter(None, pages)
            assert next(found)
            with database.reading() as other:
                assert other.execute("SELECT count(*) AS runs FROM runs").fetchone() == {
                    "runs": RUNS_PER_PAGE + 1
                }
            open_ones = "SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            assert conn.execute(f"{open_ones} AND datname = current_database()").fetchall() == []
            assert next(found)


@pytest.mark.one_server("the plans are the workers' own")
def test_pages_go_by_the_keys_of_their_indexes(
    client: Client, conn: Connection, database_url: str
) -> None:
    """However small the tables were; what is looked through is in order, but for small runs."""
    filled(client)
    conn.execute("VACUUM ANALYZE runs, events")
    database = Database(DatabaseSettings(database_url, 4))
    database.open()
    with closing(database), database.looking_up() as reader:
        for name in ("runs", "runs_of_agent", "events_of_run", "events_of_runs"):
            plan = generic_plan(reader, getattr(queries.export, name))
            assert "Seq Scan" not in plan, plan
            _, _, below = plan.partition("Limit ")
            assert ("Sort  (" in below.splitlines()[1]) == (name == "events_of_runs"), plan


def generic_plan(conn: Connection, query: Query) -> str:
    """The plan that serves, whatever the parameters."""
    statement = query.name.replace(".", "_")
    numbers = {name: f"${n}" for n, name in enumerate(sorted(query.params), 1)}
    conn.execute(f"PREPARE {statement} AS {query.text % numbers}".encode())
    nothing = ", ".join("NULL" for _ in numbers)
    rows = conn.execute(f"EXPLAIN EXECUTE {statement} ({nothing})".encode())
    return "\n".join(row["QUERY PLAN"] for row in rows)
