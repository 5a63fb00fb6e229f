"""The JSON of /metrics/changes, from the rows of metrics/changes and metrics/run_durations."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Any

from service.db.queries import Row
from service.resources.metrics.time_window import Point

DIMENSIONS = {"agent": "agent_name", "model": "model", "tool": "tool"}  # -> key of a group
OF_CALLS = ("calls", "errors", "tokens_in", "tokens_out", "cost")
OF_RUNS = ("runs", "failed")

Side = tuple[bool, datetime | None]  # is_now, and the hour or day; None: the whole window
Durations = dict[Side, Row]


class Shown:
    """What both windows come to.

    `durations` None: too many runs to read, so their durations are null. `counts_runs`: rows of
    metrics/changes have the numbers of runs; else only `durations` has them.
    """

    def __init__(
        self, rows: list[Row], durations: Durations | None, counts_runs: bool, has_before: bool
    ) -> None:
        self._rows: dict[str, dict[str, dict[Side, Row]]] = {}
        for (dimension, name), found in groupby(rows, lambda row: (row["dimension"], row["name"])):
            sides = {(row["is_now"], row["at"]): row for row in found}
            self._rows.setdefault(dimension, {})[name] = sides
        self._durations = durations
        self._counts_runs = counts_runs
        self._has_before = has_before

    def totals(self) -> dict[str, Any]:
        """All calls and runs, now and before."""
        rows = self._rows.get("all", {}).get("", {})
        return self._pair(
            lambda side: figures(rows.get(side), OF_CALLS) | self._of_runs(rows.get(side), side)
        )

    def points(self, points: list[Point]) -> list[dict[str, Any]]:
        """The course of the window: an object per hour or day."""
        rows = self._rows.get("point", {}).get("", {})
        return [
            {
                "timestamp": at,
                **figures(rows.get((True, period)), ("cost",)),
                **self._of_runs(rows.get((True, period)), (True, period)),
            }
            for at, period in points[:-1]
        ]

    def groups(self, limit: int) -> dict[str, Any]:
        """The first agents, models and tools, and whether there are more."""
        lists = {name: list(self._rows.get(name, {}).items()) for name in DIMENSIONS}
        return {
            **{
                f"{name}s": [
                    {DIMENSIONS[name]: group or None, **self._of_group(rows, name)}
                    for group, rows in found[:limit]
                ]
                for name, found in lists.items()
            },
            "truncated": any(len(found) > limit for found in lists.values()),
        }

    def _of_group(self, rows: dict[Side, Row], dimension: str) -> dict[str, Any]:
        has_runs = dimension == "agent" and self._counts_runs
        names = OF_CALLS + OF_RUNS if has_runs else OF_CALLS
        return self._pair(lambda side: figures(rows.get(side), names))

    def _pair(self, of: Callable[[Side], Row]) -> dict[str, Any]:
        return {"now": of((True, None)), "before": of((False, None)) if self._has_before else None}

    def _of_runs(self, row: Row | None, side: Side) -> dict[str, Any]:
        """The numbers of runs, and the percentile of their durations; 0 where none has ended."""
        if self._durations is None:
            return figures(row, OF_RUNS) | {"p95_ms": None}
        found = self._durations.get(side)
        duration_us = found["p95_us"] if found else None
        counts = row if self._counts_runs else found
        return figures(counts, OF_RUNS) | {"p95_ms": (duration_us or 0) / 1000}


def figures(row: Row | None, names: tuple[str, ...]) -> dict[str, Any]:
    """Columns of a row, zeros without one."""
    return {name: row[name] if row else 0 for name in names}
