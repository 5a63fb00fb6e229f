"""What `python -m service psql` and `explain` do, for who works on the queries."""

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from service.cli import explain as explaining
from service.cli.database import database_in_use
from service.config import Config
from service.core.failure import Failure
from service.postgres.binaries import bundled_directory
from service.postgres.programs import call

# The bundled psql was built elsewhere and does not know where Debian keeps its terminals.
TERMINFO_DIRS = "/etc/terminfo:/lib/terminfo:/usr/share/terminfo"


def explain(config: Config, query: str, pairs: Sequence[str]) -> int:
    """Print the plan of sql/QUERY.sql with the parameters `key=value`."""
    params = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise Failure(f"{pair!r}: expected key=value")
        params[key] = value
    with database_in_use(config, "explain") as url:
        explaining.main(url, query, params)
    return 0


def psql(config: Config, arguments: Sequence[str]) -> int:
    """Run psql on the database in use; return its exit code."""
    program = find_psql(config)
    with database_in_use(config, "psql") as url:
        called = call(program, url, [*arguments])
        called["env"]["TERMINFO_DIRS"] = TERMINFO_DIRS
        # Ctrl-C cancels the statement in psql; here it would end the database under it.
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
    """Undo, in the child, that its parent ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def find_psql(config: Config) -> str:
    """Return the psql that fits: the bundled one for the embedded server, else the system's."""
    system = shutil.which("psql") if config.database_url else None
    return system or str(Path(bundled_directory()) / "psql")
