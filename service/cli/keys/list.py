"""python -m service keys list."""

import argparse
import sys
from dataclasses import asdict

from service.auth import key_admin
from service.cli.database import database_in_use
from service.cli.exit_codes import NO_KEY, OK
from service.cli.output import print_json, print_line
from service.config import Config

DESCRIPTION = """List every key there ever was, without its secret. Exit code 3 if there is
none: then this machine has access without a key, and no other."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(config: Config, options: argparse.Namespace) -> int:
    """Print a line for each key."""
    with database_in_use(config, "keys list") as url:
        found = key_admin.keys(url)
    if options.json:
        print_json([{**asdict(key), "state": key.state.partition(" ")[0]} for key in found])
    else:
        for key in found:
            print_line(key)
    if not found:
        print("no key: python -m service keys create NAME --scope admin", file=sys.stderr)
    return OK if found else NO_KEY
