"""How the text of a variable is read; ValueError says what was expected."""

import re
from collections.abc import Callable


def integer(low: int, high: int) -> Callable[[str], int]:
    """Make a converter to a whole number in low..high."""

    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text[:10]) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return convert


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Make a converter to one of the words in `choices`."""

    def convert(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return convert


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
    """Read a PostgreSQL URL; nothing means the embedded server."""
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected postgresql://user:password@host:port/database")
    # What libpq would say of these quotes the password.
    authority = text.partition("://")[2].partition("/")[0].partition("?")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("a % in the user or the password is written as %25")
    if authority.count("@") > 1 or authority.count("[") != authority.count("]"):
        raise ValueError("@, [ and ] in the user or the password are written as %40, %5B and %5D")
    return text or None


def database_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of several servers, separated by commas; so are hosts within one."""
    urls = re.split(r",\s*(?=postgres(?:ql)?://)", text)
    return tuple(url for each in urls if (url := database_url(each)) is not None)
