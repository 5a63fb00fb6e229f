"""`python -m service migrate down`: it names what goes, asks, and refuses under a service."""

from pathlib import Path

import psycopg

from service.db.schema_version import known_names
from tests.client import Client
from tests.db.old import LONG_AGO, receive, retain, run_on
from tests.events import event, new_id
from tests.processes.harness import run, type_into
from tests.resources.scores.made import score, send
from tests.service import serving

ALL = len(known_names())


def stored(url: str) -> int | None:
    """How many events there are, over a connection that is none of the service's."""
    with psycopg.connect(url) as conn:
        try:
            return int(conn.execute("SELECT count(*) FROM events").fetchall()[0][0])
        except psycopg.errors.UndefinedTable:
            return None


def test_without_a_terminal_it_names_what_goes_and_does_nothing(
    database_url: str, tmp_path: Path
) -> None:
    with Client.of(database_url) as client:
        client.send(event(new_id()))
    refused = run(tmp_path, "migrate", "down", str(ALL), DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert "nothing was done: add --yes --lose events " in refused.stderr
    assert "would delete table events: 1 rows, " in refused.stdout
    assert "would delete table retired_metrics: 0 rows, " in refused.stdout
    assert stored(database_url) == 1


def test_with_yes_it_rolls_back(database_url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "migrate", "down", str(ALL), "--yes", DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nrolled back ") == ALL
    assert stored(database_url) is None


def test_more_than_there_are_is_refused(database_url: str, tmp_path: Path) -> None:
    refused = run(tmp_path, "migrate", "down", "99", "--yes", DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"gati-backend: applied migrations: {ALL}, fewer than 99; nothing was done\n"
    )
    assert stored(database_url) == 0


def test_beside_a_running_service_it_is_refused(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path):
        refused = run(tmp_path, "migrate", "down", "1", "--yes", DATABASE_URL=database_url)
        assert refused.returncode == 1
        assert "nothing was done. Stop these processes first" in refused.stderr
    assert stored(database_url) == 0


def test_yes_alone_is_not_enough_for_what_nothing_restores(
    database_url: str, tmp_path: Path
) -> None:
    receive(database_url, LONG_AGO, *run_on(LONG_AGO))
    assert retain(database_url)
    made = run(
        tmp_path, "keys", "create", "a", "--scope", "admin", "--yes", DATABASE_URL=database_url
    )
    assert made.returncode == 0
    arguments = ["migrate", "down", str(ALL - 2), "--yes"]  # to 0002.metrics
    refused = run(tmp_path, *arguments, DATABASE_URL=database_url)
    assert refused.returncode == 1
    needed = "--lose metrics --lose versions --lose keys --lose audit-log"
    assert refused.stderr == f"gati-backend: nothing was done: add {needed} to confirm\n"
    for told in (
        "would lose metrics: metrics of weeks whose events retention removed",
        "would lose versions: sums by version of runs that retention removed",
        "would lose keys: all API keys: afterwards the service is open to all, without a key\n",
        "would lose audit-log: ",
    ):
        assert told in refused.stdout
    assert "would lose events" not in refused.stdout
    arguments += ["--lose", "metrics", "--lose", "versions", "--lose", "keys"]
    refused = run(tmp_path, *arguments, DATABASE_URL=database_url)
    assert "nothing was done: add --lose audit-log to confirm" in refused.stderr
    assert stored(database_url) == 0
    done = run(tmp_path, *arguments, "--lose", "audit-log", DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")


def test_events_are_a_loss_to_be_named(database_url: str, tmp_path: Path) -> None:
    with Client.of(database_url) as client:
        client.send(event(new_id()))
    refused = run(tmp_path, "migrate", "down", str(ALL), "--yes", DATABASE_URL=database_url)
    assert "nothing was done: add --lose events " in refused.stderr
    assert stored(database_url) == 1


def test_scores_are_losses_to_be_named(database_url: str, tmp_path: Path) -> None:
    old, arguments = new_id(), ["migrate", "down", str(ALL), "--yes"]
    receive(database_url, LONG_AGO, *run_on(LONG_AGO, old))
    with Client.of(database_url) as client:
        assert send(client, score(old)).status_code == 200
        assert retain(database_url)
        assert send(client, score(new_id())).status_code == 200
    refused = run(tmp_path, *arguments, DATABASE_URL=database_url)
    assert "--lose scores --lose score-sums" in refused.stderr
    assert "would lose scores: all scores of runs\n" in refused.stdout
    assert "would lose score-sums: sums of the scores of runs that" in refused.stdout


def test_on_a_terminal_only_yes_goes_on(database_url: str, tmp_path: Path) -> None:
    for typed, code in ((b"no\n", 1), (b"yes\n", 0)):
        arguments = ("migrate", "down", str(ALL))
        assert type_into(tmp_path, typed, *arguments, DATABASE_URL=database_url)[0] == code
        assert stored(database_url) == (None if code == 0 else 0)
