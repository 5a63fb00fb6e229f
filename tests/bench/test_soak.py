"""The figures of a soak: what has grown is seen, what has come to rest is not."""

from typing import Any

import pytest

from bench import report, results
from bench.limits import check
from bench.results import Row
from bench.soaking.holdings import BACKENDS, POSTMASTER, Holding, most_by_name, postgres_name
from bench.soaking.ledger import Answer, Ledger
from bench.soaking.trend import kind_rows, process_rows

SECONDS = 300.0
WHOLE: Row = {
    "what": "all",
    **dict.fromkeys(("answered", "refused", "failed", "acknowledged", "deleted", "stored"), 7),
    **dict.fromkeys(("lost", "differences", "workers_replaced"), 0),
}


def samples(memory: list[float], descriptors: list[int]) -> list[tuple[float, dict[str, Holding]]]:
    """One sample in each second, with the figures of its third."""
    return [
        (
            float(second),
            {"worker 1": Holding("worker 1", memory[second // 100], descriptors[second // 100])},
        )
        for second in range(300)
    ]


def word(what: str, rows: list[Row]) -> str:
    """What the limit whose name begins so says of the rows."""
    found = [verdict for verdict in check({"soak": rows}) if verdict.limit.what.startswith(what)]
    return found[-1].word


@pytest.mark.parametrize(
    ("memory", "said"),
    [([50, 100, 100], "met"), ([50, 100, 125], "met"), ([100, 100, 126], "missed")],
)
def test_memory_may_grow_in_the_first_third_and_a_little_after_it(
    memory: list[float], said: str
) -> None:
    assert word("memory of a process", process_rows(samples(memory, [9, 9, 9]), SECONDS)) == said


@pytest.mark.parametrize(("descriptors", "said"), [([9, 20, 20], "met"), ([20, 20, 31], "missed")])
def test_descriptors_do_not_grow(descriptors: list[int], said: str) -> None:
    rows = process_rows(samples([50, 50, 50], descriptors), SECONDS)
    assert word("descriptors of a process", rows) == said


def test_of_all_backends_the_largest_counts_not_their_sum() -> None:
    found = most_by_name([(BACKENDS, 30.0, 40), (BACKENDS, 50.0, 20), ("master", 9.0, 7)])
    assert found[BACKENDS] == Holding(BACKENDS, 50.0, 40, count=2)
    assert found["master"] == Holding("master", 9.0, 7)


def test_a_process_that_was_there_for_a_moment_is_no_row() -> None:
    every = samples([50, 50, 50], [9, 9, 9])
    every[250][1]["passing"] = Holding("passing", 900, 9)
    assert [row["process"] for row in process_rows(every, SECONDS)] == ["worker 1"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ((0.1, 0.2), "met"),
        ((0.1, 0.3), "missed"),
        ((0.001, 0.09), "met"),  # too quick to be told apart
    ],
)
def test_the_p99_of_the_last_third_is_held_against_the_first(
    seconds: tuple[float, float], said: str
) -> None:
    answers = [
        Answer("run", float(at), seconds[at >= 200], 200, is_expected=True) for at in range(300)
    ]
    assert word("p99 of a kind", kind_rows(answers, SECONDS)) == said


def test_of_few_answers_no_p99_is_held_against_another() -> None:
    answers = [Answer("export", float(at), at, 200, is_expected=True) for at in range(0, 300, 2)]
    assert word("p99 of a kind", kind_rows(answers, SECONDS)) == "not measured"


def test_answers_are_expected_refused_or_failed() -> None:
    ledger = Ledger()
    for status in (401, 503, 500, 0):
        ledger.note("wrong key", 0.1, status, (401,))
    [row] = kind_rows(ledger.answers, SECONDS)
    assert (row["answered"], row["refused"], row["failed"]) == (1, 1, 2)
    assert word("requests that failed", [row]) == "missed"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("postgres: checkpointer ", "PostgreSQL checkpointer"),
        ("postgres: io worker 2", "PostgreSQL io worker"),
        ("postgres: gati gati 127.0.0.1(54321) idle", BACKENDS),
        ("postgres: gati_read gati [local] SELECT", BACKENDS),
        ("postgres: parallel worker for PID 4711 ", BACKENDS),
    ],
)
def test_processes_of_postgresql_are_told_by_their_titles(title: str, name: str) -> None:
    assert postgres_name(title, is_postmaster=False) == name
    assert postgres_name(title, is_postmaster=True) == POSTMASTER


def test_the_page_draws_the_minutes_and_lists_the_rest() -> None:
    minutes: list[Row] = [
        {"minute": n, "process": "worker 1", "memory_mb": 90.0, "descriptors": 9} for n in (1, 2)
    ]
    kinds: list[Row] = [{"minute": n, "kind": "run", "p99_ms": 9.0} for n in (1, 2)]
    rows = [*minutes, *kinds, {"process": "worker 1", "memory_mb_3": 4711.0}, WHOLE]
    soak: dict[str, Any] = {"at": "2026-11-24T07:50:00+00:00", "command": "c", "rows": rows}
    page = report.page({"machine": results.machine(), "sections": {"soak": soak}})
    assert page.count("<svg") == 1
    assert "4,711" in page
    assert "90.0" not in page
