"""/export: events and runs as files, streamed."""

import re
from collections.abc import Iterator
from datetime import UTC

import falcon

from service.api.errors import ApiError
from service.api.parameters import (
    allow_parameters,
    bad_parameter,
    optional_id,
    optional_text,
    time_range,
)
from service.api.policy import EXPORT, Policy
from service.api.resource import DatabaseResource
from service.api.streaming.client import ClientOf
from service.core.validation import to_uuid
from service.db.database import Database
from service.db.queries import Row
from service.resources.export.events import event_pages
from service.resources.export.filters import Filters
from service.resources.export.formats import EVENT_COLUMNS, RUN_COLUMNS, csv_lines, ndjson
from service.resources.export.runs import find_first, run_pages
from service.resources.export.stream import Stream

ACCEPTED = re.compile(r"(?:x-)?gzip(?:;q=(?!0(?:\.0*)?$).*)?").fullmatch
NDJSON, CSV = "application/x-ndjson", "text/csv; charset=utf-8; header=present"
# After a partial write meinheld keeps an exception: it reports the response as failed and never
# writes the last chunk, even if all bytes were sent.
NOT_STREAMED = "The service runs under meinheld, which cannot stream: use gevent or gthread."
EVENT_PARAMETERS = {"agent", "run_id", "event_type", "from", "to", "after"}
RUN_PARAMETERS = {"agent", "from", "to", "after"}


class Export(DatabaseResource):
    """The common base of the exports."""

    policy = Policy({"GET": EXPORT})

    content_type = NDJSON
    file_name = "events.ndjson"
    parameters = EVENT_PARAMETERS

    def __init__(self, database: Database, client_of: ClientOf, can_stream: bool) -> None:
        """`can_stream`: False if the server cannot stream, which disables exports."""
        super().__init__(database)
        self._client_of = client_of
        self._can_stream = can_stream

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Stream the matching rows."""
        if not self._can_stream:
            raise ApiError(falcon.HTTP_501, "not_streamed", NOT_STREAMED)
        filters = read_filters(req, self.parameters)
        packed = accepts_gzip(req.get_header("Accept-Encoding") or "")
        if req.method != "HEAD":
            client = self._client_of(req, resp)
            stream = Stream(self._parts(filters), req.context.slot, client, packed)
            stream.begin()
            resp.stream = stream
        self._describe(resp, packed)

    def _describe(self, resp: falcon.Response, packed: bool) -> None:
        """Set the headers; called after the first part, because errors are not compressed."""
        resp.content_type = self.content_type
        resp.downloadable_as = self.file_name
        resp.append_header("Vary", "Accept-Encoding")
        # nginx would buffer the whole response, up to 1 GB.
        resp.set_header("X-Accel-Buffering", "no")
        if packed:
            resp.set_header("Content-Encoding", "gzip")

    def _parts(self, filters: Filters) -> Iterator[bytes]:
        first = self._find_first(filters)
        pages = event_pages(self._database, filters, first, with_scores=True)
        return ndjson(pages, filters.after)

    def _find_first(self, filters: Filters) -> Row | None:
        first = find_first(self._database, filters)
        if first is None and filters.after_run and filters.agent_name:
            raise bad_parameter(
                "after", "names a run that the agent no longer has; start without it"
            )
        return first


class EventsNdjson(Export):
    """Events and scores as lines of JSON, each of which can be imported."""


class EventsCsv(Export):
    """Events as CSV, with the typed fields of their data as columns."""

    content_type, file_name = CSV, "events.csv"

    def _parts(self, filters: Filters) -> Iterator[bytes]:
        pages = event_pages(self._database, filters, self._find_first(filters))
        return csv_lines(EVENT_COLUMNS, pages)


class RunsCsv(Export):
    """Runs as CSV."""

    content_type, file_name, parameters = CSV, "runs.csv", RUN_PARAMETERS

    def _parts(self, filters: Filters) -> Iterator[bytes]:
        pages = run_pages(self._database, filters, self._find_first(filters))
        wanted = ([run for run in page if filters.has_started_in_time(run)] for page in pages)
        return csv_lines(RUN_COLUMNS, wanted)


def accepts_gzip(header: str) -> bool:
    """Whether the client accepts gzip, with a weight above 0."""
    return any(ACCEPTED(coding.replace(" ", "")) for coding in header.lower().split(","))


def read_filters(req: falcon.Request, allowed: set[str]) -> Filters:
    """Read the parameters; raise ApiError 400 for an invalid one."""
    allow_parameters(req, allowed)
    after_run, after_event = read_after(req, "event_type" in allowed)
    from_at, to_at = time_range(req, UTC)
    filters = Filters(
        agent_name=optional_text(req, "agent"),
        run_id=optional_id(req, "run_id"),
        event_type=optional_text(req, "event_type"),
        from_at=from_at,
        to_at=to_at,
        after_run=after_run,
        after_event=after_event,
    )
    if filters.run_id and after_run not in (None, filters.run_id):
        raise bad_parameter("after", "is of the run that `run_id` names")
    return filters


def read_after(req: falcon.Request, of_events: bool) -> tuple[str | None, str | None]:
    """The last exported run, and for events its last exported event."""
    text = optional_text(req, "after")
    if text is None:
        return None, None
    run, _, event = text.partition("/")
    run_id, event_id = to_uuid(run), to_uuid(event)
    if run_id is None or (event_id is None if of_events else event):
        form = "run_id/event_id" if of_events else "run_id"
        raise bad_parameter("after", f"is the {form} of the last line that came")
    return run_id, event_id
