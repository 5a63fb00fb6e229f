"""Pages of agents and models, both sorted by cost, then name."""

from typing import Any

import falcon

from service.api.cursors import pack, to_total
from service.api.pagination import listing
from service.api.pagination.listing import Listing
from service.db.queries import Row


def read_listing(req: falcon.Request) -> Listing:
    """Read the parameters `limit` and `cursor`."""
    return listing.read_listing(req, to_total)


def after(page: Listing) -> dict[str, Any]:
    """The parameters of a query for the page."""
    cost, name = page.after or (None, None)
    return {"row_limit": page.row_limit, "after_cost": cost, "after_name": name}


def take(
    page: Listing, req: falcon.Request, resp: falcon.Response, rows: list[Row], name: str
) -> list[Row]:
    """The rows of the page, without the exact cost; `name` is their column."""
    found = page.take(req, resp, rows, lambda row: pack(row["exact_cost"], row[name]))
    for row in found:
        del row["exact_cost"]
    return found
