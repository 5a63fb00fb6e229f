"""What comes in a URL: names in the path, parameters in the query."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, tzinfo
from functools import cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

import falcon
from falcon.routing import BaseConverter

from service.api.errors import ApiError
from service.core.validation import to_uuid

MAX_OFFSET = 2**31
MIN_YEAR, MAX_YEAR = 1970, 9000
DECIMAL = re.compile(r"\d{1,15}(\.\d{1,20})?", re.ASCII)


class NameConverter(BaseConverter):
    """A path segment, percent-decoded by itself; what is no UTF-8 matches no route."""

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


def allow_parameters(req: falcon.Request, allowed: Collection[str] = ()) -> None:
    """Refuse parameters that the path does not take, and any that comes twice."""
    for name, value in req.params.items():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise bad_parameter(name, f"is not known here; known are: {known}")
        if isinstance(value, list):
            raise bad_parameter(name, "comes more than once")


def whole_number(req: falcon.Request, name: str, default: int, low: int, clamp: int) -> int:
    """A whole number from `low` on; above `clamp` it counts as `clamp`."""
    text = req.params.get(name)
    if text is None:
        return default
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()) or int(text[:20]) < low:
        raise bad_parameter(name, f"is a whole number from {low} on")
    return min(int(text[:20]), clamp)


def choice(req: falcon.Request, name: str, choices: Collection[str], default: str) -> str:
    """One of some words."""
    text = str(req.params.get(name, default))
    if text not in choices:
        raise bad_parameter(name, f"is one of {', '.join(choices)}")
    return text


def optional_choice(req: falcon.Request, name: str, choices: Collection[str]) -> str | None:
    """One of some words, or None where the parameter is not there."""
    return choice(req, name, choices, "") if name in req.params else None


def optional_text(req: falcon.Request, name: str) -> str | None:
    """Text as PostgreSQL can store it, or None where the parameter is not there."""
    text = req.params.get(name)
    if text is not None and (not text or "\x00" in text):
        raise bad_parameter(name, "is a name")
    return None if text is None else str(text)


def bounded_text(req: falcon.Request, name: str, longest: int) -> str | None:
    """Text of so many characters, or None where the parameter is not there."""
    text = req.params.get(name)
    if text is not None and (not 0 < len(text) <= longest or "\x00" in text):
        raise bad_parameter(name, f"is text of 1 to {longest} characters")
    return None if text is None else str(text)


def optional_id(req: falcon.Request, name: str) -> str | None:
    """A UUID, or None where the parameter is not there."""
    text = optional_text(req, name)
    found = None if text is None else to_uuid(text)
    if text is not None and found is None:
        raise bad_parameter(name, "is a UUID")
    return found


def decimal(req: falcon.Request, name: str) -> str | None:
    """A number from 0 on as its text, which numeric reads exactly; None where it is not there."""
    text = req.params.get(name)
    if text is not None and not DECIMAL.fullmatch(str(text)):
        raise bad_parameter(name, "is a number from 0 on, such as 0.25")
    return None if text is None else str(text)


def truth(req: falcon.Request, name: str) -> bool | None:
    """Whether it is `true`, not `false`; None where the parameter is not there."""
    text = optional_choice(req, name, ("true", "false"))
    return None if text is None else text == "true"


def time_zone(req: falcon.Request, name: str) -> ZoneInfo:
    """A time zone by its name in the tz database; UTC where the parameter is not there."""
    text = str(req.params.get(name, "UTC"))
    if text not in zone_names():
        raise no_time_zone(name)
    return ZoneInfo(text)


@cache
def zone_names() -> frozenset[str]:
    """The time zones that mean the same to PostgreSQL: for it CET is winter time all the year."""
    return frozenset(name for name in available_timezones() if "/" in name) | {"UTC"}


def no_time_zone(name: str) -> ApiError:
    """The error for what is no time zone."""
    return bad_parameter(name, "is the name of a time zone, such as Europe/Paris")


def moment(req: falcon.Request, name: str, zone: tzinfo) -> datetime | None:
    """An ISO 8601 date or time, in UTC; one without an offset is in `zone`. None: not there."""
    text = req.params.get(name)
    if text is None:
        return None
    try:
        # In a query an unescaped + is a space, also that of an offset.
        found = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", str(text)))
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        if not MIN_YEAR <= found.year <= MAX_YEAR:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise bad_parameter(name, "is a date or time such as 2026-11-22T10:30:00Z") from None
    return found


def time_range(req: falcon.Request, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The parameters `from` and `to`, None for what is not there."""
    from_at, to_at = moment(req, "from", zone), moment(req, "to", zone)
    if from_at and to_at and from_at >= to_at:
        raise bad_parameter("from", "lies before `to`")
    return from_at, to_at
