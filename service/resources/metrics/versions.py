"""/metrics/versions: what the runs of an agent add up to by version, beside each other."""

from datetime import UTC

import falcon

from service.api.parameters import (
    allow_parameters,
    bad_parameter,
    integer,
    optional_text,
    time_range,
)
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import queries
from service.metrics.latency_buckets import ERROR_BOUND
from service.resources.metrics.summary import stamp

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


class Versions(DatabaseResource):
    """The versions of an agent."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with a version's runs, failures, cost, tokens, durations; last seen first."""
        allow_parameters(req, {"agent", "from", "to", "limit"})
        agent = optional_text(req, "agent")
        if agent is None:
            raise bad_parameter("agent", "is required")
        from_at, to_at = time_range(req, UTC)
        limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
        with self._database.snapshot() as conn:
            state = queries.metrics.state(conn)
            rows = queries.metrics.versions(
                conn, agent=agent, from_at=from_at, to_at=to_at, row_limit=limit + 1
            )
            stamp(resp, state)
            found = rows.fetchall()
        resp.media = {
            "agent_name": agent,
            "error_bound": ERROR_BOUND,
            "versions": [
                {**row, "version": row["version"] or None, **durations_of(row)}
                for row in found[:limit]
            ],
            "truncated": len(found) > limit,
        }


def durations_of(row: dict[str, float | None]) -> dict[str, float]:
    """The percentiles of the durations; 0 where no run has ended."""
    return {name: row[name] or 0 for name in ("p50_ms", "p95_ms", "p99_ms")}
