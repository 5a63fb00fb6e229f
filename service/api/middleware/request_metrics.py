"""Middleware that counts requests by method, route and status, and how long they took.

A route is the template of its path, without the prefix; `unmatched` is what no route answers. What
never gets here is counted by figures.py as `gate` and `invalid`.
"""

from time import perf_counter
from typing import Any

import falcon
from prometheus_client import Counter, Histogram

from service.telemetry import metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED, OTHER = "unmatched", "other"


class RequestMeter:
    """Counts each request once its answer is made. A body that is streamed comes after that."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        # Bounded by the routes, their methods and statuses; labels() would cost 1 µs more each.
        self._counters: dict[tuple[str, str | None, int], Counter] = {}
        self._timers: dict[tuple[str, str | None], Histogram] = {}

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, req_succeeded: bool
    ) -> None:
        """Count it. What falcon itself refuses (`began` is absent) took no time."""
        method = req.method if req.method in METHODS else OTHER
        template = req.uri_template
        status = resp.status_code
        counter = self._counters.get((method, template, status))
        if counter is None:
            counter = metrics.REQUESTS.labels(method, self._route(template), status)
            self._counters[method, template, status] = counter
        counter.inc()
        timer = self._timers.get((method, template))
        if timer is None:
            timer = metrics.REQUEST_SECONDS.labels(method, self._route(template))
            self._timers[method, template] = timer
        now = perf_counter()
        timer.observe(now - (req.context.get("began") or now))

    def _route(self, template: str | None) -> str:
        """The label: without converters, and the same with and without the prefix."""
        if template is None:
            return UNMATCHED
        return template.removeprefix(self._prefix).replace(":name}", "}")
