"""Every floor and goal of the bench, in one table, and the comparison of results with it.

A floor holds on every machine, such as that nothing is lost: one that is broken sets the exit code.
A goal is what the authors aim at on 2 cores with the client beside the service, on the embedded
PostgreSQL with its durable settings. Without rows a limit is not measured.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import ge, le, lt

from bench.picking import Figure, last_to_first, lowest, worst
from bench.results import Sections

PROMISED_PER_SECOND = 10_000
COMPARISONS: dict[str, Callable[[float, float], bool]] = {"≥": ge, "≤": le, "<": lt}
WHO = (
    *("sessions", "sessions of an agent", "session", "users of an agent", "runs of a session"),
    *("versions", "tools", "events by day and tool", "scores of a run", "scores of an agent"),
    *("grouped errors", "grouped errors of an agent"),
)
FOUR = {"agents", "runs of an agent", "run by id", "metrics summary"}


@dataclass(frozen=True)
class Limit:
    """A floor or a goal: what is measured, and how it has to compare. `aim` lies beyond a goal."""

    what: str
    section: str
    figure: Figure
    comparison: str
    goal: float
    unit: str = ""
    aim: float | None = None
    is_floor: bool = False


@dataclass(frozen=True)
class Verdict:
    """A limit and what was measured for it; None where its section or case has not run."""

    limit: Limit
    measured: float | None

    @property
    def word(self) -> str:
        """A floor is kept or BROKEN, a goal met or missed; or not measured."""
        if self.measured is None:
            return "not measured"
        good, bad = ("kept", "BROKEN") if self.limit.is_floor else ("met", "missed")
        holds = COMPARISONS[self.limit.comparison](self.measured, self.limit.goal)
        return good if holds else bad


def check(sections: Sections) -> list[Verdict]:
    """Hold every limit against the rows of its section."""
    return [Verdict(limit, limit.figure(sections.get(limit.section, []))) for limit in LIMITS]


def capacity(batch: int, clients: int, share: float, aim: float | None = None) -> Iterator[Limit]:
    """A case of ingest: the promise, and the share of raw COPY from one connection beside it."""
    case = {"batch": batch, "clients": clients, "real": 0}
    what = f"batches of {batch:,}, {clients} clients"
    rate, ratio = lowest("rate_per_second", **case), lowest("ratio_to_copy", **case)
    yield Limit(what, "ingest", rate, "≥", PROMISED_PER_SECOND, "events/s")
    yield Limit(f"{what}, share of raw COPY", "ingest", ratio, "≥", share, aim=aim)


def read_p95(what: str, milliseconds: float, paths: set[str], clients: tuple[int, ...]) -> Limit:
    """A path at 1 million events, nothing else going on, over kept connections."""
    quiet = {"events": 1_000_000, "keep_alive": 1, "while_ingesting": 0}
    figure = worst("p95_ms", path=paths, clients=set(clients), **quiet)
    return Limit(f"{what}, p95", "reads", figure, "<", milliseconds, "ms")


def no_more_than_none(what: str, section: str, name: str, is_floor: bool = False) -> Limit:
    """A count that has to be 0."""
    return Limit(what, section, worst(name), "≤", 0, is_floor=is_floor)


def nothing_lost() -> Iterator[Limit]:
    """What was acknowledged is stored, in whatever way events came in.

    A closed loop sends again what is refused, so all of it has to be acknowledged. On a clock a
    machine may be too slow for what is offered: it refuses, and loses nothing.
    """
    for section in ("ingest", "otlp", "offered"):
        closed = section != "offered"
        yield no_more_than_none("acknowledged but not stored", section, "lost", is_floor=True)
        yield no_more_than_none("sent but not acknowledged", section, "rejected", is_floor=closed)
        yield no_more_than_none("requests that failed", section, "failed")


def ingest() -> Iterator[Limit]:
    """Ingest in a closed loop."""
    yield from capacity(10, 32, 0.16, aim=0.26)
    sdk = worst("p95_ms", batch=10, clients=32)
    yield Limit("batches of 10, 32 clients, p95", "ingest", sdk, "<", 60, "ms")
    yield from capacity(100, 8, 0.33)
    yield from capacity(100, 32, 0.43)
    yield from capacity(1_000, 4, 0.55, aim=0.8)
    yield from capacity(10_000, 4, 0.6, aim=0.87)
    rss = worst("peak_rss_mb", batch=10_000, clients=4)
    yield Limit("batches of 10,000, 4 clients, peak RSS of a worker", "ingest", rss, "<", 400, "MB")
    cpu = worst("cpu_us_per_event", batch=1_000, clients=4)
    what = "batches of 1,000, CPU per event of service and PostgreSQL"
    yield Limit(what, "ingest", cpu, "≤", 24, "µs")


def otlp() -> Iterator[Limit]:
    """Spans of OpenTelemetry."""
    case = {"batch": 512, "clients": 8}
    rate, reading = lowest("spans_per_second", **case), worst("reading_us_per_span", **case)
    yield Limit("batches of 512 spans, 8 clients", "otlp", rate, "≥", 15_000, "spans/s")
    yield Limit("a span to rows", "otlp", reading, "<", 40, "µs")


def offered() -> Iterator[Limit]:
    """10,000 events per second on a clock, for a minute: a shorter run proves less."""
    minute = {"offered_per_second": PROMISED_PER_SECOND, "batch": 10, "seconds": 60}
    p99, refused = worst("p99_ms", **minute), worst("refused", **minute)
    # A service that falls behind stores what it can and grows its latency: both show it.
    rate = lowest("rate_per_second", **minute)
    yield Limit("10,000 events/s for 60 s, p99", "offered", p99, "<", 100, "ms")
    yield Limit("10,000 events/s for 60 s, requests refused", "offered", refused, "≤", 0)
    kept_up = 0.99 * PROMISED_PER_SECOND
    yield Limit("10,000 events/s for 60 s, stored", "offered", rate, "≥", kept_up, "events/s")


def overload() -> Iterator[Limit]:
    """More than it can take, on a clock."""
    yield no_more_than_none(
        "overload, acknowledged but not stored", "overload", "lost", is_floor=True
    )
    for batch in (10, 1_000):
        what = f"overload in batches of {batch:,}"
        goodput = lowest("ratio_to_best", batch=batch)
        accepted, refused = worst("p95_ms", batch=batch), worst("refusal_p95_ms", batch=batch)
        yield Limit(f"{what}, stored ÷ the best", "overload", goodput, "≥", 0.9)
        yield Limit(f"{what}, p95 of accepted", "overload", accepted, "≤", 2_000, "ms")
        yield Limit(f"{what}, p95 of refusals", "overload", refused, "<", 100, "ms")


def slow_clients() -> Iterator[Limit]:
    """Others, beside clients that stand still."""
    beside = worst("p95_ms", beside="beside slow clients")
    yield Limit("p95 of the others", "slow-clients", beside, "<", 250, "ms")
    yield no_more_than_none("requests that failed", "slow-clients", "failed")


def reads() -> Iterator[Limit]:
    """Reads of a store of 1 million events."""
    for path in sorted(FOUR):
        yield read_p95(f"{path}, 8 clients", 10, {path}, (8,))
    for size, milliseconds in ((25, 5), (1_000, 30), (10_000, 250)):
        name = f"trace of {size:,} by id"
        yield read_p95(f"trace of {size:,}, 1 client", milliseconds, {name}, (1,))
    for path in WHO:
        yield read_p95(f"{path}, 8 clients", 15, {path}, (8,))
    beside = worst("ratio_to_quiet", events=1_000_000, while_ingesting=1)
    what = "reads while ingesting at half capacity, p95 ÷ quiet p95"
    yield Limit(what, "reads", beside, "<", 3)


def scores() -> Iterator[Limit]:
    """Scores in a closed loop."""
    rate = lowest("rate_per_second", batch=100)
    yield Limit("batches of 100 scores, 4 clients", "scores", rate, "≥", 10_000, "scores/s")


def page() -> Iterator[Limit]:
    """The page in a browser, at 1 million events."""
    listed = worst("first_ms", what="list of runs", is_large=1)
    yield Limit("page: first list of runs", "page", listed, "<", 500, "ms")
    for size, milliseconds in ((1_000, 500), (10_000, 1_500), (100_000, 8_000)):
        first = worst("first_ms", what="run", events=size)
        yield Limit(
            f"page: first rows of a run of {size:,}", "page", first, "<", milliseconds, "ms"
        )
    for move in ("scrolling", "zooming", "collapsing"):
        yield Limit(f"page: frames, {move}, p95", "page", worst("p95_ms", what=move), "<", 32, "ms")
    yield Limit("page: elements in the document", "page", worst("elements"), "≤", 3_000)
    for what in ("text of 1 MB", "picture"):
        yield Limit(f"page: an event with a {what}", "page", worst("ms", what=what), "<", 300, "ms")
    yield Limit("page: weight, uncompressed", "page", worst("kb"), "<", 200, "KB")


def growth() -> Iterator[Limit]:
    """What a store's size must not cost."""
    for largest, name in ((1_000_000, "1 million"), (10_000_000, "10 million")):
        ratio = last_to_first("rate_per_second", by="events", last=largest, first=100_000)
        what = f"ingest rate at {name} stored ÷ at 0.1 million"
        yield Limit(what, "growth", ratio, "≥", 0.85)
    disk = worst("ratio_to_raw", events={1_000_000, 5_000_000, 10_000_000})
    yield Limit("disk ÷ JSON received, indexes included", "growth", disk, "≤", 1.35)


