"""Responses and errors for OTLP clients, in the encoding of their request.

Errors are google.rpc.Status with the request's id as google.rpc.RequestInfo. The two messages have
three fields, so they are encoded by hand: nothing else would need their package.
"""

import falcon
import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from service.ingest.otlp.protobuf_wire import field

PATHS = ("/v1/traces", "/v1/metrics", "/v1/logs")
PROTOBUF = "application/x-protobuf"
REQUEST_INFO = "type.googleapis.com/google.rpc.RequestInfo"
UNKNOWN = 2
# google.rpc.Code by HTTP status.
CODES = {
    400: 3,  # INVALID_ARGUMENT
    401: 16,  # UNAUTHENTICATED
    403: 7,  # PERMISSION_DENIED
    404: 5,  # NOT_FOUND
    405: 12,  # UNIMPLEMENTED
    413: 3,
    415: 3,
    429: 8,  # RESOURCE_EXHAUSTED
    500: 13,  # INTERNAL
    503: 14,  # UNAVAILABLE
    504: 4,  # DEADLINE_EXCEEDED
}


def media_type_of(content_type: str | None) -> str:
    """The media type of a Content-Type header, without parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_otlp(req: falcon.Request) -> bool:
    """Whether the request is for an OTLP endpoint, even if middleware refused it."""
    return bool(req.uri_template) and str(req.uri_template).endswith(PATHS)


def write_response(
    resp: falcon.Response,
    is_json: bool,
    rejected: int,
    message: str,
    rejected_key: str = "rejectedSpans",
) -> None:
    """Write an ExportTraceServiceResponse; `partial_success` is set only where there is a message.

    Without rejected spans the message is a warning. In protobuf those of other signals are the
    same; in JSON they have another key.
    """
    if is_json:
        # int64 is text in protobuf's JSON.
        partial = {rejected_key: str(rejected), "errorMessage": message}
        resp.content_type = falcon.MEDIA_JSON
        resp.data = orjson.dumps({"partialSuccess": partial} if message else {})
        return
    response = ExportTraceServiceResponse()
    if message:
        partial_success = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
        response.partial_success.CopyFrom(partial_success)
    resp.content_type = PROTOBUF
    resp.data = response.SerializeToString()


def error(
    content_type: str | None, status: int, message: str, request_id: str
) -> tuple[str, bytes]:
    """Return the media type and bytes of a google.rpc.Status, in protobuf or else in JSON."""
    code = CODES.get(status, UNKNOWN)
    if media_type_of(content_type) == PROTOBUF:
        return PROTOBUF, protobuf_status(code, message, request_id)
    details = [{"@type": REQUEST_INFO, "requestId": request_id}]
    fields = {"code": code, "message": message, "details": details}
    return falcon.MEDIA_JSON, orjson.dumps(fields)


def protobuf_status(code: int, message: str, request_id: str) -> bytes:
    """Encode a google.rpc.Status: code, message, details."""
    info = field(1, request_id.encode())
    detail = field(1, REQUEST_INFO.encode()) + field(2, info)
    return field(1, code) + field(2, message.encode()) + field(3, detail)
