"""Authorization: a key's scope against what the resource's policy needs, before anything else.

While no key was ever made and only this machine can connect, requests of this machine need no key
(open_mode.py).
"""

import base64
from typing import Any

import falcon

from service.api.errors import ApiError
from service.api.middleware.open_mode import OpenMode
from service.api.policy import Access, Policy
from service.auth.key_cache import ANONYMOUS, AWAY, KeyCache, Principal
from service.config import Config

BEARER, BASIC = "bearer", "basic"


class Authorization:
    """Middleware: 401 without a valid key, 403 where the key has another scope."""

    def __init__(self, keys: KeyCache, config: Config) -> None:
        self._keys = keys
        self._open_mode = OpenMode(config)

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any]
    ) -> None:
        """Set context.principal and context.is_read, or raise ApiError."""
        policy: Policy = resource.policy
        access = policy.access(req.method)
        req.context.is_read = access.is_read
        if not access.scopes:
            return
        principal = self._identify(req, policy.answers_without_database)
        req.context.principal = principal
        if principal.scope not in access.scopes:
            raise wrong_scope(principal, access)

    def still_admits(self, req: falcon.Request) -> bool:
        """Re-check the key during a streaming response.

        A key's scope never changes. While the keys cannot be read, the response goes on.
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
        key = key_of(req.get_header("Authorization") or "")
        principal = self._keys.find(key, old) if key else None
        if principal is None:
            raise unauthorized()
        return principal


def key_of(header: str) -> str:
    """The key in an Authorization header: the token of Bearer, or the password of Basic.

    Basic is for clients that know nothing else, such as Langfuse's SDKs. Empty for anything else.
    """
    scheme, _, value = header.partition(" ")
    if scheme.lower() == BEARER:
        return value.strip()
    if scheme.lower() != BASIC:
        return ""
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode()
    except ValueError:
        return ""
    return pair.partition(":")[2]


def unauthorized() -> ApiError:
    """The one error for a key that is missing, malformed, unknown, revoked or expired."""
    text = "Send a valid key: Authorization: Bearer gati_…"
    return ApiError(falcon.HTTP_401, "unauthorized", text, headers={"WWW-Authenticate": "Bearer"})


def wrong_scope(principal: Principal, access: Access) -> ApiError:
    """The error for a valid key whose scope does not allow the request."""
    needed = " or ".join(access.scopes)
    text = f"This request needs a key of scope {needed}. Yours has scope {principal.scope}."
    return ApiError(falcon.HTTP_403, "wrong_scope", text)


def actor_of(req: falcon.Request) -> str:
    """The id of the request's key, for the audit log."""
    return str(req.context.principal.key_id)