def memory() -> Iterator[Limit]:
    """Memory of the service, PostgreSQL apart."""
    idle = worst("pss_mb", what="idle service")
    yield Limit("idle service without PostgreSQL, PSS", "memory", idle, "<", 150, "MB")
    loaded = worst("peak_rss_mb", what="worker under 8 batches of 10,000")
    yield Limit(
        "8 batches of 10,000 at once, peak RSS of a worker", "memory", loaded, "<", 400, "MB"
    )


def export() -> Iterator[Limit]:
    """Exports, of which memory must not grow with what is stored."""
    rss = worst("peak_rss_mb", events=100_000)
    yield Limit("exports of 100,000 events, peak RSS of a worker", "export", rss, "<", 120, "MB")


def soak() -> Iterator[Limit]:
    """An hour of mixed load, in thirds."""
    memory, descriptors = worst("memory_excess_mb"), worst("descriptors_growth")
    what = "memory of a process, last third beyond 1.15 × the second"
    yield Limit(what, "soak", memory, "≤", 10, "MB")
    yield Limit("descriptors of a process, last third − second", "soak", descriptors, "≤", 10)
    yield Limit("p99 of a kind, last third ÷ first", "soak", worst("p99_growth"), "≤", 2)
    what = "acknowledged and not deleted, but not stored"
    yield no_more_than_none(what, "soak", "lost", is_floor=True)
    yield no_more_than_none("differences that verify finds", "soak", "differences", is_floor=True)
    yield no_more_than_none("requests that failed", "soak", "failed")
    yield no_more_than_none("workers that were replaced", "soak", "workers_replaced")


LIMITS: tuple[Limit, ...] = (
    *nothing_lost(),
    *ingest(),
    *otlp(),
    *offered(),
    *overload(),
    *slow_clients(),
    *reads(),
    *scores(),
    *page(),
    *growth(),
    *memory(),
    *export(),
    *soak(),
)
