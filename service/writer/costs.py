"""Computed costs of new events, from the same fields as sql/prices/events.sql reads.

An event that was sent with a cost keeps it, also one of 0: the SDK sends a number for each model,
known or not, and 0 where there are no tokens; others say so that a model of their own is free.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from service.ingest.rows import EventRow
from service.prices.price import count
from service.prices.price_list import PriceList

CLIENT, COMPUTED = "client", "computed"
# The start of the two keys of `data`, which may also be written with escapes.
CACHE_KEY, ESCAPE = b'"cache_', rb"\u"


def wants_cost(row: EventRow) -> bool:
    """Whether a row's cost is to be computed from its model and tokens."""
    return (
        row.model is not None
        and row.cost_source != CLIENT
        and (row.tokens_in is not None or row.tokens_out is not None)
    )


def set_costs(rows: Iterable[EventRow], prices: PriceList) -> None:
    """Set the computed cost of each row, or none without a price; replaces an earlier one."""
    for row in rows:
        price = prices.find(row.model or "", row.timestamp.date())
        row.cost = None
        if price is not None:
            read, written = cached(row.data)
            row.cost = price.cost(row.tokens_in or 0, row.tokens_out or 0, read, written)
        row.cost_source = None if row.cost is None else COMPUTED


def cached(data: bytes) -> tuple[int, int]:
    """The input tokens of `data` that were read from and written to the provider's cache."""
    if CACHE_KEY not in data and ESCAPE not in data:
        return 0, 0
    found: dict[str, Any] = orjson.loads(data)
    return count(found.get("cache_read_tokens")), count(found.get("cache_write_tokens"))
