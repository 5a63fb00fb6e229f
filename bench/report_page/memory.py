"""Memory: of the idle service, and of its processes at their peak."""

from typing import Any

from bench.report_page import style
from bench.report_page.markup import section

WORDS = (
    "Idle: pages that processes share count once (PSS). Under load: each process at its peak (RSS)."
)


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    figure, (axes,) = style.panels(0.36 * len(rows) + 0.6)
    idle = [str(row["what"]).startswith("idle") for row in rows]
    values = [
        float(row["pss_mb"] if rests else row["peak_rss_mb"])
        for row, rests in zip(rows, idle, strict=True)
    ]
    colours = [
        style.POSTGRES if "PostgreSQL" in str(row["what"]) else style.SERVICE for row in rows
    ]
    bars = axes.barh(range(len(rows)), values, 0.6, color=colours)
    axes.bar_label(bars, [f"{value:,.0f} MB" for value in values], padding=4, fontweight="bold")
    axes.set_yticks(range(len(rows)), [str(row["what"]) for row in rows])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xlabel("megabytes")
    axes.grid(axis="x")
    axes.margins(x=0.1)
    return section("Memory", found, WORDS, style.svg(figure, "Memory of the processes"))
