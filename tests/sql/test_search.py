"""The files of the searches: psql runs them with any filters, and each is read by its index."""

import re
import subprocess
from collections.abc import Collection
from hashlib import md5
from itertools import combinations
from pathlib import Path

import psycopg
import pytest

from service.cli.explain import main as explain
from service.core.failure import Failure
from service.db.connections import connect
from service.db.queries import Query, queries
from service.db.session_settings import READ
from service.postgres.binaries import bundled_directory
from tests.events import new_id
from tests.processes.harness import run
from tests.sql.test_contract import examples_of, path_of

SEARCHES = [
    queries.runs.search,
    queries.runs.search_by_total,
    queries.runs.search_window,
    queries.events.search_runs,
    queries.events.search,
]
# What the files of a walk are asked with, for there to be something to find.
FOUND = {
    "agent": "agent 2",
    "status": "active",
    "environment": "test",
    "name_pattern": "%RUN 1%",
    "name_regex": "[rR]un 1",
    "min_cost": "0",
    "max_cost": "9",
    "min_duration_ms": "0",
    "has_error": "false",
    "from_at": "2020-01-01",
    "to_at": "2100-01-01",
    "after_started_at": "2100-01-01",
    "after_timestamp": "2100-01-01",
    "after_total": "1000",
    "event_type": "step",
    "is_error": "false",
    "data_pattern": "%TEXT%",
    "data_regex": "[tT]ext",
    "run_limit": "20",
    "event_limit": "0",
    "run_ids": f"{{{md5(b'run1', usedforsecurity=False).hexdigest()}}}",
}


def choices(query: Query) -> list[frozenset[str]]:
    """None of its filters, each one alone, each two together, and all of them."""
    names = sorted(query.optional)
    sizes = (0, 1, 2, len(names))
    return [frozenset(chosen) for size in sizes for chosen in combinations(names, size)]


@pytest.fixture(scope="module")
def found(filled_url: str) -> dict[str, str]:
    """What finds something: the values of FOUND, and the day that the run of it was received on."""
    with psycopg.connect(filled_url) as conn:
        statement = "SELECT received_on::text FROM runs WHERE run_id = %s"
        [day] = conn.execute(statement, [FOUND["run_ids"].strip("{}")]).fetchone() or ()
    return FOUND | {"received_ons": f"{{{day}}}"}


def values_for(query: Query, found: dict[str, str], chosen: Collection[str]) -> dict[str, str]:
    """A value for every parameter that this choice needs."""
    variant = query.variant(chosen)
    values = {**examples_of(query.name), "sort": "cost", "row_limit": "5000"} | found
    return {name: values[name] for name in variant.params | variant.identifiers | set(chosen)}


@pytest.mark.parametrize("query", SEARCHES, ids=lambda query: query.name)
def test_psql_finds_what_the_service_finds_whatever_is_asked(
    filled_url: str, found: dict[str, str], query: Query
) -> None:
    """One psql for all the choices, so that what one of them sets must be unset for the next."""
    asked = [chosen for chosen in choices(query) if len(chosen) < 2 or len(chosen) > 2]
    script, expected = [], []
    with connect(filled_url, READ, "test") as conn:
        for chosen in asked:
            values = values_for(query, found, chosen)
            expected.append(len(query(conn, **values).fetchall()))
            script += [rf"\set {name} '{value}'" for name, value in values.items()]
            script += [rf"\i {path_of(query.name)}", r"\echo :ROW_COUNT rows"]
            script += [rf"\unset {name}" for name in values]
    command = [str(bundled_directory() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", filled_url]
    ran = subprocess.run(
        command, check=True, input="\n".join(script), capture_output=True, text=True
    )
    assert ran.stderr == ""
    assert [int(n) for n in re.findall(r"^(\d+) rows$", ran.stdout, re.M)] == expected
    assert max(expected) > 0


@pytest.mark.parametrize("query", SEARCHES, ids=lambda query: query.name)
def test_every_choice_of_filters_is_read_by_an_index(
    filled_url: str, found: dict[str, str], query: Query
) -> None:
    """Never all of runs or events; and walks go by the index that has their order."""
    wrong: list[str] = []
    with connect(filled_url, READ, "test") as conn:
        cursor = psycopg.ClientCursor(conn)
        for chosen in choices(query):
            values = values_for(query, found, chosen)
            text = query.variant(chosen).with_identifiers(values)
            queries.transactions.plan_for_values(conn, timeout="10s")
            plan = "\n".join(
                str(row["QUERY PLAN"]) for row in cursor.execute(f"EXPLAIN {text}", values)
            )
            if not is_by_index(query, chosen, plan):
                wrong.append(f"{query.name} {sorted(chosen)}\n{plan}")
    assert wrong == []


def is_by_index(query: Query, chosen: Collection[str], plan: str) -> bool:
    """Whether nothing is read as a whole, and runs are walked by the index that is to serve."""
    if "Seq Scan on" in plan:
        return False
    if query.name == "events.search":
        return "events_" in plan and "_pkey" in plan
    if "run_id" in chosen:
        return "runs_pkey" in plan
    walked = ["runs_agent_name_started_at_idx" if "agent" in chosen else "runs_started_at_idx"]
    for name in {"session_id", "user_id"} & set(chosen):
        walked.append(f"runs_{name}_idx")
    if {"agent", "version"} <= set(chosen):
        walked.append("runs_version_idx")
    return any(index in plan for index in walked)


def test_sessions_go_by_the_index_of_their_order_whatever_the_values(filled_url: str) -> None:
    query = queries.sessions.list
    both = {"agent", "user_id"}
    asked = [chosen for chosen in choices(query) if not both <= chosen]
    with connect(filled_url, READ, "test") as conn:
        queries.transactions.plan_once(conn, timeout="10s")
        for chosen in asked:
            variant = query.variant(chosen)
            numbers = {param: f"${n}" for n, param in enumerate(sorted(variant.params), 1)}
            text = variant.with_identifiers(examples_of(query.name)) % numbers
            conn.execute(f"PREPARE walk AS {text}")
            values = ", ".join("NULL" for _ in numbers)
            rows = conn.execute(f"EXPLAIN EXECUTE walk ({values})").fetchall()
            plan = "\n".join(str(row["QUERY PLAN"]) for row in rows)
            conn.execute("DEALLOCATE walk")
            assert is_by_index(query, chosen, plan), (chosen, plan)


def test_explain_shows_the_one_plan_that_a_search_has(
    filled_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"slice": "1000", "row_limit": "50", "status": "failed"}
    explain(filled_url, "runs/search", given)
    shown = capsys.readouterr().out
    assert shown.count("Execution Time") == 1
    assert "runs_started_at_idx" in shown
    with pytest.raises(Failure, match=r"\[after_started_at=…\].* slice=…"):
        explain(filled_url, "runs/search", {**given, "after_run_id": FOUND["run_ids"].strip("{}")})


def test_explain_lists_its_queries_and_takes_the_path_of_a_file(
    filled_url: str, tmp_path: Path
) -> None:
    listed = run(tmp_path, "explain", "--list", DATABASE_URL=filled_url).stdout.splitlines()
    assert "runs/search" in listed
    assert listed == sorted(listed)
    for name in ("runs/find", "sql/runs/find.sql", "/anywhere/sql/runs/find.sql"):
        done = run(tmp_path, "explain", name, f"run_id={new_id()}", DATABASE_URL=filled_url)
        assert (done.returncode, "runs_pkey" in done.stdout) == (0, True), done.stderr
    without = run(tmp_path, "explain", DATABASE_URL=filled_url)
    assert without.returncode == 1
    assert "--list" in without.stderr
