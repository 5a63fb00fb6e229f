"""The table of limits: what it says of results, and which of them set the exit code."""

import pytest

from bench import report
from bench.__main__ import judge
from bench.limits import LIMITS, Verdict, check
from bench.picking import last_to_first, lowest, worst
from bench.results import Row
from bench.verdict import sentence, table

SDK: Row = {"batch": 10, "clients": 32, "real": 0, "lost": 0, "failed": 0}


def verdict(what: str, section: str, rows: list[Row]) -> Verdict:
    """The verdict on one limit."""
    return next(v for v in check({section: rows}) if v.limit.what == what)


@pytest.mark.parametrize(("p95", "word"), [(59.9, "met"), (60.0, "missed"), (75.0, "missed")])
def test_a_limit_from_above(p95: float, word: str) -> None:
    rows: list[Row] = [{**SDK, "p95_ms": p95}]
    assert verdict("batches of 10, 32 clients, p95", "ingest", rows).word == word


@pytest.mark.parametrize(("ratio", "word"), [(0.159, "missed"), (0.16, "met"), (0.3, "met")])
def test_a_limit_from_below(ratio: float, word: str) -> None:
    rows: list[Row] = [{**SDK, "ratio_to_copy": ratio}]
    what = "batches of 10, 32 clients, share of raw COPY"
    assert verdict(what, "ingest", rows).word == word


def test_one_event_that_is_not_stored_breaks_a_floor() -> None:
    rows = [SDK, {**SDK, "lost": 1}]
    assert verdict("acknowledged but not stored", "ingest", rows).word == "BROKEN"


def test_what_has_not_run_is_not_measured() -> None:
    assert {verdict.word for verdict in check({})} == {"not measured"}
    assert len(check({})) == len(LIMITS)


def test_the_list_of_runs_counts_where_a_million_events_are_stored() -> None:
    row: Row = {"what": "list of runs", "stored": 1_200_000, "first_ms": 100}
    what = "page: first list of runs"
    assert verdict(what, "page", [{**row, "is_large": 1}]).word == "met"
    assert verdict(what, "page", [{**row, "is_large": 0}]).word == "not measured"


def test_another_case_of_the_section_is_not_the_one_meant() -> None:
    rows: list[Row] = [{**SDK, "clients": 8, "p95_ms": 999.0}]
    assert verdict("batches of 10, 32 clients, p95", "ingest", rows).word == "not measured"


def test_the_table_has_what_was_measured_with_floors_first_and_misses_last() -> None:
    rows: list[Row] = [{**SDK, "p95_ms": 75.0, "ratio_to_copy": 0.3}]
    lines = table(check({"ingest": rows})).splitlines()
    assert lines[0] == "Floors, which set the exit code:"
    assert lines[1].startswith("kept    ingest        acknowledged but not stored")
    assert "Goals of the authors, 2 of 3 met:" in lines
    assert lines[-1].startswith("missed")
    assert "75" in lines[-1]
    assert "not measured" not in "".join(lines)


@pytest.mark.parametrize(
    ("figures", "code", "said"),
    [
        ({"rate_per_second": 14_023.7}, 0, "14,000 events/s in batches of 10, nothing lost"),
        ({"rate_per_second": 951.0, "p95_ms": 900.0}, 0, "950 events/s in batches of 10, nothing"),
        ({"rate_per_second": 14_023.7, "lost": 3}, 1, "14,000 events/s in batches of 10, 3 events"),
        ({"rate_per_second": 0.0, "rejected": 10}, 1, "0 events/s in batches of 10, 10 events NOT"),
    ],
)
def test_missed_goals_leave_the_exit_code_and_a_loss_sets_it(
    figures: Row,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(report, "write", lambda: "index.html")  # the figures of others stay
    assert judge({"ingest": [{**SDK, **figures}]}) == code
    assert capsys.readouterr().out.splitlines()[-1].startswith(said)


def test_too_slow_for_what_is_offered_is_no_loss() -> None:
    row: Row = {"lost": 0, "rejected": 500, "refused": 50, "failed": 0}
    said = {v.limit.what: v.word for v in check({"offered": [row]})}
    assert said["sent but not acknowledged"] == "missed"
    assert said["acknowledged but not stored"] == "kept"


def test_without_the_sdk_s_batches_the_sentence_is_about_losses_alone() -> None:
    assert sentence({"offered": [{"lost": 0}]}) == "nothing lost"
    assert sentence({"reads": [{"path": "agents", "p95_ms": 3.0}]}) is None


def test_picking_the_worst_and_the_lowest_of_the_rows_that_match() -> None:
    rows: list[Row] = [{"path": "a", "p95_ms": 1}, {"path": "b", "p95_ms": 3}, {"path": "c"}]
    assert worst("p95_ms")(rows) == 3
    assert worst("p95_ms", path={"a", "c"})(rows) == 1
    assert lowest("p95_ms")(rows) == 1
    assert lowest("p95_ms", path="c")(rows) is None


def test_the_last_size_by_the_first_is_the_lowest_over_layouts() -> None:
    rows: list[Row] = [
        {"events": 1, "partitions": 1, "rate": 100.0},
        {"events": 9, "partitions": 1, "rate": 90.0},
        {"events": 1, "partitions": 104, "rate": 100.0},
        {"events": 9, "partitions": 104, "rate": 50.0},
        {"events": 9, "partitions": 8, "rate": 1.0},  # has no first
    ]
    assert last_to_first("rate", by="events", last=9, first=1)(rows) == 0.5
    assert last_to_first("rate", by="events", last=10, first=1)(rows) is None
