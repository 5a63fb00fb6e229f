"""python -m service migrate up."""

import argparse

from service.cli.arguments import integer
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_each
from service.config import Config
from service.db import migrate, partitions
from service.db.roles.grants import set_passwords
from service.db.roles.names import given_urls
from service.prices.load import load_first

DESCRIPTION = """Apply every migration that the database lacks, create the partitions of the
next weeks, set the passwords of the service's roles, and load the built-in prices where there are
none yet. `serve` does this at its start."""
MAX_WAIT_SECONDS = 86_400
SECONDS = integer(0, MAX_WAIT_SECONDS, f"a number of seconds from 0 to {MAX_WAIT_SECONDS}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--wait",
        type=SECONDS,
        default=0,
        metavar="SECONDS",
        help="how long to wait for a database that does not answer yet (0)",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing if nothing is to do")


def run(config: Config, options: argparse.Namespace) -> int:
    """Apply what is missing, and print the names."""
    with database_in_use(config, "migrate up") as url:
        migrate.wait_for(url, options.wait)
        applied = migrate.up(url)
        partitions.ensure_partitions(url)
        derived = [role for role, given in given_urls(config).items() if not given]
        with migrate.reach(url) as conn:
            set_passwords(conn, url, derived)
        prices = load_first(url)
    if prices:
        print(f"loaded {prices}")
    print_each("applied", applied, options.quiet)
    return OK
