"""/events/stream: events as they are committed, as server-sent events."""

import select
from functools import partial
from socket import MSG_PEEK
from typing import Any

import falcon

from service.access import Access
from service.database import Database
from service.errors import ApiError
from service.greenlets import poll_now
from service.middleware import identify
from service.parameters import allow_parameters, bad_parameter, optional_text
from service.resources.export import NOT_STREAMED
from service.slots import Slots
from service.tail import Place, Stream

PARAMETERS = {"agent", "last_event_id"}


class Tail:
    """Where events come out, as long as the client likes."""

    def __init__(self, database: Database, slots: Slots, access: Access, can_stream: bool) -> None:
        """`can_stream` is False where one stream would be all that a worker serves."""
        self._database = database
        self._slots = slots
        self._access = access
        self._can_stream = can_stream

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Stream from now on, or from behind the event that came last; 503 when too many do."""
        if not self._can_stream:
            raise ApiError(falcon.HTTP_501, "not_streamed", NOT_STREAMED)
        allow_parameters(req, PARAMETERS)
        agent_name, last = optional_text(req, "agent"), read_last(req)
        if req.method != "HEAD":
            may_go_on = partial(self._may_go_on, req)
            stream = Stream(
                self._database, agent_name, self._slots.take(), may_go_on, identify(req, resp)
            )
            stream.begin(last)
            resp.stream = stream
        resp.content_type = "text/event-stream"
        resp.set_header("X-Accel-Buffering", "no")  # what is not taken would fill nginx's disk

    def _may_go_on(self, req: falcon.Request) -> bool:
        return not has_left(req.env) and self._access.still_admits(req)


def read_last(req: falcon.Request) -> Place | None:
    """Where the client was: its header, which is newer, before the URL that it keeps asking."""
    text = req.get_header("Last-Event-ID") or optional_text(req, "last_event_id")
    if text is None:
        return None
    place = Place.parse(text)
    if place is None:
        raise bad_parameter("last_event_id", "is the `id` of the last message that came")
    return place


def has_left(environ: dict[str, Any]) -> bool:
    """Whether the client has closed the connection. A write would not tell before the second."""
    sock = environ.get("gunicorn.socket")
    if sock is None:
        return False
    poll = poll_now()
    try:
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0)) and not sock.recv(1, MSG_PEEK)
    except (OSError, ValueError):  # closed on our side
        return True
