"""The command line: python -m tests.hostile [bodies|connections] [--row N] …."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.world import scratch
from tests.hostile import connections, report
from tests.hostile.attack import Outcome, attack, kill, single_worker
from tests.hostile.bodies import BODIES, MB, Body
from tests.processes.harness import end_postgres
from tests.processes.postgres import started

TERMINATED = 128 + signal.SIGTERM
DESCRIPTION = """\
Requests that mean harm, one after the other, against a service with one worker that is started
for each, on a PostgreSQL of its own, on 127.0.0.1, in a directory that is removed. `bodies`: memory
and CPU of the worker, and the slowest answer of /livez meanwhile. `connections`: whether /livez
answers beside thousands of clients without a key. Exit code 1: a limit was passed.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return the exit code."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # everything started is ended
    with database() as (url, directory):
        if options.what == "connections":
            problems = connections.run(url, directory, options.row)
        else:
            problems = report.faulty(run(url, directory, options))
    print("\n" + ("\n".join(problems) if problems else "no limit was passed"))
    return 1 if problems else 0


def parser() -> argparse.ArgumentParser:
    """Describe the flags."""
    root = argparse.ArgumentParser(
        prog="python -m tests.hostile",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("what", nargs="?", choices=("bodies", "connections"), default="bodies")
    root.add_argument("--row", type=int, action="append", metavar="N", help="this row alone")
    root.add_argument("--most", type=int, default=60, metavar="MB", help="of a body, unpacked (60)")
    root.add_argument(
        "--cut-off",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="after which a body ends (60)",
    )
    return root


@contextmanager
def database() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL of its own and a directory, for a block."""
    with scratch() as directory:
        try:
            with started(directory / "data") as server:
                yield server.url, directory
        finally:
            end_postgres(directory / "data")


def run(url: str, directory: Path, options: argparse.Namespace) -> list[Outcome]:
    """Send each body to a service that has just begun."""
    outcomes = []
    print(report.heading(), flush=True)
    for body in BODIES:
        if options.row and body.row not in options.row:
            continue
        size = min(body.size, options.most * MB)
        outcomes.append(one(url, directory, body, size, options.cut_off))
        outcomes[-1].check_cost(report.CONSTANT_MB)
        print(report.line(outcomes[-1]), flush=True)
    return outcomes


def one(url: str, directory: Path, body: Body, size: int, cut_off: float) -> Outcome:
    """Send one body; a worker that is still at it after `cut_off` is ended."""
    with (
        tempfile.TemporaryDirectory(dir=directory) as place,
        single_worker(url, Path(place)) as service,
    ):
        outcome = attack(service, body, size, cut_off)
        if outcome.status is None:
            kill(service)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
