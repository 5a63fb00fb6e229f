"""The table of a run, and what sets the exit code."""

from collections.abc import Sequence

from tests.hostile.attack import Outcome
from tests.hostile.bodies import MB

CONSTANT_MB = 64
HEAD = (
    "row",
    "body",
    "wire",
    "unpacked",
    "status",
    "stored",
    "grown",
    "CPU",
    "blocked",
    "/livez",
    "verdict",
)
TITLES = "{:>3}  {:32} {:>9} {:>9} {:>6} {:>6} {:>9} {:>7} {:>7} {:>7}  {}"


def heading() -> str:
    """The names of the columns."""
    return TITLES.format(*HEAD)


def line(outcome: Outcome) -> str:
    """The row of a body."""
    cost = outcome.cost
    return TITLES.format(
        outcome.row,
        outcome.name,
        shown(outcome.wire),
        shown(outcome.unpacked),
        outcome.status or "–",
        outcome.stored,
        f"{cost.grown_mb:,.0f} MB",
        f"{cost.cpu:.1f} s",
        f"{cost.blocked:.2f} s",
        f"{cost.livez:.2f} s",
        "bad" if outcome.problems else "good",
    )


def shown(size: int) -> str:
    """A number of bytes."""
    return f"{size / MB:,.1f} MB" if size >= MB else f"{size / 1024:,.1f} KB"


def faulty(outcomes: Sequence[Outcome]) -> list[str]:
    """What is to be mended."""
    return [f"{o.row} {o.name}: {problem}" for o in outcomes for problem in o.problems]
