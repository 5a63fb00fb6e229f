"""Keys of every kind, in the test's database."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from service.auth.key_admin import create, find_valid, revoke
from service.auth.scopes import Scope

EXPIRED_SECONDS_AGO = 1


@dataclass(frozen=True)
class Keys:
    """A valid key of each scope, and three that are not."""

    ingest: str
    read: str
    admin: str
    expired: str
    revoked: str
    unknown: str

    def header(self, which: str) -> dict[str, str]:
        """The header that sends a key; none for `none`."""
        return {} if which == "none" else {"Authorization": f"Bearer {getattr(self, which)}"}


@pytest.fixture
def keys(database_url: str, make_key: Callable[[str, Scope], str]) -> Keys:
    found = {str(scope): make_key(f"the {scope} one", scope) for scope in Scope}
    expired, revoked = (make_key(name, Scope.ADMIN) for name in ("expired", "revoked"))
    revoke(database_url, find_valid(database_url, "revoked")[0].key_id)
    unknown = found["admin"][:-1] + ("a" if found["admin"][-1] != "a" else "b")
    return Keys(**found, expired=expired, revoked=revoked, unknown=unknown)


@pytest.fixture
def make_key(database_url: str) -> Callable[[str, Scope], str]:
    """Make a key; the one that is named `expired` has."""

    def make(name: str, scope: Scope) -> str:
        return create(database_url, name, scope, days=0 if name == "expired" else None)

    return make
