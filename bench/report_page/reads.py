"""Reads: the percentiles of every path at 1 and 8 clients, and what ingest beside them costs."""

from statistics import median
from typing import Any

from matplotlib.axes import Axes

from bench.limits import LIMITS
from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row
from bench.verdict import shown

ROW_INCHES = 0.235
LABEL_RATIO = 3  # on the logarithmic scale a label is about so wide


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    quiet = [row for row in rows if row["keep_alive"] and not row["while_ingesting"]]
    loaded = [row for row in rows if row["while_ingesting"]]
    new = [row for row in rows if not row["keep_alive"]]
    words = (
        f"{quiet[0]['events']:,} events stored, kept connections. From the dot of the median (p50) "
        "to the bar of p95, faintly on to p99; red where a limit stands for p95. "
        f"A connection of its own adds {connecting_ms(quiet, new):.1f} ms to a request."
    )
    pictures = [both_panels(quiet, "Read latencies")]
    if loaded:
        pictures.append("<h3>While events come in at half of the capacity</h3>")
        pictures.append(both_panels(loaded, "Read latencies while events come in"))
    return section("Reads", found, words, *pictures)


def connecting_ms(kept: list[Row], new: list[Row]) -> float:
    """What a new connection adds to the median latency, at one client, in the median of paths."""
    before = {row["path"]: float(row["p50_ms"]) for row in kept if row["clients"] == 1}
    after = {row["path"]: float(row["p50_ms"]) for row in new if row["clients"] == 1}
    return median(after[path] - before[path] for path in before.keys() & after.keys())


def both_panels(rows: list[Row], title: str) -> str:
    """One client to the left, eight to the right, on the same logarithmic scale."""
    names = list(dict.fromkeys(str(row["path"]) for row in rows))
    clients = sorted({int(row["clients"]) for row in rows})
    height = ROW_INCHES * len(names) + 0.9
    figure, panels = style.panels(height, len(clients), sharey=True, sharex=True)
    for axes, count in zip(panels, clients, strict=True):
        by_name = {str(row["path"]): row for row in rows if row["clients"] == count}
        for place, name in enumerate(names):
            if name in by_name:
                spread(axes, place, by_name[name])
        dress(axes, f"{count} client{'s' * (count != 1)}", names)
    return style.svg(figure, title)


def spread(axes: Axes, place: int, row: Row) -> None:
    """One path: median, p95, p99, and its limit."""
    p50, p95, p99 = (float(row[f"p{share}_ms"]) for share in (50, 95, 99))
    axes.plot([p95, p99], [place, place], color=style.LIGHT_SERVICE, linewidth=1.4)
    axes.plot([p50, p95], [place, place], color=style.SERVICE, linewidth=2.2)
    axes.plot(p50, place, "o", color=style.SERVICE, markersize=5.5)
    axes.plot(p95, place, "|", color=style.SERVICE, markersize=9, markeredgewidth=2.2)
    end = p99
    if goal := limit_ms(row):
        axes.plot(goal, place, "|", color=style.LIMIT, markersize=13, markeredgewidth=2)
        end = goal if p99 < goal < LABEL_RATIO * p99 else p99
    axes.annotate(
        shown(p95), (end, place), (6, 0), textcoords="offset points", va="center", fontsize=9.5
    )


def limit_ms(row: Row) -> float:
    """The limit of a row's p95; 0 without one. It is drawn for a store of any size."""
    as_limited = row | {"events": 1_000_000}
    for limit in LIMITS:
        about_p95 = limit.section == "reads" and limit.unit == "ms"
        if about_p95 and limit.figure([as_limited]) is not None:
            return limit.goal
    return 0.0


def dress(axes: Axes, title: str, names: list[str]) -> None:
    """Scale, names and grid."""
    axes.set_title(title)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.set_xlabel("milliseconds; the figure is p95")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(length=0, which="both")
    axes.grid(axis="both")
    axes.margins(x=0.14)
