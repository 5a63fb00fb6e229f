"""python -m service migrate citus."""

import argparse

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import citus

DESCRIPTION = """Distribute the tables that grow with the events over the nodes of a Citus
cluster, by run. Run it again after a migration; tables that are distributed already stay as
they are."""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare no argument."""


def run(config: Config, _options: argparse.Namespace) -> int:
    """Distribute the tables, and print the placement of each."""
    with database_in_use(config, "migrate citus") as url:
        for line in citus.distribute(url):
            print(line)
    return OK
