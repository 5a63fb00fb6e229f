"""All loaded prices in memory, and the lookup by model and day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from operator import itemgetter

from service.db.queries import Connection, Row, queries
from service.prices.price import Price

FIRST = itemgetter(0)


class PriceList:
    """The prices of one load. `loaded_at` None: there are none."""

    def __init__(self, rows: Iterable[Row], loaded_at: datetime | None) -> None:
        """`rows` are those of prices/all: a model's rows are sorted by day."""
        self.loaded_at = loaded_at
        self._prices: dict[str, list[tuple[date, Price]]] = defaultdict(list)
        for row in rows:
            self._prices[row["model"]].append((row["valid_from"], Price.from_row(row)))

    def find(self, model: str, day: date) -> Price | None:
        """The price of a model on a day (UTC); None without a price for that day."""
        prices = self._prices.get(model)
        if prices is None:
            return None
        number = bisect_right(prices, day, key=FIRST)
        return prices[number - 1][1] if number else None


class CurrentPrices:
    """A cache of the price list, read again after a load."""

    def __init__(self) -> None:
        self._list = PriceList((), None)

    def at(self, conn: Connection, loaded: Row | None) -> PriceList:
        """The list valid in the transaction of `conn`; `loaded` is its row of prices/loaded."""
        loaded_at = loaded["loaded_at"] if loaded else None
        if loaded_at != self._list.loaded_at:
            rows = queries.prices.all(conn) if loaded_at else ()
            self._list = PriceList(rows, loaded_at)
        return self._list
