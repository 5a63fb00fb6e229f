"""/prices: what models cost, which price a call of a model has, and which models lack one."""

from datetime import UTC, date, timedelta
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

import falcon

from service.api.cursors import invalid_cursor, pack, unpack
from service.api.parameters import allow_parameters, bounded_text, integer, moment, optional_text
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.core.clock import today
from service.core.validation import MAX_MODEL, MAX_TOKENS
from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.prices.price_list import CurrentPrices

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_PROVIDER = 100
DEFAULT_MISSING = 20
MOST_LOOKED_AT = 1_000  # models that cost nothing
DAYS_IN_USE = timedelta(days=7)


class PriceKey(NamedTuple):
    """The sort key of a price."""

    provider: str
    model: str
    valid_from: date
    above_tokens: int


class PricedResource(DatabaseResource):
    """A resource that reads the loaded prices, and keeps them until others are loaded."""

    policy = Policy({"GET": READ})

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._current = CurrentPrices()
        self._lock = Lock()


class Prices(PricedResource):
    """All prices, or with `model` the one that a call has."""

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with a page of prices; with `model`, with the price of its calls."""
        allow_parameters(req, {"model", "at", "tokens_in", "provider", "limit", "cursor"})
        model = bounded_text(req, "model", MAX_MODEL)
        at = moment(req, "at", UTC)
        tokens_in = integer(req, "tokens_in", 0, low=0, clamp=MAX_TOKENS)
        provider = bounded_text(req, "provider", MAX_PROVIDER)
        limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
        after = read_cursor(optional_text(req, "cursor"))
        if model is None:
            resp.media = self._page(provider, after, limit)
        else:
            resp.media = self._of_model(model, at.date() if at else today(), tokens_in)

    def _of_model(self, model: str, day: date, tokens_in: int) -> dict[str, Any]:
        """The price of a call of a model, as its cost is computed."""
        with self._database.snapshot() as conn, self._lock:
            prices = self._current.at(conn, queries.prices.loaded(conn).fetchone())
            found = prices.look_up(model, day, tokens_in)
            row = None if found is None else row_of(conn, PriceKey(*found.key))
        return {"model": model, "price": None if row is None else shown(row)}

    def _page(self, provider: str | None, after: PriceKey | None, limit: int) -> dict[str, Any]:
        """A page of all prices, or of a provider's."""
        with self._database.reading() as conn:
            rows = queries.prices.page(
                conn,
                provider=provider,
                after_provider=after and after.provider,
                after_model=after and after.model,
                after_valid_from=after and after.valid_from,
                after_above_tokens=after and after.above_tokens,
                row_limit=limit + 1,
            ).fetchall()
        more = len(rows) > limit
        return {
            "prices": [shown(row) for row in rows[:limit]],
            "next_cursor": pack(*key_of(rows[limit - 1])) if more else None,
        }


class MissingPrices(PricedResource):
    """Models in use without a price: their calls count as free."""

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with the models whose calls since `from` have tokens, no cost and no price."""
        allow_parameters(req, {"from", "limit"})
        from_at = moment(req, "from", UTC)
        since = from_at.date() if from_at else today() - DAYS_IN_USE
        limit = integer(req, "limit", DEFAULT_MISSING, low=1, clamp=MAX_LIMIT)
        with self._database.snapshot() as conn, self._lock:
            prices = self._current.at(conn, queries.prices.loaded(conn).fetchone())
            rows = queries.health.models_without_cost(
                conn, since=since, row_limit=MOST_LOOKED_AT
            ).fetchall()
            found = list(islice((row for row in rows if not prices.model_of(row["model"])), limit))
        resp.media = {"since": since, "models": found}


def row_of(conn: Connection, key: PriceKey) -> Row | None:
    """The price with a key."""
    rows = queries.prices.page(
        conn,
        provider=key.provider,
        after_provider=key.provider,
        after_model=key.model,
        after_valid_from=key.valid_from,
        after_above_tokens=key.above_tokens - 1,
        row_limit=1,
    )
    return rows.fetchone()


def key_of(row: Row) -> PriceKey:
    """The sort key of a row."""
    return PriceKey(row["provider"], row["model"], row["valid_from"], row["above_tokens"])


def shown(row: Row) -> Row:
    """A price as JSON: the operator's have no provider."""
    return {**row, "provider": row["provider"] or None}


def read_cursor(cursor: str | None) -> PriceKey | None:
    """Read a cursor; raise ApiError 400 for an invalid one."""
    if cursor is None:
        return None
    provider, model, valid_from, above_tokens = unpack(cursor, 4)
    try:
        key = PriceKey(provider, model, date.fromisoformat(valid_from), above_tokens)
    except (TypeError, ValueError):
        raise invalid_cursor() from None
    if not (isinstance(provider, str) and isinstance(model, str) and type(above_tokens) is int):
        raise invalid_cursor()
    if "\x00" in provider + model or not 0 <= above_tokens < 2**31:
        raise invalid_cursor()
    return key
