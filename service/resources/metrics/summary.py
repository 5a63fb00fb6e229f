"""/metrics: totals of the agents, exact at the moment of X-Metrics-As-Of."""

from typing import Any

import falcon

from service.api.pagination import listing
from service.api.parameters import allow_parameters, bad_parameter, integer
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.database import Database
from service.db.queries import Cursor, Query, Row, queries
from service.resources.agents import agent_not_found
from service.resources.metrics.by_cost import after, read_listing, take

TOP_AGENTS = 5
DEFAULT_DAYS, MAX_DAYS = 30, 365


class Summary(DatabaseResource):
    """The totals of all agents, and the top agents."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with totals, averages per run, and the top five agents by cost and by runs."""
        allow_parameters(req)
        with self._database.snapshot() as conn:
            state = queries.metrics.state(conn)
            summary = queries.metrics.summary(conn)
            top = queries.metrics.top_agents(conn, row_limit=TOP_AGENTS)
            stamp(resp, state)
            resp.media = {**one(summary), **top_agents(top.fetchall())}


class CostTimeline(DatabaseResource):
    """The cost by day."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the last `days` days (UTC), today last: cost, and cumulative_cost of them."""
        days = read_days(req)
        resp.media = rows_of(self._database, resp, queries.metrics.daily_costs, days=days)


class TokensTimeline(DatabaseResource):
    """The tokens by day."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the last `days` days (UTC), today last: tokens in and out, and cumulative."""
        days = read_days(req)
        resp.media = rows_of(self._database, resp, queries.metrics.daily_tokens, days=days)


class AgentsComparison(DatabaseResource):
    """The comparison of agents."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with agents that have runs, highest cost first: all, or a page of them."""
        allow_parameters(req, listing.PARAMETERS)
        page = read_listing(req)
        rows = rows_of(self._database, resp, queries.metrics.agents, **after(page))
        resp.media = take(page, req, resp, rows, "agent_name")


class AgentMetrics(DatabaseResource):
    """The totals of one agent."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response, agent_name: str) -> None:
        """Answer with the agent's totals and averages per run, or 404."""
        allow_parameters(req)
        rows = rows_of(self._database, resp, queries.metrics.agent, agent_name=agent_name)
        if not rows:
            raise agent_not_found()
        resp.media = rows[0]


def rows_of(database: Database, resp: falcon.Response, query: Query, **params: Any) -> list[Row]:
    """The rows of one query; sets the headers of the moment for which they are exact."""
    with database.snapshot() as conn:
        state = queries.metrics.state(conn)
        rows = query(conn, **params)
        stamp(resp, state)
        return rows.fetchall()


def stamp(resp: falcon.Response, state: Cursor) -> Row:
    """Set X-Metrics-As-Of and X-Metrics-Refreshed-At; return the row of metrics/state."""
    row = one(state)
    resp.set_header("X-Metrics-As-Of", row["as_of"].isoformat())
    resp.set_header("X-Metrics-Refreshed-At", row["refreshed_at"].isoformat())
    return row


def one(cursor: Cursor) -> Row:
    """The single row of a query that always has one."""
    row = cursor.fetchone()
    assert row is not None, "aggregates without GROUP BY, and fold_state, have a row"  # noqa: S101
    return row


def top_agents(rows: list[Row]) -> Row:
    """The two lists of the summary, from the rows of metrics/top_agents."""
    return {
        "top_agents_by_cost": [
            {"agent_name": row["agent_name"], "cost": row["cost"]}
            for row in sorted(rows, key=lambda row: row["cost_rank"])[:TOP_AGENTS]
        ],
        "top_agents_by_runs": [
            {"agent_name": row["agent_name"], "runs": row["runs"]}
            for row in sorted(rows, key=lambda row: row["runs_rank"])[:TOP_AGENTS]
        ],
    }


def read_days(req: falcon.Request) -> int:
    """The parameter `days`, 1 to 365."""
    allow_parameters(req, {"days"})
    days = integer(req, "days", DEFAULT_DAYS, low=1, clamp=MAX_DAYS + 1)
    if days > MAX_DAYS:
        raise bad_parameter("days", f"is a whole number from 1 to {MAX_DAYS}")
    return days
