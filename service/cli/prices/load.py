"""python -m service prices load."""

import argparse

from service.cli.confirm import add_yes, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_line
from service.config import Config
from service.db import schema_version
from service.db.queries import Row
from service.prices import load as loading
from service.prices.load import Changes
from service.prices.price_file import read_file

DESCRIPTION = """Replace your own model prices with those of a CSV file, and print the changes.
They come before the built-in ones. Those of yours that the file lacks are removed, after a question
or with --yes. Costs of stored events stay: see prices reprice."""
MOST_SHOWN = 50  # prices that would be removed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file", metavar="FILE", help="CSV as prices list prints it; - is standard input"
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, print the changes")
    add_yes(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    """Load a file, and print the changes."""
    prices = read_file(options.file)
    with database_in_use(config, "prices load") as url:
        schema_version.check(url)
        if options.dry_run:
            changes = planned(url, prices)
        else:
            known = None if options.yes else agreed(planned(url, prices))
            changes = loading.load(url, options.file, prices, known)
    for line in changes.lines():
        print_line(line)
    print(f"{'would load' if options.dry_run else 'loaded'} {len(prices)} prices: {changes}")
    if not options.dry_run:
        print("for what is stored already: python -m service prices reprice --since …")
    return OK


def planned(url: str, prices: list[Row]) -> Changes:
    """What a load would change."""
    return Changes.between(loading.listed(url, built_in=False), prices)


def agreed(changes: Changes) -> Changes:
    """Name the prices that the file lacks, and ask; return the changes. Raises Failure."""
    if changes.removed:
        removed = [line for line in changes.lines() if line.startswith("removed ")]
        for line in removed[:MOST_SHOWN]:
            print_line(f"would be {line}")
        if len(removed) > MOST_SHOWN:
            print(f"{len(removed) - MOST_SHOWN} others would be removed: --dry-run names all")
        print("python -m service prices list prints all that are loaded, as a file", flush=True)
        confirm(yes=False)
    return changes
