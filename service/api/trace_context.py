"""traceparent (W3C Trace Context): which trace of the client's a request belongs to.

The service makes no spans: the log names the client's, so that a line is found from a trace. What
is not valid is as if it had not been sent, as the specification wants it.
"""

import re

import falcon

# Version 00 ends with the flags; a later one may go on, after another hyphen.
TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
NO_TRACE, NO_SPAN = "0" * 32, "0" * 16


def trace_context(req: falcon.Request) -> dict[str, str]:
    """The log's fields: `trace_id`, and `span_id`, the span of the client's that sent this."""
    found = TRACEPARENT.fullmatch(req.get_header("traceparent") or "")
    if found is None:
        return {}
    version, trace_id, span_id, rest = found.groups()
    if trace_id == NO_TRACE or span_id == NO_SPAN or (version == "00" and rest):
        return {}
    return {"trace_id": trace_id, "span_id": span_id}
