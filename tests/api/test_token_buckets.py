"""Token buckets, to the nanosecond."""

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest

from service.api.middleware.token_buckets import MAX_CLIENTS, Buckets
from tests.api.clock import SECOND, StillClock

RATES = pytest.mark.parametrize("rate", [1, 3, 7, 1000, 1_000_000])


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns every microsecond, not every 5 ms: else they would hardly ever meet."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def taken(buckets: Buckets, client: str, tries: int) -> int:
    """How many of so many tries for one token were let in."""
    return sum(buckets.take(client, 1) == 0 for _ in range(tries))


@pytest.mark.parametrize("rate", [1, 3, 7, 1000])
def test_a_second_s_worth_comes_at_once_and_not_one_more(clock: StillClock, rate: int) -> None:
    assert taken(Buckets(rate, clock), "a", 2 * rate) == rate


@RATES
def test_the_next_token_comes_on_its_very_nanosecond(clock: StillClock, rate: int) -> None:
    buckets = Buckets(rate, clock)
    buckets.take("a", rate)
    clock.now += -(-SECOND // rate) - 1
    assert buckets.take("a", 1) == 1
    clock.now += 1
    assert buckets.take("a", 1) == 0
    assert buckets.take("a", 1) == 1


@RATES
def test_however_long_nobody_came_there_is_a_second_s_worth(clock: StillClock, rate: int) -> None:
    buckets = Buckets(rate, clock)
    buckets.take("a", rate)
    clock.move(3600)
    buckets.take("a", rate - 1)
    assert [buckets.take("a", 1), buckets.take("a", 1)] == [0, 1]


def test_a_batch_larger_than_the_limit_passes_and_is_paid_afterwards(clock: StillClock) -> None:
    buckets = Buckets(10, clock)
    assert buckets.take("a", 25) == 0
    assert buckets.wait_seconds("a") == 2  # 15 owed and one to have: 1.6 s
    clock.now += 16 * SECOND // 10 - 1
    assert buckets.take("a", 1) == 1
    clock.now += 1
    assert buckets.take("a", 1) == 0


def test_what_is_refused_costs_nothing(clock: StillClock) -> None:
    buckets = Buckets(2, clock)
    buckets.take("a", 2)
    assert [buckets.take("a", 1000) for _ in range(100)] == [1] * 100
    clock.move(0.5)
    assert buckets.take("a", 1) == 0


def test_asking_how_long_takes_nothing(clock: StillClock) -> None:
    buckets = Buckets(1, clock)
    assert [buckets.wait_seconds("a") for _ in range(10)] == [0] * 10
    assert buckets.take("a", 1) == 0
    assert buckets.wait_seconds("a") == 1


@pytest.mark.parametrize(("owed", "seconds"), [(9, 1), (10, 2), (19, 2), (20, 3), (10_000, 1001)])
def test_the_wait_is_rounded_up_to_whole_seconds_and_enough(
    clock: StillClock, owed: int, seconds: int
) -> None:
    buckets = Buckets(10, clock)
    buckets.take("a", 10 + owed)
    assert buckets.wait_seconds("a") == seconds
    clock.move(seconds - 1)
    assert buckets.wait_seconds("a") == 1
    clock.move(1)
    assert buckets.take("a", 1) == 0


def test_clients_are_counted_apart(clock: StillClock) -> None:
    buckets = Buckets(1, clock)
    assert [buckets.take(client, 1) for client in "abab"] == [0, 0, 1, 1]


@pytest.mark.parametrize("rate", [1, 7, 30])
def test_it_does_what_a_bucket_of_exact_fractions_does(clock: StillClock, rate: int) -> None:
    chance = random.Random(rate)
    buckets, level = Buckets(rate, clock), Fraction(rate)
    for _ in range(5_000):
        passed = chance.choice([0, 1, chance.randrange(SECOND // 5), SECOND // rate])
        clock.now += passed
        level = min(Fraction(rate), level + Fraction(passed * rate, SECOND))
        count = chance.choice([1, 1, 2, 3 * rate])
        is_let_in = level >= 1
        assert (buckets.take("a", count) == 0) == is_let_in
        level -= count * is_let_in


def test_threads_together_get_what_one_would(clock: StillClock, hurried: None) -> None:
    buckets = Buckets(20_000, clock)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: taken(buckets, "a", 4_000), range(8))) == 20_000


def test_at_the_bound_the_full_are_forgotten_and_who_owes_is_not(clock: StillClock) -> None:
    buckets = Buckets(10, clock, max_clients=4)
    buckets.take("debtor", 1000)
    for client in "xy":
        buckets.take(client, 10)
    clock.move(1)
    buckets.take("z", 10)
    buckets.take("new", 10)  # x and y are full again
    assert [buckets.wait_seconds(client) for client in ("z", "new")] == [1, 1]
    assert buckets.wait_seconds("debtor") == 99
    assert buckets.take("x", 1) == 0


def test_where_none_is_full_those_that_lack_least_are_forgotten(clock: StillClock) -> None:
    buckets = Buckets(10, clock, max_clients=3)
    for owed, client in enumerate("abcd"):
        buckets.take(client, 10 + 10 * owed)
    assert [buckets.wait_seconds(client) for client in "abcd"] == [0, 0, 3, 4]


def test_there_are_never_more_than_the_bound(clock: StillClock) -> None:
    buckets = Buckets(1, clock)
    most = 0
    for number in range(3 * MAX_CLIENTS):
        buckets.take(str(number), 2)
        most = max(most, len(buckets._full_at))
    assert most == MAX_CLIENTS
