"""python -m service refresh."""

import argparse
import signal
from threading import Thread

from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.metrics.leader import FoldLeader, fold_once

DESCRIPTION = """Fold metric deltas every REFRESH_INTERVAL_SECONDS until stopped, for services
that run with REFRESH_INTERVAL_SECONDS=0. Metrics are exact without folds, but queries get
slower."""
DEFAULT_REFRESH_SECONDS = 5  # where REFRESH_INTERVAL_SECONDS=0 keeps the service from folding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--once", action="store_true", help="fold once, now, and exit")


def run(config: Config, options: argparse.Namespace) -> int:
    """Fold once and print the number of deltas, or lead the folds until stopped."""
    with database_in_use(config, "refresh") as url:
        if options.once:
            done = fold_once(url)
            print(f"folded {done.deltas} deltas in {done.seconds:.3f} s")
        else:
            interval = config.refresh_interval_seconds or DEFAULT_REFRESH_SECONDS
            leader = FoldLeader(url, interval)
            for number in (signal.SIGINT, signal.SIGTERM):
                # Not in the handler itself: it may interrupt run() while run() holds the lock that
                # close() waits for.
                signal.signal(number, lambda *_: Thread(target=leader.close).start())
            print(f"folding every {interval} s; Ctrl-C ends it", flush=True)
            leader.run()
    return OK
