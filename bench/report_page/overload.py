"""Overload: what is stored, and how long answers take, as more is offered than can be taken."""

from typing import Any

from matplotlib.axes import Axes

from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row

GOODPUT_LIMIT = 0.9
ACCEPTED_LIMIT_MS, REFUSED_LIMIT_MS = 2_000, 100


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    words = (
        "Several times what the service can take, offered on a clock by clients that take no "
        "notice of a refusal, from this very machine. What is refused costs what is accepted "
        "its time; a refusal is measured from the moment its request was sent."
    )
    return section("Overload", found, words, curves(rows))


def curves(rows: list[Row]) -> str:
    """Goodput, and the p95 of what was accepted and refused, over multiples of the capacity."""
    figure, (goodput, latency) = style.panels(3.4, 2)
    for place, batch in enumerate(sorted({int(row["batch"]) for row in rows})):
        colour = style.SERIES[place % len(style.SERIES)]
        mine = [row for row in rows if row["batch"] == batch]
        times = [float(row["times"]) for row in mine]
        name = f"batches of {batch:,}"
        plot(goodput, times, [float(row["ratio_to_best"]) for row in mine], colour, name)
        accepted = [float(row["p95_ms"]) for row in mine]
        plot(latency, times, accepted, colour, f"{name}, accepted")
        refused = [row for row in mine if row["refused"]]
        latency.plot(
            [float(row["times"]) for row in refused],
            [float(row["refusal_p95_ms"]) for row in refused],
            "--",
            color=colour,
            marker="o",
            markersize=4,
            label=f"{name}, refused",
        )
    goodput.axhline(GOODPUT_LIMIT, color=style.LIMIT)
    goodput.set_ylim(bottom=0)
    for limit in (ACCEPTED_LIMIT_MS, REFUSED_LIMIT_MS):
        latency.axhline(limit, color=style.LIMIT, linewidth=1)
    latency.set_yscale("log")
    dress(goodput, rows, "Stored, share of the best")
    dress(latency, rows, "p95, ms")
    return style.svg(figure, "Goodput and latency over the load that is offered")


def plot(axes: Axes, xs: list[float], ys: list[float], colour: str, name: str) -> None:
    """One solid line."""
    axes.plot(xs, ys, color=colour, marker="o", markersize=4, label=name)


def dress(axes: Axes, rows: list[Row], title: str) -> None:
    """Scale, names and grid."""
    axes.set_title(title)
    axes.set_xscale("log")
    times = sorted({float(row["times"]) for row in rows})
    axes.set_xticks(times, [f"× {number:g}" for number in times])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.12), fontsize=9.5)
