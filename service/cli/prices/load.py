"""python -m service prices load."""

import argparse

from service.cli.confirm import add_yes, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_line
from service.config import Config
from service.db import schema_version
from service.prices import load as loading
from service.prices.price_file import read_file

DESCRIPTION = """Replace your own model prices with those of a CSV file, and print the changes.
They come before the built-in ones. A file without a price removes all of yours, after a question or
with --yes. Costs of stored events stay: see prices reprice."""


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
            changes = loading.Changes.between(loading.listed(url, built_in=False), prices)
        else:
            if not prices:
                confirm_removal(url, options)
            changes = loading.load(url, options.file, prices)
    for line in changes.lines():
        print_line(line)
    print(f"{'would load' if options.dry_run else 'loaded'} {len(prices)} prices: {changes}")
    if not options.dry_run:
        print("for what is stored already: python -m service prices reprice --since …")
    return OK


def confirm_removal(url: str, options: argparse.Namespace) -> None:
    """Name the prices that a file without any removes, and ask."""
    removed = loading.Changes.between(loading.listed(url, built_in=False), [])
    if removed.removed:
        for line in removed.lines():
            print_line(f"would be {line}")
        confirm(options.yes)
