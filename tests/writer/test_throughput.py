"""ThroughputEstimate: what it learns from requests that waited."""

from service.writer.throughput import FIRST_GUESS_PER_SECOND, ThroughputEstimate


def test_a_full_queue_that_is_slow_is_believed() -> None:
    pace = ThroughputEstimate()
    for _ in range(40):
        pace.learn(1_000, 1.0)
    assert 0.9 < pace.seconds(1_000) < 1.1


def test_a_small_transaction_on_an_idle_machine_says_nothing() -> None:
    pace = ThroughputEstimate()
    for _ in range(40):
        pace.learn(1, 0.004)
    assert pace.seconds(1_000) == 1_000 / FIRST_GUESS_PER_SECOND


def test_after_a_lock_a_few_quick_requests_bring_it_back() -> None:
    pace = ThroughputEstimate()
    for _ in range(40):
        pace.learn(10, 0.75)
    assert pace.seconds(1_000) > 10
    for _ in range(40):
        pace.learn(40, 0.005)
    assert pace.seconds(1_000) < 0.2


def test_no_time_at_all_is_no_division_by_zero() -> None:
    pace = ThroughputEstimate()
    pace.learn(10, 0.0)
    assert pace.seconds(10) > 0


def test_what_fails_at_once_is_not_fast_and_what_fails_late_is_slow() -> None:
    pace = ThroughputEstimate()
    pace.learn(1_000, 0.001, was_stored=False)
    assert pace.seconds(1_000) == 1_000 / FIRST_GUESS_PER_SECOND
    for _ in range(40):
        pace.learn(1_000, 5.0, was_stored=False)
    assert pace.seconds(1_000) > 4
