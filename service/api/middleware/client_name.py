"""Who a request's client is, for limits: a key, or an address while no key exists."""

import falcon

from service.auth.key_cache import ANONYMOUS
from service.core.addresses import TrustedProxies


def client_of(req: falcon.Request, proxies: TrustedProxies) -> str:
    """The id of the key, whatever addresses it is used from; without keys the address."""
    principal = req.context.principal
    if principal is not ANONYMOUS:
        return str(principal.key_id)
    env = req.env
    return proxies.client_of(env.get("REMOTE_ADDR", ""), env.get("HTTP_X_FORWARDED_FOR", ""))
