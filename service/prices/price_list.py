"""All loaded prices in memory, and the lookup by a model's name, day and input tokens."""

import re
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from service.db.queries import Connection, Row, queries
from service.prices.model_names import NameForm, forms
from service.prices.price import Price

OPERATOR = ""  # the provider of the operator's own prices
MOST_NAMES = 10_000  # names of models whose prices are remembered

Model = tuple[str, str]  # a provider, and its model's name there
Matcher = Callable[[str], object]


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
        self._providers = [Provider(row) for row in providers]
        self._patterns: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in patterns:
            self._patterns[row["provider"]].append((row["pattern"], row["model"]))
        self._matchers: dict[str, list[tuple[Matcher, str]]] = {}
        self._found: OrderedDict[str, Model | None] = OrderedDict()  # the last used at the end

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

    def has_looked_up(self, name: str) -> bool:
        """Whether a look-up of the name costs nothing; a new name takes up to a millisecond."""
        return name in self._found or (OPERATOR, name) in self._prices

    def model_of(self, name: str) -> Model | None:
        """The provider and model that a name means; None if no price is known for it."""
        if (OPERATOR, name) in self._prices:
            return OPERATOR, name
        if name in self._found:
            self._found.move_to_end(name)
        else:
            if len(self._found) >= MOST_NAMES:
                self._found.popitem(last=False)
            self._found[name] = next(self._matches(name), None)
        return self._found[name]

    def _matches(self, name: str) -> Iterator[Model]:
        """The models that a name may mean: the operator's first, the fullest form first."""
        known = list(forms(name))
        yield from (self._own[form.name] for form in known if form.name in self._own)
        for form in known:
            yield from self._built_in(form)

    def _built_in(self, form: NameForm) -> Iterator[Model]:
        """The built-in models of a form: of the provider in front, then of those that it suits."""
        named = [each for each in self._providers if each.is_named(form.provider)]
        suited = [each for each in self._providers if each.has(form.name)]
        for provider in (*named, *suited):
            for asked in (provider.id, *provider.fallbacks):
                for matches, model in self._matchers_of(asked):
                    if matches(form.name):
                        yield asked, model

    def _matchers_of(self, provider: str) -> list[tuple[Matcher, str]]:
        """A provider's patterns, compiled when they are first needed: all take 0.2 s."""
        if provider not in self._matchers:
            self._matchers[provider] = [
                (matcher(pattern), model) for pattern, model in self._patterns[provider]
            ]
        return self._matchers[provider]


class Provider:
    """A provider of the built-in prices."""

    def __init__(self, row: Row) -> None:
        self.id: str = row["provider"]
        self.fallbacks: list[str] = row["fallbacks"]
        self._is_named = matcher(row["name_pattern"])
        self.has = matcher(row["model_pattern"])

    def is_named(self, text: str) -> bool:
        """Whether the text in front of a model's name is this provider's."""
        return bool(text) and (text == self.id or bool(self._is_named(text)))


def matcher(pattern: str | None) -> Matcher:
    """The search for a pattern; one that finds nothing for None."""
    return re.compile(pattern).search if pattern else (lambda _text: None)


class CurrentPrices:
    """A cache of the price list, read again after a load."""

    def __init__(self) -> None:
        self._list = PriceList((), None)

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
