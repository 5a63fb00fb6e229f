"""Other ways in than /v1/traces: Langfuse's path, encodings, and metrics, which are not kept."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from backports import zstd
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

from tests.client import Client
from tests.ingest.otlp.spans import PROTOBUF, new_trace, request, run_of, span


@pytest.mark.parametrize("path", ["/api/public/otel/v1/traces", "/public/otel/v1/traces"])
def test_langfuse_s_path(client: Client, path: str) -> None:
    trace = new_trace()
    body = request(span(trace)).SerializeToString()
    answer = client.simulate_post(path, body=body, headers={"Content-Type": PROTOBUF})
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.run(run_of(trace))["event_count"] == 2


@pytest.mark.parametrize("path", ["/api/public/otel/v1/traces", "/v1/logs"])
def test_its_errors_are_those_of_otlp(client: Client, path: str) -> None:
    answer = client.simulate_post(path, body=b"x", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json["code"]) == (415, 3)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstd.compress),
    ],
)
def test_encodings(client: Client, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    trace = new_trace()
    body = pack(request(span(trace)).SerializeToString())
    headers = {"Content-Type": PROTOBUF, "Content-Encoding": encoding}
    assert client.simulate_post("/v1/traces", body=body, headers=headers).status_code == 200
    assert client.run(run_of(trace))["event_count"] == 2


def test_an_encoding_that_is_not_known_is_told_which_are(client: Client) -> None:
    headers = {"Content-Type": PROTOBUF, "Content-Encoding": "br"}
    answer = client.simulate_post("/v1/traces", body=b"x", headers=headers)
    assert answer.status_code == 415
    assert b"gzip, x-gzip, deflate, zstd" in answer.content


def test_metrics_are_not_kept_which_is_said(client: Client) -> None:
    headers = {"Content-Type": PROTOBUF}
    answer = client.simulate_post("/v1/metrics", body=b"\x0a\x00", headers=headers)
    assert answer.status_code == 200
    response = ExportMetricsServiceResponse.FromString(answer.content)
    said = response.partial_success.error_message
    assert "OTEL_METRICS_EXPORTER=none" in said
    headers = {"Content-Type": "application/json"}
    answer = client.simulate_post("/api/v1/metrics", body=b"{}", headers=headers)
    assert answer.json["partialSuccess"]["errorMessage"] == said
    assert client.ok("/api/agents") == []
