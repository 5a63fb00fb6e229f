"""Views of a run: its timeline and its trace."""

from collections.abc import Callable
from functools import partial

import falcon
import orjson

from service.api.answer_size import check_count, check_run
from service.api.parameters import allow_parameters, bad_parameter, choice, integer
from service.core.cooperative import paced
from service.db.fetch import fetch_all
from service.db.queries import Connection, Row, queries
from service.resources.trace.first_rows import render_first
from service.resources.trace.flat import render_digests, render_flat
from service.resources.trace.full import render_trace
from service.resources.trace.render import listed
from service.resources.trace.summary import render_summary
from service.resources.trace.ties import in_order

ANY_DEPTH = 2**31
MOST_FIRST_ROWS = 10_000

View = Callable[[Connection, Row], bytes]
Summary = Callable[[Connection, Row, int | None], bytes]
SUMMARIES: dict[str, Summary] = {
    "summary": render_summary,
    "flat": render_flat,
    "digests": render_digests,
}


def timeline_view(req: falcon.Request) -> View:
    """The view with the run and its `events`, oldest first."""
    allow_parameters(req)
    return timeline


def timeline(conn: Connection, run: Row) -> bytes:
    """Render the timeline; raise ApiError 413 for one that is too large."""
    check_run(conn, run["run_id"], run["event_count"])
    events = in_order(fetch_all(queries.runs.timeline(conn, run_id=run["run_id"])))
    return b"".join([orjson.dumps(run)[:-1], b',"events":[', *paced(listed(events)), b"]}"])


def trace_view(req: falcon.Request) -> View:
    """The view with the run's totals and its events as a tree; a summary has no `data`."""
    allow_parameters(req, ("fields", "max_depth", "limit"))
    fields = choice(req, "fields", ("all", *SUMMARIES), "all")
    max_depth = None
    if "max_depth" in req.params:
        max_depth = integer(req, "max_depth", 0, 0, ANY_DEPTH)
    if "limit" in req.params:
        if fields != "flat":
            raise bad_parameter("limit", "needs fields=flat")
        limit = integer(req, "limit", 1, low=1, clamp=MOST_FIRST_ROWS)
        return partial(summary, render=partial(render_first, limit=limit), max_depth=max_depth)
    if fields in SUMMARIES:
        return partial(summary, render=SUMMARIES[fields], max_depth=max_depth)
    return partial(trace, max_depth=max_depth)


def trace(conn: Connection, run: Row, max_depth: int | None) -> bytes:
    """Render the trace; raise ApiError 413 for one that is too large."""
    check_run(conn, run["run_id"], run["event_count"])
    rows = in_order(fetch_all(queries.runs.trace(conn, run_id=run["run_id"])))
    return render_trace(run, rows, max_depth)


def summary(conn: Connection, run: Row, render: Summary, max_depth: int | None) -> bytes:
    """Render the trace without `data`; raise ApiError 413 for one that is too large."""
    check_count(run["run_id"], run["event_count"])
    return render(conn, run, max_depth)


VIEWS: dict[str, Callable[[falcon.Request], View]] = {
    "timeline": timeline_view,
    "trace": trace_view,
}


def view_of(req: falcon.Request, name: str) -> View | None:
    """Return the view, or None if `name` is not a view (then no parameters are allowed)."""
    if name in VIEWS:
        return VIEWS[name](req)
    allow_parameters(req)
    return None
