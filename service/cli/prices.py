"""What `python -m service prices …` prints."""

import csv
import sys
from decimal import Decimal

from service.cli.database import database_in_use
from service.config import Config
from service.db import schema_version
from service.prices import load as loading
from service.prices.price_file import NEEDED, OPTIONAL, read_file
from service.prices.reprice import reprice
from service.prices.window import Window

SHOWN_UNKNOWN = 10


def load(config: Config, file: str, dry_run: bool) -> int:
    """Load a file and print what that changed, or would change."""
    prices = read_file(file)
    with database_in_use(config, "prices load") as url:
        schema_version.check(url)
        if dry_run:
            changes = loading.Changes.between(loading.listed(url), prices)
        else:
            changes = loading.load(url, file, prices)
    for line in changes.lines():
        print(line)
    print(f"{'would load' if dry_run else 'loaded'} {len(prices)} prices: {changes}")
    if not dry_run:
        print("for what is stored already: python -m service prices reprice --since …")
    return 0


def show(config: Config) -> int:
    """Print all prices as a file that can be loaded."""
    with database_in_use(config, "prices list") as url:
        schema_version.check(url)
        prices = loading.listed(url)
    writer = csv.DictWriter(sys.stdout, [*NEEDED, *OPTIONAL], lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: shown(value) for column, value in row.items()} for row in prices)
    if not prices:
        print("no price: python -m service prices load prices.csv", file=sys.stderr)
    return 0


def shown(value: object) -> object:
    """A value of a price; numbers without zeros behind them."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def recompute(config: Config, window: Window, dry_run: bool) -> int:
    """Compute costs of the past anew, and print what that changed, or would change."""
    with database_in_use(config, "prices reprice") as url:
        schema_version.check(url)
        done = reprice(url, window, dry_run)
    for model, events in done.unknown.most_common(SHOWN_UNKNOWN):
        print(f"no price for {model!r}: {events} events")
    if len(done.unknown) > SHOWN_UNKNOWN:
        print(f"no price for {len(done.unknown) - SHOWN_UNKNOWN} other models")
    print(f"{'would change' if dry_run else 'changed'} {done}")
    return 0
