"""python -m service prices reprice."""

import argparse

from service.cli.arguments import moment
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import schema_version
from service.prices.reprice import reprice
from service.prices.window import Window

DESCRIPTION = """Recompute the costs of stored events from the current prices, where the cost
was not sent by the client; metrics follow."""
SHOWN_UNKNOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--since", type=moment, metavar="DATE", required=True, help="such as 2026-11-01 (UTC)")
    add("--until", type=moment, metavar="DATE", help="end of the window, itself excluded")
    add("--model", metavar="NAME", help="events of this model alone")
    add("--dry-run", action="store_true", help="change nothing, print what would change")


def run(config: Config, options: argparse.Namespace) -> int:
    """Recompute costs, and print the changes and the models without a price."""
    window = Window(options.since, options.until, options.model)
    with database_in_use(config, "prices reprice") as url:
        schema_version.check(url)
        done = reprice(url, window, options.dry_run)
    for model, events in done.unknown.most_common(SHOWN_UNKNOWN):
        print(f"no price for {model!r}: {events} events")
    if len(done.unknown) > SHOWN_UNKNOWN:
        print(f"no price for {len(done.unknown) - SHOWN_UNKNOWN} other models")
    print(f"{'would change' if options.dry_run else 'changed'} {done}")
    return OK
