"""LockBackoff: which lock_timeout comes next, and when nothing gets through."""

from typing import cast

import psycopg

from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.writer.lock_backoff import SHORT_LOCK_TIMEOUT, LockBackoff

CONN, OTHER = cast(Connection, object()), cast(Connection, object())
LOCKED = psycopg.errors.LockNotAvailable()


def test_the_timeout_is_short_after_a_lock_timeout_and_normal_after_a_commit() -> None:
    backoff = LockBackoff()
    assert backoff.timeout_to_set(CONN) is None
    backoff.note_failure(LOCKED)
    assert backoff.timeout_to_set(CONN) == SHORT_LOCK_TIMEOUT
    assert backoff.timeout_to_set(CONN) is None
    assert (
        backoff.timeout_to_set(OTHER) == SHORT_LOCK_TIMEOUT
    )  # a new connection has the normal one
    backoff.reset()
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
    backoff.note_single_timeout()
    backoff.reset()
    backoff.note_single_timeout()
    assert not backoff.is_blocked
    backoff.note_single_timeout()
    assert backoff.is_blocked
    backoff.reset()
    assert not backoff.is_blocked
