"""`python -m service migrate down`: it names what goes, asks, and refuses under a service."""

from pathlib import Path

import psycopg

from service.db.schema_version import known_names
from tests.client import Client
from tests.db.old import LONG_AGO, on, receive, retain, run_on
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
    needed = "--lose metrics --lose keys --lose audit-log --lose versions --lose token-parts"
    assert refused.stderr == f"gati-backend: nothing was done: add {needed} to confirm\n"
    for told in (
        "would lose metrics: metrics of weeks whose events retention removed",
        "would lose versions: sums by version of runs that retention removed",
        "would lose keys: all API keys: afterwards the service is open to all, without a key\n",
        "would lose audit-log: ",
    ):
        assert told in refused.stdout
    assert "would lose events" not in refused.stdout
    for word in ("metrics", "versions", "keys", "token-parts"):
        arguments += ["--lose", word]
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


def test_columns_with_what_nothing_counts_again_are_losses_to_be_named(
    database_url: str, tmp_path: Path
) -> None:
    plain = {"model": "m", "tokens_in": 9, "tokens_out": 8}
    receive(database_url, LONG_AGO, event(new_id(), "llm_call", timestamp=on(LONG_AGO), data=plain))
    names = sorted(known_names())
    arguments = ["migrate", "down", str(ALL - names.index("0024.token-parts")), "--yes"]
    assert retain(database_url)
    done = run(tmp_path, *arguments, DATABASE_URL=database_url)
    assert "would delete column retired_metrics.cached_tokens: 0 values\n" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert run(tmp_path, "migrate", "up", DATABASE_URL=database_url).returncode == 0
    cached = plain | {"cached_tokens": 7}
    receive(
        database_url, LONG_AGO, event(new_id(), "llm_call", timestamp=on(LONG_AGO), data=cached)
    )
    assert retain(database_url)
    refused = run(tmp_path, *arguments, DATABASE_URL=database_url)
    assert refused.stderr == "gati-backend: nothing was done: add --lose token-parts to confirm\n"
    assert "would delete column retired_metrics.cached_tokens: 1 values\n" in refused.stdout
    assert "would lose token-parts: tokens of caches and of reasoning of runs" in refused.stdout
    arguments += ["--lose", "token-parts"]
    assert run(tmp_path, *arguments, DATABASE_URL=database_url).returncode == 0


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
