"""From what one event costs to machines: every step with the sum that it is.

Two things stand against a full machine: only a `share` of its cores is planned with (folds, vacuum,
reads, bursts take the rest), and only DISK_FULL of its disk. Retention drops whole weeks, so there
are up to seven days more than are kept. A replica replays WAL in one process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from service.cli.capacity.costs import Costs

DAY_SECONDS = 86_400
WEEK_DAYS = 7
TERABYTE = 10**12
MEGABYTE = 10**6
MEGABIT = 10**6 / 8
DISK_FULL = 0.8
REPLAY_MB_PER_SECOND = 300  # bench/README.md: CPU of recovery, in one process


@dataclass(frozen=True)
class Wish:
    """What is to be planned for, and the machines that there are."""

    events_per_second: int
    retention_days: int
    cores: int  # of one machine
    share: float  # of them that is planned with, 0 to 1
    disk_tb: float  # of one machine


@dataclass(frozen=True)
class Step:
    """One line: a figure, and how it comes about."""

    key: str
    what: str
    how: str
    value: float
    unit: str


Section = tuple[str, list[Step]]


def plan(wish: Wish, costs: Costs) -> list[Section]:
    """Every section of the plan, in order."""
    kept = f"kept for {wish.retention_days:,} days"
    machine = f"one machine of {wish.cores} cores, {wish.share:.0%} of them planned with"
    needed = list(what_is_needed(wish, costs))
    replica = list(a_replica(figures([("", needed)])))
    found = figures([("", needed), ("", replica)])
    return [
        (f"one event, in batches of {costs.batch:,}", list(one_event(costs))),
        (machine, list(what_a_machine_takes(wish, costs))),
        (f"{wish.events_per_second:,} events/s, {kept}", needed),
        ("each replica", replica),
        (
            f"machines of {wish.cores} cores and {shown(wish.disk_tb)} TB",
            list(machines(wish, found)),
        ),
    ]


def figures(sections: list[Section]) -> dict[str, float]:
    """Every figure by its key."""
    return {step.key: step.value for _, steps in sections for step in steps}


def one_event(costs: Costs) -> Iterator[Step]:
    """What everything else is made of."""
    yield Step("json_bytes", "JSON", "", costs.json_bytes, "bytes")
    yield Step("service_us", "CPU of the service", "", costs.service_us, "µs")
    yield Step("postgres_us", "CPU of PostgreSQL", "", costs.postgres_us, "µs")
    yield Step("wal_bytes", "WAL", "", costs.wal_bytes, "bytes")
    yield Step("disk_bytes", "disk, indexes included", "", costs.disk_bytes, "bytes")


def what_a_machine_takes(wish: Wish, costs: Costs) -> Iterator[Step]:
    """What one machine holds, with the service on it and without."""
    service, postgres = costs.service_us, costs.postgres_us
    available = f"{wish.cores} × {wish.share:.0%}"
    cores = wish.cores * wish.share
    yield Step(
        "machine_events_per_second",
        "service and PostgreSQL",
        f"{available} ÷ ({shown(service)} + {shown(postgres)} µs)",
        1e6 * cores / (service + postgres),
        "events/s",
    )
    yield Step(
        "postgres_events_per_second",
        "PostgreSQL alone",
        f"{available} ÷ {shown(postgres)} µs",
        1e6 * cores / postgres,
        "events/s",
    )
    yield Step(
        "events_per_tb",
        "a TB of disk",
        f"10¹² ÷ {shown(costs.disk_bytes)} bytes",
        TERABYTE / costs.disk_bytes,
        "events",
    )


def what_is_needed(wish: Wish, costs: Costs) -> Iterator[Step]:
    """What the rate and the retention come to, however many machines there are."""
    rate, share = f"{wish.events_per_second:,}/s", f"{wish.share:.0%}"
    for key, what, us in (
        ("service_cores", "cores, service", costs.service_us),
        ("postgres_cores", "cores, PostgreSQL", costs.postgres_us),
    ):
        value = wish.events_per_second * us / 1e6 / wish.share
        yield Step(key, what, f"{rate} × {shown(us)} µs ÷ {share}", value, "cores")
    yield Step(
        "ingest_mbit_per_second",
        "network, JSON that comes in",
        f"{rate} × {shown(costs.json_bytes)} bytes",
        wish.events_per_second * costs.json_bytes / MEGABIT,
        "Mbit/s",
    )
    yield Step(
        "wal_mb_per_second",
        "WAL",
        f"{rate} × {shown(costs.wal_bytes)} bytes",
        wish.events_per_second * costs.wal_bytes / MEGABYTE,
        "MB/s",
    )
    yield from disk(wish, costs)


def disk(wish: Wish, costs: Costs) -> Iterator[Step]:
    """How much disk the events take, and how long one TB lasts."""
    a_day = wish.events_per_second * DAY_SECONDS * costs.disk_bytes
    how = f"{wish.events_per_second:,}/s × 86,400 s × {shown(costs.disk_bytes)} bytes"
    days = wish.retention_days + WEEK_DAYS
    yield Step(
        "disk_tb",
        "disk",
        f"({wish.retention_days:,} + {WEEK_DAYS}) days × {how}",
        days * a_day / TERABYTE,
        "TB",
    )
    yield Step("days_per_tb", "a TB lasts", f"10¹² ÷ ({how})", TERABYTE / a_day, "days")


def a_replica(found: dict[str, float]) -> Iterator[Step]:
    """What each replica takes, of the network and of a core; its disk is the primary's."""
    wal = found["wal_mb_per_second"]
    yield Step("replica_mbit_per_second", "network", f"{shown(wal)} MB/s × 8", 8 * wal, "Mbit/s")
    yield Step(
        "replay_cores",
        "replay, in one process",
        f"{shown(wal)} ÷ {REPLAY_MB_PER_SECOND} MB/s",
        wal / REPLAY_MB_PER_SECOND,
        "cores",
    )


def machines(wish: Wish, found: dict[str, float]) -> Iterator[Step]:
    """How many machines; of PostgreSQL's, what needs the most of them decides."""
    cores, share = f"{wish.cores} cores", f"{wish.share:.0%}"
    for key, what, need, of, each in (
        ("service_machines", "the service", "service_cores", cores, wish.cores),
        ("nodes_by_cpu", "PostgreSQL, by its CPU", "postgres_cores", cores, wish.cores),
        ("nodes_by_replay", "by the replay of a replica", "replay_cores", share, wish.share),
        (
            "nodes_by_disk",
            "by its disk",
            "disk_tb",
            f"({shown(wish.disk_tb)} TB × {DISK_FULL:.0%})",
            wish.disk_tb * DISK_FULL,
        ),
    ):
        value = max(1, ceil(found[need] / each))
        yield Step(key, what, f"{shown(found[need])} ÷ {of}", value, "")


def shown(figure: float) -> str:
    """A figure with three digits that count, or all before the point."""
    return f"{figure:,.0f}" if abs(figure) >= 100 or figure == int(figure) else f"{figure:.3g}"
