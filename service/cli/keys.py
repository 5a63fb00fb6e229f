"""What `python -m service keys …` prints."""

import sys

from service.auth import key_admin
from service.auth.scopes import Scope
from service.cli.database import database_in_use
from service.config import Config

NO_KEY = 3  # an exit code that nothing else has: a script must not take a failure for it


def create(config: Config, name: str, scope: Scope, days: int | None) -> int:
    """Print a new key, alone on standard output, so that a script can take it."""
    with database_in_use(config, "keys create") as url:
        text = key_admin.create(url, name, scope, days)
    print("it is shown this once; send it as Authorization: Bearer …", file=sys.stderr, flush=True)
    print(text, flush=True)
    return 0


def show(config: Config) -> int:
    """Print a line for each key; NO_KEY where there is none: then whoever can connect is let in."""
    with database_in_use(config, "keys list") as url:
        found = key_admin.keys(url)
    for key in found:
        print(key)
    if not found:
        print("no key: python -m service keys create NAME --scope admin", file=sys.stderr)
    return 0 if found else NO_KEY


def revoke(config: Config, key: str) -> int:
    """End a key and print which."""
    with database_in_use(config, "keys revoke") as url:
        row = key_admin.revoke(url, key)
    print(f"revoked {row['key_id']} {row['name']}; refused everywhere within 30 s")
    return 0
