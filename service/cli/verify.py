"""python -m service verify."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from service.cli.database import database_in_use
from service.cli.exit_codes import FAILED, OK
from service.cli.output import print_json, print_line
from service.config import Config
from service.metrics import verify as verifying
from service.metrics.verify import Difference

DESCRIPTION = """Recompute every metric and the totals of every run from the stored events, and
print each value that differs. Exit code 1 if a value differs and was not repaired."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--agent", metavar="NAME", help="verify the runs of this agent alone")
    parser.add_argument("--repair", action="store_true", help="rebuild what differs")
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(config: Config, options: argparse.Namespace) -> int:
    """Print what differs from a recount; with --repair, also what still differs afterwards."""
    with database_in_use(config, "verify") as url:
        found = remaining = verifying.verify(url, options.agent)
        if not options.json:
            print_differences(found)
        if found and options.repair:
            verifying.repair(url, found)
            remaining = verifying.verify(url, options.agent)
            if not options.json:
                print("after the repair there remain:" if remaining else "repaired")
                print_differences(remaining)
    if options.json:
        print_json({"differences": as_dicts(found), "remaining": as_dicts(remaining)})
    return FAILED if remaining else OK


def as_dicts(found: Sequence[Difference]) -> list[dict[str, object]]:
    """Return the differences for JSON."""
    return [asdict(difference) for difference in found]


def print_differences(found: Sequence[Difference]) -> None:
    """Print a line for each value that differs."""
    for difference in found:
        key = " ".join(f"{name}={value!r}" for name, value in difference.key.items())
        print_line(
            f"{difference.relation}  {key}  {difference.field}: "
            f"stored {difference.stored}, counted {difference.counted}"
        )
    print(f"{len(found)} differences" if found else "no difference")
