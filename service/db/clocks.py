"""Whether the service's clock and PostgreSQL's name the same day, give or take one.

Asked before what is old is deleted: weeks of events, and quarter hours of metrics.
"""

from datetime import date, timedelta

from service.db.queries import Connection, queries

TOLERANCE = timedelta(days=1)  # midnight comes to one of both first
DIFFER = "the service's clock says {ours}, PostgreSQL's {theirs}; set the one that is wrong"


class ClocksDiffer(Exception):
    """The service's day and PostgreSQL's are not the same: one of both is not to be believed."""


def check_clocks(conn: Connection, today: date) -> None:
    """Raise ClocksDiffer where PostgreSQL's day is neither `today` nor next to it."""
    [row] = queries.retention.clock(conn).fetchall()
    if abs(row["day"] - today) > TOLERANCE:
        raise ClocksDiffer(DIFFER.format(ours=today, theirs=row["day"]))
