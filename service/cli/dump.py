"""python -m service dump."""

import argparse

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import backup

DESCRIPTION = """Write the database to a file with pg_dump. The service may run meanwhile: the
file holds one snapshot."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="file to write; - is standard output")


def run(config: Config, options: argparse.Namespace) -> int:
    """Write the database to a file."""
    with database_in_use(config, "dump") as url:
        backup.dump(url, options.file)
    return OK
