"""All prices as they were loaded, and which of them an event has."""

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
        """Take rows of prices/all, a model's in the order of their days."""
        self.loaded_at = loaded_at
        self._prices: dict[str, list[tuple[date, Price]]] = defaultdict(list)
        for row in rows:
            self._prices[row["model"]].append((row["valid_from"], Price.from_row(row)))

    def find(self, model: str, day: date) -> Price | None:
        """What the model cost on a day (UTC); None where it is unknown, or was not sold yet."""
        prices = self._prices.get(model)
        if prices is None:
            return None
        number = bisect_right(prices, day, key=FIRST)
        return prices[number - 1][1] if number else None


class CurrentPrices:
    """The prices as whoever asks knows them, read anew once others were loaded."""

    def __init__(self) -> None:
        self._list = PriceList((), None)

    def at(self, conn: Connection, loaded: Row | None) -> PriceList:
        """The list, by the answer of prices/loaded in the transaction of `conn`."""
        loaded_at = loaded["loaded_at"] if loaded else None
        if loaded_at != self._list.loaded_at:
            rows = queries.prices.all(conn) if loaded_at else ()
            self._list = PriceList(rows, loaded_at)
        return self._list
