"""Attempts are counted from 1, with a pause between two, which grows up to a longest one."""

import random
import time

import pytest

from service.core.retry_policy import RetryPolicy


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setattr(random, "random", lambda: 0.5)
    return found


def test_pauses_double_up_to_the_longest_with_none_after_the_last_attempt(
    pauses: list[float],
) -> None:
    assert list(RetryPolicy(5, 0.1, 0.3).attempts()) == [1, 2, 3, 4, 5]
    assert pauses == [0.05, 0.1, 0.15, 0.15]


def test_without_jitter_a_pause_has_its_full_length(pauses: list[float]) -> None:
    assert list(RetryPolicy(3, jitter=False).attempts()) == [1, 2, 3]
    assert pauses == [1.0, 1.0]


def test_an_operation_that_succeeds_waits_for_nothing(pauses: list[float]) -> None:
    for attempt in RetryPolicy(3).attempts():
        assert attempt == 1
        break
    assert pauses == []
