"""The table of limits: what it says of results."""

import pytest

from bench.limits import LIMITS, Verdict, check, promise, table
from bench.picking import last_to_first, lowest, worst
from bench.results import Row

SDK: Row = {"batch": 10, "clients": 32, "real": 0, "lost": 0, "failed": 0}


def verdict(what: str, section: str, rows: list[Row]) -> Verdict:
    """The verdict on one limit."""
    return next(v for v in check({section: rows}) if v.limit.what == what)


@pytest.mark.parametrize(("p95", "word"), [(59.9, "kept"), (60.0, "MISSED"), (75.0, "MISSED")])
def test_a_limit_from_above(p95: float, word: str) -> None:
    rows: list[Row] = [{**SDK, "p95_ms": p95}]
    assert verdict("batches of 10, 32 clients, p95", "ingest", rows).word == word


@pytest.mark.parametrize(("ratio", "word"), [(0.159, "MISSED"), (0.16, "kept"), (0.3, "kept")])
def test_a_limit_from_below(ratio: float, word: str) -> None:
    rows: list[Row] = [{**SDK, "ratio_to_copy": ratio}]
    what = "batches of 10, 32 clients, share of raw COPY"
    assert verdict(what, "ingest", rows).word == word


def test_one_event_that_is_not_stored_is_missed() -> None:
    rows = [SDK, {**SDK, "lost": 1}]
    assert verdict("acknowledged but not stored", "ingest", rows).word == "MISSED"


def test_what_has_not_run_is_not_measured() -> None:
    assert {verdict.word for verdict in check({})} == {"not measured"}
    assert len(check({})) == len(LIMITS)


def test_the_list_of_runs_counts_where_a_million_events_are_stored() -> None:
    row: Row = {"what": "list of runs", "stored": 1_200_000, "first_ms": 100}
    what = "page: first list of runs"
    assert verdict(what, "page", [{**row, "is_large": 1}]).word == "kept"
    assert verdict(what, "page", [{**row, "is_large": 0}]).word == "not measured"


def test_another_case_of_the_section_is_not_the_one_meant() -> None:
    rows: list[Row] = [{**SDK, "clients": 8, "p95_ms": 999.0}]
    assert verdict("batches of 10, 32 clients, p95", "ingest", rows).word == "not measured"


def test_the_table_shows_what_was_missed_last() -> None:
    lines = table(check({"ingest": [{**SDK, "p95_ms": 75.0}]})).splitlines()
    assert lines[0].startswith("not measured")
    assert lines[-1].startswith("MISSED")
    assert "75" in lines[-1]


@pytest.mark.parametrize(
    ("rate", "line"),
    [
        (31_400.0, "10,000 events/s: met, × 3.1"),
        (10_000.0, "10,000 events/s: met, × 1.0"),
        (9_960.0, "10,000 events/s: NOT MET, × 0.9"),
    ],
)
def test_the_promise_in_one_line(rate: float, line: str) -> None:
    assert promise({"ingest": [{**SDK, "rate_per_second": rate}]}) == line


def test_no_promise_without_the_case_that_it_is_about() -> None:
    assert promise({"ingest": [{**SDK, "clients": 8, "rate_per_second": 9.0}]}) is None


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
