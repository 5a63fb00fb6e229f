"""prices.csv: a line for each model and day from which on it costs something else.

Names are matched exactly. Those under which a model is called as well (dated, or a gateway's) stand
in its line, as aliases, and cost the same from the same day on.
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

BETWEEN_ALIASES = "|"
COMMENT = "#"
MOST_PRICES = 20_000  # each writer keeps all of them
MAX_SOURCE = 1_000
MAX_BYTES = 16 * 1024 * 1024


def price(text: str) -> Decimal:
    """US dollars per million tokens; raise ValueError for what the table would not keep exactly."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not (found.is_finite() and 0 <= found < MAX_PRICE and found == round(found, PLACES)):
        raise ValueError(f"is not from 0 to below {MAX_PRICE}, with {PLACES} places at the most")
    return found


def day(text: str) -> date:
    """A day; raise ValueError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day such as 2024-05-13") from None


def name(text: str) -> str:
    """A model's name, as an event can have it."""
    problem = name_problem(text, MAX_MODEL)
    if problem:
        raise ValueError(problem[1])
    return text


def source(text: str) -> str:
    """Where a price is from."""
    problem = name_problem(text, MAX_SOURCE)
    if problem:
        raise ValueError(problem[1])
    return text


NEEDED: dict[str, Callable[[str], Any]] = {
    "model": name,
    "valid_from": day,
    "input_per_million": price,
    "output_per_million": price,
}
# Each with what it is where nothing is said.
OPTIONAL: dict[str, tuple[Callable[[str], Any], Any]] = {
    "cache_read_per_million": (price, None),
    "cache_write_per_million": (price, None),
    "source": (source, ""),
    "checked_on": (day, None),
}
ALIASES = "aliases"


def read_file(file: str) -> list[Row]:
    """The rows of prices/all that a file stands for; `-` is standard input.

    Raises Failure, with the line, for the first thing that is wrong.
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
    """As read_file, of its lines."""
    found: dict[tuple[str, date], tuple[Row, str]] = {}
    for where, values in read_lines(file, lines):
        for row in rows_of(where, values):
            key = row["model"], row["valid_from"]
            if key in found:
                raise Failure(f"{where}: {' from '.join(map(str, key))} is in {found[key][1]}, too")
            found[key] = row, where
    if len(found) > MOST_PRICES:
        raise Failure(f"{file} has {len(found)} prices; the limit is {MOST_PRICES}")
    return [row for row, _ in found.values()]


def read_lines(file: str, lines: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each line's values by column, and where it is; but for comments and what is empty."""
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
    """Raise Failure where a column is missing, or one is there that means nothing."""
    for column in NEEDED:
        if column not in columns:
            raise Failure(f"{file} has no column {column}")
    for column in columns:
        if column not in (*NEEDED, ALIASES, *OPTIONAL):
            raise Failure(f"{file} has a column {column!r}, which means nothing")


def rows_of(where: str, values: dict[str, str]) -> Iterator[Row]:
    """The row of a line's model, and of each of its aliases."""
    row = {
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
    """One value; raise Failure that tells where it is."""
    try:
        return reader(text)
    except ValueError as error:
        raise Failure(f"{where}: {column} {text!r} {error}") from None
