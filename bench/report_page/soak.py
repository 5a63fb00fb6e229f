"""The soak: what its processes held, and the p99 of all kinds, minute by minute."""

from typing import Any

from bench.report_page import style
from bench.report_page.markup import section
from bench.results import Row


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
    """Memory of each process of the service, and the slowest kinds' p99."""
    figure, (memory, times) = style.panels(3.2, 2)
    lines(memory, rows, "process", "memory_mb", leave_out="PostgreSQL")
    memory.set_ylabel("MB")
    lines(times, rows, "kind", "p99_ms")
    times.set_ylabel("p99, milliseconds")
    times.set_yscale("log")
    times.yaxis.set_major_formatter("{x:,g}")
    for axes in (memory, times):
        axes.set_xlabel("minute")
        axes.grid(axis="y")
    style.legend_above(memory)
    return style.svg(figure, "Memory and p99 of a soak, minute by minute")


def lines(axes: Any, rows: list[Row], name: str, value: str, leave_out: str = "none") -> None:
    """A line for each process or kind."""
    for what in dict.fromkeys(str(row[name]) for row in rows if name in row):
        if not what.startswith(leave_out):
            own = [row for row in rows if row.get(name) == what]
            axes.plot([row["minute"] for row in own], [row[value] for row in own], label=what)
