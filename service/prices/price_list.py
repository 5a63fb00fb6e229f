"""All loaded prices in memory, and the lookup by a model's name, day and input tokens."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from service.db.queries import Connection, Row, queries
from service.prices.model_names import forms
from service.prices.pattern_index import Candidates, Hits, PatternIndex
from service.prices.price import Price

OPERATOR = ""  # the provider of the operator's own prices
MOST_NAMES = 20_000  # names of models whose prices are remembered: two for each event of a request
# Groups of patterns: which name a provider, which a model of one that is not named, and its models.
PROVIDERS, SUITED, MODELS = ("providers", ""), ("suited", ""), "models"

Model = tuple[str, str]  # a provider, and its model's name there


Key = tuple[str, str, date, int]  # a provider, its model, the first day and number of tokens


class Found(NamedTuple):
    """A price, and its key in the table."""

    key: Key
    price: Price

    @property
    def name(self) -> "PriceName":
        """What an event says of the price that its cost comes from."""
        return name_of(self.key)


class PriceName(NamedTuple):
    """What tells a price from all others: as an object, and as that in JSON."""

    value: dict[str, str | int]
    encoded: str


@lru_cache(maxsize=1_024)
def name_of(key: Key) -> PriceName:
    """The name of a price. The operator's have no provider, and most prices one tier."""
    provider, model, valid_from, above_tokens = key
    value: dict[str, str | int] = {"model": model, "valid_from": valid_from.isoformat()}
    if provider != OPERATOR:
        value["provider"] = provider
    if above_tokens:
        value["above_tokens"] = above_tokens
    return PriceName(value, orjson.dumps(value).decode())


class PriceList:
    """The prices of one load. `loaded_at` None: there are none."""

    def __init__(
        self,
        rows: Iterable[Row],
        loaded_at: datetime | None,
        providers: Iterable[Row] = (),
        patterns: Iterable[Row] = (),
    ) -> None:
        """Read the rows of prices/all, prices/providers and prices/patterns."""
        self.loaded_at = loaded_at
        self._prices: dict[Model, list[tuple[tuple[date, int], Price]]] = defaultdict(list)
        for row in rows:
            key = row["valid_from"], row["above_tokens"]
            self._prices[row["provider"], row["model"]].append((key, Price.from_row(row)))
        self._own = {
            model.lower(): (provider, model)
            for provider, model in self._prices
            if provider == OPERATOR
        }
        self.patterns = PatternIndex()
        self._positions: dict[str, int] = {}  # of the providers
        self._asked: list[list[str]] = []  # the providers whose prices one has, by its position
        for position, row in enumerate(providers):
            self._asked.append([row["provider"], *row["fallbacks"]])
            self._positions[row["provider"]] = position
            for group, column in ((PROVIDERS, "name_pattern"), (SUITED, "model_pattern")):
                if row[column] is not None:
                    self.patterns.add(group, position, row[column])
        self._models: dict[str, list[str]] = defaultdict(list)
        for row in patterns:
            models = self._models[row["provider"]]
            self.patterns.add((MODELS, row["provider"]), len(models), row["pattern"])
            models.append(row["model"])
        self._matching = lru_cache(MOST_NAMES)(self._match)

    def find(self, name: str, day: date, tokens_in: int = 0) -> Price | None:
        """The price of a model's call on a day (UTC); None without a price for that day."""
        found = self.look_up(name, day, tokens_in)
        return found and found.price

    def look_up(self, name: str, day: date, tokens_in: int = 0) -> Found | None:
        """The same with its key in the table."""
        model = self.model_of(name)
        if model is None:
            return None
        prices = self._prices[model]
        number = bisect_right(prices, day, key=lambda entry: entry[0][0])
        while number:
            (valid_from, above_tokens), price = prices[number - 1]
            if tokens_in > above_tokens or not above_tokens:
                return Found((*model, valid_from, above_tokens), price)
            number -= 1
        return None

    def model_of(self, name: str) -> Model | None:
        """The provider and model that a name means; None if no price is known for it."""
        return (OPERATOR, name) if (OPERATOR, name) in self._prices else self._matching(name)

    def _match(self, name: str) -> Model | None:
        """The model of the operator's prices, else of the built-in ones, of the fullest form."""
        known = list(forms(name))
        for form in known:
            if form.name in self._own:
                return self._own[form.name]
        candidates = self.patterns.within(known[0].name)
        providers = {form.provider for form in known if form.provider}
        named = {each: self._named(each, candidates) for each in providers}
        models = (
            model
            for form in known
            for model in self._built_in(named.get(form.provider, []), candidates.hits(form.name))
        )
        return next(models, None)

    def _named(self, text: str, candidates: Candidates) -> list[int]:
        """The positions of the providers that the text in front of a model's name names."""
        named, position = candidates.hits(text).get(PROVIDERS, []), self._positions.get(text)
        return named if position is None else sorted({*named, position})

    def _built_in(self, named: list[int], hits: Hits) -> Iterator[Model]:
        """The built-in models of a form: of the provider in front, then of those that it suits."""
        for position in (*named, *hits.get(SUITED, ())):
            for asked in self._asked[position]:
                for number in hits.get((MODELS, asked), ()):
                    yield asked, self._models[asked][number]


class CurrentPrices:
    """A cache of the price list, read again after a load."""

    def __init__(self) -> None:
        self._list = PriceList((), None)

    @property
    def last_read(self) -> PriceList:
        """The list as it was when it was last read, or none."""
        return self._list

    def at(self, conn: Connection, loaded: Row | None) -> PriceList:
        """The list valid in the transaction of `conn`; `loaded` is its row of prices/loaded."""
        loaded_at = loaded["loaded_at"] if loaded else None
        if loaded_at != self._list.loaded_at:
            self._list = PriceList((), None) if loaded_at is None else read_list(conn, loaded_at)
        return self._list


def read_list(conn: Connection, loaded_at: datetime) -> PriceList:
    """Read all prices within the transaction of `conn`."""
    with conn.pipeline():
        rows = queries.prices.all(conn)
        providers = queries.prices.providers(conn)
        patterns = queries.prices.patterns(conn)
    return PriceList(rows, loaded_at, providers, patterns)
