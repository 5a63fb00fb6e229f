"""The service's clock: the one source of the current day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

Today = Callable[[], date]


def today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()


def monday_of(day: date) -> date:
    """Return the Monday of the week that holds `day`."""
    return day - timedelta(days=day.weekday())
