"""Base classes of resources: each carries a policy; a read is retried on the primary."""

from collections.abc import Callable
from typing import Any, ClassVar

import falcon
from falcon.constants import COMBINED_METHODS

from service.api.middleware.replica_fallback import read_with_fallback
from service.api.policy import Policy
from service.db.database import Database


class Resource:
    """A Falcon resource. With `on_get` it needs `on_head = on_get`: Falcon omits the body."""

    policy: ClassVar[Policy]


class DatabaseResource(Resource):
    """A resource that answers GET and HEAD by `read`, from any server that is recent enough.

    `read` runs a second time, on the primary, where a replica could not answer, and after a
    migration under it. So it changes nothing, and it sends nothing before it returns.
    """

    read: Callable[..., None]

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_get(self, req: falcon.Request, resp: falcon.Response, **params: Any) -> None:
        """Read, with the fallback to the primary."""
        read_with_fallback(self._database, self.read, req, resp, params)

    on_head = on_get


def with_checked_policy(resource: Resource) -> Resource:
    """Return the resource; raise TypeError where its methods and its policy's are not the same."""
    policy = getattr(resource, "policy", None)
    if not isinstance(policy, Policy):
        raise TypeError(f"{type(resource).__name__} has no policy")
    methods = {name for name in COMBINED_METHODS if hasattr(resource, f"on_{name.lower()}")}
    covered = {*policy.methods, *(["HEAD"] if "GET" in policy.methods else [])}
    if methods != covered:
        raise TypeError(f"{type(resource).__name__} has {methods}, its policy {covered}")
    return resource
