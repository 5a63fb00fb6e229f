"""What `python -m service dump` and `restore` do."""

from service import backup
from service.commands.database import database_in_use
from service.commands.migrate import print_each
from service.config import Config


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
