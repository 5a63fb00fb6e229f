"""A short round of each fault; `make faults` plays many, longer ones, and looks at the time."""

from collections.abc import Iterator

import pytest

from service.metrics.verify import verify
from tests.faults.faults import (
    PROXIED,
    Fault,
    commit_cut,
    postmaster_killed,
    stopped_immediately,
)
from tests.faults.rounds import name, play
from tests.faults.world import World, embedded, proxied
from tests.processes.postgres import PG

LOAD_SECONDS, FAULT_SECONDS = 0.2, 1.0
# What is different where the service starts its PostgreSQL again; Debian's it never runs.
OWN: tuple[Fault, ...] = () if PG else (postmaster_killed, stopped_immediately)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One service for all faults."""
    with proxied() as running:
        yield running
        assert verify(running.server.url) == []


@pytest.fixture(scope="module")
def own_world() -> Iterator[World]:
    """One with a PostgreSQL of its own."""
    with embedded() as running:
        yield running
        assert verify(running.server.url) == []


@pytest.mark.parametrize("fault", PROXIED, ids=name)
def test_nothing_acknowledged_is_lost_nothing_is_there_twice_or_in_part(
    world: World, fault: Fault
) -> None:
    hold(world, fault)


if OWN:  # without a case pytest would count a skipped test

    @pytest.mark.parametrize("fault", OWN, ids=name)
    def test_the_same_where_the_service_starts_postgresql_again(
        own_world: World, fault: Fault
    ) -> None:
        hold(own_world, fault)


def hold(world: World, fault: Fault) -> None:
    """Play a round of the fault; nothing may be wrong."""
    played = play(world, fault, name(fault), LOAD_SECONDS, FAULT_SECONDS)
    assert played.account.problems == []
    assert played.account.acknowledged > 0
    if fault is commit_cut:
        assert played.account.ambiguous > 0
