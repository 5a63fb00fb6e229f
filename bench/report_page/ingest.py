"""Ingest: the rate of each case beside raw COPY and its limit, and what an event costs in CPU."""

from typing import Any

from matplotlib.axes import Axes

from bench.limits import LIMITS, PROMISED_PER_SECOND
from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row

WORDS = (
    "Clients send their next batch when the last is answered 200, that is, committed. Raw COPY "
    "stores the same rows, encoded beforehand, in a bare table of the same server: what PostgreSQL "
    "can take with nobody in front of it. The percentage is the share of one connection."
)
BAR = 0.62
LABEL_SHARE = 0.1  # of the panel's height, which a label takes


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    pictures = [throughput(rows)]
    if all("cpu_us_per_event" in row for row in rows):
        pictures.append(cpu(rows))
    return section("Ingest by batch size", found, WORDS, *pictures)


def throughput(rows: list[Row]) -> str:
    """Bars of events per second, with raw COPY and the limits as marks across them."""
    figure, (axes,) = style.panels(4.2)
    rates = [float(row["rate_per_second"]) for row in rows]
    axes.bar(range(len(rows)), rates, BAR, color=style.SERVICE, label="the service")
    highest = max(float(row.get("copy_two_per_second", row["rate_per_second"])) for row in rows)
    for place, row in enumerate(rows):
        axes.annotate(
            label(row),
            (place, label_height(row, highest)),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
            color=style.SERVICE,
        )
    marks(axes, rows, "copy_per_second", "raw COPY, 1 connection", "-")
    marks(axes, rows, "copy_two_per_second", "2 connections", (0, (3, 2)))
    goals(axes, rows)
    cases(axes, rows)
    axes.axhline(PROMISED_PER_SECOND, color=style.FAINT, linewidth=0.9, linestyle=":", zorder=0)
    axes.set_ylabel("events per second")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    style.legend_above(axes)
    return style.svg(figure, "Events per second by batch size and clients")


def label(row: Row) -> str:
    """The rate, and its share of raw COPY from one connection."""
    rate = f"{row['rate_per_second']:,.0f}"
    return f"{rate} · {row['ratio_to_copy']:.0%}" if "ratio_to_copy" in row else rate


def label_height(row: Row, highest: float) -> float:
    """On the bar, or on the mark of the limit where that would be struck through."""
    rate = float(row["rate_per_second"])
    return goal(row) if 0 <= goal(row) - rate < LABEL_SHARE * highest else rate


def marks(axes: Axes, rows: list[Row], name: str, label: str, line: Any) -> None:
    """A short line across each bar that has the figure."""
    at = [number for number, row in enumerate(rows) if name in row]
    if at:
        heights = [float(rows[number][name]) for number in at]
        left, right = ([number + side * BAR / 2 for number in at] for side in (-1, 1))
        axes.hlines(heights, left, right, style.COPY, linestyles=line, linewidth=1.6, label=label)


def goals(axes: Axes, rows: list[Row]) -> None:
    """The limit of each case that has one: a share of raw COPY beside it."""
    at = {number: goal(row) for number, row in enumerate(rows) if goal(row)}
    if at:
        left, right = ([number + side * BAR / 2 for number in at] for side in (-1, 1))
        axes.hlines(list(at.values()), left, right, style.LIMIT, linewidth=2, label="limit")


def goal(row: Row) -> float:
    """The rate at which a row would keep its limit; 0 without one."""
    for limit in LIMITS:
        # The limit is about this row if it finds the row's own figure in it.
        if limit.what.endswith("share of raw COPY") and limit.figure([row]) is not None:
            return limit.goal * float(row["copy_per_second"])
    return 0.0


def cases(axes: Axes, rows: list[Row]) -> None:
    """Name the cases below their bars."""
    names = [
        f"{row['batch']:,}\n{row['clients']} client{'s' * (row['clients'] != 1)}" for row in rows
    ]
    axes.set_xticks(range(len(rows)), names)
    axes.tick_params(length=0)
    axes.set_xlim(-0.6, len(rows) - 0.4)
    axes.grid(axis="y")


def cpu(rows: list[Row]) -> str:
    """CPU per event, one part upon the other."""
    figure, (axes,) = style.panels(3.4)
    parts = (
        ("service_cpu_us_per_event", "service", style.SERVICE),
        ("postgres_cpu_us_per_event", "PostgreSQL", style.POSTGRES),
        ("client_cpu_us_per_event", "load generator", style.CLIENT),
    )
    bottom = [0.0] * len(rows)
    for name, label, colour in parts:
        heights = [float(row[name]) for row in rows]
        bars = axes.bar(range(len(rows)), heights, BAR, bottom, color=colour, label=label)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    axes.bar_label(bars, [f"{total:.0f} µs" for total in bottom], padding=3, fontweight="bold")
    cases(axes, rows)
    axes.margins(y=0.12)
    axes.set_ylabel("CPU µs per event")
    style.legend_above(axes)
    return style.svg(figure, "CPU per event of service, PostgreSQL and load generator")
