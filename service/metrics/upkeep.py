"""Upkeep of the metric tables, hourly by the fold leader: old quarter hours and empty rows go."""

import logging

from service.core.clock import today
from service.db.clocks import ClocksDiffer, check_clocks
from service.db.queries import Connection
from service.metrics.fold import delete_empty, forget_quarter_hours

BEHIND = (
    "metrics by hour are kept for %d days more than %d: a day of them goes each hour. No service "
    "ran for days, older events came first, or the clock is ahead: then set it now"
)

log = logging.getLogger(__name__)


def upkeep(conn: Connection, quarter_hour_days: int) -> None:
    """Delete a day of quarter hours that are no longer kept, and rows that count nothing."""
    try:
        check_clocks(conn, today())
    except ClocksDiffer as error:
        log.error("no metrics by hour are deleted: %s", error)
    else:
        behind = forget_quarter_hours(conn, quarter_hour_days)
        if behind:
            log.warning(BEHIND, behind, quarter_hour_days)
    delete_empty(conn)
