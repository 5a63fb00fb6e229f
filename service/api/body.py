"""Reads request bodies of a limited size: plain, chunked or compressed."""

from typing import Any, Protocol

import falcon
import orjson
from gunicorn.http.errors import ParseException

from service.api.body_pace import BodyPace
from service.api.decompression import DECOMPRESSORS, BadEncoding
from service.api.errors import ApiError
from service.core.cooperative import Pacer

CHUNK_BYTES = 65_536
IDENTITY = "identity"


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
    """Read a JSON body of at most `limit` bytes, decompressed; not parsed.

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
    """Read a body of any content type and decompress it.

    Raises as read_json_body does.
    """
    encoding = (req.get_header("Content-Encoding") or IDENTITY).strip().lower()
    if encoding not in (IDENTITY, *DECOMPRESSORS):
        raise ApiError(
            falcon.HTTP_415,
            "unsupported_encoding",
            f"Send the body uncompressed, or with Content-Encoding: {', '.join(DECOMPRESSORS)}.",
        )
    body = read_body(req, limit, budget)
    return body if encoding == IDENTITY else decompress(body, encoding, limit, budget)


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
    parts, size, pace = [], 0, BodyPace()
    try:
        while size < expected and (part := req.stream.read(min(CHUNK_BYTES, expected - size))):
            parts.append(part)
            size += len(part)
            budget.grow(size)
            pace.add(len(part))
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


def decompress(packed: bytes, encoding: str, limit: int, budget: Budget) -> bytes:
    """Decompress a body; raise ApiError 400 for an invalid one, 413 beyond the limit."""
    parts, size, pacer = [], 0, Pacer()
    try:
        for part in DECOMPRESSORS[encoding](packed, limit + 1):
            pacer.pause()
            parts.append(part)
            size += len(part)
            if size > limit:
                raise too_large(limit)
            budget.grow(size)
    except BadEncoding as error:
        raise ApiError(falcon.HTTP_400, "invalid_encoding", f"{encoding}: {error}") from None
    return b"".join(parts)


def too_large(limit: int) -> ApiError:
    """The error for a body over the limit, by its declared, received or decompressed size."""
    return ApiError(
        falcon.HTTP_413,
        "body_too_large",
        f"The body is larger than {limit} bytes. Send less at once.",
        limit=limit,
    )
