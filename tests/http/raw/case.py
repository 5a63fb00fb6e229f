"""A case: what is sent on one connection, and what must come back."""

import json
from dataclasses import dataclass, replace
from enum import Enum

from tests.events import event, new_id

HOST = b"Host: gati\r\n"
JSON = b"Content-Type: application/json\r\n"
KEPT_OPEN, CLOSED, EITHER = True, False, None


class Act(Enum):
    """What a client does beside sending."""

    PAUSE = "wait a moment, so that what was sent arrives by itself"
    HALF_CLOSE = "say that no more will be sent"
    RESET = "break the connection off with RST"


@dataclass(frozen=True)
class Case:
    """One connection.

    `answers` has the statuses that each answer may have, in order, and there must be no more of
    them; 0 stands for a connection that is closed without an answer. `kept` says whether it is
    still good for a request afterwards. `alone`: for the service without nginx. `proxied`: what the
    one answer may be behind nginx, where that reads it otherwise than gunicorn; what it then sends
    on is in words of its own.
    """

    name: str
    steps: tuple[bytes | Act, ...]
    answers: tuple[tuple[int, ...], ...] = ()
    kept: bool | None = CLOSED
    alone: bool = False
    proxied: tuple[int, ...] = ()

    def behind_nginx(self) -> "Case":
        """The same with what nginx makes of it."""
        return replace(self, answers=(self.proxied,), kept=EITHER) if self.proxied else self


def case(
    name: str,
    *steps: bytes | Act,
    answers: list[int | tuple[int, ...]],
    kept: bool | None = CLOSED,
    alone: bool = False,
    proxied: tuple[int, ...] = (),
) -> Case:
    """Make a case; a single status may stand for itself."""
    statuses = tuple((one,) if isinstance(one, int) else one for one in answers)
    return Case(name, steps, statuses, kept, alone, proxied)


def refused(
    name: str,
    *steps: bytes | Act,
    also: int | None = None,
    alone: bool = False,
    proxied: tuple[int, ...] = (),
) -> Case:
    """A case that is answered 400 (or `also`) once, whatever follows it, and then closed."""
    statuses = (400,) if also is None else (400, also)
    return case(name, *steps, answers=[statuses], alone=alone, proxied=proxied)


def stored(agent: str) -> bytes:
    """The body of a batch that is to be stored, by an agent of its own."""
    return json.dumps({"events": [event(new_id(), agent_name=f"stored {agent}")]}).encode()


def never(agent: str) -> bytes:
    """The body of a batch that must never be stored."""
    return json.dumps({"events": [event(new_id(), agent_name=f"never {agent}")]}).encode()


def get(target: bytes = b"/health", *lines: bytes) -> bytes:
    """A GET; each line is one more header."""
    head = b"".join(line + b"\r\n" for line in lines)
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + head + b"\r\n"


def post(body: bytes, *lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    """A POST whose framing is told by `lines` alone; without any, by its Content-Length."""
    framing = lines or (b"Content-Length: %d" % len(body),)
    head = b"".join(line + b"\r\n" for line in framing)
    return b"POST /api/events " + version + b"\r\n" + HOST + JSON + head + b"\r\n" + body


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """One chunk."""
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def chunked(*pieces: bytes, lines: tuple[bytes, ...] = ()) -> bytes:
    """A POST in chunks: the pieces as they stand behind its head."""
    return post(b"".join(pieces), b"Transfer-Encoding: chunked", *lines)


END = b"0\r\n\r\n"
