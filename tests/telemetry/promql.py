"""Queries of Prometheus, taken apart."""

from collections.abc import Iterator
from typing import Any

PROMETHEUS = {"instance", "job"}  # what a scrape adds


def parts(node: Any) -> Iterator[Any]:
    """A part of a query, and those within it."""
    yield node
    for name in ("lhs", "rhs", "expr", "vector_selector", "param"):
        if getattr(node, name, None) is not None:
            yield from parts(getattr(node, name))
    for argument in getattr(node, "args", ()):
        yield from parts(argument)
