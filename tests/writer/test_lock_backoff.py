"""LockBackoff: which lock_timeout comes next, and when nothing gets through."""

from typing import cast

import psycopg

from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.writer.lock_backoff import (
    SHORT_LOCK_TIMEOUT,
    SHORTEST_AFTER,
    SHORTEST_LOCK_TIMEOUT,
    LockBackoff,
)

CONN, OTHER = cast(Connection, object()), cast(Connection, object())
LOCKED = psycopg.errors.LockNotAvailable()


def test_the_timeout_is_short_until_a_turn_in_which_no_request_met_a_lock() -> None:
    backoff = LockBackoff()
    assert backoff.timeout_to_set(CONN) is None
    backoff.note_failure(LOCKED)
    assert backoff.timeout_to_set(CONN) == SHORT_LOCK_TIMEOUT
    assert backoff.timeout_to_set(CONN) is None
    assert (
        backoff.timeout_to_set(OTHER) == SHORT_LOCK_TIMEOUT
    )  # a new connection has the normal one
    backoff.note_commit()
    backoff.end_turn()
    backoff.note_held_up()
    backoff.end_turn()
    assert backoff.is_short
    backoff.end_turn()
    assert backoff.timeout_to_set(OTHER) == WRITE["lock_timeout"]
    assert backoff.timeout_to_set(OTHER) is None


def test_another_error_brings_the_normal_timeout_back() -> None:
    backoff = LockBackoff()
    backoff.note_failure(LOCKED)
    assert backoff.timeout_to_set(CONN) == SHORT_LOCK_TIMEOUT
    backoff.note_failure(psycopg.errors.DeadlockDetected())
    assert backoff.timeout_to_set(CONN) == WRITE["lock_timeout"]


def test_two_single_requests_in_a_row_block_and_a_commit_between_them_does_not() -> None:
    backoff = LockBackoff()
    backoff.note_single_timeout(at_table=True)
    backoff.note_commit()
    backoff.note_single_timeout(at_table=True)
    assert not backoff.is_blocked
    backoff.note_single_timeout(at_table=True)
    assert backoff.is_blocked
    backoff.reset()
    assert not backoff.is_blocked


def test_a_turn_of_many_requests_at_unknown_locks_waits_for_the_others_hardly_any_more() -> None:
    backoff = LockBackoff()
    backoff.note_failure(LOCKED)
    for _ in range(SHORTEST_AFTER):
        assert backoff.timeout_to_set(CONN) in (SHORT_LOCK_TIMEOUT, None)
        backoff.note_single_timeout(at_table=False)
    assert backoff.timeout_to_set(CONN) == SHORTEST_LOCK_TIMEOUT
    assert not backoff.is_blocked
    backoff.end_turn()
    assert backoff.timeout_to_set(CONN) == SHORT_LOCK_TIMEOUT
