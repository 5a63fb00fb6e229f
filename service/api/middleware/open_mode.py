"""Who is let in while no key was ever made and only this machine can connect: this machine alone.

Two ways lead around that. A page from elsewhere reaches us through a name that it points at
127.0.0.1 (DNS rebinding), so the Host must be one of our own. And a reverse proxy on this machine
connects from here for whoever asks it, so a request that one passes on for another machine is
refused. A proxy that does not say whom it asks for cannot be seen: SECURITY.md.
"""

import falcon

from service.api.errors import ApiError
from service.auth.exposure import may_be_open
from service.config import Config
from service.core.addresses import is_loopback_address


class OpenMode:
    """What a request must be to need no key."""

    def __init__(self, config: Config) -> None:
        self.is_possible = may_be_open(config)
        self._is_public = config.insecure_public
        self._hosts = {"localhost", config.host.lower(), *config.allowed_hosts}

    def check(self, req: falcon.Request) -> None:
        """Raise ApiError 403 where it is not this machine's own request."""
        if self._is_public:
            return
        if not self._is_own_host(req):
            text = "This Host is not one of the service's: use localhost, or set ALLOWED_HOSTS."
            raise ApiError(falcon.HTTP_403, "unknown_host", text)
        if not all(is_loopback_address(address) for address in passed_on_for(req)):
            text = (
                "A proxy passed this on from another machine, and no key exists: make one with "
                "python -m service keys create NAME --scope admin"
            )
            raise ApiError(falcon.HTTP_403, "key_needed", text)

    def _is_own_host(self, req: falcon.Request) -> bool:
        try:
            host = req.host.lower()
        except ValueError:  # a port that is no number
            return False
        return host in self._hosts or is_loopback_address(host)


def passed_on_for(req: falcon.Request) -> list[str]:
    """All addresses that proxies say they ask for; none where no proxy spoke.

    All of them, since none is a reason to trust the others: who invents one is refused himself.
    """
    env = req.env
    plain = f"{env.get('HTTP_X_FORWARDED_FOR', '')},{env.get('HTTP_X_REAL_IP', '')}"
    found = [text for text in plain.split(",") if text.strip()]
    return found + [hop.src or "" for hop in req.forwarded or ()]
