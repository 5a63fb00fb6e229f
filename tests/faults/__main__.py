"""The command line: python -m tests.faults [--rounds N] [--seed N] [--fault NAME] …."""

import argparse
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from tqdm import tqdm

from tests.faults.faults import EVERYWHERE, PROXIED, Fault, Kind, commit_cut
from tests.faults.report import faulty, table
from tests.faults.rounds import Round, account_of, name, play, verified
from tests.faults.world import embedded, proxied
from tests.processes.postgres import PG

TERMINATED = 128 + signal.SIGTERM
WORLDS = {"proxied": proxied, "embedded": embedded}
DESCRIPTION = """\
Four clients send events while faults are made: a service and a PostgreSQL of its own are started,
killed, cut off and restarted, on 127.0.0.1, in a directory that is removed. What was answered 200
must be stored, once, and nothing in part. Exit code 1: a loss, a missed limit, or no ambiguous
commit.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the rounds; return the exit code."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # everything started is ended
    seed = options.seed if options.seed is not None else time.time_ns() % 1_000_000
    print(f"seed {seed}", flush=True)
    rounds = run(options, seed)
    print(f"\n{table(rounds)}\n")
    found = faulty(rounds)
    print("\n".join(found) if found else "nothing acknowledged was lost, no limit was missed")
    return 1 if found else 0


def parser() -> argparse.ArgumentParser:
    """Describe the flags."""
    root = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [name(fault).replace(" ", "-") for fault in PROXIED]
    root.add_argument("--rounds", type=int, default=50, metavar="N", help="how many (50)")
    root.add_argument("--seed", type=int, metavar="N", help="the same seed, the same rounds")
    root.add_argument("--fault", action="append", choices=names, help="this one; may be repeated")
    root.add_argument(
        "--load", type=float, default=3.0, metavar="SECONDS", help="before and after a fault (3)"
    )
    root.add_argument(
        "--last", type=float, default=5.0, metavar="SECONDS", help="of faults with a length (5)"
    )
    return root


def plan(options: argparse.Namespace, seed: int) -> list[tuple[str, Fault]]:
    """Which faults, in which world: every one once, then again, each time in another order."""
    kinds = [("proxied", fault) for fault in PROXIED]
    kinds += [] if PG else [("embedded", fault) for fault in EVERYWHERE]
    wanted = options.fault or [name(fault).replace(" ", "-") for _, fault in kinds]
    kinds = [kind for kind in kinds if name(kind[1]).replace(" ", "-") in wanted]
    return sorted(
        islice(shuffled(kinds, seed), options.rounds), key=lambda kind: kind[0] != "proxied"
    )


def shuffled(kinds: list[Kind], seed: int) -> Iterator[Kind]:
    """All of them, again and again, each time in another order; first the one that proves most."""
    rng = random.Random(seed)
    yield from [kind for kind in kinds if kind[1] is commit_cut]
    while True:
        yield from rng.sample(kinds, len(kinds))


def run(options: argparse.Namespace, seed: int) -> list[Round]:
    """Play the rounds, world by world; at each world's end everything is held to account again."""
    rounds: list[Round] = []
    planned = plan(options, seed)
    with tqdm(total=len(planned), unit=" rounds") as bar:
        for kind, of_kind in groupby(planned, key=lambda kind: kind[0]):
            here: list[Round] = []
            with WORLDS[kind]() as world:
                for _, fault in of_kind:
                    bar.set_description(f"{kind}, {name(fault)}")
                    label = f"{seed} {len(rounds) + len(here)}"
                    here.append(play(world, fault, label, options.load, options.last))
                    bar.update()
                for played in here:
                    played.account.problems[:] = account_of(world, played.ledger).problems
                here[-1].account.problems += verified(world)
            rounds += here
    return rounds


if __name__ == "__main__":
    sys.exit(main())
