"""Reprice: history as if it had been stored with today's prices, metrics with it."""

import os
import random
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from service.core.clock import today
from service.core.failure import Failure
from service.db.connections import connect
from service.db.queries import Connection, queries
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from service.prices import reprice as module
from service.prices.load import Changes, load
from service.prices.price_file import read_file
from service.prices.reprice import SETTINGS, Repricer, reprice
from service.prices.window import Window
from tests.client import Client
from tests.db.old import LONG_AGO, on, receive
from tests.events import Event, differences, event, new_id
from tests.prices.truth import EVER, FIRST, HEADER, SECOND, call, prices, wrong_costs, wrong_prices
from tests.processes.harness import REPOSITORY, environment
from tests.processes.harness import run as command

GUIDE = (REPOSITORY / "docs/guides/cost.md").read_text()
COSTS = "SELECT event_id, cost, cost_source FROM events ORDER BY event_id"

EXAMPLE = REPOSITORY / "docs/prices.example.csv"


def history(seed: int = 1) -> list[Event]:
    """Runs of some agents over a few days, with and without costs, of known models and others."""
    chance = random.Random(seed)
    runs = [(new_id(), f"agent {n % 3}") for n in range(20)]
    events = []
    for _ in range(300):
        run, agent = chance.choice(runs)
        data = call(
            chance.choice(["gpt-4o", "claude", "gpt-4o-dated", "unknown", None]),
            chance.choice([None, 0, chance.randrange(5000)]),
            tokens_out=chance.choice([None, chance.randrange(5000)]),
            cache_read_tokens=chance.choice([None, chance.randrange(6000)]),
            cache_write_tokens=chance.choice([None, chance.randrange(6000), 1e3]),
        )
        if chance.random() < 0.3:
            data["cost"] = chance.choice([0, 0.1, 1e-7])
        at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=chance.randrange(4 * 86_400))
        events.append(event(run, "llm_call", timestamp=at.isoformat(), agent_name=agent, data=data))
    return events


