"""GET /metrics/runs: how many runs began when, and how many failed, by the filters of GET /runs."""

from datetime import UTC, datetime
from typing import Any

import falcon

from service.api.parameters import allow_parameters
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import queries
from service.resources.runs.search import MOST_SORTED_RUNS
from service.resources.runs.search_resource import RUN_FILTERS, read_filters

MOST_BUCKETS = 80
MINUTE, HOUR, DAY = 60, 3600, 86_400
STEPS = (
    *(1, 5, 15),
    *(MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 7 * DAY, 28 * DAY),
)


class RunsOverTime(DatabaseResource):
    """Runs over time."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with the buckets that have runs, and with their sums."""
        allow_parameters(req, RUN_FILTERS, repeated=("tag",))
        filters = read_filters(req)
        until = filters["to_at"] or datetime.now(UTC)
        with self._database.reading() as conn:
            rows = queries.metrics.runs_over_time(
                conn,
                **filters,
                until_at=until,
                run_limit=MOST_SORTED_RUNS,
                steps=[str(seconds) for seconds in STEPS],
                most=MOST_BUCKETS,
            ).fetchall()
        resp.media = {
            "from": rows[0]["from_at"] if rows else filters["from_at"],
            "to": rows[0]["to_at"] if rows else until,
            "bucket_seconds": rows[0]["seconds"] if rows else None,
            "complete": not (rows and rows[0]["is_cut"]),
            **{name: sum(row[name] for row in rows) for name in ("runs", "failed", "active")},
            "buckets": [bucket(row) for row in rows],
        }


def bucket(row: dict[str, Any]) -> dict[str, Any]:
    """A bucket as clients see it."""
    return {name: row[name] for name in ("start", "runs", "failed", "active")}
