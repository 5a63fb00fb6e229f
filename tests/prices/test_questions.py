"""The commands on prices ask before they remove prices of one's own, or take costs away."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service.core.failure import Failure
from service.db.queries import Connection
from service.prices.load import Changes, load
from service.prices.reprice import reprice
from service.prices.window import Repriced
from tests.client import Client
from tests.events import event, new_id
from tests.prices.truth import EVER, FIRST, HEADER, call, prices
from tests.processes.harness import run as command

Command = Callable[..., Any]

MINE = "mine,,2020-01-01,30,40.5,,0.25,,"
ASKED = "gati-backend: nothing was done: add --yes to confirm\n"
COSTS = "SELECT cost FROM events ORDER BY cost"


@pytest.fixture
def prices_command(database_url: str, tmp_path: Path) -> Command:
    """`prices load` and `prices reprice`, without a terminal."""
    return lambda *arguments: command(tmp_path, "prices", *arguments, DATABASE_URL=database_url)


def costs(conn: Connection) -> list[Decimal]:
    found = [row["cost"] for row in conn.execute(COSTS)]
    conn.rollback()
    return found


def test_a_file_without_a_price_removes_none_without_a_yes(
    conn: Connection, database_url: str, tmp_path: Path, prices_command: Command
) -> None:
    (tmp_path / "none.csv").write_text(HEADER)
    assert prices_command("load", "none.csv").returncode == 0
    load(database_url, "prices.csv", prices(FIRST))
    refused = prices_command("load", "none.csv")
    assert (refused.returncode, refused.stdout.count("would be removed ")) == (1, 3)
    assert refused.stderr == ASKED
    assert conn.execute("SELECT FROM model_prices").rowcount == 3
    conn.rollback()
    assert "3 removed" in prices_command("load", "none.csv", "--yes").stdout


def test_a_price_that_a_file_lacks_goes_with_a_yes_and_its_figures_are_printed(
    conn: Connection, database_url: str, tmp_path: Path, prices_command: Command
) -> None:
    load(database_url, "prices.csv", prices([*FIRST, MINE]))
    (tmp_path / "some.csv").write_text("\n".join([HEADER, *FIRST]))
    removed = "removed mine from 2020-01-01: 30 input, 40.5 output, 0.25 cache write\n"
    refused = prices_command("load", "some.csv")
    assert (refused.returncode, refused.stderr) == (1, ASKED)
    assert refused.stdout.startswith(f"would be {removed}")
    assert conn.execute("SELECT FROM model_prices").rowcount == 4
    conn.rollback()
    assert removed in prices_command("load", "some.csv", "--dry-run").stdout
    assert removed in prices_command("load", "some.csv", "--yes").stdout
    assert conn.execute("SELECT FROM model_prices").rowcount == 3


def test_the_question_names_some_of_many_prices(
    database_url: str, tmp_path: Path, prices_command: Command
) -> None:
    load(database_url, "prices.csv", prices([f"m{n},,2020-01-01,1,1,,,," for n in range(60)]))
    (tmp_path / "none.csv").write_text(HEADER)
    refused = prices_command("load", "none.csv").stdout
    assert refused.count("would be removed m") == 50
    assert "10 others would be removed: --dry-run names all\n" in refused


def test_a_load_removes_no_other_prices_than_those_that_were_agreed_to(
    conn: Connection, database_url: str
) -> None:
    agreed = Changes.between([], prices(FIRST))
    load(database_url, "mine.csv", prices([MINE]))  # by another, meanwhile
    with pytest.raises(Failure, match="nothing was loaded"):
        load(database_url, "prices.csv", prices(FIRST), agreed)
    assert conn.execute("SELECT model FROM model_prices").fetchall() == [{"model": "mine"}]


def test_a_reprice_takes_costs_away_with_a_yes_alone(
    client: Client, conn: Connection, database_url: str, prices_command: Command
) -> None:
    load(database_url, "prices.csv", prices([*FIRST, MINE]))
    client.send(event(new_id(), data=call("mine")), event(new_id(), data=call()))
    before = costs(conn)
    [lost] = set(before) - {Decimal(5)}
    load(database_url, "prices.csv", prices(FIRST))
    since = ("reprice", "--since", "2026-11-01")
    shown = (
        "would take away the cost of 'mine': 1 events\n"
        f"would take away {lost:f} dollars of 1 events\n"
    )
    refused = prices_command(*since)
    assert (refused.returncode, refused.stderr) == (1, ASKED)
    assert refused.stdout == f"{shown}would change 1 of 2 events, -{lost:f} dollars\n"
    assert costs(conn) == before
    assert shown in prices_command(*since, "--dry-run").stdout
    assert costs(conn) == before
    assert prices_command(*since, "--yes").stdout.endswith(f"-{lost:f} dollars\n")
    assert costs(conn) == [Decimal(5), None]
    assert prices_command(*since).returncode == 0  # nothing is left to take away


def test_a_reprice_that_takes_no_cost_away_asks_nobody(client: Client, database_url: str) -> None:
    def refuse(_found: Repriced) -> None:
        raise AssertionError

    client.send(event(new_id(), data=call()), event(new_id(), data=call("unknown")))
    load(database_url, "prices.csv", prices(FIRST))
    done = reprice(database_url, EVER, dry_run=False, agree=refuse)
    assert (done.events, done.changed) == (2, 1)
