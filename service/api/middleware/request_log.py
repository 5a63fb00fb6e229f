"""A line in the log for a request: always for what went wrong, for all of them where asked to.

What the gate refuses (503 `overloaded`) has none: a line would cost more than the refusal.
"""

import logging
from time import perf_counter
from typing import Any

import falcon

from service.api.middleware.basics import identify
from service.api.trace_context import trace_context
from service.core.addresses import TrustedProxies

SLOW_MS = 1000.0
# Besides 5xx: who was not let in, and where.
TOLD = frozenset({401, 403})

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)  # RequestLog decides what is told, not the level


class RequestLog:
    """Middleware: id, method, path, status, milliseconds, key, address, trace. No query, no body.

    `all_of_them` False: those answered 401, 403 or 5xx, and those that took longer than SLOW_MS.
    """

    def __init__(self, all_of_them: bool, proxies: TrustedProxies) -> None:
        self._all = all_of_them
        self._proxies = proxies

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Note the time."""
        req.context.began = perf_counter()

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, req_succeeded: bool
    ) -> None:
        """Write the line, if it is to be."""
        now = perf_counter()
        began: float = req.context.get("began") or now  # falcon's own refusals have none
        took_ms = 1000 * (now - began)
        status = resp.status_code
        is_wrong = status >= 500 or status in TOLD
        if not (self._all or is_wrong or took_ms > SLOW_MS):
            return
        principal = req.context.get("principal")
        log.log(
            logging.WARNING if is_wrong else logging.INFO,
            "request",
            extra={
                "request_id": identify(req, resp),
                "method": req.method,
                "path": req.path,
                "status": status,
                "ms": round(took_ms, 1),
                "key": principal.key_id if principal else None,
                "address": self._proxies.client_of(
                    req.env.get("REMOTE_ADDR", ""), req.env.get("HTTP_X_FORWARDED_FOR", "")
                ),
                **trace_context(req),
            },
        )
