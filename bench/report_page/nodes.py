"""Nodes: the CPU that each node of a database takes for an event, by the size of batches."""

from typing import Any

from matplotlib.axes import Axes

from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row

WORDS = (
    "CPU per event of the service and of each node. All of them are on one machine, so no rate is "
    "given. A node that is alone at its work bounds what the whole can take."
)


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    batches = list(dict.fromkeys(int(row["batch"]) for row in rows))
    databases = list(dict.fromkeys(str(row["database"]) for row in rows))
    figure, panels = style.panels(0.45 * len(databases) + 1.1, len(batches), sharey=True)
    for axes, batch in zip(panels, batches, strict=True):
        draw(axes, [row for row in rows if row["batch"] == batch], databases)
        axes.set_title(f"batches of {batch:,}", fontsize=10.5)
    style.legend_above(panels[0], columns=2)
    return section("CPU by node", found, WORDS, style.svg(figure, "CPU per event by node"))


def draw(axes: Axes, rows: list[Row], databases: list[str]) -> None:
    """The bars of one size of batches: of each database its nodes, one after the other."""
    nodes = list(dict.fromkeys(str(row["node"]) for row in rows))
    ends = dict.fromkeys(databases, 0.0)
    for node, colour in zip(nodes, style.SERIES, strict=False):
        of_node = {str(row["database"]): row for row in rows if row["node"] == node}
        spent = [
            float(of_node[name]["cpu_us_per_event"]) if name in of_node else 0.0 for name in ends
        ]
        axes.barh(range(len(ends)), spent, 0.68, list(ends.values()), color=colour, label=node)
        ends = {name: ends[name] + more for name, more in zip(ends, spent, strict=True)}
    axes.set_yticks(range(len(databases)), databases)
    axes.set_ylim(len(databases) - 0.5, -0.6)
    axes.set_xlabel("µs per event")
    axes.tick_params(length=0)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(axis="x")
