"""Kinds of values: how the text of a variable is written and converted.

A converter raises ValueError with a text that says what was expected.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.addresses import TrustedProxies
from service.core.integers import read_integer


@dataclass(frozen=True)
class Kind:
    """A type of values with its bounds, in words, and the converter.

    `is_secret`: error texts leave the value out, because a URL may hold a password.
    """

    text: str
    convert: Callable[[str], Any]
    is_secret: bool = False


def integer(low: int, high: int) -> Kind:
    """Return the kind of integers from `low` to `high`."""
    return Kind(f"{low} to {high}", lambda text: read_integer(text, low, high))


def one_of(choices: tuple[str, ...]) -> Kind:
    """Return the kind whose values are the words in `choices`."""

    def convert(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return Kind(", ".join(choices), convert)


def boolean(text: str) -> bool:
    """Read `true`, `1`, `yes`, `on` and their opposites, in any case."""
    word = text.lower()
    if word in ("true", "1", "yes", "on"):
        return True
    if word in ("false", "0", "no", "off"):
        return False
    raise ValueError("expected true or false")


def origins(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of origins (`https://host:port`), or `*`."""
    found = tuple(origin.strip().rstrip("/") for origin in text.split(",") if origin.strip())
    for origin in found:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise ValueError(f"expected * or origins such as http://localhost:3000, not {origin!r}")
    if "*" in found and len(found) > 1:
        raise ValueError("expected either * or a list of origins")
    return found


def names(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of host names, without ports."""
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())


def prefix(text: str) -> str:
    """Read a path such as `/api`, without its trailing slash; `/` means no prefix."""
    if not text.startswith("/") or "//" in text or any(mark in text for mark in "{}?#% "):
        raise ValueError("expected a path that begins with a slash, such as /api")
    return text.rstrip("/")


def database_url(text: str) -> str | None:
    """Read a PostgreSQL URL; an empty text means the embedded server."""
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected postgresql://user:password@host:port/database")
    # Checked here, because libpq's own error texts quote the password.
    authority = text.partition("://")[2].partition("/")[0].partition("?")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("a % in the user or the password is written as %25")
    if authority.count("@") > 1 or authority.count("[") != authority.count("]"):
        raise ValueError("@, [ and ] in the user or the password are written as %40, %5B and %5D")
    return text or None


def database_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of several servers; commas separate them, and also the hosts within one."""
    urls = re.split(r",\s*(?=postgres(?:ql)?://)", text)
    return tuple(url for each in urls if (url := database_url(each)) is not None)


def directory(text: str) -> Path:
    """Read a path; `~` is the home directory."""
    return Path(text).expanduser().absolute()


TEXT = Kind("text", str)
BOOLEAN = Kind("true, false", boolean)
DIRECTORY = Kind("directory", directory)
ORIGINS = Kind("origins, or *", origins)
HOST_NAMES = Kind("host names", names)
PROXIES = Kind("addresses, networks, unix", TrustedProxies.parse)
PREFIX = Kind("path", prefix)
DATABASE_URL = Kind("URL", database_url, is_secret=True)
DATABASE_URLS = Kind("URLs", database_urls, is_secret=True)
