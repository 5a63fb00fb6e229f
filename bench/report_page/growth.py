"""Growth: ingest, reads and disk as the store grows, a panel each."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes

from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row

Curves = dict[str, list[tuple[float, float]]]


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    words = (
        "The same store at several sizes, all events in one weekly partition (solid) or spread "
        "over many (dashed). Flat is good."
    )
    return section("Growth", found, words, curves(rows))


def curves(rows: list[Row]) -> str:
    """Three panels over the number of events stored."""
    figure, (rates, latencies, sizes) = style.panels(4.4, 3)
    draw(rates, rows, "Ingest, events/s", "rate_per_second", ingest_name)
    draw(latencies, rows, "Reads at 8 clients, p95 ms", "p95_ms", lambda row: str(row["path"]))
    draw(sizes, rows, "Disk, bytes per event", "bytes_per_event", lambda _: "stored")
    raw_json(sizes, rows)
    for axes in (rates, latencies, sizes):
        axes.set_ylim(bottom=0, top=1.08 * axes.get_ylim()[1])
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.14), fontsize=9.5, ncols=1)
    return style.svg(figure, "Ingest rate, read latency and disk over the number of events stored")


def ingest_name(row: Row) -> str:
    """How a case of ingest is called."""
    return f"batches of {row['batch']:,}, {row['clients']} clients"


def draw(
    axes: Axes,
    rows: list[Row],
    title: str,
    name: str,
    label: Callable[[Row], str],
) -> None:
    """A line for each label and layout."""
    lines: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if name in row:
            line = lines[label(row), int(row["partitions"])]
            line.append((float(row["events"]), float(row[name])))
    labels = list(dict.fromkeys(text for text, _ in lines))
    fewest = min(partitions for _, partitions in lines)
    for (text, partitions), points in lines.items():
        colour = style.SERIES[labels.index(text) % len(style.SERIES)]
        solid = partitions == fewest
        axes.plot(
            *zip(*sorted(points), strict=True),
            color=colour,
            linewidth=1.8,
            linestyle="-" if solid else (0, (4, 2)),
            marker="o",
            markersize=4,
            label=text if solid else None,
        )
    dress(axes, title, sorted({int(row["events"]) for row in rows}))


def raw_json(axes: Axes, rows: list[Row]) -> None:
    """What the events came as, beside what they take on disk."""
    points = {row["events"]: row["raw_bytes_per_event"] for row in rows if "bytes_per_event" in row}
    axes.plot(*zip(*sorted(points.items()), strict=True), color=style.COPY, label="JSON received")


def dress(axes: Axes, title: str, sizes: list[int]) -> None:
    """Scale, names and grid."""
    axes.set_title(title)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size / 1e6:g} M" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(length=0)
    axes.grid(axis="y")
    axes.margins(x=0.1)
