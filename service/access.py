"""Who may do what: a key's scope against what a route needs, before anything else is done.

While no key was ever made and only this machine can connect, everybody is let in. Then a page from
elsewhere could still reach us through a name that it points at 127.0.0.1 (DNS rebinding), so the
Host must be one of our own.
"""

import ipaddress
from typing import Any

import falcon

from service.config import Config
from service.errors import ApiError
from service.exposure import may_be_open
from service.keys import KeyRing, Principal, Scope
from service.keys.ring import ANONYMOUS

SCOPES = {"GET": Scope.READ, "HEAD": Scope.READ, "POST": Scope.INGEST}
BEARER = "bearer "


class Access:
    """Middleware: 401 without a valid key, 403 where its scope is another."""

    def __init__(self, keys: KeyRing, config: Config) -> None:
        self._keys = keys
        self._may_be_open = may_be_open(config)
        own = {"localhost", config.host.lower(), *config.allowed_hosts}
        self._hosts = None if config.insecure_public else own

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any]
    ) -> None:
        """Set context.principal, or raise ApiError."""
        if req.method == "OPTIONS" or is_public(resource):
            return
        wanted = scope_of(resource, req.method)
        principal = req.context.principal = self._identify(req)
        if not principal.scope.includes(wanted):
            text = f"This takes a key of scope {wanted} or admin; yours is {principal.scope}."
            raise ApiError(falcon.HTTP_403, "wrong_scope", text)

    def _identify(self, req: falcon.Request) -> Principal:
        if self._may_be_open and self._keys.is_empty():
            self._check_host(req)
            return ANONYMOUS
        sent = req.get_header("Authorization") or ""
        is_bearer = sent[: len(BEARER)].lower() == BEARER
        principal = self._keys.find(sent[len(BEARER) :].strip()) if is_bearer else None
        if principal is None:
            raise unauthorized()
        return principal

    def _check_host(self, req: falcon.Request) -> None:
        """Refuse names that are not this machine's."""
        try:
            host = req.host.lower()
        except ValueError:  # a port that is no number
            host = ""
        if self._hosts is None or host in self._hosts or is_loopback_address(host):
            return
        text = "This Host is not one of the service's: use localhost, or set ALLOWED_HOSTS."
        raise ApiError(falcon.HTTP_403, "unknown_host", text)


def is_public(resource: Any) -> bool:
    """Whether whoever can connect may ask this: it tells nothing of what is stored."""
    return bool(getattr(resource, "is_public", False))


def scope_of(resource: Any, method: str) -> Scope:
    """What a method of a resource needs; its own `scopes` go before the rule."""
    own: dict[str, Scope] = getattr(resource, "scopes", {})
    return own.get(method) or SCOPES.get(method, Scope.ADMIN)


def unauthorized() -> ApiError:
    """The one error for a key that is missing, malformed, unknown, revoked or expired."""
    text = "Send a valid key: Authorization: Bearer gati_…"
    return ApiError(falcon.HTTP_401, "unauthorized", text, headers={"WWW-Authenticate": "Bearer"})


def is_loopback_address(host: str) -> bool:
    """Whether it is an address of this machine alone, such as 127.0.0.1 or ::1."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
