"""What `python -m service dump` and `restore` do."""

from service.cli.database import database_in_use
from service.cli.migrate import print_each
from service.config import Config
from service.db import backup


def dump(config: Config, file: str) -> int:
    """Write the database to a file."""
    with database_in_use(config, "dump") as url:
        backup.dump(url, file)
    return 0


def restore(config: Config, file: str) -> int:
    """Fill an empty database from a file, and print the migrations that it lacked."""
    with database_in_use(config, "restore") as url:
        print_each("applied", backup.restore(url, file), quiet=True)
    return 0
