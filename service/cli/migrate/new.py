"""python -m service migrate new."""

import argparse
import os

from service.cli.exit_codes import OK
from service.config import Config
from service.db import new_migration

DESCRIPTION = "Create the two files of the next migration below migrations/: apply and rollback."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", metavar="NAME", help="such as create-agent-totals")


def run(_config: Config, options: argparse.Namespace) -> int:
    """Create the files and print their paths."""
    for path in new_migration.new(options.name):
        print(os.path.relpath(path))
    return OK
