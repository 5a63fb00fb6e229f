"""Commands: what `python -m service` does beside serving, on the database in use."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from service.config import Config, ConfigError
from service.embedded import Busy, EmbeddedServer, hold
from service.embedded.binaries import bundled_directory
from service.failure import Failure

if TYPE_CHECKING:
    from service.verify import Difference

STARTING_PATIENCE_SECONDS = 60.0
DEFAULT_REFRESH_SECONDS = 5  # where REFRESH_INTERVAL_SECONDS=0 keeps the service from folding


@contextmanager
def database_in_use(config: Config, purpose: str) -> Iterator[str]:
    """Yield the URL of the service's database: DATABASE_URL, else the embedded server's.

    The embedded server is used where a service runs it, else it is started, and stopped afterwards.
    """
    if config.database_url:
        yield config.database_url
        return
    server = EmbeddedServer(config.data_dir)
    try:
        with hold(config.data_dir, purpose):
            try:
                server.start()
                yield server.url
            finally:
                server.stop()
    except Busy as busy:
        wait_for_running(server, busy)
        yield server.url


def wait_for_running(server: EmbeddedServer, busy: Busy) -> None:
    """Find the server of the process that holds the lock, which may have started just now."""
    deadline = time.monotonic() + STARTING_PATIENCE_SECONDS
    while not server.attach():
        if time.monotonic() > deadline:
            raise Failure(f"{busy}, but its PostgreSQL does not answer")
        time.sleep(0.1)


def migrate_up(config: Config, wait_seconds: int, quiet: bool) -> int:
    """Apply what is missing, make partitions, set the roles' passwords; print what was applied."""
    from service import migrate, partitions  # noqa: PLC0415 - psycopg and yoyo, for this alone
    from service.roles import given_urls, set_passwords  # noqa: PLC0415

    with database_in_use(config, "migrate up") as url:
        migrate.wait_for(url, wait_seconds)
        applied = migrate.up(url)
        partitions.ensure_partitions(url)
        derived = [role for role, given in given_urls(config).items() if not given]
        with migrate.reach(url) as conn:
            set_passwords(conn, url, derived)
    print_each("applied", applied, quiet)
    return 0


def migrate_down(config: Config, count: int) -> int:
    """Roll the last `count` migrations back and print which."""
    from service import migrate  # noqa: PLC0415

    with database_in_use(config, "migrate down") as url:
        print_each("rolled back", migrate.down(url, count))
    return 0


def migrate_status(config: Config) -> int:
    """Print every migration and whether it is applied; 1 when some are not."""
    from service import migrate  # noqa: PLC0415

    with database_in_use(config, "migrate status") as url:
        states = migrate.status(url)
    for state in states:
        print(f"{'applied' if state.applied else 'pending':9}{state.name}")
    return 0 if all(state.applied for state in states) else 1


def migrate_citus(config: Config) -> int:
    """Distribute what grows with the events over Citus's nodes; print how it lies now."""
    from service import citus  # noqa: PLC0415

    with database_in_use(config, "migrate citus") as url:
        for line in citus.distribute(url):
            print(line)
    return 0


def migrate_history(config: Config) -> int:
    """Print what was applied and rolled back, oldest first."""
    from service import migrate  # noqa: PLC0415

    with database_in_use(config, "migrate history") as url:
        for step in migrate.history(url):
            print(f"{step.at:%Y-%m-%d %H:%M:%S}  {step.operation:9}{step.name}  by {step.by}")
    return 0


def migrate_new(name: str) -> int:
    """Make the two files of the next migration and print their paths."""
    from service import migrate  # noqa: PLC0415

    for path in migrate.new(name):
        print(os.path.relpath(path))
    return 0


def explain(config: Config, query: str, pairs: Sequence[str]) -> int:
    """Print the plan of sql/QUERY.sql with the parameters `key=value`."""
    from service import explain as explaining  # noqa: PLC0415

    params = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise Failure(f"{pair!r}: expected key=value")
        params[key] = value
    with database_in_use(config, "explain") as url:
        explaining.main(url, query, params)
    return 0


