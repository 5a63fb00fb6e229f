"""A short round of each fault; `make faults` plays many, longer ones, and looks at the time."""

from collections.abc import Iterator

import pytest

from service.verify import verify
from tests.faults.faults import (
    PROXIED,
    Fault,
    commit_cut,
    postmaster_killed,
    stopped_immediately,
)
from tests.faults.rounds import name, play
from tests.faults.world import World, embedded, proxied
from tests.operations.postgres import PG

LOAD_SECONDS, FAULT_SECONDS = 0.2, 1.0
WORLDS = {"proxied": proxied, "embedded": embedded}
# What is different where the service starts its PostgreSQL again; Debian's it never runs.
OWN: tuple[Fault, ...] = () if PG else (postmaster_killed, stopped_immediately)
CASES = [("proxied", fault) for fault in PROXIED] + [("embedded", fault) for fault in OWN]


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """One service for all faults of a kind of world."""
    with WORLDS[request.param]() as running:
        yield running
        assert verify(running.server.url) == []


@pytest.mark.parametrize(
    ("world", "fault"), CASES, indirect=["world"], ids=[f"{w}, {name(f)}" for w, f in CASES]
)
def test_nothing_acknowledged_is_lost_nothing_is_there_twice_or_in_part(
    world: World, fault: Fault
) -> None:
    """Play a round of the fault; nothing may be wrong."""
    played = play(world, fault, name(fault), LOAD_SECONDS, FAULT_SECONDS)
    assert played.account.problems == []
    assert played.account.acknowledged > 0
    if fault is commit_cut:
        assert played.account.ambiguous > 0
