"""What one event costs: as the bench measured it on this machine, else as it was accepted.

Every figure says which of the two it is. bench/README.md has the accepted ones, and how they were
measured; a test holds them against it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from service.core.failure import Failure

RESULTS = Path(__file__).parents[3] / "bench" / "report" / "results.json"
Row = Mapping[str, Any]

ACCEPTED_MACHINE = "accepted figures of bench/README.md"
NEEDED = (
    "service_cpu_us_per_event",
    "postgres_cpu_us_per_event",
    "wal_bytes_per_event",
    "json_bytes_per_event",
)
ACCEPTED: tuple[Row, ...] = tuple(
    {"batch": batch, "rate_per_second": 0, **dict(zip(NEEDED, costs, strict=True))}
    for batch, costs in {
        10: (113, 42, 1_570, 1_400),
        100: (45, 26, 1_530, 1_400),
        1_000: (35, 21, 1_530, 1_400),
    }.items()
)
ACCEPTED_DISK_RATIO = 1.12  # disk ÷ JSON received, indexes included, over 104 partitions


@dataclass(frozen=True)
class Costs:
    """What one event costs, in batches of `batch`; `sources` tell where that is from."""

    batch: int
    json_bytes: float
    service_us: float  # CPU, as is the next
    postgres_us: float
    wal_bytes: float
    disk_bytes: float
    sources: tuple[str, ...]

    def of_size(self, json_bytes: float) -> "Costs":
        """The same for events of another size.

        Larger ones are taken to cost more in proportion, smaller ones not to cost less: either is
        more than they will.
        """
        times = max(1.0, json_bytes / self.json_bytes)
        return replace(
            self,
            json_bytes=json_bytes,
            service_us=times * self.service_us,
            postgres_us=times * self.postgres_us,
            wal_bytes=times * self.wal_bytes,
            disk_bytes=times * self.disk_bytes,
        )


def read(file: Path) -> Mapping[str, Any]:
    """The bench's results; none where it has not run. Raises Failure where it is no such file."""
    try:
        document = json.loads(file.read_text())
        return {"machine": document["machine"], **document["sections"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"{file} is not what python -m bench writes: {error!r}") from None


def costs(document: Mapping[str, Any], batch: int) -> Costs:
    """What an event costs in such batches, by a results file as far as that has it."""
    ingest = [row for row in rows(document, "ingest") if all(name in row for name in NEEDED)]
    row = choose(ingest or ACCEPTED, batch)
    ratio, disk_source = disk_ratio(document)
    said = f"CPU, WAL, JSON: {source(document, 'ingest') if ingest else ACCEPTED_MACHINE}"
    return Costs(
        row["batch"],
        row["json_bytes_per_event"],
        row["service_cpu_us_per_event"],
        row["postgres_cpu_us_per_event"],
        row["wal_bytes_per_event"],
        ratio * row["json_bytes_per_event"],
        (said, f"disk: {disk_source}"),
    )


def choose(measured: Iterable[Row], batch: int) -> Row:
    """The row of the largest batches that are not larger than these, else of the smallest.

    Of several, the one in which the service took most: it is planned for when it is busy, and
    gathers small batches into one transaction then.
    """
    by_batch = sorted(measured, key=lambda row: (row["batch"], row["rate_per_second"]))
    return next((row for row in reversed(by_batch) if row["batch"] <= batch), None) or max(
        (row for row in by_batch if row["batch"] == by_batch[0]["batch"]),
        key=lambda row: row["rate_per_second"],
    )


def disk_ratio(document: Mapping[str, Any]) -> tuple[float, str]:
    """Disk ÷ JSON received where most was stored, the worse of the layouts; and its source."""
    found = [row for row in rows(document, "growth") if "ratio_to_raw" in row]
    if not found:
        return ACCEPTED_DISK_RATIO, ACCEPTED_MACHINE
    most = max(row["events"] for row in found)
    ratio = max(row["ratio_to_raw"] for row in found if row["events"] == most)
    return ratio, f"{source(document, 'growth')}, {most:,} events stored"


def rows(document: Mapping[str, Any], section: str) -> list[Row]:
    """The rows of a section; none where it was not run."""
    return list(document[section]["rows"]) if section in document else []


def source(document: Mapping[str, Any], section: str) -> str:
    """By which command, when and on what a section was measured."""
    found, machine = document[section], document["machine"]
    at = str(found["at"]).replace("T", " ")[:16]
    return (
        f"{found['command']}, {at} UTC, {machine['cores']} cores of {machine['processor']}, "
        f"PostgreSQL {machine['postgresql']}"
    )
