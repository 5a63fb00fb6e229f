"""Servers: the rates of every variant, the default first, a panel for each case."""

from typing import Any

from matplotlib.axes import Axes

from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row

WORDS = (
    "One setting differs at a time from the default, which is the dark bar and the line. Variants "
    "took turns on one database; the fewer the turns, the more of a difference is noise."
)
API = "/api/"


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    cases = list(dict.fromkeys(str(row["case"]) for row in rows))
    names = list(dict.fromkeys(name_of(row) for row in rows))
    figure, panels = style.panels(0.3 * len(names) + 0.8, len(cases), sharey=True)
    for axes, case in zip(panels, cases, strict=True):
        draw(axes, case, {name_of(row): row for row in rows if row["case"] == case}, names)
    return section("Servers", found, WORDS, style.svg(figure, "Rates of server variants"))


def name_of(row: Row) -> str:
    """A variant in few words."""
    between = " behind nginx" * int(row["nginx"]) + ", PgBouncer" * int(row["pgbouncer"])
    threads = f" × {row['threads']}" if row["worker_class"] == "gthread" else ""
    return f"{row['worker_class']}, {row['workers']}{threads}, pool {row['pool']}{between}"


def draw(axes: Axes, case: str, by_name: dict[str, Row], names: list[str]) -> None:
    """The bars of one case."""
    rates = [float(by_name[name]["rate_per_second"]) if name in by_name else 0.0 for name in names]
    colours = [style.SERVICE] + [style.LIGHT_SERVICE] * (len(names) - 1)
    bars = axes.barh(range(len(names)), rates, 0.68, color=colours)
    axes.bar_label(bars, [f"{rate:,.0f}" if rate else "" for rate in rates], padding=4, fontsize=10)
    axes.axvline(rates[0], color=style.SERVICE, linewidth=0.9, linestyle=":")
    first = next(iter(by_name.values()))
    title = case.replace(f"GET {API}", "GET ")
    axes.set_title(f"{title}, {first['clients']} clients", fontsize=10.5)
    axes.set_xlabel("events per second" if case.startswith("batches") else "requests per second")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.6)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(length=0)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(axis="x")
    axes.margins(x=0.22)
