"""What the bench says in the end: every floor and goal in a line, and the machine in a sentence."""

from math import floor, log10

from bench.limits import Verdict
from bench.picking import lowest
from bench.results import Sections

# The misses last, where they are seen.
ORDER = ("met", "kept", "missed", "BROKEN")
ROUNDED_TO = 2  # digits: machines swing by more than a hundredth from one minute to the next


def sentence(sections: Sections) -> str | None:
    """The rate of the SDK's own batches, and what was lost; None where neither was measured."""
    rate = lowest("rate_per_second", batch=10, clients=32)(sections.get("ingest", []))
    said = [] if rate is None else [f"{rounded(rate):,} events/s in batches of 10"]
    lost = count(sections, "lost", tuple(sections))
    # On a clock a refusal is not sent again, and nothing is lost by it.
    rejected = count(sections, "rejected", ("ingest", "otlp"))
    if lost is None:
        return None
    if rejected:
        said.append(f"{rejected:,} events NOT ACCEPTED")
    said.append(f"{lost:,} events LOST" if lost else "nothing lost")
    return ", ".join(said)


def count(sections: Sections, name: str, among: tuple[str, ...]) -> int | None:
    """The sum of a count over these sections; None where no row has it."""
    rows = [row for section in among for row in sections.get(section, []) if name in row]
    return sum(int(row[name]) for row in rows) if rows else None


def rounded(rate: float) -> int:
    """The rate without the digits that mean nothing, never more than it is."""
    if rate < 1:
        return 0
    step = int(10 ** max(0, floor(log10(rate)) - ROUNDED_TO + 1))
    return floor(rate / step) * step


def is_broken(verdicts: list[Verdict]) -> bool:
    """Whether a floor is broken: the exit code is then 1."""
    return any(verdict.word == "BROKEN" for verdict in verdicts)


def table(verdicts: list[Verdict]) -> str:
    """What was measured, one limit a line: the floors, then the goals with their count."""
    measured = sorted(
        (verdict for verdict in verdicts if verdict.measured is not None),
        key=lambda verdict: ORDER.index(verdict.word),
    )
    floors = [verdict for verdict in measured if verdict.limit.is_floor]
    goals = [verdict for verdict in measured if not verdict.limit.is_floor]
    met = sum(verdict.word == "met" for verdict in goals)
    parts = [
        *(["Floors, which set the exit code:", *map(row_of, floors)] if floors else []),
        *([f"Goals of the authors, {met} of {len(goals)} met:"] if goals else []),
        *map(row_of, goals),
    ]
    return "\n".join(parts)


def row_of(verdict: Verdict) -> str:
    """A verdict in one line."""
    limit = verdict.limit
    measured = "" if verdict.measured is None else shown(verdict.measured)
    return (
        f"{verdict.word:6}  {limit.section:12}  {limit.what:57}  {measured:>8}  {goal_of(verdict)}"
    )


def goal_of(verdict: Verdict) -> str:
    """What the figure is compared with."""
    limit = verdict.limit
    aim = "" if limit.aim is None else f", aim {shown(limit.aim)}"
    return f"{limit.comparison} {shown(limit.goal)} {limit.unit}".rstrip() + aim


def shown(figure: float) -> str:
    """A figure with as many places as it needs."""
    return f"{figure:,.0f}" if abs(figure) >= 100 or figure == int(figure) else f"{figure:.3g}"
