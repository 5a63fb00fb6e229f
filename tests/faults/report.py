"""What a run of rounds comes to: a table, and a verdict."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from tests.faults.rounds import Round

HEAD = ("fault", "rounds", "acknowledged", "ambiguous", "losses", "recovery p50", "max")
ROW = "{:24} {:>6} {:>13,} {:>10,} {:>7} {:>12.2f} s {:>6.2f} s"
TITLES = "{:24} {:>6} {:>13} {:>10} {:>7} {:>14} {:>8}"


def table(rounds: Sequence[Round]) -> str:
    """A line for each fault: rounds, acknowledged events, ambiguous commits, losses, recovery."""
    by_fault: dict[str, list[Round]] = defaultdict(list)
    for played in rounds:
        by_fault[played.fault].append(played)
    lines = [TITLES.format(*HEAD), *[row(name, of) for name, of in sorted(by_fault.items())]]
    return "\n".join([*lines, row("all", rounds)]) if rounds else lines[0]


def row(name: str, rounds: Sequence[Round]) -> str:
    """The line of these rounds."""
    recoveries = [played.recovery_seconds for played in rounds]
    return ROW.format(
        name,
        len(rounds),
        sum(played.account.acknowledged for played in rounds),
        sum(played.account.ambiguous for played in rounds),
        sum(played.account.lost for played in rounds),
        median(recoveries),
        max(recoveries),
    )


def faulty(rounds: Sequence[Round]) -> list[str]:
    """What sets the exit code: wrong accounts, missed limits, and commits that nobody cut."""
    found = [f"{r.fault}: {text}" for r in rounds for text in (*r.account.problems, *r.missed)]
    if not sum(played.account.ambiguous for played in rounds):
        found.append("no commit was ambiguous: nothing is proved")
    return found
