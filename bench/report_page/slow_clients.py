"""Slow clients: what the others wait, alone and beside them."""

from typing import Any

from bench.report_page import style
from bench.report_page.bars import bars
from bench.report_page.markup import section

WORDS = (
    "200 connections that say nothing, 20 bodies that stop after a byte, 20 answers of 11 MB that "
    "nobody takes: what the others wait beside them, p95."
)


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    values = [float(row["p95_ms"]) for row in rows]
    names = [f"{row['what']}, {row['beside']}" for row in rows]
    picture = bars(names, values, [style.SERVICE] * len(rows), "ms")
    return section("Slow clients", found, WORDS, picture)
