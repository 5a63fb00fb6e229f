"""python -m service migrate status."""

import argparse

from service.cli.database import database_in_use
from service.cli.exit_codes import FAILED, OK
from service.cli.output import print_json
from service.config import Config
from service.db import migrate

DESCRIPTION = """List every migration and whether the database has it. Exit code 1 if a
migration is pending."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(config: Config, options: argparse.Namespace) -> int:
    """Print every migration and whether it is applied."""
    with database_in_use(config, "migrate status") as url:
        states = migrate.status(url)
    if options.json:
        print_json([state._asdict() for state in states])
    else:
        for state in states:
            print(f"{'applied' if state.applied else 'pending':9}{state.name}")
    return OK if all(state.applied for state in states) else FAILED
