"""python -m service keys revoke."""

import argparse

from service.auth import key_admin
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config

DESCRIPTION = """Revoke a key. Every worker rejects it within 10 s, or 30 s while PostgreSQL
does not answer. Its name can be used again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("key", metavar="NAME|ID", help="as in keys list")


def run(config: Config, options: argparse.Namespace) -> int:
    """Revoke a key and print its id and name."""
    with database_in_use(config, "keys revoke") as url:
        row = key_admin.revoke(url, options.key)
    print(f"revoked {row['key_id']} {row['name']}; refused everywhere within 30 s")
    return OK
