"""Integers in text are bounded before int() sees them; leading zeros mean nothing."""

import pytest

from service.core.integers import read_integer


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("000", 0), ("50", 50), ("050", 50), ("0" * 5_000 + "50", 50), ("100", 100)],
)
def test_digits_are_read_with_any_number_of_leading_zeros(text: str, number: int) -> None:
    assert read_integer(text, 0, 100) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", "+1", "-1", " 1", "1 ", "1\n", "1_0", "1e1", "1.0", "0x1", "²", "१", "٣", "１"],
)
def test_everything_but_ascii_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        read_integer(text, 0, 100)


@pytest.mark.parametrize("text", ["0", "4", "00000101", "101", "00000000809999", "9" * 5_000])
def test_what_lies_outside_the_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an integer from 5 to 100"):
        read_integer(text, 5, 100)
