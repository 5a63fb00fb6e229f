"""What an OTLP client is answered, in the encoding that it sent: the response, or an error.

Errors are google.rpc.Status with the request's id as google.rpc.RequestInfo. Both messages have
three fields, so they are written by hand: their package would be needed for nothing else.
"""

import falcon
import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from service.ingest.otlp.protobuf_wire import field

PATH = "/v1/traces"
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
    """The type of a body by its Content-Type, without parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_otlp(req: falcon.Request) -> bool:
    """Whether the request was for the OTLP endpoint, also where it never reached it."""
    return bool(req.uri_template) and str(req.uri_template).endswith(PATH)


def write_response(resp: falcon.Response, is_json: bool, rejected: int, message: str) -> None:
    """Answer an ExportTraceServiceResponse; `partial_success` is unset when all is well."""
    if is_json:
        # int64 is text in protobuf's JSON.
        partial = {"rejectedSpans": str(rejected), "errorMessage": message}
        resp.content_type = falcon.MEDIA_JSON
        resp.data = orjson.dumps({"partialSuccess": partial} if rejected else {})
        return
    answer = ExportTraceServiceResponse()
    if rejected:
        partial_success = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
        answer.partial_success.CopyFrom(partial_success)
    resp.content_type = PROTOBUF
    resp.data = answer.SerializeToString()


def error(
    content_type: str | None, status: int, message: str, request_id: str
) -> tuple[str, bytes]:
    """Return the type and bytes of a google.rpc.Status, in JSON for who did not send protobuf."""
    code = CODES.get(status, UNKNOWN)
    if media_type_of(content_type) == PROTOBUF:
        return PROTOBUF, protobuf_status(code, message, request_id)
    details = [{"@type": REQUEST_INFO, "requestId": request_id}]
    said = {"code": code, "message": message, "details": details}
    return falcon.MEDIA_JSON, orjson.dumps(said)


def protobuf_status(code: int, message: str, request_id: str) -> bytes:
    """Write a google.rpc.Status: code, message, details."""
    info = field(1, request_id.encode())
    detail = field(1, REQUEST_INFO.encode()) + field(2, info)
    return field(1, code) + field(2, message.encode()) + field(3, detail)
