"""Turns at a pool: a client has its share, its further reads wait in order, others are not held."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from contextvars import copy_context
from functools import partial

import pytest

from service.db.client_turns import Caller, ClientTurns, NoTurn, caller, own_reads
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from tests.processes.harness import until

LONG, SHORT = 30.0, 0.01


def of(client: str | None, run: Callable[[], object], patience: float = LONG) -> None:
    """Run something as a client, or as the service itself."""
    context = copy_context()
    context.run(caller.set, None if client is None else Caller(client, patience))
    context.run(run)


def hold(turns: ClientTurns, stack: ExitStack, client: str) -> None:
    """Have a turn until the stack ends."""
    of(client, lambda: stack.enter_context(turns.turn()))


def waiting(turns: ClientTurns, client: str) -> int:
    """How many reads of a client wait."""
    return len(turns._clients[client].waiting)


@pytest.mark.parametrize(("connections", "share"), [(1, 1), (2, 1), (3, 2), (7, 4)])
def test_a_client_has_half_of_the_connections_and_another_the_rest(
    connections: int, share: int
) -> None:
    turns = ClientTurns(connections, 100)
    with ExitStack() as stack:
        for _ in range(share):
            hold(turns, stack, "one")
        with pytest.raises(NoTurn) as error:
            of("one", turns.turn().__enter__, SHORT)
        assert error.value.limit == share
        hold(turns, stack, "other")
        for _ in range(connections + 1):
            of(None, lambda: stack.enter_context(turns.turn()))  # the service's own are not held
    assert not turns._clients


def test_reads_that_wait_get_their_turns_in_order() -> None:
    turns = ClientTurns(1, 100)
    order: list[int] = []

    def take(number: int) -> None:
        with turns.turn():
            order.append(number)

    def start(number: int) -> Future[None]:
        read = pool.submit(of, "one", partial(take, number))
        until(lambda: waiting(turns, "one") == number + 1, "it does not wait")
        return read

    with ThreadPoolExecutor(8) as pool:
        with ExitStack() as stack:
            hold(turns, stack, "one")
            reads = [start(number) for number in range(8)]
        for read in reads:
            read.result()
    assert order == list(range(8))
    assert not turns._clients


def test_no_more_wait_than_may_and_the_service_reads_in_a_client_s_request() -> None:
    turns = ClientTurns(2, 2)

    def wait() -> None:
        with turns.turn():
            pass

    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        hold(turns, stack, "one")
        second = pool.submit(of, "one", wait)
        until(lambda: waiting(turns, "one") == 1, "it does not wait")
        with pytest.raises(NoTurn):
            of("one", turns.turn().__enter__)

        def read() -> None:
            with own_reads(), turns.turn():
                assert caller.get() is None
            assert caller.get() is not None

        of("one", read)
        stack.close()
        second.result()
    assert not turns._clients


def test_a_read_that_has_failed_gives_its_turn_back() -> None:
    turns = ClientTurns(1, 100)

    def fail() -> None:
        with turns.turn():
            raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError, match=r"^$"):
            of("one", fail, SHORT)
    assert not turns._clients


def test_a_client_that_keeps_messages_leaves_another_a_connection_for_scores(
    database_url: str,
) -> None:
    database = Database(DatabaseSettings(database_url, 5))
    database.open()
    with closing(database), ExitStack() as stack:
        of("one", lambda: stack.enter_context(database.keeping_messages()))
        for lending in (database.keeping_messages, database.storing_scores):
            with pytest.raises(NoTurn):
                of("one", lending().__enter__, SHORT)
        of("other", lambda: stack.enter_context(database.storing_scores()))
