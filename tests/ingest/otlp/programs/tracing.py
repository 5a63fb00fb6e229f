"""OpenTelemetry as a program sets it up; OTEL_EXPORTER_OTLP_* says where to send, and how."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

SMALL_BATCH = 4  # so that a trace takes several requests, its root in the last


@contextmanager
def traced(service_name: str) -> Iterator[TracerProvider]:
    """A provider for a block, of which every span is sent in the end."""
    resource = Resource.create({"service.name": service_name, "deployment.environment.name": "lab"})
    provider = TracerProvider(resource=resource)
    processor = BatchSpanProcessor(exporter(), max_export_batch_size=SMALL_BATCH)
    provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    try:
        yield provider
    finally:
        provider.shutdown()


def exporter() -> SpanExporter:
    """The official exporter for the encoding that is asked for."""
    is_json = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/json"
    return JsonExporter() if is_json else OTLPSpanExporter()