def test_history_is_as_if_it_had_been_stored_with_the_prices_of_now(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVENTS_PER_TRANSACTION", 7)  # pages end within runs
    client.send(*history())
    untouched = conn.execute("SELECT run_id, updated_at FROM runs ORDER BY run_id").fetchall()
    for number, lines in enumerate((FIRST, SECOND, FIRST[:1], [])):
        load(database_url, "test.csv", prices(lines))
        if number % 2:
            fold_once(database_url)
        wrong, before = len(wrong_costs(conn)), conn.execute(COSTS).fetchall()
        asked = reprice(database_url, EVER, dry_run=True)
        assert conn.execute(COSTS).fetchall() == before
        done = reprice(database_url, EVER, dry_run=False)
        assert (wrong_costs(conn), wrong_prices(conn)) == ([], [])
        assert (
            (done.changed, done.dollars) == (asked.changed, asked.dollars) == (wrong, done.dollars)
        )
        assert wrong > 20
        assert done.unknown == asked.unknown
        assert done.unknown["unknown"] > 10
        assert verify(database_url) == []
        assert differences(conn) == []
        again = reprice(database_url, EVER, dry_run=False)
        assert (again.changed, again.dollars, again.events) == (0, Decimal(0), done.events)
    assert conn.execute("SELECT FROM events WHERE cost_source = 'computed'").rowcount == 0
    after = conn.execute("SELECT run_id, updated_at FROM runs ORDER BY run_id").fetchall()
    assert after == untouched


def test_only_events_of_the_span_and_the_model_are_computed_anew(
    client: Client, conn: Connection, database_url: str
) -> None:
    run, old = new_id(), new_id()
    days = [
        "2026-11-20T23:59:59.999Z",
        "2026-11-21T00:00:00Z",
        "2026-11-21T12:00:00Z",
        "2026-11-22T00:00:00Z",
    ]
    sent = [
        event(run, timestamp=at, data=call(model)) for at in days for model in ("gpt-4o", "claude")
    ]
    client.send(*sent, event(old, timestamp=days[0], data=call()))
    load(database_url, "test.csv", prices(SECOND))
    since, until = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
    done = reprice(database_url, Window(since, until, "gpt-4o"), dry_run=False)
    assert (done.events, done.changed) == (2, 2)
    priced = conn.execute("SELECT event_id FROM events WHERE cost IS NOT NULL").fetchall()
    assert {str(row["event_id"]) for row in priced} == {sent[2]["event_id"], sent[4]["event_id"]}
    assert verify(database_url) == []


def test_what_others_did_meanwhile_is_passed_over_and_a_load_meanwhile_ends_it(
    client: Client, conn: Connection, database_url: str
) -> None:
    runs = [new_id() for _ in range(3)]
    client.send(*[event(run, data=call()) for run in runs])
    load(database_url, "test.csv", prices(FIRST))
    with connect(database_url, SETTINGS, "test") as repricing:
        repricing.autocommit = True
        repricer = Repricer(repricing, EVER, dry_run=False)
        (page,) = repricer._pages(today())
        client.ok(f"/api/runs/{runs[0]}", "DELETE")
        repricer._reprice(today(), page)
        assert (repricer.done.events, repricer.done.changed) == (3, 2)
        repricer._reprice(today(), page)  # as another would who read it before
        assert (repricer.done.events, repricer.done.changed) == (6, 2)
        load(database_url, "test.csv", prices(SECOND))
        client.send(event(runs[0], data=call()))  # it has the new price, and would lose it
        with pytest.raises(Failure, match="other prices were loaded meanwhile: run it again"):
            repricer.run()
    costs = conn.execute("SELECT cost FROM events ORDER BY cost").fetchall()
    assert [float(row["cost"]) for row in costs] == [0.3, 5, 5]
    assert reprice(database_url, EVER, dry_run=False).changed == 2
    assert wrong_costs(conn) == []
    assert verify(database_url) == []


def test_retention_notices_costs_that_change_also_where_they_make_up_for_each_other(
    conn: Connection, database_url: str
) -> None:
    run = new_id()
    events = [
        event(run, timestamp=on(LONG_AGO), data=call("up")),
        event(run, timestamp=on(LONG_AGO), data=call("down")),
    ]
    load(database_url, "a", prices(["up,,1990-01-01,1,0,,,,", "down,,1990-01-01,2,0,,,,"]))
    receive(database_url, LONG_AGO, *events)
    days = {"first_day": LONG_AGO, "next_day": LONG_AGO + timedelta(days=1)}
    before = queries.retention.version(conn, **days).fetchone()
    load(database_url, "b", prices(["up,,1990-01-01,2,0,,,,", "down,,1990-01-01,1,0,,,,"]))
    done = reprice(database_url, EVER, dry_run=False)
    after = queries.retention.version(conn, **days).fetchone()
    assert (done.changed, done.dollars) == (2, Decimal(0))
    assert before is not None
    assert after is not None
    assert (before["version"] != after["version"], before["newest"]) == (True, after["newest"])
    assert verify(database_url) == []


def test_the_commands_as_an_operator_uses_them(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    def prices_command(*arguments: str) -> str:
        done = command(tmp_path, "prices", *arguments, DATABASE_URL=database_url)
        assert done.returncode == 0, done.stderr
        printed: str = done.stdout
        return printed

    client.send(event(new_id(), data=call()), event(new_id(), data=call("mine")))
    (tmp_path / "prices.csv").write_text("\n".join([HEADER, *FIRST]))
    assert "would load 3 prices: 3 added" in prices_command("load", "prices.csv", "--dry-run")
    assert conn.execute("SELECT FROM model_prices").rowcount == 0
    assert "loaded 3 prices: 3 added, 0 changed, 0 removed" in prices_command("load", "prices.csv")
    (tmp_path / "listed.csv").write_text(prices_command("list"))
    assert "0 changed, 0 removed, 3 as they were" in prices_command("load", "listed.csv")
    dry = prices_command("reprice", "--since", "2026-11-01", "--dry-run")
    assert dry == "no price for 'mine': 1 events\nwould change 1 of 2 events, +5 dollars\n"
    printed = prices_command("reprice", "--since", "2026-11-01")
    assert printed.endswith("\nchanged 1 of 2 events, +5 dollars\n")
    rows = conn.execute(
        "SELECT actor, action, subject FROM audit_log WHERE actor = 'command' ORDER BY audit_id"
    ).fetchall()
    since = "since 2026-11-01T00:00:00+00:00"
    assert [tuple(row.values()) for row in rows] == [
        ("command", "load prices", "prices.csv: 3 added, 0 changed, 0 removed, 0 as they were"),
        ("command", "load prices", "listed.csv: 0 added, 0 changed, 0 removed, 3 as they were"),
        ("command", "reprice", since),
        ("command", "repriced", f"{since}: 1 of 2 events, +5 dollars"),
    ]


def test_the_guide_s_examples_run(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    client.send(event(new_id(), data=call("our-llama")))
    (tmp_path / "docs").mkdir()
    shutil.copy(EXAMPLE, tmp_path / "docs")
    [example] = re.findall(r"```sh\n(python -m service prices .*?)```", GUIDE, re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-euc", example],
        cwd=tmp_path,
        env=environment(DATABASE_URL=database_url, PATH=path),
        check=True,
        capture_output=True,
    )
    assert conn.execute("SELECT cost FROM events").fetchone() == {"cost": Decimal("0.04")}
    listed = read_file(str(tmp_path / "mine.csv"))
    assert list(Changes.between(listed, read_file(str(EXAMPLE))).lines()) == []
