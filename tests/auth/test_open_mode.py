"""While no key exists: only this machine, and only by its own names."""

from typing import Any

import pytest

from service.auth.exposure import may_be_open
from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.config import Config
from service.core.failure import Failure
from service.server import startup_check
from tests.client import Client

pytestmark = pytest.mark.any_postgres

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is the case


@pytest.mark.parametrize(
    ("host", "let_in"),
    [
        ("localhost", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("127.8.9.1", True),
        ("[::1]:8000", True),
        ("LOCALHOST", True),
        ("traces.internal:8000", True),
        ("evil.example", False),
        ("evil.example:localhost", False),
        ("evil.example:8000", False),
        ("localhost.evil.example", False),
        ("192.0.2.1", False),
    ],
)
def test_a_name_that_is_not_ours_is_refused(database_url: str, host: str, let_in: bool) -> None:
    with Client.of(database_url, ALLOWED_HOSTS="traces.internal") as client:
        answer = client.simulate_get("/api/agents", headers={"Host": host})
        assert client.simulate_get("/livez", headers={"Host": host}).status_code == 200
    assert answer.status_code == (200 if let_in else 403)
    assert let_in or answer.json["code"] == "unknown_host"


def test_with_a_key_any_name_will_do(database_url: str) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    headers = {"Host": "traces.example", "Authorization": f"Bearer {key}"}
    with Client.of(database_url) as client:
        assert client.simulate_get("/api/agents", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "insecure", "is_open"),
    [("127.0.0.1", "", True), (EVERYWHERE, "", False), (EVERYWHERE, "true", True)],
)
def test_without_a_key_only_this_machine_is_let_in_unless_told_otherwise(
    database_url: str, host: str, insecure: str, is_open: bool
) -> None:
    variables: dict[str, Any] = {"HOST": host, "INSECURE_PUBLIC": insecure}
    assert may_be_open(Config.from_environment(variables)) == is_open
    with Client.of(database_url, **variables) as client:
        assert client.simulate_get("/api/agents").status_code == (200 if is_open else 401)
    config = Config.from_environment({**variables, "DATABASE_URL": database_url})
    if is_open:
        assert len(startup_check.check(config, database_url)) == 1
    else:
        with pytest.raises(Failure, match="keys create admin --scope admin"):
            startup_check.check(config, database_url)
    create(database_url, "laptop", Scope.READ, None)
    assert startup_check.check(config, database_url) == []


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, True),
        ({"X-Forwarded-For": "127.0.0.1"}, True),
        ({"X-Forwarded-For": "::1, 127.0.0.1"}, True),
        ({"Forwarded": 'for="[::1]:4711";proto=http'}, True),
        ({"X-Forwarded-For": "198.51.100.7"}, False),
        ({"X-Forwarded-For": "127.0.0.1, 198.51.100.7"}, False),
        ({"X-Forwarded-For": "198.51.100.7, 127.0.0.1"}, False),
        ({"X-Forwarded-For": "unknown"}, False),
        ({"X-Real-IP": "198.51.100.7"}, False),
        ({"Forwarded": "for=198.51.100.7"}, False),
        ({"Forwarded": "proto=https"}, False),
    ],
)
def test_without_a_key_nobody_comes_in_through_a_proxy(
    database_url: str, headers: dict[str, str], let_in: bool
) -> None:
    with Client.of(database_url, TRUSTED_PROXIES="127.0.0.1") as client:
        answer = client.simulate_get("/api/agents", headers=headers)
        assert answer.status_code == (200 if let_in else 403)
        assert let_in or answer.json["code"] == "key_needed"


def test_with_a_key_a_proxy_is_as_good_as_any(database_url: str) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    headers = {"X-Forwarded-For": "198.51.100.7", "Authorization": f"Bearer {key}"}
    with Client.of(database_url) as client:
        assert client.simulate_get("/api/agents", headers=headers).status_code == 200


def test_told_to_be_open_to_all_it_is_open_behind_a_proxy_too(database_url: str) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "Host": "traces.example"}
    with Client.of(database_url, INSECURE_PUBLIC="true") as client:
        assert client.simulate_get("/api/agents", headers=headers).status_code == 200
