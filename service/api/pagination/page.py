"""Pages of results: their shape, and the link to the next page."""

from typing import Any
from urllib.parse import urlencode

import falcon

from service.api.pagination.scan import Page
from service.db.queries import Row

INTERNAL = {
    "received_on",
    "matches",
    "is_end",
    "total",
    "run_started_at",
    "found",
    "tie",
    "bytes",
}  # columns that the scan needs, not the client


def set_next(resp: falcon.Response, params: dict[str, Any]) -> None:
    """Link to the next page, relative to the request: a proxy in front may strip a prefix."""
    resp.append_link(f"?{urlencode(params, doseq=True)}", rel="next")


def present_page(
    req: falcon.Request, resp: falcon.Response, name: str, page: Page[Any], cursor: str | None
) -> Row:
    """A page as clients see it. `stopped_at` is where the scan ran out of time."""
    if cursor is not None:
        set_next(resp, {**req.params, "cursor": cursor})
    return {
        name: [
            {column: row[column] for column in row if column not in INTERNAL} for row in page.rows
        ],
        "next_cursor": cursor,
        "complete": page.is_complete,
        "stopped_at": None if page.is_complete or page.next is None else page.next[0],
    }
