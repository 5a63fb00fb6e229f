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

DESCRIPTION = "Print every price as CSV, as prices load reads it."


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare no argument."""


def run(config: Config, _options: argparse.Namespace) -> int:
    """Print all prices as CSV."""
    with database_in_use(config, "prices list") as url:
        schema_version.check(url)
        prices = loading.listed(url)
    writer = csv.DictWriter(sys.stdout, [*NEEDED, *OPTIONAL], lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: shown(value) for column, value in row.items()} for row in prices)
    if not prices:
        print("no price: python -m service prices load prices.csv", file=sys.stderr)
    return OK


def shown(value: object) -> object:
    """Return a value of a price; numbers without trailing zeros."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
