"""A round: clients send, a fault happens, all comes back, and the store is held to account."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.accounting import Account, Ledger
from tests.faults.clients import Client, sending
from tests.faults.faults import Fault, Scene
from tests.faults.probes import recovery
from tests.faults.world import World
from tests.leaks import TRACEBACK, look_through_log
from tests.processes import harness
from tests.processes.harness import until

LONGEST_RECOVERY_SECONDS = 5.0
LONGEST_LOCKED_RECOVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Round:
    """What came of one."""

    fault: str
    account: Account
    recovery_seconds: float
    missed: list[str]
    ledger: Ledger


def play(world: World, fault: Fault, seed: str, load_seconds: float, fault_seconds: float) -> Round:
    """Play one round; `load_seconds` of load come before the fault, and as much after it."""
    ledger, printed = Ledger(seed), len(world.output)
    with sending(lambda: world.url, ledger, seed) as clients:
        served(clients, time.monotonic())
        time.sleep(load_seconds)
        scene = Scene(world, ledger, clients, random.Random(seed), fault_seconds)
        back = fault(scene)
        seconds = recovery(world.url, ledger, back)
        limit = (
            LONGEST_LOCKED_RECOVERY_SECONDS if name(fault) == "locked" else LONGEST_RECOVERY_SECONDS
        )
        scene.limit("recovery", seconds, limit)
        served(clients, time.monotonic())
        time.sleep(load_seconds)
    output = world.output[printed:]
    look_through_log(output)
    if TRACEBACK.search(output):
        ledger.complain(f"the service printed a traceback: {output}")
    return Round(name(fault), account_of(world, ledger), seconds, scene.missed, ledger)


def account_of(world: World, ledger: Ledger) -> Account:
    """Hold the store to account, now."""
    with world.connect() as conn:
        return ledger.account(conn)


def served(clients: list[Client], moment: float) -> None:
    """Wait until every client has had a batch acknowledged after this moment."""
    until(
        lambda: all(c.has_been_served_since(moment) for c in clients), "a client waits in vain", 60
    )


def name(fault: Callable[..., object]) -> str:
    """What a fault is called."""
    return fault.__name__.replace("_", " ")


def verified(world: World) -> list[str]:
    """What `python -m service verify` finds wrong, by lines; nothing when all is right."""
    done = harness.run(world.directory, "verify", DATABASE_URL=world.server.url)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()[-20:]
