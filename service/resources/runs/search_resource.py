"""GET /runs: runs by filters, sorted, in pages."""

from datetime import UTC, datetime

import falcon

from service.api.pagination.page import present_page
from service.api.parameters import (
    allow_parameters,
    bad_parameter,
    bounded_text,
    choice,
    cut_text,
    decimal,
    duration,
    integer,
    optional_choice,
    optional_text,
    texts,
    time_range,
    truth,
)
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.api.text_search import conditions
from service.core.validation import MAX_NAME
from service.ingest.run_fields import MAX_TAG, MAX_TEXT
from service.resources.events.search import text_filters
from service.resources.events.search_resource import LONGEST_TEXT
from service.resources.runs.search import SORTS, Filters, RunSearch, search_runs

DEFAULT_LIMIT, MAX_LIMIT = 50, 1000
STATUSES = ("active", "completed", "failed")
RUN_FILTERS = {
    *("agent", "status", "environment", "from", "to", "min_cost", "max_cost", "min_duration_ms"),
    *("session_id", "user_id", "tag", "version", "has_error", "silent_for", "name"),
}
PARAMETERS = RUN_FILTERS | {"model", "tool", "q", "sort", "order", "limit", "cursor"}


class Runs(DatabaseResource):
    """All runs."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with the runs that match every filter, and the cursor of the next page."""
        search = read_search(req)
        page = search_runs(self._database, search)
        cursor = page.next and search.cursor_at(page.next)
        resp.media = present_page(req, resp, "runs", page, cursor)


def read_search(req: falcon.Request) -> RunSearch:
    """Read the parameters; raise ApiError 400 for an invalid one or an invalid combination."""
    allow_parameters(req, PARAMETERS, repeated=("tag",))
    sort = choice(req, "sort", SORTS, "started_at")
    filters = {**read_filters(req), **read_event_filters(req)}
    if sort != "started_at" and filters["from_at"] is None:
        raise bad_parameter("from", f"is required with sort={sort}")
    return RunSearch(
        filters,
        sort,
        choice(req, "order", ("asc", "desc"), "desc"),
        integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT),
        optional_text(req, "cursor"),
    )


def read_event_filters(req: falcon.Request) -> Filters:
    """Read the filters that a run passes by its events, which are read for them."""
    names = {name: optional_text(req, name) for name in ("model", "tool")}
    text = text_filters(bounded_text(req, "q", LONGEST_TEXT))
    return {**names, **text, "reads_events": bool(any(names.values()) or text) or None}


def read_filters(req: falcon.Request) -> Filters:
    """Read the filters on runs themselves, by the names of the queries' parameters."""
    from_at, to_at = time_range(req, UTC)
    silent_for = duration(req, "silent_for")
    return {
        "agent": optional_text(req, "agent"),
        "status": optional_choice(req, "status", STATUSES),
        "silent_since": silent_for and datetime.now(UTC) - silent_for,
        "environment": optional_text(req, "environment"),
        "session_id": cut_text(req, "session_id", MAX_TEXT),
        "user_id": cut_text(req, "user_id", MAX_TEXT),
        "tags": texts(req, "tag", MAX_TAG),
        "version": cut_text(req, "version", MAX_TEXT),
        "from_at": from_at,
        "to_at": to_at,
        "min_cost": decimal(req, "min_cost"),
        "max_cost": decimal(req, "max_cost"),
        "min_duration_ms": decimal(req, "min_duration_ms"),
        "has_error": truth(req, "has_error"),
        **conditions("name", bounded_text(req, "name", MAX_NAME)),
    }
