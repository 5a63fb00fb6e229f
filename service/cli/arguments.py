"""Types of arguments that commands share. Each error says in words what is expected."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from service.core.integers import read_integer

MAX_DAYS = 36_500


def integer(low: int, high: int, expected: str) -> Callable[[str], int]:
    """Return the type of integers from `low` to `high`; `expected` describes them in errors."""

    def convert(text: str) -> int:
        try:
            return read_integer(text, low, high)
        except ValueError:
            raise ArgumentTypeError(f"expected {expected}, not {text[:40]!r}") from None

    return convert


def days(text: str) -> int:
    """Read a number of days, with or without its `d`."""
    expected = f"a number of days from 1 to {MAX_DAYS}, such as 90d"
    return integer(1, MAX_DAYS, expected)(text.removesuffix("d"))


def moment(text: str) -> datetime:
    """Read a date or time in ISO 8601, in UTC unless it has an offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"expected a date or time such as 2026-11-01 or 2026-11-01T12:00Z, not {text[:40]!r}"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def one_of(*words: str) -> Callable[[str], str]:
    """Return the type whose values are `words`."""

    def convert(text: str) -> str:
        if text not in words:
            raise ArgumentTypeError(f"expected one of {', '.join(words)}, not {text[:40]!r}")
        return text

    return convert


def key_value(text: str) -> tuple[str, str]:
    """Split `key=value`."""
    key, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"expected key=value, such as run_id=..., not {text[:40]!r}")
    return key, value


def http_url(text: str) -> str:
    """Check a URL of the service, and drop its trailing slash."""
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, or a broken IPv6 address
        is_url = False
    if not is_url:
        raise ArgumentTypeError(f"expected a URL such as http://127.0.0.1:8000, not {text[:40]!r}")
    return text.rstrip("/")
