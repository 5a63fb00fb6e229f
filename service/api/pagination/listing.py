"""Lists that are JSON arrays: whole while they are short, else by pages with `limit` and `cursor`.

The array stays an array for clients that know no pages; the next page is in the Link header.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import falcon

from service.api.cursors import to_text, unpack
from service.api.errors import ApiError
from service.api.pagination.page import set_next
from service.api.parameters import integer, optional_text
from service.db.queries import Row

PARAMETERS = ("limit", "cursor")
MAX_LIMIT = 1000
MOST_ROWS = 10_000  # of a list without `limit`: some MB


@dataclass(frozen=True)
class Listing:
    """The page that a request asks for; without `limit` and `cursor`, the whole list."""

    limit: int | None
    after: tuple[Any, str] | None  # the sort value and the name of the last row before the page

    @property
    def row_limit(self) -> int:
        """The rows to read: one more than are returned, which tells whether there are more."""
        return (self.limit or MOST_ROWS) + 1

    def take(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        rows: list[Row],
        cursor_of: Callable[[Row], str],
    ) -> list[Row]:
        """The rows of the page, with the link to the next one; raise ApiError 413 without a limit.

        `cursor_of` makes the cursor after a row.
        """
        if len(rows) < self.row_limit:
            return rows
        if self.limit is None:
            raise list_too_long()
        cursor = cursor_of(rows[self.limit - 1])
        set_next(resp, {**req.params, "limit": self.limit, "cursor": cursor})
        return rows[: self.limit]


def read_listing(req: falcon.Request, to_value: Callable[[Any], Any]) -> Listing:
    """Read `limit` and `cursor`; `to_value` reads the sort value in a cursor."""
    cursor = optional_text(req, "cursor")
    if cursor is None:
        limit = integer(req, "limit", MAX_LIMIT, low=1, clamp=MAX_LIMIT)
        return Listing(limit if "limit" in req.params else None, None)
    value, name = unpack(cursor, 2)
    after = (to_value(value), to_text(name))
    return Listing(integer(req, "limit", MAX_LIMIT, low=1, clamp=MAX_LIMIT), after)


def list_too_long() -> ApiError:
    """The error for a list that is too long for one answer."""
    text = (
        f"The list has more than {MOST_ROWS:,} rows. Read it in pages: set `limit` (up to "
        f"{MAX_LIMIT}), and follow the `cursor` in the Link header's rel=next."
    )
    return ApiError(falcon.HTTP_413, "list_too_long", text, limit=MOST_ROWS)
