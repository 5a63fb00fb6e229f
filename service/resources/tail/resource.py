"""/events/stream: events as they are committed, as server-sent events."""

import falcon

from service.api.errors import ApiError
from service.api.parameters import allow_parameters, bad_parameter, optional_text
from service.api.streaming.client import StreamClients
from service.api.streaming.slots import StreamLimiter
from service.db.database import Database
from service.resources.export.resource import NOT_STREAMED
from service.resources.tail.position import StreamPosition
from service.resources.tail.stream import Stream

PARAMETERS = {"agent", "last_event_id"}


class Tail:
    """Where events come out, as long as the client likes."""

    def __init__(
        self, database: Database, slots: StreamLimiter, readers: StreamClients, can_stream: bool
    ) -> None:
        """`can_stream` is False where one stream would be all that a worker serves."""
        self._database = database
        self._slots = slots
        self._readers = readers
        self._can_stream = can_stream

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Stream from now on, or from behind the event that came last; 503 when too many do."""
        if not self._can_stream:
            raise ApiError(falcon.HTTP_501, "not_streamed", NOT_STREAMED)
        allow_parameters(req, PARAMETERS)
        agent_name, last = optional_text(req, "agent"), read_last(req)
        if req.method != "HEAD":
            reader = self._readers.of(req, resp)
            stream = Stream(self._database, agent_name, self._slots.acquire(), reader)
            stream.begin(last)
            resp.stream = stream
        resp.content_type = "text/event-stream"
        resp.set_header("X-Accel-Buffering", "no")  # what is not taken would fill nginx's disk


def read_last(req: falcon.Request) -> StreamPosition | None:
    """Where the client was: its header, which is newer, before the URL that it keeps asking."""
    text = req.get_header("Last-Event-ID") or optional_text(req, "last_event_id")
    if text is None:
        return None
    place = StreamPosition.parse(text)
    if place is None:
        raise bad_parameter("last_event_id", "is the `id` of the last message that came")
    return place
