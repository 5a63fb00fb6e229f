"""/metrics/tools: the comparison of tools."""

import falcon

from service.api.cursors import pack, to_total
from service.api.pagination import listing
from service.api.parameters import allow_parameters, optional_text
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import Connection, Row, queries
from service.resources.metrics.percentiles import Days, latencies_of, percentiles, read_days
from service.resources.metrics.summary import stamp


class Tools(DatabaseResource):
    """Calls, errors and latency by tool."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with calls, failure rate, cost and latency by tool, the most calls first."""
        allow_parameters(req, {"from", "to", "agent", *listing.PARAMETERS})
        page = listing.read_listing(req, to_total)
        days, agent = read_days(req), optional_text(req, "agent")
        filters = {} if agent is None else {"agent": agent}
        with self._database.snapshot() as conn:
            state = queries.metrics.state(conn)
            rows = read_tools(conn, agent, days, page)
            tools = page.take(req, resp, rows, lambda row: pack(str(row["calls"]), row["tool"]))
            stamp(resp, state)
            names = [tool["tool"] for tool in tools]
            rows = (
                percentiles(conn, "tool", filters, days, len(names), names=names) if names else []
            )
            latencies = {row["name"]: row for row in rows}
        resp.media = [tool_of(row, latencies.get(row["tool"])) for row in tools]


def read_tools(conn: Connection, agent: str | None, days: Days, page: listing.Listing) -> list[Row]:
    """Rows of metrics/tools_of_days or metrics/tools_of_agent."""
    calls, name = page.after or (None, None)
    window = {
        "from_at": days[0],
        "to_at": days[1],
        "row_limit": page.row_limit,
        "after_calls": calls,
        "after_name": name,
    }
    if agent is not None:
        return queries.metrics.tools_of_agent(conn, **window, agent=agent).fetchall()
    return queries.metrics.tools_of_days(conn, **window).fetchall()


def tool_of(row: Row, latency: Row | None) -> Row:
    """The JSON object of a tool."""
    total_ms, found = row.pop("latency_us") / 1000, latencies_of(latency)
    timed_events = found.pop("events")
    return {
        **row,
        "failure_rate": row["errors"] / row["calls"],
        "avg_latency_ms": total_ms / timed_events if timed_events else 0,
        **found,
    }
