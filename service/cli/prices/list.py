"""python -m service prices list."""

import argparse
import csv
import sys
from decimal import Decimal

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import schema_version
from service.prices import load as loading
from service.prices.price_file import NEEDED, OPTIONAL

DESCRIPTION = """Print your own prices as CSV, as prices load reads it, or the built-in ones."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--built-in", action="store_true", help="the built-in prices instead")


def run(config: Config, options: argparse.Namespace) -> int:
    """Print prices as CSV."""
    with database_in_use(config, "prices list") as url:
        schema_version.check(url)
        prices = loading.listed(url, options.built_in)
    columns = ["provider"] * options.built_in + [*NEEDED, *OPTIONAL]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: shown(row[column]) for column in columns} for row in prices)
    if not prices:
        command = "update" if options.built_in else "load FILE"
        print(f"no price: python -m service prices {command}", file=sys.stderr)
    return OK


def shown(value: object) -> object:
    """Return a value of a price; numbers without trailing zeros."""
    return loading.shown(value) if isinstance(value, Decimal) else value
