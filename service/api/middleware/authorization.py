"""Who may do what: a key's scope against what a route needs, before anything else is done.

While no key was ever made and only this machine can connect, this machine's requests need none
(open_mode.py).
"""

from typing import Any

import falcon

from service.api.errors import ApiError
from service.api.middleware.open_mode import OpenMode
from service.auth.key_cache import ANONYMOUS, AWAY, KeyCache, Principal
from service.auth.scopes import Scope
from service.config import Config

SCOPES = {"GET": Scope.READ, "HEAD": Scope.READ, "POST": Scope.INGEST}
READING = ("GET", "HEAD")
BEARER = "bearer "


class Authorization:
    """Middleware: 401 without a valid key, 403 where its scope is another."""

    def __init__(self, keys: KeyCache, config: Config) -> None:
        self._keys = keys
        self._open_mode = OpenMode(config)

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any]
    ) -> None:
        """Set context.principal and context.is_read, or raise ApiError."""
        req.context.is_read = is_read(resource, req.method)
        wanted = scope_of(resource, req.method)
        if wanted is None:
            return
        principal = req.context.principal = self._identify(req, has_to_answer(resource))
        may_read = req.context.is_read and principal.scope.includes(Scope.READ)
        if not (principal.scope.includes(wanted) or may_read):
            text = f"This takes a key of scope {wanted} or admin; yours is {principal.scope}."
            raise ApiError(falcon.HTTP_403, "wrong_scope", text)

    def still_admits(self, req: falcon.Request) -> bool:
        """Whether who was let in would be again: asked while an answer lasts.

        A key's scope never changes. While the keys cannot be read, nor can anything else.
        """
        try:
            return bool(self._identify(req, old=False) == req.context.principal)
        except ApiError:
            return False
        except AWAY:
            return True

    def _identify(self, req: falcon.Request, old: bool) -> Principal:
        if self._open_mode.is_possible and self._keys.is_empty(old):
            self._open_mode.check(req)
            return ANONYMOUS
        sent = req.get_header("Authorization") or ""
        is_bearer = sent[: len(BEARER)].lower() == BEARER
        principal = self._keys.find(sent[len(BEARER) :].strip(), old) if is_bearer else None
        if principal is None:
            raise unauthorized()
        return principal


def scope_of(resource: Any, method: str) -> Scope | None:
    """What a method of a resource needs; its own `scopes` go before the rule.

    None where whoever can connect may ask, since it tells nothing of what is stored.
    """
    if method == "OPTIONS" or getattr(resource, "is_public", False):
        return None
    own: dict[str, Scope] = getattr(resource, "scopes", {})
    return own.get(method) or SCOPES.get(method, Scope.ADMIN)


def is_read(resource: Any, method: str) -> bool:
    """Whether a method of a resource changes nothing; its own `reading` adds to the rule."""
    return method in READING or method in getattr(resource, "reading", ())


def has_to_answer(resource: Any) -> bool:
    """Whether it answers while PostgreSQL is away, to whoever had a key when that was there."""
    return bool(getattr(resource, "has_to_answer", False))


def unauthorized() -> ApiError:
    """The one error for a key that is missing, malformed, unknown, revoked or expired."""
    text = "Send a valid key: Authorization: Bearer gati_…"
    return ApiError(falcon.HTTP_401, "unauthorized", text, headers={"WWW-Authenticate": "Bearer"})


def actor_of(req: falcon.Request) -> str:
    """The id of the request's key, for the audit log."""
    return str(req.context.principal.name)
