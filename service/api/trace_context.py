"""traceparent (W3C Trace Context): the client's trace that a request belongs to.

The service creates no spans. Its log lines carry the client's trace id, so that they can be found
by it. An invalid header is ignored, as the specification requires.
"""

import re

import falcon

# Version 00 ends with the flags; a later version may continue after another hyphen.
TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
NO_TRACE, NO_SPAN = "0" * 32, "0" * 16


def trace_context(req: falcon.Request) -> dict[str, str]:
    """The log's fields `trace_id` and `span_id`, of the client's span that sent the request."""
    found = TRACEPARENT.fullmatch(req.get_header("traceparent") or "")
    if found is None:
        return {}
    version, trace_id, span_id, rest = found.groups()
    if trace_id == NO_TRACE or span_id == NO_SPAN or (version == "00" and rest):
        return {}
    return {"trace_id": trace_id, "span_id": span_id}
