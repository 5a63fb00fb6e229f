"""python -m service migrate up."""

import argparse
import sys

from service.cli.arguments import integer
from service.cli.confirm import add_yes, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_each
from service.config import Config
from service.core.failure import Failure
from service.db import migrate, partitions
from service.db.roles.grants import set_passwords
from service.db.roles.names import given_urls
from service.db.upgrade_plan import plan_up
from service.prices.load import load_first

DESCRIPTION = """Apply every migration that the database lacks, create the partitions of the
next weeks, set the passwords of the service's roles, and load the built-in prices where there are
none yet. `serve` does this at its start. While the service or another command is connected, a
migration that older code does not survive needs a confirmation: on a terminal, else by --yes."""
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
    add_yes(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    """Apply what is missing, and print the names."""
    with database_in_use(config, "migrate up", makes_new=True) as url:
        migrate.wait_for(url, options.wait)
        confirm_beside_sessions(url, options.yes)
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


def confirm_beside_sessions(url: str, yes: bool) -> None:
    """Name the migrations that the processes in use do not survive, and ask.

    Raises Failure where nobody can be asked, as at the start of a service beside older ones.
    """
    plan = None if yes else plan_up(url)
    if plan is None:
        return
    for name, why in plan.reasons.items():
        print(f"would apply {name}: {why}", flush=True)
    in_use = f"the database is in use ({plan.sessions})"
    if not sys.stdin.isatty():
        raise Failure(
            f"{in_use}; nothing was done. Stop these processes first, or confirm that they may "
            "fail: python -m service migrate up --yes"
        )
    print(in_use, flush=True)
    confirm(yes)
