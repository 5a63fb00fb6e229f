"""Request metrics: requests by method, route and status, and their durations.

A route is the template of its path without the prefix; `unmatched` stands for paths without a
route. Requests that never get here are counted in telemetry/metrics.py as `gate` and `invalid`.
"""

from time import perf_counter
from typing import Any

import falcon
from prometheus_client import Counter, Histogram

from service.telemetry import metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED, OTHER = "unmatched", "other"


class RequestMeter:
    """Middleware: counts each request when its response is ready; a stream's body follows later."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        # Bounded by routes, methods and statuses. labels() would cost 1 µs more per call.
        self._counters: dict[tuple[str, str | None, int], Counter] = {}
        self._timers: dict[tuple[str, str | None], Histogram] = {}

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, req_succeeded: bool
    ) -> None:
        """Count it. Requests that Falcon itself refuses (no `began`) count as 0 s."""
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
        """The route's label, without converters and without the prefix."""
        if template is None:
            return UNMATCHED
        return template.removeprefix(self._prefix).replace(":name}", "}")
