"""python -m service prices reprice."""

import argparse
from collections import Counter

from service.cli.arguments import moment
from service.cli.confirm import add_yes, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import schema_version
from service.prices.reprice import reprice
from service.prices.window import Repriced, Window

DESCRIPTION = """Recompute the costs of stored events from the current prices, where the cost
was not sent by the client; metrics follow. Where no price is known any more the cost is taken away,
after a question or with --yes."""
SHOWN_MODELS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--since", type=moment, metavar="DATE", required=True, help="such as 2026-11-01 (UTC)")
    add("--until", type=moment, metavar="DATE", help="end of the window, itself excluded")
    add("--model", metavar="NAME", help="events of this model alone")
    add("--dry-run", action="store_true", help="change nothing, print what would change")
    add_yes(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    """Recompute costs, and print the changes and the models without a price."""
    window = Window(options.since, options.until, options.model)
    with database_in_use(config, "prices reprice") as url:
        schema_version.check(url)
        done = reprice(url, window, options.dry_run, None if options.yes else agree)
    print_models("no price for", done.unknown)
    if options.dry_run and done.lost:
        print_lost(done)
    print(f"{'would change' if options.dry_run else 'changed'} {done}")
    return OK


def agree(found: Repriced) -> None:
    """Show what would change, and ask, because costs would be taken away. Raises Failure."""
    print_lost(found)
    print(f"would change {found}", flush=True)
    confirm(yes=False)


def print_lost(found: Repriced) -> None:
    """Print which models' events would have no cost any more."""
    print_models("would take away the cost of", found.losing)
    print(f"would take away {found.lost_dollars:f} dollars of {found.lost} events")


def print_models(what: str, models: Counter[str]) -> None:
    """Print the models with most events, a line each."""
    for model, events in models.most_common(SHOWN_MODELS):
        print(f"{what} {model!r}: {events} events")
    if len(models) > SHOWN_MODELS:
        print(f"{what} {len(models) - SHOWN_MODELS} other models")
