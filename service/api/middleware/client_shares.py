"""Client shares: no client holds all exports, live tails or shared connections of a worker.

The policy of a resource says what its answers count as. Each worker counts on its own, so a client
gets the same share of each worker, and of the whole.
"""

from typing import Any

import falcon

from service.api.answer_budget import CLIENT
from service.api.middleware.client_name import client_of
from service.api.policy import Policy
from service.api.streaming.limiter import stream_limiters
from service.config import Config
from service.db.client_turns import Caller, caller
from service.db.pools import POOL_TIMEOUT_SECONDS

# A page of a stream waits longer for its turn than other reads run, so that none is cut short.
STREAM_PATIENCE_SECONDS = 30.0


class ClientShares:
    """Middleware after Authorization, which identifies the client."""

    def __init__(self, config: Config) -> None:
        self._proxies = config.trusted_proxies
        self._limiters = stream_limiters(config)

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Forget the client of the thread's last request."""
        caller.set(None)

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any]
    ) -> None:
        """Name the client of the request, and set context.slot of a stream.

        Raises ApiError 429 where the client has its share, Overloaded where no slot is free.
        """
        policy: Policy = resource.policy
        access = policy.access(req.method)
        if access.share is None:
            return
        client = client_of(req, self._proxies)
        if access.is_read:
            req.env[CLIENT] = client
        limiter = self._limiters.get(access.share)
        caller.set(
            Caller(client, POOL_TIMEOUT_SECONDS if limiter is None else STREAM_PATIENCE_SECONDS)
        )
        if limiter is not None and req.method != "HEAD":
            req.context.slot = limiter.acquire(client)

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, req_succeeded: bool
    ) -> None:
        """Release the slot of a stream that has not begun; one that has releases it at its end."""
        if "slot" in req.context and resp.stream is None:
            req.context.slot.release()
