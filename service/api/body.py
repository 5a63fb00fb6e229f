"""Reads request bodies of a limited size: plain, chunked or gzip."""

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import falcon
import orjson
from gunicorn.http.errors import ParseException

from service.api.errors import ApiError
from service.core.cooperative import Pacer

CHUNK_BYTES = 65_536
UNPACKED_BYTES = 1_048_576  # most output of one decompress() call
PACKED_BYTES = 16_384  # most input of one decompress() call
MAX_MEMBERS = 10_000  # of gzip. Empty ones take 20 ms; a million would block other requests
GZIP = 16 + zlib.MAX_WBITS


class Budget(Protocol):
    """Counts the bytes of a body while it is read: body_budget.BodyShare, or Unlimited.

    Its methods may raise Overloaded.
    """

    def check_room(self, size: int) -> None:
        """Check that `size` bytes fit, before they are read."""

    def grow(self, size: int) -> None:
        """Count `size` bytes, which were read."""


class Unlimited:
    """A budget without limit, for small documents."""

    def check_room(self, size: int) -> None:
        """Accept any size."""

    def grow(self, size: int) -> None:
        """Accept any size."""


def read_json_body(req: falcon.Request, limit: int, budget: Budget) -> bytes:
    """Read a JSON body of at most `limit` bytes, decompressed where it is gzip; not parsed.

    Raises ApiError (400 incomplete_body or invalid_encoding, 413, 415, 503 body_timeout), and what
    `budget` raises.
    """
    if (req.content_type or "").partition(";")[0].strip().lower() != falcon.MEDIA_JSON:
        raise ApiError(
            falcon.HTTP_415,
            "unsupported_media_type",
            "Send the body with Content-Type: application/json.",
        )
    return read_unpacked_body(req, limit, budget)


def read_unpacked_body(req: falcon.Request, limit: int, budget: Budget) -> bytes:
    """Read a body of any content type and decompress it if it is gzip.

    Raises as read_json_body does.
    """
    encoding = (req.get_header("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise ApiError(
            falcon.HTTP_415,
            "unsupported_encoding",
            "Send the body uncompressed, or with Content-Encoding: gzip.",
        )
    body = read_body(req, limit, budget)
    return gunzip(body, limit, budget) if encoding == "gzip" else body


def read_document(req: falcon.Request, limit: int) -> dict[str, Any]:
    """Read and parse a small JSON object; raise ApiError 400 for anything else."""
    try:
        document = orjson.loads(read_json_body(req, limit, Unlimited()))
    except orjson.JSONDecodeError:
        raise ApiError(falcon.HTTP_400, "invalid_json", "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise ApiError(falcon.HTTP_400, "invalid_json", "The body is not a JSON object.")
    return document


def read_body(req: falcon.Request, limit: int, budget: Budget) -> bytes:
    """Read the body from gunicorn's own stream.

    Falcon's bounded_stream is empty for chunked bodies. gunicorn returns a body that is shorter
    than its Content-Length without an error, so the length is compared here. For chunks gunicorn
    raises OSError (too short) or ParseException (malformed). After an error gunicorn closes the
    connection.
    """
    length = req.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    chunked = length is None and req.get_header("Transfer-Encoding") is not None
    expected = limit + 1 if chunked else (length or 0)
    budget.check_room(length or 0)
    parts, size = [], 0
    try:
        while size < expected and (part := req.stream.read(min(CHUNK_BYTES, expected - size))):
            parts.append(part)
            size += len(part)
            budget.grow(size)
    except TimeoutError:
        raise stalled() from None
    except (OSError, ParseException):
        raise incomplete("The body's chunks end too soon or are malformed.") from None
    if size > limit:
        raise too_large(limit)
    if not chunked and size < expected:
        raise incomplete(f"The body ended after {size} of {expected} bytes.")
    return b"".join(parts)


def incomplete(what: str) -> ApiError:
    """The error for a body that ended too soon, or whose chunks are malformed."""
    return ApiError(falcon.HTTP_400, "incomplete_body", f"{what} Nothing was stored.")


def stalled() -> ApiError:
    """The error for a client that stalls in the middle of a body.

    Not 408: a timeout is retryable, and SDKs drop a batch after any 4xx but 429.
    """
    text = "The rest of the body did not arrive in time. Nothing was stored. Retry the request."
    return ApiError(falcon.HTTP_503, "body_timeout", text, retry=True)


class TooManyMembers(Exception):
    """A gzip body of more than MAX_MEMBERS members."""


def invalid(text: str) -> ApiError:
    """The error for a body that cannot be decompressed."""
    return ApiError(falcon.HTTP_400, "invalid_encoding", text)


def gunzip(packed: bytes, limit: int, budget: Budget) -> bytes:
    """Decompress gzip of one or more members, to at most one byte beyond the limit."""
    parts, size, pacer = [], 0, Pacer()
    try:
        for part in unpack(packed, limit + 1):
            pacer.pause()
            parts.append(part)
            size += len(part)
            if size > limit:
                raise too_large(limit)
            budget.grow(size)
    except TooManyMembers:
        raise invalid(f"The gzip body has more than {MAX_MEMBERS} members.") from None
    except zlib.error:
        raise invalid("Content-Encoding is gzip, but the body is not valid gzip.") from None
    return b"".join(parts)


def unpack(packed: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield up to `max_bytes` of the decompressed body, part by part.

    Raises zlib.error and TooManyMembers.

    Each member gets a small piece of the body at a time, because zlib copies the unused rest. With
    the whole body, 1 MB of empty members took 3.5 s, and 64 MB would have taken hours.
    """
    rest, members = memoryview(packed), 0
    while rest and max_bytes:
        member, members = zlib.decompressobj(GZIP), members + 1
        if members > MAX_MEMBERS:
            raise TooManyMembers
        while not member.eof and max_bytes:
            piece = rest[:PACKED_BYTES]
            part = member.decompress(piece, min(max_bytes, UNPACKED_BYTES))
            unused = member.unconsumed_tail or member.unused_data
            rest = rest[len(piece) - len(unused) :]
            if not (part or rest or member.eof):
                raise zlib.error("the gzip stream ends too soon")
            max_bytes -= len(part)
            yield part


def too_large(limit: int) -> ApiError:
    """The error for a body over the limit, by its declared, received or decompressed size."""
    return ApiError(
        falcon.HTTP_413,
        "body_too_large",
        f"The body is larger than {limit} bytes. Send less at once.",
        limit=limit,
    )
