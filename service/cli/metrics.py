"""What `python -m service refresh` and `verify` do."""

import signal
from collections.abc import Sequence
from threading import Thread

from service.cli.database import database_in_use
from service.config import Config
from service.metrics import verify as verifying
from service.metrics.leader import FoldLeader, fold_once
from service.metrics.verify import Difference

DEFAULT_REFRESH_SECONDS = 5  # where REFRESH_INTERVAL_SECONDS=0 keeps the service from folding


def refresh(config: Config, once: bool) -> int:
    """Fold once and print what was done, or lead until told to end."""
    with database_in_use(config, "refresh") as url:
        if once:
            done = fold_once(url)
            print(f"folded {done.deltas} deltas in {done.seconds:.3f} s")
        else:
            interval = config.refresh_interval_seconds or DEFAULT_REFRESH_SECONDS
            refresher = FoldLeader(url, interval, config.quarter_hour_days)
            for number in (signal.SIGINT, signal.SIGTERM):
                # Not in the handler itself: it may interrupt run() while that holds the very lock
                # which close() waits for.
                signal.signal(number, lambda *_: Thread(target=refresher.close).start())
            print(f"folding every {interval} s; Ctrl-C ends it", flush=True)
            refresher.run()
    return 0


def verify(config: Config, agent_name: str | None, repair: bool) -> int:
    """Print what differs from a recount; 1 when something does and is not repaired."""
    with database_in_use(config, "verify") as url:
        found = verifying.verify(url, agent_name)
        print_differences(found)
        if found and repair:
            verifying.repair(url, found)
            found = verifying.verify(url, agent_name)
            print("repaired" if not found else "after the repair there remain:")
            print_differences(found)
    return 1 if found else 0


def print_differences(found: Sequence[Difference]) -> None:
    """Print a line for each value that differs."""
    for difference in found:
        key = " ".join(f"{name}={value!r}" for name, value in difference.key.items())
        print(
            f"{difference.relation}  {key}  {difference.field}: "
            f"stored {difference.stored}, counted {difference.counted}"
        )
    print(f"{len(found)} differences" if found else "no difference")
