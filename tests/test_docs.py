"""docs/ says what the code does: settings, commands and exit codes, and the sums of scaling."""

import re
from math import ceil
from typing import Any

import pytest

from service.cli.exit_codes import MEANINGS
from service.cli.parser import COMMANDS
from service.config import SECTIONS
from service.config.removed import REMOVED
from tests.processes.harness import REPOSITORY

CONFIGURATION, CLI, SCALING = (
    (REPOSITORY / "docs" / f"{name}.md").read_text()
    for name in ("reference/configuration", "reference/cli", "operations/sizing")
)
BENCH = (REPOSITORY / "bench" / "README.md").read_text()
BATCHES = {10: (113, 42, 1_570), 100: (45, 26, 1_530), 1_000: (35, 21, 1_530)}
JSON_BYTES, DISK_RATIO, REPLAY_MB = 1_400, 1.12, 300


def rows(*cells: tuple[Any, ...]) -> str:
    """Lines of a Markdown table."""
    lines = ("| " + " | ".join(map(str, row)) + " |" for row in cells)
    return "".join(line.replace("|  |", "| |") + "\n" for line in lines)


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_has_a_table_of_its_settings(section: str) -> None:
    table = rows(
        *[
            (f"`{s.name}`", s.kind.text, s.default and f"`{s.default}`", s.meaning)
            for s in SECTIONS[section]
        ]
    )
    head = "| variable | values | default | meaning |\n|---|---|---|---|\n"
    assert f"## {section}\n\n{head}{table}\n" in CONFIGURATION


def test_removed_settings_are_listed_with_their_replacements() -> None:
    assert CONFIGURATION.endswith(
        rows(*[(f"`{name}`", text) for name, (_, text) in REMOVED.items()])
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed_with_its_help(name: str) -> None:
    text = re.escape(COMMANDS[name][1])
    assert re.search(rf"^\| `{name}(?: [^`]*)?` \| {text} \|$", CLI, re.M)


def test_every_exit_code_is_listed_with_its_meaning() -> None:
    assert "| code | meaning |\n|---|---|\n" + rows(*MEANINGS.items()) + "\n" in CLI


def test_scaling_has_the_figures_of_the_bench() -> None:
    for batch, (service, postgres, wal) in BATCHES.items():
        cells = f" | {service} | {postgres} | {wal:,} |\n"
        assert f"| {batch:,}{cells}" in BENCH
        assert re.search(rf"^\| {batch:,}[^|]*{re.escape(cells)}", SCALING, re.M)
    assert f"{JSON_BYTES:,} bytes of JSON" in BENCH
    assert f"{JSON_BYTES:,} bytes of JSON" in SCALING
    assert re.search(rf"disk ÷ JSON received.*\b{DISK_RATIO}\b", BENCH)
    assert (
        f"{DISK_RATIO} × the JSON, indexes included, so {JSON_BYTES * DISK_RATIO:,.0f}" in SCALING
    )
    assert f"{REPLAY_MB} MB/s" in BENCH


@pytest.mark.parametrize("rate", [10_000, 50_000, 200_000, 1_000_000])
def test_each_rate_has_the_machines_that_the_formulas_give(rate: int) -> None:
    days, cores, disk_tb, share = 30, 16, 30, 0.5
    service, postgres, wal = BATCHES[1_000]
    postgres_cores = rate * postgres / 1e6 / share
    wal_mb = rate * wal / 1e6
    disk = (days + 7) * 86_400 * rate * JSON_BYTES * DISK_RATIO / 1e12
    row = (
        f"{rate:,}",
        f"{figure(rate * service / 1e6 / share)} + {figure(postgres_cores)}",
        figure(rate * JSON_BYTES * 8 / 1e6),
        figure(wal_mb),
        figure(disk),
        ceil(postgres_cores / cores),
        ceil(wal_mb / REPLAY_MB / share),
        ceil(disk / (disk_tb * 0.8)),
    )
    assert rows(row) in SCALING


def figure(number: float) -> str:
    """A number with three significant digits, or all digits before the point."""
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"


def test_each_line_of_citus_has_the_rate_that_its_multiple_gives() -> None:
    cores, share = 16, 0.5
    lines = re.findall(r"^\| ([\d,]+) \| \d+ \| ([\d.]+) \| [\d.]+ \| ([\d,]+) \|$", SCALING, re.M)
    assert len(lines) == 6
    for batch, multiple, rate in lines:
        _, postgres, _ = BATCHES[int(batch.replace(",", ""))]
        assert rate == f"{cores * share * 1e6 / (postgres * float(multiple)):,.0f}"


def test_the_multiples_of_citus_are_those_of_the_bench() -> None:
    told = re.findall(r"^\| ([\d,]+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|", SCALING, re.M)
    plain, batch, found = 0.0, "", []
    pattern = r"^\| ([\d,]*) ?\| (PostgreSQL|Citus, (\d+) shards) \| \d+ \| (\d+) \| (\d*) ?\|"
    for size, _, shards, first, workers in re.findall(pattern, BENCH, re.M):
        batch = size or batch
        if not shards:
            plain = float(first)
        else:
            multiples = (f"{float(node) / plain:.1f}" for node in (first, workers))
            found.append((batch, shards, *multiples))
    assert found == told
