"""Stores requests together, and around what other transactions have locked."""

import logging

import psycopg

from service.core.overloaded import Overloaded
from service.telemetry.logging import reason
from service.writer.lock_backoff import LockBackoff
from service.writer.reading_budget import UsedUp
from service.writer.transaction_runner import TransactionRunner
from service.writer.waiting_requests import WriteRequest

CONNECTION = "08"  # the class of its errors

log = logging.getLogger(__name__)


class RequestStore:
    """Stores the requests of a turn and answers each, so that none hurts another.

    A lock holds up the requests that need it: after a lock timeout the other ones are stored first,
    and those that meet the same lock of the same transaction again are failed. In the turns that
    follow, locks are looked for before anything waits for them.
    A transaction reads so much of stored runs. Requests that together need more are divided until
    those in a transaction need no more, or one is alone: each comes as far as it would alone.
    Where no lock of a run or agent is found (a run that another transaction is just inserting),
    each request is tried alone, and fails together with those of the same runs or agents.
    """

    def __init__(self, runner: TransactionRunner, lock_backoff: LockBackoff) -> None:
        self._runner = runner
        self._lock_backoff = lock_backoff
        self._is_table_locked = False
        self._known_agents: frozenset[str] = frozenset()  # of the requests that were looked at last

    def store(self, requests: list[WriteRequest]) -> None:
        """Store the requests; raises what concerns all that have no answer yet."""
        try:
            held_up = self._find_held_up(requests) if self._lock_backoff.is_short else []
            for group in (without(requests, held_up), held_up):
                if group:
                    self._store_together(group)
        finally:
            self._lock_backoff.end_turn()
            self._runner.end_turn()

    def _store_together(self, requests: list[WriteRequest]) -> None:
        try:
            self._commit(requests)
        except psycopg.errors.LockNotAvailable as error:
            if not self._runner.is_connected:
                raise
            self._store_around(requests, error)
        except UsedUp:
            middle = len(requests) // 2
            self._store_together(requests[:middle])
            self._store_together(requests[middle:])
        except Exception as error:
            if not self._runner.is_connected:
                raise
            if len(requests) == 1:
                self._fail(requests[0], error)
                return
            note_failed_group(requests, error)
            self._store_each(requests)

    def _store_around(
        self, requests: list[WriteRequest], error: psycopg.errors.LockNotAvailable
    ) -> None:
        """After a lock timeout: store the requests that no lock holds up, then the others."""
        held_up = self._find_held_up(requests)
        if held_up:
            for request in held_up:
                if request.meets_again:
                    request.done.set_exception(error)
            waiting = [request for request in held_up if not request.meets_again]
            for group in (without(requests, held_up), waiting):
                if group:
                    self._store_together(group)
        elif len(requests) > 1:
            note_failed_group(requests, error)
            self._store_each(requests)
        else:
            self._fail_alone(requests[0], error)

    def _store_each(self, requests: list[WriteRequest]) -> None:
        """Store each request alone, until nothing gets through or the database is away."""
        behind: dict[str, BaseException] = {}  # by run and agent, why a request of theirs failed
        for request in requests:
            if met := next((behind[name] for name in request.names() if name in behind), None):
                request.done.set_exception(met)
                continue
            try:
                self._commit([request])
            except psycopg.errors.LockNotAvailable as error:
                self._store_around([request], error)
                if not request.locks and (failure := request.done.exception()) is not None:
                    # An agent that exists is free, or its lock were known.
                    behind |= dict.fromkeys(request.names() - self._known_agents, failure)
            except Exception as error:
                self._fail(request, error)

    def _find_held_up(self, requests: list[WriteRequest]) -> list[WriteRequest]:
        """The requests that locks of others hold up now, and what they meet."""
        found = self._runner.find_locks([row for request in requests for row in request.rows])
        self._is_table_locked = found.is_table_locked
        self._known_agents = frozenset(found.known_agents)
        for request in requests:
            request.note_locks(found.in_the_way_of(request.rows))
        held_up = [request for request in requests if request.locks]
        if held_up:
            self._lock_backoff.note_held_up()
        return held_up

    def _fail_alone(self, request: WriteRequest, error: psycopg.errors.LockNotAvailable) -> None:
        """Fail a request that met a lock alone; raise where nothing gets through."""
        self._lock_backoff.note_single_timeout(self._is_table_locked)
        if self._lock_backoff.is_blocked:
            raise error
        request.done.set_exception(error)

    def _fail(self, request: WriteRequest, error: Exception) -> None:
        """Fail a request alone; raise where the next one would meet the error, too.

        An error of a connection, while this one holds, is that of another node of a cluster.
        """
        if isinstance(error, psycopg.OperationalError) and not (
            self._runner.is_connected and (error.sqlstate or "").startswith(CONNECTION)
        ):
            raise error
        request.done.set_exception(error)

    def _commit(self, requests: list[WriteRequest]) -> None:
        """Store the requests in one transaction, and answer each with its counts."""
        all_counts = self._runner.run([request.rows for request in requests])
        self._lock_backoff.note_commit()
        for request, counts in zip(requests, all_counts, strict=True):
            request.done.set_result(counts)


def without(requests: list[WriteRequest], others: list[WriteRequest]) -> list[WriteRequest]:
    """The requests that are not among the others, in their order."""
    if not others:
        return requests
    left_out = set(others)
    return [request for request in requests if request not in left_out]


def note_failed_group(requests: list[WriteRequest], error: Exception) -> None:
    """Log why requests that were stored together are tried alone."""
    log.warning(
        "a transaction of %d requests failed (%s); each is tried alone",
        len(requests),
        cause_of(error),
    )


def cause_of(error: Exception) -> str:
    """What a log may say of an error. The text of an unforeseen one may quote an event."""
    if isinstance(error, psycopg.Error | Overloaded):
        return getattr(error, "sqlstate", None) or reason(error)
    return type(error).__name__
