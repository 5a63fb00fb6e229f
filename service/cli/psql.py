"""python -m service psql."""

import argparse
import shutil
import signal
import subprocess
from pathlib import Path

from service.cli.database import database_in_use
from service.config import Config
from service.postgres.binaries import bundled_directory
from service.postgres.programs import call

DESCRIPTION = """Open psql on the service's database; the embedded PostgreSQL is started for it
where no service runs. psql gets all arguments, and its exit code is the command's."""
# The bundled psql was built elsewhere and does not know where Debian keeps its terminals.
TERMINFO_DIRS = "/etc/terminfo:/lib/terminfo:/usr/share/terminfo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments, for the help alone."""
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="*", help="of psql, such as -c SQL")


def run(config: Config, options: argparse.Namespace) -> int:
    """Run psql on the database in use; return its exit code."""
    program = find_psql(config)
    with database_in_use(config, "psql") as url:
        called = call(program, url, [*options.arguments])
        called["env"]["TERMINFO_DIRS"] = TERMINFO_DIRS
        # Ctrl-C cancels the statement in psql; here it would stop the database under psql.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return subprocess.run(
                **called,
                preexec_fn=listen_to_ctrl_c,
                check=False,
            ).returncode
        finally:
            signal.signal(signal.SIGINT, previous)


def listen_to_ctrl_c() -> None:
    """Restore SIGINT in the child, because the parent ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def find_psql(config: Config) -> str:
    """Return the psql that fits: the bundled one for the embedded server, else the system's."""
    system = shutil.which("psql") if config.database_url else None
    return system or str(Path(bundled_directory()) / "psql")
