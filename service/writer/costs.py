"""Computed costs of new events, from the same columns as sql/prices/events.sql reads.

An event that was sent with a cost keeps it, also one of 0: the SDK sends a number for each model,
known or not, and 0 where there are no tokens; others say so that a model of their own is free.
"""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from service.core.cooperative import paced
from service.ingest.elements import NULL
from service.ingest.rows import EventRow, TokenParts
from service.prices.price_list import Found, PriceList

CLIENT, COMPUTED = "client", "computed"
NO_PARTS = TokenParts()
REQUESTED = re.compile(rb'"(?:gen_ai\.request\.model|llm\.model_name|ai\.model\.id)":').search


def wants_cost(row: EventRow) -> bool:
    """Whether a row's cost is to be computed from its model and tokens."""
    return (
        row.model is not None
        and row.cost_source != CLIENT
        and (row.tokens_in is not None or row.tokens_out is not None)
    )


def remember_names(rows: list[EventRow], prices: PriceList) -> None:
    """Look the models of calls up before their transaction, which then finds them remembered.

    A made-up name takes up to 0.5 ms, so a request of 10,000 seconds: runs must not be held then.
    """
    unpriced = {
        model
        for model in paced({row.model or "" for row in rows if wants_cost(row)})
        if prices.model_of(model) is None
    }
    for row in paced(rows) if unpriced else ():
        if wants_cost(row) and row.model in unpriced and REQUESTED(row.data):
            prices.model_of(requested_model(row.data) or "")


def set_costs(rows: list[EventRow], prices: PriceList) -> None:
    """Set the computed cost of each row and from which price it is; none of both without a price.

    It replaces what an earlier attempt has set. Each name is looked up, however many there are.
    """
    for row in paced(rows):
        found = find_price(row, prices)
        row.cost = None
        if found is not None:
            parts = row.token_parts or NO_PARTS
            row.cost = found.price.cost(
                row.tokens_in or 0,
                row.tokens_out or 0,
                parts.cached_tokens or 0,
                parts.cache_write_tokens or 0,
            )
        if found is not None and row.cost is not None:
            row.cost_source = COMPUTED
            row.priced_as = found.name.encoded
        else:
            row.cost_source = row.priced_as = None


class Read(Struct, gc=False):
    """What is read of `data`; all else is passed over, as an integer of 400 digits must be."""

    attributes: Raw = NULL


class Attributes(Struct, gc=False):
    """What is read of the attributes of a span."""

    genai: Any = field(default=None, name="gen_ai.request.model")
    openinference: Any = field(default=None, name="llm.model_name")
    vercel: Any = field(default=None, name="ai.model.id")


decode_read = msgspec.json.Decoder(Read).decode
decode_attributes = msgspec.json.Decoder(Attributes).decode


def find_price(row: EventRow, prices: PriceList) -> Found | None:
    """The price of a row's model, else of the model that was requested; None without either."""
    day, tokens_in = row.timestamp.date(), row.tokens_in or 0
    found = prices.look_up(row.model or "", day, tokens_in)
    if found is None and REQUESTED(row.data):
        requested = requested_model(row.data)
        if requested is not None:
            found = prices.look_up(requested, day, tokens_in)
    return found


def requested_model(data: bytes) -> str | None:
    """The model that the attributes of a span name as requested."""
    try:
        found = decode_attributes(decode_read(data).attributes)
    except msgspec.ValidationError:  # they are no object
        return None
    names = (found.genai, found.openinference, found.vercel)
    return next((name for name in names if isinstance(name, str)), None)
