"""Request bodies: read whole and within a limit, plain, chunked or gzip."""

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import falcon
import orjson
from gunicorn.http.errors import ParseException

from service.api.errors import ApiError
from service.core.cooperative import Pacer

CHUNK_BYTES = 65_536
UNPACKED_BYTES = 1_048_576  # at a time
PACKED_BYTES = 16_384
MAX_MEMBERS = 10_000  # 20 ms where all are empty; a million of them would block other requests
GZIP = 16 + zlib.MAX_WBITS


class Budget(Protocol):
    """Counts the bytes of a body while it is read (body_budget.Reservation). Both may raise."""

    def reserve(self, size: int) -> None:
        """Check that `size` bytes fit, before they are read."""

    def grow(self, size: int) -> None:
        """Count `size` bytes, which were read."""


class Unlimited:
    """A budget without limit, for small documents."""

    def reserve(self, size: int) -> None:
        """Accept it."""

    def grow(self, size: int) -> None:
        """Accept it."""


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
    return read_packed_body(req, limit, budget)


def read_packed_body(req: falcon.Request, limit: int, budget: Budget) -> bytes:
    """Read a body of any content type, as read_json_body does."""
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

    Falcon's bounded_stream is empty for chunked bodies. gunicorn passes on a body that ended before
    its Content-Length, so the length is compared here. For chunks it raises OSError where they end
    too soon, ParseException where they are malformed. gunicorn then closes the connection itself,
    as after a SlowClientTimeout.
    """
    length = req.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    chunked = length is None and req.get_header("Transfer-Encoding") is not None
    expected = limit + 1 if chunked else (length or 0)
    budget.reserve(length or 0)
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
    """The error for a body that ended too soon."""
    return ApiError(falcon.HTTP_400, "incomplete_body", f"{what} Nothing was stored.")


def stalled() -> ApiError:
    """The error for a client that stalls in the middle of a body.

    Not 408: a timeout is retryable, and SDKs drop a batch after any 4xx but 429.
    """
    text = "The rest of the body did not arrive in time. Nothing was stored. Retry the request."
    return ApiError(falcon.HTTP_503, "body_timeout", text, retry=True)


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
    except zlib.error:
        raise ApiError(
            falcon.HTTP_400,
            "invalid_encoding",
            "The body is not valid gzip, as Content-Encoding declares.",
        ) from None
    return b"".join(parts)


def unpack(packed: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield up to `max_bytes` of the decompressed body, part by part; raises zlib.error.

    Each member gets a small piece of the body at a time, because zlib copies the unused rest. With
    the whole body, 1 MB of empty members took 3.5 s, and 64 MB would have taken hours.
    """
    rest, members = memoryview(packed), 0
    while rest and max_bytes:
        member, members = zlib.decompressobj(GZIP), members + 1
        if members > MAX_MEMBERS:
            raise zlib.error("too many members")
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
    """The error for a body over the limit, by its declared or real length."""
    return ApiError(
        falcon.HTTP_413,
        "body_too_large",
        f"The body is larger than {limit} bytes. Send it in smaller parts.",
        limit=limit,
    )
