"""What a call of a model costs: the one place where it is computed, for ingest and for history."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service.core.validation import MAX_COST_DOLLARS, tokens

MAX_PRICE = Decimal(1_000_000)  # dollars per million tokens; below it
PLACES = 6
MILLION = 10**PLACES
PER_DOLLAR = MILLION * MILLION
MOST = int(MAX_COST_DOLLARS) * PER_DOLLAR


@dataclass(frozen=True, slots=True)
class Price:
    """What a token costs, in millionths of a millionth of a dollar: whole numbers, so it is exact.

    They are as many as millionths of a dollar per million tokens.
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
        """US dollars as decimal text; None above what a cost may be.

        `read` and `written` are those of `tokens_in` that came from the cache and went into it:
        each token is paid once, also where a client says that there are more of them than all.
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
    """A price, of six places at the most, in its millionths."""
    return int(price * MILLION)


def in_dollars(cost: int) -> str:
    """The exact decimal text, without zeros behind it."""
    dollars, rest = divmod(cost, PER_DOLLAR)
    return f"{dollars}.{rest:012d}".rstrip("0").rstrip(".")


def count(value: Any) -> int:
    """A number of tokens; 0 for what is none."""
    return tokens(value) or 0
