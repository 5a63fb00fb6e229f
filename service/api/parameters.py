"""Parameters of a URL: names in the path, values in the query."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

import falcon
from falcon.routing import BaseConverter

from service.api.errors import ApiError
from service.core.integers import read_integer
from service.core.validation import to_uuid

MAX_OFFSET = 2**31
MAX_DIGITS = 20  # further digits are cut: the number still exceeds every `clamp`
MIN_YEAR, MAX_YEAR = 1970, 9000
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# For PostgreSQL the first four are abbreviations, of winter time all the year.
READ_OTHERWISE = {"CET", "EET", "MET", "WET", "Factory", "localtime", "posixrules"}
DURATION = re.compile(r"([1-9]\d{0,4})([smhd])", re.ASCII)
DECIMAL = re.compile(r"\d{1,15}(\.\d{1,20})?", re.ASCII)


class NameConverter(BaseConverter):
    """A path segment, percent-decoded on its own; a segment that is not UTF-8 matches no route."""

    def convert(self, value: str) -> str | None:
        """Return the text, or None."""
        try:
            text = unquote(value, errors="strict")
        except UnicodeDecodeError:
            return None
        return None if not text or "\x00" in text else text


def bad_parameter(name: str, expected: str) -> ApiError:
    """The error for a query parameter that cannot be used."""
    return ApiError(falcon.HTTP_400, "invalid_parameter", f"`{name}` {expected}.", parameter=name)


def allow_parameters(
    req: falcon.Request, allowed: Collection[str] = (), repeated: Collection[str] = ()
) -> None:
    """Raise ApiError 400 for a parameter that the path does not take, or that is repeated.

    Those of `repeated`, which are also in `allowed`, may be.
    """
    for name, value in req.params.items():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise bad_parameter(name, f"is unknown; known parameters: {known}")
        if isinstance(value, list) and name not in repeated:
            raise bad_parameter(name, "must not be repeated")


def integer(req: falcon.Request, name: str, default: int, low: int, clamp: int) -> int:
    """An integer >= `low`; above `clamp` it counts as `clamp`."""
    text = req.params.get(name)
    if text is None:
        return default
    text = str(text)
    if text.isascii() and text.isdigit():  # any number of digits is valid
        text = text.lstrip("0")[:MAX_DIGITS] or "0"
    try:
        return min(read_integer(text, low, 10**MAX_DIGITS), clamp)
    except ValueError:
        raise bad_parameter(name, f"must be an integer >= {low}") from None


def choice(req: falcon.Request, name: str, choices: Collection[str], default: str) -> str:
    """One of `choices`."""
    text = str(req.params.get(name, default))
    if text not in choices:
        raise bad_parameter(name, f"must be one of {', '.join(choices)}")
    return text


def optional_choice(req: falcon.Request, name: str, choices: Collection[str]) -> str | None:
    """One of `choices`, or None without the parameter."""
    return choice(req, name, choices, "") if name in req.params else None


def optional_text(req: falcon.Request, name: str) -> str | None:
    """Text that PostgreSQL can store, or None without the parameter."""
    text = req.params.get(name)
    if text is not None and (not text or "\x00" in text):
        raise bad_parameter(name, "must be non-empty text without NUL")
    return None if text is None else str(text)


def bounded_text(req: falcon.Request, name: str, longest: int) -> str | None:
    """Text of 1 to `longest` characters, or None without the parameter."""
    text = req.params.get(name)
    if text is not None and (not 0 < len(text) <= longest or "\x00" in text):
        raise bad_parameter(name, f"must be text of 1 to {longest} characters")
    return None if text is None else str(text)


def cut_text(req: falcon.Request, name: str, longest: int) -> str | None:
    """Text as it is stored where longer text is cut, or None without the parameter."""
    text = optional_text(req, name)
    return None if text is None else text[:longest]


def texts(req: falcon.Request, name: str, longest: int) -> list[str] | None:
    """The texts of a parameter that may be repeated, cut likewise; None without it."""
    value = req.params.get(name)
    if value is None:
        return None
    found = value if isinstance(value, list) else [value]
    if not all(found) or any("\x00" in text for text in found):
        raise bad_parameter(name, "must be non-empty text without NUL")
    return [text[:longest] for text in found]


def optional_id(req: falcon.Request, name: str) -> str | None:
    """A UUID, or None without the parameter."""
    text = optional_text(req, name)
    found = None if text is None else to_uuid(text)
    if text is not None and found is None:
        raise bad_parameter(name, "must be a UUID")
    return found


def decimal(req: falcon.Request, name: str) -> str | None:
    """A number >= 0 as text, which numeric reads exactly; None without the parameter."""
    text = req.params.get(name)
    if text is not None and not DECIMAL.fullmatch(str(text)):
        raise bad_parameter(name, "must be a number >= 0, such as 0.25")
    return None if text is None else str(text)


def duration(req: falcon.Request, name: str) -> timedelta | None:
    """A number and a unit, such as 90s, 15m, 1h or 3d; None without the parameter."""
    text = req.params.get(name)
    if text is None:
        return None
    match = DURATION.fullmatch(str(text))
    if match is None:
        raise bad_parameter(name, "must be a number and a unit, such as 90s, 15m, 1h or 3d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def truth(req: falcon.Request, name: str) -> bool | None:
    """True for `true`, False for `false`, None without the parameter."""
    text = optional_choice(req, name, ("true", "false"))
    return None if text is None else text == "true"


def time_zone(req: falcon.Request, name: str) -> ZoneInfo:
    """A time zone by its name in the tz database; UTC without the parameter."""
    text = str(req.params.get(name, "UTC"))
    if text not in zone_names():
        raise no_time_zone(name)
    return ZoneInfo(text)


@cache
def zone_names() -> frozenset[str]:
    """The time zones that PostgreSQL reads alike."""
    return frozenset(available_timezones() - READ_OTHERWISE)


def no_time_zone(name: str) -> ApiError:
    """The error for an unknown time zone."""
    return bad_parameter(name, "must be the name of a time zone, such as Europe/Paris")


def moment(req: falcon.Request, name: str, zone: tzinfo) -> datetime | None:
    """An ISO 8601 date or time, in UTC; without an offset it is in `zone`. None if absent."""
    text = req.params.get(name)
    if text is None:
        return None
    try:
        # In a query an unescaped + is decoded to a space, as in +02:00.
        found = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", str(text)))
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        if not MIN_YEAR <= found.year <= MAX_YEAR:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise bad_parameter(name, "must be a date or time such as 2026-11-22T10:30:00Z") from None
    return found


def time_range(req: falcon.Request, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The parameters `from` and `to`, None for an absent one."""
    from_at, to_at = moment(req, "from", zone), moment(req, "to", zone)
    if from_at and to_at and from_at >= to_at:
        raise bad_parameter("from", "must be before `to`")
    return from_at, to_at
