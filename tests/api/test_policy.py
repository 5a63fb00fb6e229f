"""No route opens by accident: a resource without a policy for each method is refused at start."""

import falcon
import pytest

from service.api.policy import ADMIN, PUBLIC, PUBLIC_POLICY, READ, Policy
from service.api.resource import DatabaseResource, Resource, with_checked_policy
from service.auth.scopes import Scope
from service.db.database import Database
from service.db.database_settings import DatabaseSettings


class Bare(Resource):
    """No policy."""


class Misspelt(Resource):
    polcy = PUBLIC_POLICY


class Untyped(Resource):
    policy = {"GET": READ}  # type: ignore[assignment]  # noqa: RUF012


class Changing(Resource):
    policy = Policy({"GET": READ})

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None: ...

    on_head = on_get

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None: ...


class Headless(Resource):
    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None: ...


class Empty(Resource):
    policy = Policy({"POTS": ADMIN})


class Whole(Changing):
    policy = Policy({"GET": READ, "DELETE": ADMIN})


class Stored(DatabaseResource):
    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None: ...


@pytest.mark.parametrize("kind", [Bare, Misspelt, Untyped, Changing, Headless, Empty])
def test_a_resource_whose_policy_does_not_cover_its_methods_is_no_route(
    kind: type[Resource],
) -> None:
    with pytest.raises(TypeError, match=kind.__name__):
        with_checked_policy(kind())


def test_a_resource_whose_policy_covers_its_methods_is_one() -> None:
    for resource in (
        Whole(),
        Stored(Database(DatabaseSettings("postgresql://nobody@127.0.0.1:1/nothing", 4))),
    ):
        assert with_checked_policy(resource) is resource


def test_head_needs_what_get_needs_and_what_is_not_there_needs_a_key() -> None:
    policy = Whole.policy
    assert policy.access("HEAD") is policy.access("GET") is READ
    assert policy.access("OPTIONS") is PUBLIC
    assert policy.access("PUT") is ADMIN
    assert Scope.READ not in policy.access("POST").scopes
    assert {PUBLIC_POLICY.access(method) for method in ("GET", "HEAD", "POST", "PUT")} == {PUBLIC}
