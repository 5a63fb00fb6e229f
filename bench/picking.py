"""Picks the figure that a limit is about out of a section's rows; None where there is none."""

from collections.abc import Callable, Iterable

from bench.results import Row

Figure = Callable[[list[Row]], float | None]
Wanted = float | int | str | set[str] | set[int]


def worst(name: str, **where: Wanted) -> Figure:
    """The highest figure of this name among the rows that match."""
    return lambda rows: max(figures(rows, name, where), default=None)


def lowest(name: str, **where: Wanted) -> Figure:
    """The lowest figure of this name among the rows that match."""
    return lambda rows: min(figures(rows, name, where), default=None)


def last_to_first(name: str, by: str, last: int, first: int) -> Figure:
    """The figure at the last size ÷ that at the first, the lowest over rows alike but for size."""

    def ratio(rows: list[Row]) -> float | None:
        at = {
            size: {
                alike(row, name, by): float(row[name])
                for row in rows
                if name in row and row[by] == size
            }
            for size in (first, last)
        }
        both = at[first].keys() & at[last].keys()
        return min((at[last][key] / at[first][key] for key in both), default=None)

    return ratio


def figures(rows: list[Row], name: str, where: dict[str, Wanted]) -> Iterable[float]:
    """The figures of this name in the rows that match."""
    return (float(row[name]) for row in rows if name in row and matches(row, where))


def matches(row: Row, where: dict[str, Wanted]) -> bool:
    """Whether a row has every value that is wanted, or one of the wanted."""
    return all(
        row.get(name) in wanted if isinstance(wanted, set) else row.get(name) == wanted
        for name, wanted in where.items()
    )


def alike(row: Row, name: str, by: str) -> tuple[tuple[str, float | int | str], ...]:
    """What a row is about, but for its size and its figure."""
    return tuple((key, value) for key, value in sorted(row.items()) if key not in (name, by))
