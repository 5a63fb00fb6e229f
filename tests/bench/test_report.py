"""The page: whole with what was measured, and with nothing."""

from typing import Any

import pytest

from bench import report, results
from bench.offered import PERCENTILES

OFFERED = {
    "at": "2026-11-24T07:50:00+00:00",
    "command": "python -m bench offered --url <x>",
    "rows": [
        {
            "offered_per_second": 10_000,
            "batch": 10,
            "clients": 32,
            "seconds": 60.0,
            "refused": 3,
            "lost": 0,
            "acknowledged": 5_997,
            "stored": 5_997,
            "p99_ms": 250.0,
            **{f"at_{share}_ms": 5.0 for share in PERCENTILES},
        }
    ],
}


@pytest.fixture(scope="module")
def facts() -> results.Row:
    return results.machine()


def test_a_section_that_was_not_run_is_named(facts: results.Row) -> None:
    page = report.page({"machine": facts, "sections": {}})
    assert (
        "Not measured yet: ingest, otlp, offered, overload, slow-clients, reads, page, growth, "
        "memory, export, servers, many, nodes, soak" in page
    )
    assert "<svg" not in page


def test_a_section_shows_its_plot_its_figures_and_its_command(facts: results.Row) -> None:
    document: dict[str, Any] = {"machine": facts, "sections": {"offered": OFFERED}}
    page = report.page(document)
    assert page.count("<svg") == 1
    assert "5,997" in page
    assert "--url &lt;x&gt;" in page
    assert "missed" in page


def test_the_page_has_no_row_of_what_was_not_measured(facts: results.Row) -> None:
    page = report.page({"machine": facts, "sections": {"offered": OFFERED}})
    assert "10,000 events/s for 60 s, p99" in page
    assert "batches of 100, 8 clients" not in page
    assert "not measured" not in page
    assert "Goals: 0 of 2 met" in page
    assert '<div class="verdict good">nothing lost</div>' in page


def test_spans_without_a_database_to_compare_with_have_a_plot_too(facts: results.Row) -> None:
    row = {"spans_per_second": 16_000.0, "rate_per_second": 16_320.0, "batch": 512, "clients": 8}
    for copied in ({"copy_per_second": 28_416.0}, {}):
        otlp = OFFERED | {"rows": [row | copied]}
        page = report.page({"machine": facts, "sections": {"otlp": otlp}})
        assert page.count("<svg") == 1
        assert ("28,416 /s" in page) == bool(copied)


def test_many_has_three_cases_in_a_picture_and_a_variant_may_lack_one(facts: results.Row) -> None:
    rows = [
        {"variant": variant, "case": case, "clients": 8, "rate_per_second": 100 * number + 7}
        for variant in ("one node", "Citus")
        for number, case in enumerate(("batches of 10", "agents", "run by id", "trace"))
    ][:-1]
    page = report.page({"machine": facts, "sections": {"many": OFFERED | {"rows": rows}}})
    assert page.count("<svg") == 2
    assert page.count("events per second") == 1
    assert page.count("requests per second") == 3


def test_nodes_has_a_panel_for_each_size_of_batches(facts: results.Row) -> None:
    nodes = {
        "PostgreSQL": ("service", "PostgreSQL"),
        "Citus": ("service", "coordinator", "worker 1"),
    }
    rows = [
        {"database": database, "batch": batch, "node": node, "cpu_us_per_event": 7.5}
        for batch in (10, 1_000)
        for database, names in nodes.items()
        for node in names
    ]
    page = report.page({"machine": facts, "sections": {"nodes": OFFERED | {"rows": rows}}})
    assert page.count("<svg") == 1
    assert page.count("µs per event") == 2
    assert "batches of 1,000" in page


def test_the_page_needs_nothing_from_elsewhere(facts: results.Row) -> None:
    page = report.page({"machine": facts, "sections": {"offered": OFFERED}})
    for needed in ("<script", "<link", "<img", "@import", "url(http"):
        assert needed not in page
