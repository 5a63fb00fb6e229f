"""The price of a model, and the one computation of a call's cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service.core.validation import MAX_COST_DOLLARS

MAX_PRICE = Decimal(1_000_000)  # dollars per million tokens; below it
PLACES = 6
MILLION = 10**PLACES
PER_DOLLAR = MILLION * MILLION
MOST = int(MAX_COST_DOLLARS) * PER_DOLLAR


@dataclass(frozen=True, slots=True)
class Price:
    """Prices per token as integers of 1e-12 dollars, so that sums are exact.

    The same integers are 1e-6 dollars per million tokens.
    """

    input: int
    output: int
    cache_read: int
    cache_write: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Price":
        """Read a row of prices/all."""
        usual = row["input_per_million"]
        read, write = row["cache_read_per_million"], row["cache_write_per_million"]
        return cls(
            whole(usual),
            whole(row["output_per_million"]),
            whole(usual if read is None else read),
            whole(usual if write is None else write),
        )

    def cost(self, tokens_in: int, tokens_out: int, read: int, written: int) -> str | None:
        """US dollars as decimal text; None above MAX_COST_DOLLARS.

        `read` and `written` are the tokens of `tokens_in` that were read from the cache and written
        to it. Each token is charged once, even if a client reports more of them than `tokens_in`.
        """
        read = min(read, tokens_in)
        written = min(written, tokens_in - read)
        cost = (
            (tokens_in - read - written) * self.input
            + read * self.cache_read
            + written * self.cache_write
            + tokens_out * self.output
        )
        return in_dollars(cost) if cost <= MOST else None


def whole(price: Decimal) -> int:
    """A price of up to six decimal places, in millionths."""
    return int(price * MILLION)


def in_dollars(cost: int) -> str:
    """The exact decimal text, without trailing zeros."""
    dollars, rest = divmod(cost, PER_DOLLAR)
    return f"{dollars}.{rest:012d}".rstrip("0").rstrip(".")
