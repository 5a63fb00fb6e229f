"""The request log: one line for each failed or slow request, or, where set, for every request.

Requests that LoadShedder refuses (503 `overloaded`) have no line: it would cost more than the
refusal.
"""

import logging
from time import perf_counter
from typing import Any

import falcon

from service.api.middleware.basics import identify
from service.api.trace_context import trace_context
from service.core.addresses import TrustedProxies
from service.telemetry.log_limit import refused

SLOW_MS = 1000.0
# Logged besides 5xx: requests without access.
DENIED = frozenset({401, 403})
# Of a path: a client without a key may send 8,000.
PATH_CHARACTERS = 200

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)  # RequestLog decides what is logged, not the level


class RequestLog:
    """Middleware: id, method, path, status, milliseconds, key, address, trace. No query, no body.

    Unless `log_all`, only 401, 403, 5xx and requests slower than SLOW_MS are logged; 401 and 403
    up to the limits of telemetry/log_limit.py.
    """

    def __init__(self, log_all: bool, proxies: TrustedProxies) -> None:
        self._log_all = log_all
        self._proxies = proxies

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Record the time of arrival."""
        req.context.began = perf_counter()

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, req_succeeded: bool
    ) -> None:
        """Write the line where the request is to be logged."""
        now = perf_counter()
        began: float = (
            req.context.get("began") or now
        )  # requests that Falcon itself refuses have none
        took_ms = 1000 * (now - began)
        status = resp.status_code
        is_wrong = status >= 500 or status in DENIED
        if not (self._log_all or is_wrong or took_ms > SLOW_MS):
            refused.report()
            return
        address = self._proxies.client_of(
            req.env.get("REMOTE_ADDR", ""), req.env.get("HTTP_X_FORWARDED_FOR", "")
        )
        if status in DENIED and not (self._log_all or refused.allows(address)):
            return
        principal = req.context.get("principal")
        log.log(
            logging.WARNING if is_wrong else logging.INFO,
            "request",
            extra={
                "request_id": identify(req, resp),
                "method": req.method,
                "path": shortened(req.path),
                "status": status,
                "ms": round(took_ms, 1),
                "key": principal.key_id if principal else None,
                "address": address,
                **trace_context(req),
            },
        )


def shortened(path: str) -> str:
    """The beginning of a path, with an ellipsis where it was cut."""
    return path if len(path) <= PATH_CHARACTERS else path[:PATH_CHARACTERS] + "…"
