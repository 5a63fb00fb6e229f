"""Spans of OpenTelemetry in a closed loop: POST /v1/traces in protobuf, in the exporters' batches.

Every repetition has a service and a database of its own, and raw COPY of the same rows beside it;
afterwards every event is counted. Reading bodies into rows is timed by itself, in this process.
"""

import argparse
import time
from dataclasses import replace
from random import Random
from statistics import median

from tqdm import tqdm

from bench import results, spans
from bench.ingest import SUMMED
from bench.load import Result, closed_loop, host_of, post
from bench.measured import measure, warning
from bench.results import Row
from bench.service import Service, target
from bench.yardstick import raw_copy
from service.ingest.otlp.batch import SpanBatch, parse_spans

BATCH = 512  # OTEL_BSP_MAX_EXPORT_BATCH_SIZE, as every SDK has it
CLIENTS = 8
SPANS = 60_000
PATH, MEDIA_TYPE = "/v1/traces", "application/x-protobuf"
MAX_SPANS, MAX_BYTES, MAX_DEPTH = 10_000, 2**20, 64
ROUNDS = 5  # of reading: the best says what it costs, the others what else the machine did


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--batch", type=int, default=BATCH, help="spans in a request (512)")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="requests under way (8)")
    parser.add_argument("--spans", type=int, default=SPANS, help="spans of each repetition")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure the one case."""
    repeats = []
    for number in tqdm(range(options.repeat), disable=None, leave=False):
        repeats.append(repetition(options, number))
    rows = [summed_up(options, repeats)]
    tqdm.write(line(rows[0]))
    results.store("otlp", rows)
    return rows


def repetition(options: argparse.Namespace, number: int) -> Row:
    """The case once, on a service of its own."""
    seed = options.seed
    if options.url:
        seed = Random(f"{seed} {number}").getrandbits(64)
    count = max(1, options.spans // options.batch)
    traffic = list(spans.requests(seed, count, options.batch))
    parsed = [parse(body) for body in traffic]
    events = sum(len(batch.rows) for batch in parsed)
    with target(options.url) as service:
        found = measure(service, lambda: load(service, traffic, events, options.clients), events)
        row = found.row() | {
            "spans_per_second": count * options.batch / found.result.seconds,
            "reading_us_per_span": reading_us(traffic[:ROUNDS], options.batch),
        }
        if service.database_url is None:
            return row
        copied = raw_copy(service.database_url, [batch.rows for batch in parsed], 1)
        ratio = float(row["rate_per_second"]) / copied
        return row | found.own_row() | {"copy_per_second": copied, "ratio_to_copy": ratio}


def load(service: Service, traffic: list[bytes], events: int, clients: int) -> Result:
    """Send all; an answer has no count, and says nothing at all where everything is stored."""
    requests = (as_protobuf(post(PATH, body, host_of(service.url))) for body in traffic)
    result = closed_loop(service.url, requests, clients)
    stored = events if result.statuses[200] == len(traffic) else 0
    return replace(result, acknowledged=stored)


def as_protobuf(request: bytes) -> bytes:
    """A request with its type."""
    return request.replace(b"application/json", MEDIA_TYPE.encode(), 1)


def parse(body: bytes) -> SpanBatch:
    """The rows of a request, as the service reads them."""
    return parse_spans(body, False, MAX_SPANS, MAX_BYTES, MAX_DEPTH)


def reading_us(traffic: list[bytes], size: int) -> float:
    """What it takes to make rows of a span, in microseconds of CPU: the best of a few rounds."""
    rounds = []
    for body in traffic * ROUNDS:
        began = time.process_time()
        parse(body)
        rounds.append(time.process_time() - began)
    return 1e6 * min(rounds) / size


def summed_up(options: argparse.Namespace, repeats: list[Row]) -> Row:
    """The medians over the repetitions, each figure by itself; counts are added up."""
    figures = {name: [float(repeat[name]) for repeat in repeats] for name in repeats[0]}
    return {
        "batch": options.batch,
        "clients": options.clients,
        "repeats": options.repeat,
        **{
            name: int(sum(values)) if name in SUMMED else round(median(values), 4)
            for name, values in figures.items()
        },
    }


def line(row: Row) -> str:
    """The case in one line."""
    said = (
        f"batches of {row['batch']} spans, {row['clients']} clients: "
        f"{row['spans_per_second']:,.0f} spans/s ({row['rate_per_second']:,.0f} events/s); "
        f"p50 {row['p50_ms']:.0f}, p95 {row['p95_ms']:.0f}, p99 {row['p99_ms']:.0f} ms; "
        f"reading {row['reading_us_per_span']:.1f} µs per span"
    )
    if "cpu_us_per_event" in row:
        said += (
            f"; {row['ratio_to_copy']:.2f} of raw COPY ({row['copy_per_second']:,.0f}/s); CPU per "
            f"event {row['service_cpu_us_per_event']:.0f} + PostgreSQL "
            f"{row['postgres_cpu_us_per_event']:.0f} + client "
            f"{row['client_cpu_us_per_event']:.1f} µs; peak RSS {row['peak_rss_mb']:.0f} MB"
        )
    return said + warning(row)
