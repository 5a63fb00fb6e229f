"""GET /events: events by filters, in pages, the newest run's first."""

from datetime import UTC

import falcon

from service.api.cursors import EventKey, pack, to_event_key, unpack
from service.api.pagination.page import present_page
from service.api.pagination.scan import TimeBoundedScan
from service.api.parameters import (
    allow_parameters,
    bounded_text,
    cut_text,
    integer,
    optional_choice,
    optional_id,
    optional_text,
    texts,
    time_range,
)
from service.db.database import Database
from service.db.request_routing import require_primary
from service.ingest.run_fields import MAX_TAG, MAX_TEXT
from service.resources.events.search import EventSearch, search_events, text_filters

DEFAULT_LIMIT, MAX_LIMIT = 50, 200  # an event may be a megabyte
LONGEST_TEXT = 256
PARAMETERS = {
    *("run_id", "agent", "event_type", "model", "tool", "status", "from", "to", "q"),
    *("session_id", "user_id", "tag", "version", "limit", "cursor"),
}


def answer(req: falcon.Request, resp: falcon.Response, database: Database) -> None:
    """Respond with the events that match every filter, and the cursor of the next page."""
    search = read_search(req)
    page = search_events(TimeBoundedScan(database), search)
    if search.run_filters["run_id"] and not page.rows:
        require_primary()
    cursor = page.next and pack(*page.next)
    resp.media = present_page(req, resp, "events", page, cursor)


def read_search(req: falcon.Request) -> EventSearch:
    """Read the parameters; raise ApiError 400 for an invalid one."""
    allow_parameters(req, PARAMETERS, repeated=("tag",))
    from_at, to_at = time_range(req, UTC)
    is_error = optional_choice(req, "status", ("error",)) and True
    times = {"from_at": from_at, "to_at": to_at}
    return EventSearch(
        {
            **times,
            "run_id": optional_id(req, "run_id"),
            "agent": optional_text(req, "agent"),
            "session_id": cut_text(req, "session_id", MAX_TEXT),
            "user_id": cut_text(req, "user_id", MAX_TEXT),
            "tags": texts(req, "tag", MAX_TAG),
            "version": cut_text(req, "version", MAX_TEXT),
            "has_error": is_error,
        },
        {
            **times,
            "event_type": optional_text(req, "event_type"),
            "model": optional_text(req, "model"),
            "tool": optional_text(req, "tool"),
            "is_error": is_error,
            **text_filters(bounded_text(req, "q", LONGEST_TEXT)),
        },
        integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT),
        read_cursor(optional_text(req, "cursor")),
    )


def read_cursor(cursor: str | None) -> EventKey | None:
    """The key in a cursor."""
    return None if cursor is None else to_event_key(*unpack(cursor, 5))
