"""python -m service migrate down."""

import argparse

from service.cli.arguments import integer
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_each
from service.config import Config
from service.db import migrate

DESCRIPTION = "Roll back the last N migrations. Data that only they hold is lost."
MAX_COUNT = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    count = integer(1, MAX_COUNT, f"a number of migrations from 1 to {MAX_COUNT}")
    parser.add_argument("count", metavar="N", type=count, help="how many")


def run(config: Config, options: argparse.Namespace) -> int:
    """Roll the last migrations back, and print their names."""
    with database_in_use(config, "migrate down") as url:
        print_each("rolled back", migrate.down(url, options.count))
    return OK
