"""python -m service restore."""

import argparse

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_each
from service.config import Config
from service.db import backup

DESCRIPTION = """Fill an empty database from a file that `dump` wrote, and apply the migrations
that the file lacks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="file to read; - is standard input")


def run(config: Config, options: argparse.Namespace) -> int:
    """Fill an empty database from a file, and print the migrations that it lacked."""
    with database_in_use(config, "restore") as url:
        print_each("applied", backup.restore(url, options.file), quiet=True)
    return OK
