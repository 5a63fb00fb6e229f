"""Spans of OpenTelemetry: what is stored of them, and where the CPU goes."""

from typing import Any

from bench.report_page import style
from bench.report_page.bars import bars
from bench.report_page.markup import section

WORDS = (
    "Batches of 512 spans as exporters send them, in protobuf, in a closed loop. An agent's span "
    "is two events. Beside it raw COPY of the same rows."
)


def html(found: dict[str, Any]) -> str:
    """The section."""
    [row] = found["rows"]
    measured = {
        "spans": ("spans_per_second", style.SERVICE),
        "events": ("rate_per_second", style.SERVICE),
        "raw COPY of the events": ("copy_per_second", style.POSTGRES),
    }
    there = {name: (row[key], colour) for name, (key, colour) in measured.items() if key in row}
    values = [float(value) for value, _ in there.values()]
    picture = bars(list(there), values, [colour for _, colour in there.values()], "/s")
    return section("Spans of OpenTelemetry", found, WORDS, picture)
