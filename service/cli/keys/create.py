"""python -m service keys create."""

import argparse
import sys

from service.auth import key_admin
from service.auth.scopes import Scope
from service.cli.arguments import days, one_of
from service.cli.confirm import add_yes, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config

DESCRIPTION = """Create an API key and print it, alone on standard output. The key is shown this
once; the database stores only its hash. From the first key on, every request needs a key, so the
first is created after a question."""
FIRST = """This is the first key. From now on every request without a key is answered 401:
  clients that send events need one of scope ingest, dashboards and Prometheus one of scope read
  (python -m service keys create NAME --scope ingest). There is no way back to a service without
  keys: revoked keys count as well."""
SCOPES = ("ingest", "read", "admin")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("name", metavar="NAME", help="of the client that gets the key, such as laptop")
    add(
        "--scope",
        type=one_of(*SCOPES),
        metavar="|".join(SCOPES),
        required=True,
        help="send events, read everything, or both and change",
    )
    add("--expires", type=days, metavar="DAYS", help="such as 90d (default: never)")
    add_yes(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    """Print a new key, alone on standard output, for scripts."""
    with database_in_use(config, "keys create") as url:
        if not key_admin.keys(url):
            print(FIRST, file=sys.stderr, flush=True)
            confirm(options.yes)
        text = key_admin.create(url, options.name, Scope(options.scope), options.expires)
    print("it is shown this once; send it as Authorization: Bearer …", file=sys.stderr, flush=True)
    print(text, flush=True)
    return OK
