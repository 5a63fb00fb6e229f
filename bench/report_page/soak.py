"""The soak: what its processes held, and the p99 of some kinds, minute by minute."""

from collections.abc import Iterable
from typing import Any

from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row

DRAWN = ("batch of 10", "spans", "trace", "summary", "search", "export")  # the others are listed


def html(found: dict[str, Any]) -> str:
    """The section; the rows of minutes are drawn, the others listed."""
    every: list[Row] = [row for row in found["rows"] if "minute" in row]
    rest = [row for row in found["rows"] if "minute" not in row]
    whole = rest[-1]
    words = (
        f"{whole['answered']:,} answers of mixed load, {whole['refused']:,} refused, "
        f"{whole['failed']:,} failed. {whole['acknowledged']:,} events were acknowledged, "
        f"{whole['deleted']:,} deleted, {whole['stored']:,} stored; verify found "
        f"{whole['differences']} differences."
    )
    return section("Soak", found | {"rows": rest}, words, picture(every))


def picture(rows: list[Row]) -> str:
    """Memory of each process of the service, and the p99 of some kinds."""
    figure, (memory, times) = style.panels(3.4, 2)
    processes = dict.fromkeys(str(row["process"]) for row in rows if "process" in row)
    lines(memory, rows, "memory_mb", "process", [n for n in processes if "PostgreSQL" not in n])
    memory.set_ylabel("MB")
    lines(times, rows, "p99_ms", "kind", DRAWN)
    times.set_ylabel("p99, milliseconds")
    times.set_yscale("log")
    times.yaxis.set_major_formatter("{x:,g}")
    times.minorticks_off()
    for axes in (memory, times):
        axes.set_xlabel("minute")
        axes.grid(axis="y")
        style.legend_above(axes, columns=3)
    return style.svg(figure, "Memory and p99 of a soak, minute by minute")


def lines(axes: Any, rows: list[Row], value: str, name: str, wanted: Iterable[str]) -> None:
    """A line for each of these processes or kinds."""
    for colour, what in zip(style.SERIES, wanted, strict=False):
        own = [row for row in rows if row.get(name) == what]
        axes.plot(
            [row["minute"] for row in own], [row[value] for row in own], label=what, color=colour
        )
