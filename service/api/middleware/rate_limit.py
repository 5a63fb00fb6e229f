"""Rate limits on a client's events and reads: 429 beyond them. Off unless set.

Each worker counts on its own, so a client may get up to WORKERS times as much in total.
"""

import time
from typing import Any

import falcon

from service.api.errors import ApiError
from service.api.middleware.client_name import client_of
from service.api.middleware.token_buckets import Buckets, Clock
from service.api.policy import Policy
from service.auth.scopes import Scope
from service.config import Config


class RateLimit:
    """Middleware after Authorization. Public resources, OPTIONS and admin methods are unlimited."""

    def __init__(self, config: Config, clock: Clock = time.monotonic_ns) -> None:
        self._events = make_buckets(config.max_events_per_second, clock)
        self._reads = make_buckets(config.max_reads_per_second, clock)
        self._proxies = config.trusted_proxies
        self.is_on = bool(self._events or self._reads)

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any]
    ) -> None:
        """Count a read; refuse events in debt before their body is read. Raises ApiError 429."""
        policy: Policy = resource.policy
        access = policy.access(req.method)
        if access.is_read:
            if self._reads and access.scopes:
                check(self._reads.take(client_of(req, self._proxies), 1), self._reads, "requests")
        elif Scope.INGEST in access.scopes and self._events:
            check(self._events.wait_seconds(client_of(req, self._proxies)), self._events, "events")

    def take_events(self, req: falcon.Request, count: int) -> None:
        """Count the events of a batch, good or bad, before it is stored. Raises ApiError 429.

        Other batches of the client may have been counted since process_resource accepted this one.
        """
        if self._events:
            check(self._events.take(client_of(req, self._proxies), count), self._events, "events")


def make_buckets(per_second: int, clock: Clock) -> Buckets | None:
    """Buckets for a limit; None for 0: no limit."""
    return Buckets(per_second, clock) if per_second else None


def check(wait: int, buckets: Buckets, what: str) -> None:
    """Raise ApiError 429 where the client has to wait for `wait` seconds."""
    if wait:
        limit = buckets.per_second
        raise ApiError(
            falcon.HTTP_429,
            "rate_limited",
            f"More than {limit} {what} per second. Retry in {wait} s.",
            headers={"Retry-After": str(wait)},
            retry_after=wait,
            limit=limit,
        )
