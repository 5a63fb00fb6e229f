"""What the terminal shows: addresses one can call, and never a password."""

import pytest

from service.config import Config
from service.server.greeting import address, redacted


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@db:5432/gati", "me@db:5432/gati"),
        ("postgresql://me:hunter%402@db/gati?sslmode=require&sslpassword=hunter2", "me@db/gati"),
        ("postgresql://db/gati?user=me&password=hunter2", "me@db/gati"),
        ("postgresql:///gati?host=/run/pg&password=hunter2", "/run/pg/gati"),
        ("postgresql://me:hunter2@one:1,two:2/gati", "me@one:1,two:2/gati"),
        ("postgresql://me:hunter2@[::1]:5432/gati", "me@[::1]:5432/gati"),
    ],
)
def test_a_database_is_shown_without_its_password(url: str, shown: str) -> None:
    assert redacted(url) == shown


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - that is the case
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("example.org", "http://example.org:8000"),
    ],
)
def test_the_address_is_one_that_can_be_called(host: str, url: str) -> None:
    assert address(Config.from_environment({"HOST": host})) == url
