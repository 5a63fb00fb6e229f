"""python -m service retention."""

import argparse
from dataclasses import asdict
from functools import partial

from service.cli.arguments import days
from service.cli.confirm import add_yes, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import FAILED, OK
from service.cli.output import print_json
from service.config import Config, ConfigError
from service.core.clock import today
from service.core.failure import Failure
from service.db.clocks import ClocksDiffer
from service.db.retention import Busy, Partition, Retention, retaining

DESCRIPTION = """Drop the weekly partitions of runs whose newest event is older than the retention
period. Metrics keep their totals. Prints the plan and asks for confirmation. Exit code 1 if a
partition could not be dropped because it is in use."""
KEPT, IN_USE, WOULD_DROP = "kept", "in use", "would drop"
SUMS = ("runs", "events", "scores", "bytes")
MEGABYTE = 1_000_000

Outcome = tuple[Partition, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--keep",
        type=days,
        metavar="DAYS",
        help="days to keep, such as 90d (default: RETENTION_DAYS)",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, print the plan")
    add_yes(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(config: Config, options: argparse.Namespace) -> int:
    """Drop old partitions and print a line for each."""
    keep = options.keep or config.retention_days
    if not keep:
        raise ConfigError("RETENTION_DAYS is 0: say how long, such as --keep 90d")
    if options.json and not (options.yes or options.dry_run):
        raise ConfigError("--json asks nothing: add --yes or --dry-run")
    with database_in_use(config, "retention") as url:
        try:
            with retaining(url, today(), keep) as retention:
                done = remove_old(retention, options)
        except Busy as busy:
            raise Failure(str(busy)) from None
        except ClocksDiffer as differ:
            raise Failure(f"nothing was done: {differ}") from None
    if options.json:
        print_json({"partitions": [{**asdict(found), "outcome": how} for found, how in done]})
    return FAILED if any(outcome == IN_USE for _, outcome in done) else OK


def remove_old(retention: Retention, options: argparse.Namespace) -> list[Outcome]:
    """Print the plan, ask, and drop what is old; return the outcome of each partition."""
    tell = ignore if options.json else partial(print, flush=True)
    plan = [
        (found, WOULD_DROP if retention.is_old(found.newest) else KEPT)
        for found in retention.partitions()
    ]
    for found, outcome in plan:
        tell(f"{sentence(outcome, found)} {found}")
    old = [found for found, outcome in plan if outcome == WOULD_DROP]
    tell(summary(old))
    if options.dry_run:
        return plan
    if old:
        confirm(options.yes)
    done = {}
    for found in old:
        done[found] = "dropped" if retention.drop(found) else IN_USE
        tell(f"{sentence(done[found], found)} {found}")
    retention.tidy()
    return [(found, done.get(found, outcome)) for found, outcome in plan]


def ignore(_line: str) -> None:
    """Print nothing: the result is JSON."""


def summary(old: list[Partition]) -> str:
    """What goes in all, and what stays of it."""
    if not old:
        return "nothing is old enough to be dropped"
    runs, events, scores, size = (sum(getattr(one, name) for one in old) for name in SUMS)
    return (
        f"in all {len(old)} partitions, {old[0].first_day} to {old[-1].next_day}: {runs:,} runs, "
        f"{events:,} events, {scores:,} scores, {size / MEGABYTE:,.1f} MB; metrics keep their "
        "totals, the runs with their timelines and traces go"
    )


def sentence(outcome: str, partition: Partition) -> str:
    """Return the outcome with its reason."""
    if outcome == KEPT:
        return f"kept, newest event {partition.newest:%Y-%m-%d}:"
    return "in use, not dropped:" if outcome == IN_USE else outcome
