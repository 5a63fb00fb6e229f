"""`python -m service retention`: what it prints, what it changes, its exit codes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from service.core.clock import today
from service.db.queries import Connection
from service.db.retention import retaining
from service.metrics.verify import verify
from tests.db.old import KEEP_DAYS, LONG_AGO, name_of, on, one, receive, run_on
from tests.processes.harness import run, type_into

LINE = re.compile(
    r"^(.+) (events_\d{8})  (\d+) runs  (\d+) events  (\d+) scores  (\d+) bytes$", re.MULTILINE
)
NEXT_WEEK = LONG_AGO + timedelta(days=7)
DAY = today()


@pytest.fixture
def filled_url(database_url: str) -> str:
    """An old week, one that a long-lived run keeps, and what came in today."""
    receive(database_url, LONG_AGO, *run_on(LONG_AGO), *run_on(LONG_AGO))
    lived = run_on(NEXT_WEEK)
    lived[-1]["timestamp"] = on(DAY, 0)
    receive(database_url, NEXT_WEEK, *lived)
    receive(database_url, DAY, *run_on(DAY))
    return database_url


def state(conn: Connection) -> list[int]:
    """How much there is of everything."""
    partitions = "pg_inherits WHERE inhparent = 'events'::regclass"
    tables = ("runs", "events", "metric_deltas", "retired_metrics", "expired_runs", partitions)
    return [one(conn, f"SELECT count(*) FROM {table}") for table in tables]


def test_it_tells_what_would_go_then_drops_it(
    filled_url: str, conn: Connection, tmp_path: Path
) -> None:
    before = state(conn)
    size = one(conn, f"SELECT pg_total_relation_size('{name_of(LONG_AGO)}')")
    dry = run(tmp_path, "retention", "--keep", "90d", "--dry-run", DATABASE_URL=filled_url)
    lines = [line for line in LINE.findall(dry.stdout) if line[2] != "0"]
    assert (dry.returncode, dry.stderr) == (0, "")
    assert lines[0] == ("would drop", name_of(LONG_AGO), "2", "10", "0", str(size))
    assert lines[1][:4] == (f"kept, newest event {DAY}:", name_of(NEXT_WEEK), "1", "5")
    assert state(conn) == before
    assert re.search(
        r"^in all \d+ partitions, .*: 2 runs, 10 events, 0 scores, [\d.]+ MB; metrics keep their "
        r"totals, the runs with their timelines and traces go$",
        dry.stdout,
        re.MULTILINE,
    )
    unasked = run(tmp_path, "retention", "--keep", "90d", DATABASE_URL=filled_url)
    assert (unasked.returncode, unasked.stdout) == (1, dry.stdout)
    assert unasked.stderr == "gati-backend: nothing was done: add --yes to confirm\n"
    json = run(tmp_path, "retention", "--keep", "90d", "--json", DATABASE_URL=filled_url)
    assert (json.returncode, json.stdout) == (2, "")
    code, _ = type_into(tmp_path, b"no\n", "retention", "--keep", "90d", DATABASE_URL=filled_url)
    assert (code, state(conn)) == (1, before)
    wet = run(tmp_path, "retention", "--yes", DATABASE_URL=filled_url, RETENTION_DAYS=KEEP_DAYS)
    assert wet.returncode == 0
    assert wet.stdout.startswith(dry.stdout)
    assert LINE.findall(wet.stdout.removeprefix(dry.stdout)) == [
        (line[0].replace("would drop", "dropped"), *line[1:])
        for line in LINE.findall(dry.stdout)
        if line[0] == "would drop"
    ]
    assert state(conn)[:2] == [2, 10]
    assert verify(filled_url) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "RETENTION_DAYS is 0: say how long, such as --keep 90d"),
        (["--keep", "0d"], 2, "--keep"),
        (["--keep", "soon"], 2, "--keep"),
    ],
)
def test_without_a_time_nothing_happens(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(tmp_path, "retention", *arguments, DATABASE_URL="postgresql://nowhere")
    assert (done.returncode, said in done.stderr) == (code, True)


def test_while_another_does_it(filled_url: str, tmp_path: Path) -> None:
    with retaining(filled_url, today(), KEEP_DAYS):
        done = run(tmp_path, "retention", "--keep", "90", "--yes", DATABASE_URL=filled_url)
    assert done.returncode == 1
    assert re.fullmatch(
        r"gati-backend: another process is removing old events "
        r"\(pid \d+, user \w+, gati-backend retention\)\n",
        done.stderr,
    )
