"""python -m service retention."""

import argparse
from dataclasses import asdict
from typing import Any

from service.cli.arguments import days
from service.cli.database import database_in_use
from service.cli.exit_codes import FAILED, OK
from service.cli.output import print_json
from service.config import Config, ConfigError
from service.core.clock import today
from service.core.failure import Failure
from service.db.retention import Busy, Partition, Retention, retaining

DESCRIPTION = """Drop the weekly partitions whose runs ended before the retention period, with
their runs. Metrics keep their totals. Exit code 1 if a partition is in use and was not dropped."""
KEPT, IN_USE = "kept", "in use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--keep", type=days, metavar="DAYS", help="such as 90d (default: RETENTION_DAYS)"
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, print the plan")
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(config: Config, options: argparse.Namespace) -> int:
    """Drop old partitions and print a line for each."""
    keep = options.keep or config.retention_days
    if not keep:
        raise ConfigError("RETENTION_DAYS is 0: say how long, such as --keep 90d")
    done: list[dict[str, Any]] = []
    with database_in_use(config, "retention") as url:
        try:
            with retaining(url, today(), keep) as retention:
                for partition in retention.partitions():
                    outcome = apply(retention, partition, options.dry_run)
                    done.append({**asdict(partition), "outcome": outcome})
                    if not options.json:
                        print(f"{sentence(outcome, partition)} {partition}", flush=True)
                if not options.dry_run:
                    retention.tidy()
        except Busy as busy:
            raise Failure(str(busy)) from None
    if options.json:
        print_json({"partitions": done})
    return FAILED if any(each["outcome"] == IN_USE for each in done) else OK


def apply(retention: Retention, partition: Partition, dry_run: bool) -> str:
    """Drop a partition unless its newest event is young; return the outcome."""
    if not retention.is_old(partition.newest):
        return KEPT
    if dry_run:
        return "would drop"
    return "dropped" if retention.drop(partition) else IN_USE


def sentence(outcome: str, partition: Partition) -> str:
    """Return the outcome with its reason."""
    if outcome == KEPT:
        return f"keeps, for its newest event is of {partition.newest:%Y-%m-%d}:"
    return "in use, so nothing was changed:" if outcome == IN_USE else outcome
