"""The page in a browser: how soon it shows what it is asked for, and how evenly it moves."""

from typing import Any

from bench.report_page import style
from bench.report_page.bars import bars
from bench.report_page.markup import section

WORDS = "First rows on screen after navigation, an event after a click, p95 of frames that move."


def html(found: dict[str, Any]) -> str:
    """The section."""
    shown = [(name_of(row), value) for row in found["rows"] if (value := time_of(row)) is not None]
    names, values = [name for name, _ in shown], [value for _, value in shown]
    return section("Page", found, WORDS, bars(names, values, [style.SERVICE] * len(shown), "ms"))


def name_of(row: dict[str, Any]) -> str:
    """What was measured, of how many events."""
    return f"{row['what']} of {row['events']:,}" if "events" in row else str(row["what"])


def time_of(row: dict[str, Any]) -> float | None:
    """The row's time; None for one without."""
    return next((float(row[name]) for name in ("first_ms", "p95_ms", "ms") if name in row), None)
