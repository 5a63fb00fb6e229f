"""Ingest in a closed loop: what the service can take, by batch size and clients, beside raw COPY.

Every repetition has a service and a database of its own, and its yardstick beside it; afterwards
every event is counted. Figures are medians over the repetitions.
"""

import argparse
from functools import lru_cache, partial
from random import Random
from statistics import median

from tqdm import tqdm

from bench import results
from bench.load import closed_loop, host_of, post
from bench.measured import measure, warning
from bench.results import Row
from bench.service import target
from bench.traffic import bodies
from bench.yardstick import parse, raw_copy

CASES = ((10, 32), (100, 8), (100, 32), (1_000, 4), (10_000, 4))  # events in a batch, clients
# Two seconds or more of each case; of 10,000 in a batch five rounds of four clients.
EVENTS = {10: 40_000, 100: 80_000, 1_000: 120_000}
MOST_EVENTS = 200_000
YARDSTICK_EVENTS = 100_000
SUMMED = ("sent", "acknowledged", "stored", "lost", "rejected", "refused", "failed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--batch", type=numbers, help="events in a request, such as 10,100,1000")
    parser.add_argument("--clients", type=numbers, help="requests under way, such as 1,8,32")
    parser.add_argument("--events", type=int, help="events of each repetition of a case")


def numbers(text: str) -> list[int]:
    """Whole numbers, separated by commas."""
    return [int(word) for word in text.split(",")]


def run(options: argparse.Namespace) -> list[Row]:
    """Measure every case; without --batch and --clients, those that have limits."""
    rows = []
    with tqdm(total=len(cases(options)) * options.repeat, disable=None, leave=False) as bar:
        for batch, clients in cases(options):
            repeats = []
            for number in range(options.repeat):
                bar.set_description(f"batches of {batch:,}, {clients} clients")
                repeats.append(repetition(options, batch, clients, number))
                bar.update()
            rows.append(summed_up(options, batch, clients, repeats))
            tqdm.write(line(rows[-1]))
    results.store("ingest", rows)
    return rows


def cases(options: argparse.Namespace) -> list[tuple[int, int]]:
    """Batch sizes with numbers of clients."""
    if options.batch is None and options.clients is None:
        return list(CASES)
    return [(batch, n) for batch in options.batch or [10] for n in options.clients or [32]]


def repetition(options: argparse.Namespace, batch: int, clients: int, number: int) -> Row:
    """One case once, on a service of its own, and its yardstick."""
    events = options.events or EVENTS.get(batch, MOST_EVENTS)
    # A service that stays must be sent other events each time: duplicates would be no ingest.
    seed = options.seed
    if options.url:
        seed = Random(f"{seed} {batch} {clients} {number}").getrandbits(64)
    traffic = prepared(seed, max(1, events // batch), batch, options.real)
    with target(options.url) as service:
        requests = (post("/api/events", body, host_of(service.url)) for body in traffic)
        load = partial(closed_loop, service.url, requests, clients)
        found = measure(service, load, sent=len(traffic) * batch)
        if service.database_url is None:
            return found.row()
        size = sum(map(len, traffic)) / (len(traffic) * batch)
        row = found.row() | found.own_row() | {"json_bytes_per_event": size}
        return row | yardstick(service.database_url, traffic, batch, row)


@lru_cache(maxsize=1)
def prepared(seed: int, count: int, batch: int, real: bool) -> tuple[bytes, ...]:
    """The bodies of a case: kept for its repetitions."""
    return tuple(bodies(seed, count, batch, real))


def yardstick(database_url: str, traffic: tuple[bytes, ...], batch: int, row: Row) -> Row:
    """Raw COPY of the same rows, and the row's share of it."""
    parsed = parse(traffic[: max(1, YARDSTICK_EVENTS // batch)])
    one, two = raw_copy(database_url, parsed, 1), raw_copy(database_url, parsed, 2)
    rate = float(row["rate_per_second"])
    return {
        "copy_per_second": one,
        "copy_two_per_second": two,
        "ratio_to_copy": rate / one,
        "ratio_to_copy_two": rate / two,
    }


def summed_up(options: argparse.Namespace, batch: int, clients: int, repeats: list[Row]) -> Row:
    """The medians over the repetitions, each figure by itself; counts are added up."""
    figures = {name: [float(repeat[name]) for repeat in repeats] for name in repeats[0]}
    return {
        "batch": batch,
        "clients": clients,
        "repeats": options.repeat,
        "real": int(options.real),
        **{
            name: int(sum(values)) if name in SUMMED else round(median(values), 4)
            for name, values in figures.items()
        },
    }


def line(row: Row) -> str:
    """One case in one line."""
    said = (
        f"batches of {row['batch']:,}, {row['clients']} client{'s' * (row['clients'] != 1)}: "
        f"{row['rate_per_second']:,.0f} events/s"
    )
    if "ratio_to_copy" in row:
        said += (
            f", {row['ratio_to_copy']:.2f} of raw COPY ({row['copy_per_second']:,.0f}/s), "
            f"{row['ratio_to_copy_two']:.2f} of two ({row['copy_two_per_second']:,.0f}/s)"
        )
    said += f"; p50 {row['p50_ms']:.0f}, p95 {row['p95_ms']:.0f}, p99 {row['p99_ms']:.0f} ms"
    if "cpu_us_per_event" in row:
        said += (
            f"; CPU per event {row['service_cpu_us_per_event']:.0f} + PostgreSQL "
            f"{row['postgres_cpu_us_per_event']:.0f} + client "
            f"{row['client_cpu_us_per_event']:.1f} µs; WAL {row['wal_bytes_per_event']:,.0f} bytes "
            f"per event of {row['json_bytes_per_event']:,.0f} bytes of JSON"
        )
    return said + warning(row)
