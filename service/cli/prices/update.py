"""python -m service prices update."""

import argparse

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import schema_version
from service.prices import load as loading
from service.prices.built_in import read_package

DESCRIPTION = """Replace the built-in prices with those of the installed genai-prices, and print
the changes. Do so after an upgrade. Your own prices stay and come first. Costs of stored events
stay: see prices reprice."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--dry-run", action="store_true", help="change nothing, print the changes")


def run(config: Config, options: argparse.Namespace) -> int:
    """Load the built-in prices, and print the changes."""
    found = read_package()
    with database_in_use(config, "prices update") as url:
        schema_version.check(url)
        if options.dry_run:
            changes = loading.Changes.between(loading.listed(url, built_in=True), found.prices)
        else:
            changes = loading.update(url, found)
    for line in changes.lines():
        print(line)
    loaded = "would load" if options.dry_run else "loaded"
    print(f"{loaded} {len(found.prices)} prices of genai-prices {found.version}: {changes}")
    return OK
