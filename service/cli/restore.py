"""python -m service restore."""

import argparse
import sys

from service.auth import key_admin
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_each
from service.config import Config
from service.core.visible import visible
from service.db import backup

DESCRIPTION = """Fill an empty database from a file that `dump` wrote, and apply the migrations
that the file lacks. Keys are as they were when the file was written: those that are valid are
named."""
MAX_NAMED = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="file to read; - is standard input")


def run(config: Config, options: argparse.Namespace) -> int:
    """Fill an empty database from a file; print the migrations that it lacked, and valid keys."""
    with database_in_use(config, "restore", makes_new=True) as url:
        print_each("applied", backup.restore(url, options.file), quiet=True)
        valid = [key for key in key_admin.keys(url) if key.is_valid]
    if valid:
        print(f"gati-backend: {warning(valid)}", file=sys.stderr, flush=True)
    return OK


def warning(valid: list[key_admin.Listed]) -> str:
    """What to do about keys that were revoked after the dump: it does not know of that."""
    names = ", ".join(visible(key.name) for key in valid[:MAX_NAMED])
    rest = len(valid) - MAX_NAMED
    more = f" and {rest} more (keys list)" if rest > 0 else ""
    return (
        f"keys that are valid, as they were in the dump: {len(valid)}: {names}{more}. Revoke again "
        "what was revoked since: python -m service keys revoke NAME"
    )
