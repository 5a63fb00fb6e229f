"""python -m service dump."""

import argparse

from service.cli.confirm import add_yes, confirm
from service.cli.database import CHOOSE, database_in_use, place
from service.cli.exit_codes import OK
from service.cli.output import print_line
from service.config import Config
from service.core.failure import Failure
from service.db import backup, dump_file

DESCRIPTION = """Write the database to a file with pg_dump. The service may run meanwhile: the
file holds one snapshot. A file that exists is replaced after a question, or with --yes; a symbolic
link stays, and its file is replaced. A named pipe or a device is written to. What a killed dump to
FILE left is removed. A database without the service's tables is refused, and so is one on a Citus
cluster, whose nodes have no one snapshot."""
CLUSTER = "use the backup of your cluster, or export each agent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="file to write; - is standard output")
    add_yes(parser)


def run(config: Config, options: argparse.Namespace) -> int:
    """Write the database to a file; ask first where that replaces one."""
    if there := dump_file.replaced(options.file):
        print_line(f"{there} exists and would be replaced")
        confirm(options.yes)
    with database_in_use(config, "dump") as url:
        if not backup.has_events(url):
            raise Failure(f"nothing was dumped: {place(config)} has no table events: {CHOOSE}")
        if backup.is_on_a_cluster(url):
            raise Failure(f"nothing was dumped: {place(config)} is on a cluster: {CLUSTER}")
        for left in dump_file.remove_abandoned(options.file):
            print_line(f"removed {left}, which a killed dump left")
        backup.dump(url, options.file)
    return OK
