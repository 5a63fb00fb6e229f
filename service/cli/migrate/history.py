"""python -m service migrate history."""

import argparse

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.db import migrate

DESCRIPTION = "List every migration that was applied or rolled back, with time (UTC) and user."


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare no argument."""


def run(config: Config, _options: argparse.Namespace) -> int:
    """Print what was applied and rolled back, oldest first."""
    with database_in_use(config, "migrate history") as url:
        for step in migrate.history(url):
            print(f"{step.at:%Y-%m-%d %H:%M:%S}  {step.operation:9}{step.name}  by {step.by}")
    return OK
