"""OTLP: the body of POST /v1/traces -> the rows of its spans, and its answers. No SQL."""

from service.otlp.batch import SpanBatch, parse_spans
from service.otlp.span import Malformed, TooManySpans

__all__ = ["Malformed", "SpanBatch", "TooManySpans", "parse_spans"]
