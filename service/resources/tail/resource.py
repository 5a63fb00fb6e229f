"""/events/stream: events as they are committed, as server-sent events."""

import falcon

from service.api.errors import ApiError
from service.api.parameters import allow_parameters, bad_parameter, optional_text
from service.api.policy import STREAM, Policy
from service.api.resource import DatabaseResource
from service.api.streaming.client import ClientOf
from service.db.database import Database
from service.resources.export.resource import NOT_STREAMED
from service.resources.tail.position import StreamPosition
from service.resources.tail.stream import Stream

PARAMETERS = {"agent", "last_event_id"}


class Tail(DatabaseResource):
    """A live tail, which lasts until the client leaves."""

    policy = Policy({"GET": STREAM})

    def __init__(self, database: Database, client_of: ClientOf, can_stream: bool) -> None:
        """`can_stream` is False where a worker could serve one stream and nothing else."""
        super().__init__(database)
        self._client_of = client_of
        self._can_stream = can_stream

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Stream events from now on, or after the client's position."""
        if not self._can_stream:
            raise ApiError(falcon.HTTP_501, "not_streamed", NOT_STREAMED)
        allow_parameters(req, PARAMETERS)
        agent_name, position = optional_text(req, "agent"), read_position(req)
        if req.method != "HEAD":
            client = self._client_of(req, resp)
            stream = Stream(self._database, agent_name, req.context.slot, client)
            stream.begin(position)
            resp.stream = stream
        resp.content_type = "text/event-stream"
        resp.set_header("X-Accel-Buffering", "no")  # else nginx writes unread messages to its disk


def read_position(req: falcon.Request) -> StreamPosition | None:
    """The client's position: its header, which is newer, else the parameter of its first URL."""
    text = req.get_header("Last-Event-ID") or optional_text(req, "last_event_id")
    if text is None:
        return None
    position = StreamPosition.parse(text)
    if position is None:
        raise bad_parameter("last_event_id", "must be the `id` of a message of this stream")
    return position
