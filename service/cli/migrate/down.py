"""python -m service migrate down."""

import argparse

from service.cli.arguments import integer
from service.cli.confirm import add_losses, confirm
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.cli.output import print_each
from service.config import Config
from service.db import migrate
from service.db.migration_headers import loss_words
from service.db.rollback_plan import Rollback, plan_down

DESCRIPTION = """Roll back the last N migrations. Prints each table that would be dropped, with its
row count and size, each column that nothing fills again, with its number of values, and asks for
confirmation. Refused while the service or another command is connected. Beside --yes, --lose has
to name each loss that no migration restores."""
MAX_COUNT = 1_000
MEGABYTE = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    count = integer(1, MAX_COUNT, f"a number of migrations from 1 to {MAX_COUNT}")
    parser.add_argument("count", metavar="N", type=count, help="number of migrations")
    add_losses(parser, loss_words())


def run(config: Config, options: argparse.Namespace) -> int:
    """Name what goes, ask, roll the last migrations back, and print their names."""
    with database_in_use(config, "migrate down") as url:
        plan = plan_down(url, options.count)
        show(plan)
        confirm(options.yes, [loss.word for loss in plan.losses], options.lose)
        print_each("rolled back", migrate.down(url, options.count, plan.names))
    return OK


def show(plan: Rollback) -> None:
    """Print what goes."""
    for name in plan.names:
        print(f"would roll back {name}")
    for table in plan.tables:
        size = f"{table.rows:,} rows, {table.bytes / MEGABYTE:,.1f} MB"
        print(f"would delete table {table.name}: {size}")
    for column in plan.columns:
        print(f"would delete column {column.name}: {column.rows:,} values")
    for loss in plan.losses:
        print(f"would lose {loss.word}: {loss.text}", flush=True)
