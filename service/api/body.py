"""Request bodies: read whole, within a limit, whatever way they are sent."""

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import falcon
import orjson
from gunicorn.http.errors import ParseException

from service.api.errors import ApiError

CHUNK_BYTES = 65_536
UNPACKED_BYTES = 1_048_576  # at a time
PACKED_BYTES = 16_384
MAX_MEMBERS = 10_000  # 20 ms where all are empty: a million of them would hold up all others
GZIP = 16 + zlib.MAX_WBITS


class Budget(Protocol):
    """Where a body is held while it is read (admission.Share); either may refuse by raising."""

    def reserve(self, size: int) -> None:
        """Hear how many bytes are to come."""

    def grow(self, size: int) -> None:
        """Hold so many."""


class Unlimited:
    """Budget for a small document: always enough."""

    def reserve(self, size: int) -> None:
        """Do not mind."""

    def grow(self, size: int) -> None:
        """Do not mind."""


def read_json_body(req: falcon.Request, limit: int, room: Budget) -> bytes:
    """Read a JSON body of at most `limit` bytes, unpacked where it is gzip; not parsed.

    `room` is told how many bytes the body has, before they are read where that is known. Raises
    ApiError: 400 incomplete_body or invalid_encoding, 413, 415, 503 body_timeout; and what `room`
    raises.
    """
    if (req.content_type or "").partition(";")[0].strip().lower() != falcon.MEDIA_JSON:
        raise ApiError(
            falcon.HTTP_415,
            "unsupported_media_type",
            "Send the body with Content-Type: application/json.",
        )
    return read_packed_body(req, limit, room)


def read_packed_body(req: falcon.Request, limit: int, room: Budget) -> bytes:
    """As read_json_body, for a body of any type."""
    encoding = (req.get_header("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise ApiError(
            falcon.HTTP_415,
            "unsupported_encoding",
            "Send the body as it is, or with Content-Encoding: gzip.",
        )
    body = read_body(req, limit, room)
    return gunzip(body, limit, room) if encoding == "gzip" else body


def read_document(req: falcon.Request, limit: int) -> dict[str, Any]:
    """Read and parse a small JSON object; raise ApiError 400 when it is none."""
    try:
        document = orjson.loads(read_json_body(req, limit, Unlimited()))
    except orjson.JSONDecodeError:
        raise ApiError(falcon.HTTP_400, "invalid_json", "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise ApiError(falcon.HTTP_400, "invalid_json", "The body is not a JSON object.")
    return document


def read_body(req: falcon.Request, limit: int, room: Budget) -> bytes:
    """Read the body from the server's own stream.

    Falcon's bounded_stream is empty for chunked bodies, and the server hands on bodies that ended
    before their Content-Length as if they were whole: so the length is compared here. Of chunks it
    raises what it finds wrong: an OSError where they end too soon, a ParseException where they are
    none. The server closes such a connection by itself, as it does after patience.Stalled.
    """
    length = req.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    chunked = length is None and req.get_header("Transfer-Encoding") is not None
    wanted = limit + 1 if chunked else (length or 0)
    room.reserve(length or 0)
    parts, size = [], 0
    try:
        while size < wanted and (part := req.stream.read(min(CHUNK_BYTES, wanted - size))):
            parts.append(part)
            size += len(part)
            room.grow(size)
    except TimeoutError:
        raise stalled() from None
    except (OSError, ParseException):
        raise incomplete("The body's chunks end too soon, or are none.") from None
    if size > limit:
        raise too_large(limit)
    if not chunked and size < wanted:
        raise incomplete(f"The body ended after {size} of {wanted} bytes.")
    return b"".join(parts)


def incomplete(what: str) -> ApiError:
    """The error for a body that is not all there."""
    return ApiError(falcon.HTTP_400, "incomplete_body", f"{what} Nothing was stored.")


def stalled() -> ApiError:
    """The error for a client that stands still in the middle of a body.

    Not 408: that passes, and SDKs throw away for good what is answered by any 4xx but 429.
    """
    text = "The rest of the body did not come in time. Nothing was stored. Send it again."
    return ApiError(falcon.HTTP_503, "body_timeout", text, retry=True)


def gunzip(packed: bytes, limit: int, room: Budget) -> bytes:
    """Unpack gzip of one or more members, to one byte beyond the limit at the most."""
    parts, size = [], 0
    try:
        for part in unpack(packed, limit + 1):
            parts.append(part)
            size += len(part)
            if size > limit:
                raise too_large(limit)
            room.grow(size)
    except zlib.error:
        raise ApiError(
            falcon.HTTP_400, "invalid_encoding", "The body is not the gzip that it says it is."
        ) from None
    return b"".join(parts)


def unpack(packed: bytes, wanted: int) -> Iterator[bytes]:
    """Give the first `wanted` bytes of what gzip holds, part by part; raises zlib.error.

    A member is given little of the body at a time: what it leaves is copied. With the whole of it,
    1 MB of empty members took 3.5 s, and 64 MB would have taken hours.
    """
    rest, members = memoryview(packed), 0
    while rest and wanted:
        member, members = zlib.decompressobj(GZIP), members + 1
        if members > MAX_MEMBERS:
            raise zlib.error("too many members")
        while not member.eof and wanted:
            given = rest[:PACKED_BYTES]
            part = member.decompress(given, min(wanted, UNPACKED_BYTES))
            left = member.unconsumed_tail or member.unused_data
            rest = rest[len(given) - len(left) :]
            if not (part or rest or member.eof):
                raise zlib.error("the gzip stream ends too soon")
            wanted -= len(part)
            yield part


def too_large(limit: int) -> ApiError:
    """The error for a body over the limit, declared or real."""
    return ApiError(
        falcon.HTTP_413,
        "body_too_large",
        f"The body is larger than {limit} bytes. Send it in parts.",
        limit=limit,
    )
