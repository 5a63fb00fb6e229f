"""The totals of new events by run: the arrays of runs/add_totals."""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from operator import attrgetter

from service.ingest.rows import EventRow, Times, TokenParts, times_of
from service.writer.run_changes import Runs
from service.writer.run_outcome import Outcome
from service.writer.settled import Settled

Column = list[str | None]

# Costs range from 1e-324 to 1e9 dollars: with this precision no sum is rounded.
EXACT = Context(prec=400)


def totals(
    settled: Settled, held: Runs, born: Mapping[str, Times], outcomes: Mapping[str, Outcome]
) -> dict[str, Column]:
    """Sum what counts, less what the changed events counted for.

    `held` are the locked runs, `born` the times of runs inserted just now.
    """
    rows_by_run = settled.counted
    columns: dict[str, Column] = {name: [] for name in SUMS}
    times = [born.get(run_id) or times_of(rows) for run_id, rows in rows_by_run.items()]
    for run_id, rows in rows_by_run.items():
        before = settled.before.get(run_id)
        for name, total in SUMS.items():
            counts = total(rows)
            columns[name].append(str(EXACT.subtract(counts, total(before)) if before else counts))
    return columns | {
        "run_ids": list(rows_by_run),
        "last_ats": [str(max(map(TIMESTAMP, rows))) for rows in rows_by_run.values()],
        "started_ats": [str(began) for began, _ in times],
        "ended_ats": [str(ended) for _, ended in times],
        "held_started_ats": [
            None if run_id in born else str(held[run_id].started_at) for run_id in rows_by_run
        ],
        "statuses": [outcomes[run_id].status for run_id in rows_by_run],
        "pending_ends": [outcomes[run_id].pending_ends for run_id in rows_by_run],
        "awaited_spans": [settled.awaited.get(run_id) for run_id in rows_by_run],
        "held_statuses": [held[run_id].status for run_id in rows_by_run],
        "held_durations_us": [str(held[run_id].duration_us) for run_id in rows_by_run],
    }


def cost(rows: list[EventRow]) -> Decimal:
    """The exact sum of the costs, in dollars."""
    total = Decimal(0)
    for row in rows:
        if row.cost is not None:
            total = EXACT.add(total, Decimal(row.cost))
    return total


def parts(rows: list[EventRow]) -> list[TokenParts]:
    """The parts of tokens that the rows say; mostly none."""
    return [row.token_parts for row in rows if row.token_parts is not None]


TIMESTAMP = attrgetter("timestamp")
SUMS: dict[str, Callable[[list[EventRow]], int | Decimal]] = {
    "event_counts": len,
    "error_counts": lambda rows: sum(row.is_error for row in rows),
    "costs": cost,
    "tokens_in": lambda rows: sum(row.tokens_in or 0 for row in rows),
    "tokens_out": lambda rows: sum(row.tokens_out or 0 for row in rows),
    "cached_tokens": lambda rows: sum(part.cached_tokens or 0 for part in parts(rows)),
    "cache_write_tokens": lambda rows: sum(part.cache_write_tokens or 0 for part in parts(rows)),
    "reasoning_tokens": lambda rows: sum(part.reasoning_tokens or 0 for part in parts(rows)),
}
