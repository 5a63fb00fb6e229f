"""Export and import: megabytes a second."""

from typing import Any

from bench.report_page import style
from bench.report_page.bars import bars
from bench.report_page.markup import section

WORDS = (
    "One export at a time, of one worker, to a client that throws it away; the import, one process."
)


def html(found: dict[str, Any]) -> str:
    """The section."""
    rows = found["rows"]
    names = [f"{row['what']}, {row['events']:,} events" for row in rows]
    values = [float(row["mb_per_second"]) for row in rows]
    picture = bars(names, values, [style.SERVICE] * len(rows), "MB/s")
    return section("Export and import", found, WORDS, picture)
