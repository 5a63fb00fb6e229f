"""Reading a price file (CSV): one line per model and first day of a price.

A line may list aliases of its model, which cost the same from the same day. With `above_tokens` it
is the price of calls with more input tokens than that.
"""

import csv
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from service.core.failure import Failure
from service.core.validation import MAX_MODEL, name_problem
from service.db.queries import Row
from service.prices.price import MAX_PRICE, PLACES
from service.prices.price_list import OPERATOR

BETWEEN_ALIASES = "|"
COMMENT = "#"
MOST_PRICES = 20_000  # each writer keeps all of them
MAX_SOURCE = 1_000
MOST_DIGITS = 9
MAX_BYTES = 16 * 1024 * 1024


def price(text: str) -> Decimal:
    """US dollars per million tokens; raise ValueError for a value that numeric would round."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not (found.is_finite() and 0 <= found < MAX_PRICE and found == round(found, PLACES)):
        raise ValueError(f"is not from 0 to below {MAX_PRICE}, with at most {PLACES} places")
    return round(found, PLACES)  # PostgreSQL reads no zero of a large exponent


def day(text: str) -> date:
    """An ISO date; raise ValueError for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day such as 2024-05-13") from None


def name(text: str) -> str:
    """A model name, valid as in an event."""
    problem = name_problem(text, MAX_MODEL)
    if problem:
        raise ValueError(problem[1])
    return text


def source(text: str) -> str:
    """The source of a price, as text."""
    problem = name_problem(text, MAX_SOURCE)
    if problem:
        raise ValueError(problem[1])
    return text


def tokens(text: str) -> int:
    """A number of tokens."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ValueError(f"is no number of tokens, of at most {MOST_DIGITS} digits")
    return int(text)


NEEDED: dict[str, Callable[[str], Any]] = {
    "model": name,
    "valid_from": day,
    "input_per_million": price,
    "output_per_million": price,
}
# Optional columns with their defaults.
OPTIONAL: dict[str, tuple[Callable[[str], Any], Any]] = {
    "cache_read_per_million": (price, None),
    "cache_write_per_million": (price, None),
    "source": (source, ""),
    "checked_on": (day, None),
    "above_tokens": (tokens, 0),
}
ALIASES = "aliases"


def read_file(file: str) -> list[Row]:
    """Read a file into rows of prices/all; `-` is standard input.

    Raises Failure, with the line number, for the first error.
    """
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not UTF-8") from None
    if len(content) > MAX_BYTES:
        raise Failure(f"{file} is larger than {MAX_BYTES} bytes")
    return read_prices(file, text.splitlines())


def read_prices(file: str, lines: list[str]) -> list[Row]:
    """Read the lines of a price file into rows of prices/all."""
    found: dict[tuple[str, date, int], tuple[Row, str]] = {}
    for where, values in read_lines(file, lines):
        for row in rows_of(where, values):
            key = row["model"], row["valid_from"], row["above_tokens"]
            if key in found:
                known = f"{row['model']} from {row['valid_from']}"
                raise Failure(f"{where}: {known} is in {found[key][1]}, too")
            found[key] = row, where
    if len(found) > MOST_PRICES:
        raise Failure(f"{file} has {len(found)} prices; the limit is {MOST_PRICES}")
    return [row for row, _ in found.values()]


def read_lines(file: str, lines: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each line's values by column, with its position; skip comments and empty lines."""
    kept = [n for n, line in enumerate(lines, 1) if line.strip() and not line.startswith(COMMENT)]
    reader = csv.DictReader((lines[n - 1] for n in kept), strict=True, restval="")
    where = file
    try:
        check_columns(file, reader.fieldnames or ())
        for values in reader:
            where = f"{file}, line {kept[reader.line_num - 1]}"
            if None in values:
                raise Failure(f"{where} has more values than there are columns")
            yield where, {column: text.strip() for column, text in values.items()}
    except csv.Error as error:
        raise Failure(f"{where}, or the line after it: {error}") from None


def check_columns(file: str, columns: Collection[str]) -> None:
    """Raise Failure for a missing or an unknown column."""
    for column in NEEDED:
        if column not in columns:
            raise Failure(f"{file} has no column {column}")
    for column in columns:
        if column not in (*NEEDED, ALIASES, *OPTIONAL):
            raise Failure(f"{file} has a column {column!r}, which means nothing")


def rows_of(where: str, values: dict[str, str]) -> Iterator[Row]:
    """The rows of a line: one for its model and one for each alias."""
    row = {
        "provider": OPERATOR,
        **{column: read(where, column, values[column], NEEDED[column]) for column in NEEDED},
        **{
            column: read(where, column, values[column], reader) if values.get(column) else default
            for column, (reader, default) in OPTIONAL.items()
        },
    }
    yield row
    for alias in filter(None, values.get(ALIASES, "").split(BETWEEN_ALIASES)):
        yield row | {"model": read(where, ALIASES, alias.strip(), name)}


def read(where: str, column: str, text: str, reader: Callable[[str], Any]) -> Any:
    """Convert one value; raise Failure with its position."""
    try:
        return reader(text)
    except ValueError as error:
        raise Failure(f"{where}: {column} {text!r} {error}") from None
