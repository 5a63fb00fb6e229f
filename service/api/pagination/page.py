"""Lists by pages: their one shape, and the link that leads on."""

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
    "run_created_at",
    "found",
    "bytes",
}  # columns for whoever walks on


def present_page(
    req: falcon.Request, resp: falcon.Response, name: str, page: Page[Any], cursor: str | None
) -> Row:
    """A page as clients see it. `stopped_at` is how far it came where its time was up."""
    if cursor is not None:
        resp.append_link(f"{req.path}?{urlencode({**req.params, 'cursor': cursor})}", rel="next")
    return {
        name: [
            {column: row[column] for column in row if column not in INTERNAL} for row in page.rows
        ],
        "next_cursor": cursor,
        "complete": page.is_complete,
        "stopped_at": None if page.is_complete or page.next is None else page.next[0],
    }
