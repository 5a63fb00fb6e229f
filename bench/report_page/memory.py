"""Memory: of the idle service, and of its processes at their peak."""

from typing import Any

from bench.report_page import style
from bench.report_page.bars import bars
from bench.report_page.markup import section

WORDS = (
    "Idle: pages that processes share count once (PSS). Under load: each process at its peak (RSS)."
)


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    idle = [str(row["what"]).startswith("idle") for row in rows]
    values = [
        float(row["pss_mb"] if rests else row["peak_rss_mb"])
        for row, rests in zip(rows, idle, strict=True)
    ]
    colours = [
        style.POSTGRES if "PostgreSQL" in str(row["what"]) else style.SERVICE for row in rows
    ]
    names = [str(row["what"]) for row in rows]
    return section("Memory", found, WORDS, bars(names, values, colours, "MB"))
