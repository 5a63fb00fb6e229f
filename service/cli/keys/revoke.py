"""python -m service keys revoke."""

import argparse
import sys

from service.auth import key_admin
from service.cli.confirm import add_losses, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_line
from service.config import Config

DESCRIPTION = """Revoke a key. Every worker rejects it within 10 s, or 30 s while PostgreSQL
does not answer. Its name can be used again. Shows the key and asks first. Beside --yes, the last
valid admin key is revoked only with --lose last-admin."""
LAST_ADMIN = "last-admin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("key", metavar="NAME|ID", help="as in keys list")
    add_losses(parser, [LAST_ADMIN])


def run(config: Config, options: argparse.Namespace) -> int:
    """Show a key, ask, revoke it, and print its id and name."""
    with database_in_use(config, "keys revoke") as url:
        key, is_last = key_admin.find_valid(url, options.key)
        print_line(f"would revoke {key}")
        if is_last:
            print("it is the last valid admin key: no client may delete or rename without another")
        sys.stdout.flush()
        confirm(options.yes, [LAST_ADMIN] if is_last else [], options.lose)
        row = key_admin.revoke(url, key.key_id)
    print_line(f"revoked {row['key_id']} {row['name']}; refused everywhere within 30 s")
    return OK