def refresh(config: Config, once: bool) -> int:
    """Fold once and print what was done, or lead until told to end."""
    from service.refresh import Refresher, refresh_once  # noqa: PLC0415

    with database_in_use(config, "refresh") as url:
        if once:
            done = refresh_once(url)
            print(f"folded {done.deltas} deltas in {done.seconds:.3f} s")
        else:
            interval = config.refresh_interval_seconds or DEFAULT_REFRESH_SECONDS
            refresher = Refresher(url, interval, config.quarter_hour_days)
            for number in (signal.SIGINT, signal.SIGTERM):
                # Not in the handler itself: it may interrupt run() while that holds the very lock
                # which close() waits for.
                signal.signal(number, lambda *_: Thread(target=refresher.close).start())
            print(f"folding every {interval} s; Ctrl-C ends it", flush=True)
            refresher.run()
    return 0


def verify(config: Config, agent_name: str | None, repair: bool) -> int:
    """Print what differs from a recount; 1 when something does and is not repaired."""
    from service import verify as verifying  # noqa: PLC0415

    with database_in_use(config, "verify") as url:
        found = verifying.verify(url, agent_name)
        print_differences(found)
        if found and repair:
            verifying.repair(url, found)
            found = verifying.verify(url, agent_name)
            print("repaired" if not found else "after the repair there remain:")
            print_differences(found)
    return 1 if found else 0


def print_differences(found: "Sequence[Difference]") -> None:
    """Print a line for each value that differs."""
    for difference in found:
        key = " ".join(f"{name}={value!r}" for name, value in difference.key.items())
        print(
            f"{difference.relation}  {key}  {difference.field}: "
            f"stored {difference.stored}, counted {difference.counted}"
        )
    print(f"{len(found)} differences" if found else "no difference")


def dump(config: Config, file: str) -> int:
    """Write the database to a file."""
    from service import backup  # noqa: PLC0415

    with database_in_use(config, "dump") as url:
        backup.dump(url, file)
    return 0


def restore(config: Config, file: str) -> int:
    """Fill an empty database from a file, and print the migrations that it lacked."""
    from service import backup  # noqa: PLC0415

    with database_in_use(config, "restore") as url:
        print_each("applied", backup.restore(url, file), quiet=True)
    return 0


def import_events(config: Config, file: str, stop_on_error: bool) -> int:
    """Store the events of a file and print the counts; 1 when some were bad."""
    from service.importing.command import run  # noqa: PLC0415

    with database_in_use(config, "import") as url:
        return run(config, url, file, stop_on_error)


def retention(config: Config, days: int, dry_run: bool) -> int:
    """Drop what is older than `days` days, a line each; 1 when something would not go."""
    from service.clock import today  # noqa: PLC0415
    from service.retention import Busy, retaining  # noqa: PLC0415

    if not days:
        raise ConfigError("RETENTION_DAYS is 0: say how long, such as --keep 90d")
    failed = False
    with database_in_use(config, "retention") as url:
        try:
            with retaining(url, today(), days) as retention:
                for partition in retention.partitions():
                    what = "would drop" if dry_run else "dropped"
                    if not retention.is_old(partition.newest):
                        what = f"keeps, for its newest event is of {partition.newest:%Y-%m-%d}:"
                    elif not dry_run and not retention.drop(partition):
                        what, failed = "in use, so nothing was changed:", True
                    print(f"{what} {partition}", flush=True)
                left = retention.left_in_default()
                if left:
                    print(f"keeps, for they lie in the DEFAULT partition: {left} old events")
                if not dry_run:
                    retention.tidy()
        except Busy as busy:
            raise Failure(str(busy)) from None
    return 1 if failed else 0


def psql(config: Config, arguments: Sequence[str]) -> int:
    """Run psql on the database in use; return its exit code."""
    from service.pg_programs import call  # noqa: PLC0415 - psycopg, for this alone

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


# The bundled psql was built elsewhere and does not know where Debian keeps its terminals.
TERMINFO_DIRS = "/etc/terminfo:/lib/terminfo:/usr/share/terminfo"


def listen_to_ctrl_c() -> None:
    """Undo, in the child, that its parent ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def find_psql(config: Config) -> str:
    """Return the psql that fits: the bundled one for the embedded server, else the system's."""
    system = shutil.which("psql") if config.database_url else None
    return system or str(Path(bundled_directory()) / "psql")


def print_each(what: str, names: Sequence[str], quiet: bool = False) -> None:
    """Print a line for each migration, or that there was none."""
    for name in names:
        print(f"{what} {name}", flush=True)
    if not names and not quiet:
        print(f"nothing to be {what}", flush=True)
