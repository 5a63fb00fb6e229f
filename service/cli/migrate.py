"""What `python -m service migrate …` prints."""

import os
from collections.abc import Sequence

from service.cli.database import database_in_use
from service.config import Config
from service.db import citus as clusters
from service.db import migrate, partitions
from service.db.roles.grants import set_passwords
from service.db.roles.names import given_urls


def up(config: Config, wait_seconds: int, quiet: bool) -> int:
    """Apply what is missing, make partitions, set the roles' passwords; print what was applied."""
    with database_in_use(config, "migrate up") as url:
        migrate.wait_for(url, wait_seconds)
        applied = migrate.up(url)
        partitions.ensure_partitions(url)
        derived = [role for role, given in given_urls(config).items() if not given]
        with migrate.reach(url) as conn:
            set_passwords(conn, url, derived)
    print_each("applied", applied, quiet)
    return 0


def down(config: Config, count: int) -> int:
    """Roll the last `count` migrations back and print which."""
    with database_in_use(config, "migrate down") as url:
        print_each("rolled back", migrate.down(url, count))
    return 0


def status(config: Config) -> int:
    """Print every migration and whether it is applied; 1 when some are not."""
    with database_in_use(config, "migrate status") as url:
        states = migrate.status(url)
    for state in states:
        print(f"{'applied' if state.applied else 'pending':9}{state.name}")
    return 0 if all(state.applied for state in states) else 1


def citus(config: Config) -> int:
    """Distribute what grows with the events over Citus's nodes; print how it lies now."""
    with database_in_use(config, "migrate citus") as url:
        for line in clusters.distribute(url):
            print(line)
    return 0


def history(config: Config) -> int:
    """Print what was applied and rolled back, oldest first."""
    with database_in_use(config, "migrate history") as url:
        for step in migrate.history(url):
            print(f"{step.at:%Y-%m-%d %H:%M:%S}  {step.operation:9}{step.name}  by {step.by}")
    return 0


def new(name: str) -> int:
    """Make the two files of the next migration and print their paths."""
    for path in migrate.new(name):
        print(os.path.relpath(path))
    return 0


def print_each(what: str, names: Sequence[str], quiet: bool = False) -> None:
    """Print a line for each migration, or that there was none."""
    for name in names:
        print(f"{what} {name}", flush=True)
    if not names and not quiet:
        print(f"nothing to be {what}", flush=True)
