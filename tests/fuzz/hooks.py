"""What schemathesis loads: the times that events may have, and when a batch is refused."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import schemathesis
from hypothesis import strategies as st

# A day from the edges of 1970 to 2199, which hold in UTC.
FIRST, LAST = datetime(1970, 1, 2), datetime(2199, 12, 30)
ZONES = st.just(UTC) | st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)

schemathesis.openapi.format(
    "date-time", st.datetimes(FIRST, LAST, timezones=ZONES).map(datetime.isoformat)
)


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext,
    case: "schemathesis.Case[Any]",
    response: schemathesis.Response,
) -> None:
    """Take a batch of which some events were refused for refused, as the checks ask about it."""
    is_batch = (case.method, case.path) in (("POST", "/events"), ("POST", "/scores"))
    if is_batch and response.status_code == 200 and response.json()["failed"]:
        response.status_code = 422
