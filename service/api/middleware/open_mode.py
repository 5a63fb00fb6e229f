"""Open mode: while no key was ever made, requests of this machine need none; all others do.

Two attacks are refused. DNS rebinding: a foreign page uses a name that resolves to 127.0.0.1, so
the Host must be one of the service's. A reverse proxy on this machine connects from a loopback
address for other machines, so a request forwarded for one of those is refused. A proxy that sends
no forwarding header cannot be detected: see SECURITY.md.
"""

import falcon

from service.api.errors import ApiError
from service.auth.exposure import may_be_open
from service.config import Config
from service.core.addresses import is_loopback_address


class OpenMode:
    """The check of requests that come without a key."""

    def __init__(self, config: Config) -> None:
        self.is_possible = may_be_open(config)
        self._is_public = config.insecure_public
        self._hosts = {"localhost", config.host.lower(), *config.allowed_hosts}

    def check(self, req: falcon.Request) -> None:
        """Raise ApiError 403 for a request of another machine, unless INSECURE_PUBLIC is set."""
        if self._is_public:
            return
        if not self._is_own_host(req):
            text = "This Host is not allowed: use localhost, or set ALLOWED_HOSTS."
            raise ApiError(falcon.HTTP_403, "unknown_host", text)
        if not all(is_loopback_address(address) for address in forwarded_for(req)):
            text = (
                "A proxy forwarded this from another machine, and no key exists: create one with "
                "python -m service keys create NAME --scope admin"
            )
            raise ApiError(falcon.HTTP_403, "key_needed", text)

    def _is_own_host(self, req: falcon.Request) -> bool:
        try:
            host = req.host.lower()
        except ValueError:  # a port that is not a number
            return False
        return host in self._hosts or is_loopback_address(host)


def forwarded_for(req: falcon.Request) -> list[str]:
    """All addresses in forwarding headers; none without a proxy.

    All of them, because a client may forge some: a forged foreign address only refuses its sender.
    """
    env = req.env
    plain = f"{env.get('HTTP_X_FORWARDED_FOR', '')},{env.get('HTTP_X_REAL_IP', '')}"
    found = [text for text in plain.split(",") if text.strip()]
    return found + [hop.src or "" for hop in req.forwarded or ()]
