"""What a call costs: exact, each token paid once."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from service.core.validation import MAX_TOKENS
from service.prices.price import Price

prices = st.decimals(0, 999_999, places=6)
tokens = st.integers(0, 5_000_000) | st.integers(0, MAX_TOKENS)


@given(prices, prices, st.none() | prices, st.none() | prices, tokens, tokens, tokens, tokens)
def test_each_token_is_paid_once_and_nothing_is_rounded(
    usual: Decimal,
    out: Decimal,
    cheap: Decimal | None,
    dear: Decimal | None,
    tokens_in: int,
    tokens_out: int,
    read: int,
    written: int,
) -> None:
    price = Price.from_row(
        {
            "input_per_million": usual,
            "output_per_million": out,
            "cache_read_per_million": cheap,
            "cache_write_per_million": dear,
        }
    )
    # Token by token, so to speak: those read from the cache come first, then those written to it.
    parts = [
        (min(read, tokens_in), usual if cheap is None else cheap),
        (max(0, min(written, tokens_in - read)), usual if dear is None else dear),
        (max(0, tokens_in - read - written), usual),
        (tokens_out, out),
    ]
    cost = sum(Fraction(number) * Fraction(each) / 10**6 for number, each in parts)
    found = price.cost(tokens_in, tokens_out, read, written)
    assert sum(number for number, _ in parts) == tokens_in + tokens_out
    assert (found and Fraction(found)) == (cost if cost <= 10**9 else None)
    assert found is None or found == "0" or not found.endswith(("0", ".")) or "." not in found
