"""/metrics/latency and /metrics/models: latency percentiles, and totals by model."""

from datetime import UTC, timedelta
from typing import Any

import falcon

from service.api.pagination import listing
from service.api.parameters import (
    allow_parameters,
    integer,
    optional_choice,
    optional_text,
    time_range,
)
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import Connection, Row, queries
from service.metrics.latency_buckets import ERROR_BOUND
from service.resources.metrics.by_cost import after, read_listing, take
from service.resources.metrics.dimensions import (
    DEFAULT_GROUPS,
    DIMENSIONS,
    MAX_GROUPS,
    Filters,
    choices_of,
    read_filters,
    single_dimension,
)
from service.resources.metrics.summary import stamp
from service.resources.metrics.version_latency import check_filters, latency_of_versions

EVER = ("-infinity", "infinity")

ALMOST_A_DAY = timedelta(days=1) - timedelta(microseconds=1)

Days = tuple[str, str]  # the first, and the first no more; dates, or infinity


class Latency(DatabaseResource):
    """Latency percentiles, in total and by agent, event type, model or tool; also by version."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with p50, p95 and p99 in milliseconds, each within `error_bound` of the exact."""
        allow_parameters(req, {"from", "to", "limit", "group_by", *DIMENSIONS})
        days, filters = read_days(req), read_filters(req)
        limit = integer(req, "limit", DEFAULT_GROUPS, low=1, clamp=MAX_GROUPS)
        by_version = optional_choice(req, "group_by", ("version",)) is not None
        if by_version:
            check_filters(filters)
        with self._database.snapshot() as conn:
            stamp(resp, queries.metrics.state(conn))
            overall = percentiles(conn, "", filters, days, 1)
            lists = {
                f"{dimension}s": [
                    {DIMENSIONS[dimension]: row.pop("name") or None, **row}
                    for row in percentiles(conn, dimension, filters, days, limit)
                ]
                for dimension in DIMENSIONS
            }
            if by_version:
                lists["versions"] = latency_of_versions(conn, filters, days, limit)
        resp.media = {
            "error_bound": ERROR_BOUND,
            "overall": latencies_of(overall[0] if overall else None),
            **lists,
        }


class Models(DatabaseResource):
    """Totals and latency by model."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with calls, errors, tokens, cost and latency by model, highest cost first."""
        allow_parameters(req, {"from", "to", "agent", *listing.PARAMETERS})
        page = read_listing(req)
        days, agent = read_days(req), optional_text(req, "agent")
        filters = {} if agent is None else {"agent": agent}
        with self._database.snapshot() as conn:
            state = queries.metrics.state(conn)
            rows = read_models(conn, agent, days, after(page))
            stamp(resp, state)
            models = take(page, req, resp, rows, "model")
            names = None if page.limit is None else [model["model"] for model in models]
            # One group names no model.
            rows = percentiles(conn, "model", filters, days, len(models) + 1, names=names)
            latencies = {row["name"]: row for row in rows}
        resp.media = [model_of(row, latencies.get(row["model"])) for row in models]


def read_days(req: falcon.Request) -> Days:
    """The parameters `from` and `to`, rounded to whole days (UTC); all time without them."""
    from_at, to_at = time_range(req, UTC)
    return (
        from_at.astimezone(UTC).date().isoformat() if from_at else EVER[0],
        (to_at.astimezone(UTC) + ALMOST_A_DAY).date().isoformat() if to_at else EVER[1],
    )


def read_models(conn: Connection, agent: str | None, days: Days, page: dict[str, Any]) -> list[Row]:
    """Rows of metrics/models, from the smallest table that has them."""
    window = {"from_at": days[0], "to_at": days[1], **page}
    if agent is not None:
        return queries.metrics.models_of_agent(conn, **window, agent=agent).fetchall()
    if days == EVER:
        return queries.metrics.models(conn, **page).fetchall()
    return queries.metrics.models_of_days(conn, **window).fetchall()


def percentiles(
    conn: Connection,
    group_by: str,
    filters: Filters,
    days: Days,
    limit: int,
    *,
    names: list[str] | None = None,
) -> list[Row]:
    """Percentiles of the groups with the most events, from the smallest table that has them.

    `names`: only these groups.
    """
    dimension = single_dimension(group_by, filters)
    window: dict[str, Any] = {"from_at": days[0], "to_at": days[1], "row_limit": limit}
    if dimension is None:
        return queries.metrics.filtered_latency(
            conn, **window, **choices_of(group_by, filters), names=names
        ).fetchall()
    name = filters.get(dimension)
    if days == EVER:
        return queries.metrics.latency(
            conn, dimension=dimension, name=name, names=names, row_limit=limit
        ).fetchall()
    return queries.metrics.latency_of_days(
        conn, **window, dimension=dimension, name=name, names=names
    ).fetchall()


def model_of(row: Row, latency: Row | None) -> Row:
    """The JSON object of a model."""
    total_ms, found = row.pop("latency_us") / 1000, latencies_of(latency)
    timed_events = found.pop("events")
    return {**row, "avg_latency_ms": total_ms / timed_events if timed_events else 0, **found}


def latencies_of(row: Row | None) -> Row:
    """The number of events and the percentiles in a row of `percentiles`; zeros without one."""
    return {name: row[name] if row else 0 for name in ("events", "p50_ms", "p95_ms", "p99_ms")}
