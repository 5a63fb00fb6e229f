"""A run as OTLP/JSON: a line for each page of its events, each line a request of its own.

So a run of any size is read back by this service, and by the collector's otlpjsonfile receiver. A
run of up to 1,000 events is one line, which any OTLP endpoint takes as it is. In memory are one
page and the ids of the run's agents, whose number is limited for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import falcon
import orjson

from service.api.errors import ApiError
from service.core.cooperative import paced_if_many
from service.db.database import Database
from service.db.fetch import fetch_all
from service.db.queries import Row, queries
from service.resources.export.events import event_pages
from service.resources.export.filters import Filters
from service.resources.export.formats import SPACE, in_parts
from service.resources.export.otlp_span import span_of

AGENT_START = "agent_start"
MOST_AGENT_EVENTS = 20_000  # starts and ends: a limit of memory while they are paired


@dataclass(frozen=True)
class Agents:
    """Which end belongs to which agent of a run, by the ids of their events."""

    end_of: dict[str, str]
    ends: frozenset[str]


def agents_of(rows: list[Row]) -> Agents:
    """Pair the rows of export/agents_of_run as the trace does.

    An end that names no agent is that of the first one without a parent.
    """
    known: set[str] = set()
    first: str | None = None
    for row in paced_if_many(rows, len(rows)):
        if row["event_type"] == AGENT_START:
            known.add(row["event_id"])
            if first is None and row["parent_event_id"] is None:
                first = row["event_id"]
    end_of: dict[str, str] = {}
    for row in paced_if_many(rows, len(rows)):
        if row["event_type"] != AGENT_START:
            named = (row["previous_event_id"], row["parent_event_id"])
            start = next((event_id for event_id in named if event_id in known), first)
            if start is not None:
                end_of[start] = row["event_id"]
    return Agents(end_of, frozenset(end_of.values()))


def otlp_lines(database: Database, run: Row) -> Iterator[bytes]:
    """The lines of a run, in parts."""
    return in_parts(pieces(database, run), SPACE)


def pieces(database: Database, run: Row) -> Iterator[bytes]:
    """The lines, cut between the tokens of their JSON; an empty one at the end of a page."""
    agents = read_agents(database, run)
    for rows in event_pages(database, Filters(run_id=run["run_id"]), None):
        yield from line_of(spans_of(database, run, rows, agents))
        yield b""


def read_agents(database: Database, run: Row) -> Agents:
    """The agents of the run; raise ApiError 413 where they are too many to be paired."""
    with database.reading() as conn:
        found = queries.export.agents_of_run(
            conn,
            received_on=run["received_on"],
            run_id=run["run_id"],
            row_limit=MOST_AGENT_EVENTS + 1,
        )
        rows = fetch_all(found)
    if len(rows) > MOST_AGENT_EVENTS:
        raise too_many_agents(run["run_id"])
    return agents_of(rows)


def too_many_agents(run_id: str) -> ApiError:
    """The error for a run of too many agents, and the export that has them all."""
    text = (
        f"The run has more than {MOST_AGENT_EVENTS:,} starts and ends of agents, which OTLP/JSON "
        f"would pair. Get its events from /export/events.ndjson?run_id={run_id}."
    )
    return ApiError(falcon.HTTP_413, "answer_too_large", text)


def spans_of(
    database: Database, run: Row, rows: list[Row], agents: Agents
) -> Iterator[tuple[Any, Any, Any]]:
    """The spans of a page, each with its resource and scope; an agent's end is in its span."""
    here = {row["event_id"]: row for row in rows if row["event_id"] in agents.ends}
    for row in rows:
        if row["event_id"] in agents.ends:
            continue
        end_id = agents.end_of.get(row["event_id"])
        end = None if end_id is None else here.get(end_id) or read_end(database, run, end_id)
        yield span_of(run, row, end)


def read_end(database: Database, run: Row, event_id: str) -> Row | None:
    """The end of an agent that is on another page."""
    with database.looking_up() as conn:
        return queries.events.one(conn, run_id=run["run_id"], event_id=event_id).fetchone()


def line_of(spans: Iterator[tuple[Any, Any, Any]]) -> Iterator[bytes]:
    """One request; spans of one resource and scope that follow each other share these."""
    last = None
    for resource, scope, span in spans:
        origin = orjson.dumps(resource), orjson.dumps(scope)
        if origin == last:
            yield b","
        else:
            yield b'{"resourceSpans":[' if last is None else b"]}]},"
            yield b'{"resource":%b,"scopeSpans":[{"scope":%b,"spans":[' % origin
        last = origin
        yield orjson.dumps(span)
    if last is not None:
        yield b"]}]}]}\n"
