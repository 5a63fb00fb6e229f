"""One node and many: the rates of every variant beside those of one node, a panel for each case."""

from itertools import islice
from typing import Any

from bench.report_page import style
from bench.report_page.markup import section
from bench.report_page.servers import draw
from bench.results import Row

WORDS = (
    "All of it on one machine, so what more machines give is not in it, only what each way costs. "
    "One node is the dark bar and the line. Variants took turns."
)
PANELS = 3  # beside each other


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    cases = iter(dict.fromkeys(str(row["case"]) for row in rows))
    pictures = []
    while some := list(islice(cases, PANELS)):
        pictures.append(picture(rows, some))
    return section("One node, replica, PgBouncer, Citus", found, WORDS, *pictures)


def picture(rows: list[Row], cases: list[str]) -> str:
    """The panels of some cases."""
    names = list(dict.fromkeys(str(row["variant"]) for row in rows))
    figure, panels = style.panels(0.3 * len(names) + 0.8, len(cases), sharey=True)
    for axes, case in zip(panels, cases, strict=True):
        draw(axes, case, {str(r["variant"]): r for r in rows if r["case"] == case}, names)
    return style.svg(figure, f"Rates of {', '.join(cases)}")
