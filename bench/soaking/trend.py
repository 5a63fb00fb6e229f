"""How a soak went on: the figures of its thirds, and by how much the last exceeds the others.

The first third is the warm-up of memory and descriptors, so their last third is held against the
second. Times are held against the first.
"""

from collections.abc import Sequence
from statistics import median

from bench.load import percentile
from bench.results import Row
from bench.soaking.holdings import Holding
from bench.soaking.ledger import Answer

Sample = tuple[float, dict[str, Holding]]  # at which second, and what was held

MEMORY_GROWTH = 1.15  # of the last third's median to the second's, beside what is allowed in all
LEAST_ANSWERS = 100  # of a third: a p99 of fewer is the slowest one
LEAST_MS = 50.0  # quicker answers than this are not told apart


def thirds(seconds: float) -> list[tuple[float, float]]:
    """Begin and end of each third."""
    return [(seconds * part / 3, seconds * (part + 1) / 3) for part in range(3)]


def process_rows(samples: Sequence[Sample], seconds: float) -> list[Row]:
    """A row for each process that was there for most of the time."""
    names = dict.fromkeys(name for _, held in samples for name in held)
    rows = (process_row(name, samples, seconds) for name in names)
    return [row for row in rows if row]


def process_row(name: str, samples: Sequence[Sample], seconds: float) -> Row:
    """Memory and descriptors of a process by thirds; empty where a third has too few samples."""
    row: Row = {"process": name}
    for number, (begin, end) in enumerate(thirds(seconds), 1):
        all_held = [held for at, held in samples if begin <= at < end]
        own = [held[name] for held in all_held if name in held]
        if not own or len(own) < len(all_held) / 2:
            return {}
        row[f"memory_mb_{number}"] = round(median(one.memory_mb for one in own), 1)
        row[f"descriptors_{number}"] = median(one.descriptors for one in own)
    before, after = float(row["memory_mb_2"]), float(row["memory_mb_3"])
    row["memory_excess_mb"] = round(after - MEMORY_GROWTH * before, 1)
    row["descriptors_growth"] = float(row["descriptors_3"]) - float(row["descriptors_2"])
    return row


def kind_rows(answers: Sequence[Answer], seconds: float) -> list[Row]:
    """A row for each kind of request."""
    return [kind_row(kind, answers, seconds) for kind in sorted({a.kind for a in answers})]


def kind_row(kind: str, answers: Sequence[Answer], seconds: float) -> Row:
    """Times and errors of a kind; the growth of its p99 where there were answers enough."""
    own = [answer for answer in answers if answer.kind == kind]
    row: Row = {"kind": kind, **figures(own)}
    p99 = []
    for number, (begin, end) in enumerate(thirds(seconds), 1):
        times = [a.seconds for a in own if begin <= a.at < end and a.is_expected]
        row[f"p99_ms_{number}"] = round(percentile(times, 0.99), 1)
        if len(times) >= LEAST_ANSWERS:
            p99.append(max(percentile(times, 0.99), LEAST_MS))
    if len(p99) == 3:
        row["p99_growth"] = round(p99[2] / p99[0], 2)
    return row


def figures(answers: Sequence[Answer]) -> Row:
    """The figures of some answers."""
    times = [answer.seconds for answer in answers if answer.is_expected]
    return {
        "answered": len(times),
        "refused": sum(answer.is_refused for answer in answers),
        "failed": sum(answer.is_failed for answer in answers),
        "p50_ms": round(percentile(times, 0.5), 1),
        "p99_ms": round(percentile(times, 0.99), 1),
    }
