"""python -m service migrate citus."""

import argparse
import sys

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import citus
from service.db.citus_settings import find_advice

DESCRIPTION = """Distribute the tables that grow with the events over the workers of a Citus
cluster, by run. Before: CREATE EXTENSION citus in a database of this name on each node, tell the
coordinator its workers (SELECT citus_add_node(...)), set citus.shard_count to two to four times
their number, migrate up, and stop the service. Settings of the cluster that cost speed or safety
are named on stderr. There is no way back but export and import, so dump first. Run again after a
migration; tables that are distributed already stay as they are."""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare no argument."""


def run(config: Config, _options: argparse.Namespace) -> int:
    """Distribute the tables; print the shards of each, and which settings to change."""
    with database_in_use(config, "migrate citus") as url:
        for line in citus.distribute(url):
            print(line)
        for line in find_advice(url):
            print(f"note: {line}", file=sys.stderr)
    return OK
