"""Whose figures they are: this machine's where there are some, else the accepted ones, and said."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.__main__ import main
from service.cli.capacity import costs
from service.cli.capacity.arithmetic import REPLAY_MB_PER_SECOND
from service.cli.capacity.costs import ACCEPTED, ACCEPTED_DISK_RATIO, ACCEPTED_MACHINE
from tests.processes.harness import REPOSITORY

MACHINE = {"processor": "Abacus", "cores": 7, "postgresql": "18.4"}
ASKED = ["capacity", "--events-per-second", "1000", "--retention-days", "30"]


def row(batch: int, rate: float, service_us: float) -> dict[str, Any]:
    """A row of the bench's ingest."""
    return {
        "batch": batch,
        "rate_per_second": rate,
        "service_cpu_us_per_event": service_us,
        "postgres_cpu_us_per_event": 20.0,
        "wal_bytes_per_event": 1_500.0,
        "json_bytes_per_event": 1_000.0,
    }


def section(command: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """A section of the results, as bench/results.py stores it."""
    return {
        "at": "2026-11-28T12:51:05+00:00",
        "command": f"python -m bench {command}",
        "rows": [*rows],
    }


INGEST = section(
    "ingest", row(10, 9e3, 90), row(100, 1e4, 60), row(100, 2e4, 40), row(1_000, 3e4, 30)
)
GROWTH = section(
    "growth",
    {"events": 100_000, "ratio_to_raw": 1.9},
    {"events": 1_000_000, "ratio_to_raw": 1.1},
    {"events": 1_000_000, "ratio_to_raw": 1.2},
    {"events": 1_000_000, "path": "agents"},
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results file with both sections."""
    return write(tmp_path / "results.json", ingest=INGEST, growth=GROWTH)


def write(file: Path, **sections: Any) -> Path:
    """A results file."""
    file.write_text(json.dumps({"machine": MACHINE, "sections": sections}))
    return file


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What the command answers as JSON."""
    assert main([*ASKED, "--json", *map(str, arguments)]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize(
    ("batch", "measured", "service_us"),
    [(1, 10, 90), (10, 10, 90), (99, 10, 90), (100, 100, 40), (999, 100, 40), (9_999, 1_000, 30)],
)
def test_it_takes_the_batches_that_were_measured_and_are_not_larger(
    capsys: pytest.CaptureFixture[str], results: Path, batch: int, measured: int, service_us: float
) -> None:
    found = asked(capsys, "--results", results, "--batch", batch)
    assert (found["batch"], found["service_us"]) == (measured, service_us)


def test_it_says_by_what_command_when_and_where_they_were_measured(
    capsys: pytest.CaptureFixture[str], results: Path
) -> None:
    found = asked(capsys, "--results", results)
    assert found["disk_bytes"] == pytest.approx(1_200)
    where = "2026-11-28 12:51 UTC, 7 cores of Abacus, PostgreSQL 18.4"
    assert found["sources"] == [
        f"CPU, WAL, JSON: python -m bench ingest, {where}",
        f"disk: python -m bench growth, {where}, 1,000,000 events stored",
    ]


def test_what_was_not_measured_is_as_accepted_and_named_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    without_wal = {name: figure for name, figure in row(10, 1, 1).items() if "wal" not in name}
    for number, sections in enumerate(({}, {"ingest": section("ingest", without_wal)})):
        found = asked(capsys, "--results", write(tmp_path / f"{number}", **sections))
        assert all(said.endswith(ACCEPTED_MACHINE) for said in found["sources"])
        assert found["service_us"] == ACCEPTED[-1]["service_cpu_us_per_event"]
    assert found == asked(capsys, "--accepted")
    half = asked(capsys, "--results", write(tmp_path / "half", growth=GROWTH))
    assert [ACCEPTED_MACHINE in said for said in half["sources"]] == [True, False]


def test_the_accepted_figures_are_those_of_the_bench() -> None:
    told = (REPOSITORY / "bench" / "README.md").read_text()
    for figures in ACCEPTED:
        batch, service, postgres, wal, size = (figures[name] for name in ("batch", *costs.NEEDED))
        line = f"| {batch:,} | {service} | {postgres} | {wal:,} |"
        assert line in told
        assert f"{size:,} bytes of JSON" in told
    assert re.search(rf"disk ÷ JSON received.*\b{ACCEPTED_DISK_RATIO}\b", told)
    assert f"{REPLAY_MB_PER_SECOND} MB/s" in told


def test_the_text_shows_every_sum(capsys: pytest.CaptureFixture[str], results: Path) -> None:
    assert main([*ASKED, "--results", str(results), "--cores", "4", "--share", "50%"]) == 0
    printed = capsys.readouterr().out
    for sum_and_figure in (
        r"4 × 50% ÷ \(30 \+ 20 µs\) += 40,000 events/s",
        r"1,000/s × 30 µs ÷ 50% += 0.06 cores",
        r"\(30 \+ 7\) days × 1,000/s × 86,400 s × 1,200 bytes += 3.84 TB",
        r"by its disk +3.84 ÷ \(8 TB × 80%\) += 1$",
        r"no Citus",
    ):
        assert re.search(sum_and_figure, printed, re.MULTILINE), printed


def test_retention_is_the_service_s_own_where_none_is_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "45")
    assert main([*ASKED[:3], "--accepted", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["retention_days"] == 45
    monkeypatch.setenv("RETENTION_DAYS", "0")
    assert main(ASKED[:3]) == 2
    assert "RETENTION_DAYS is 0: say how long" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--batch", "0"], "--batch"),
        (["--cores", "none"], "--cores"),
        (["--share", "101"], "--share"),
        (["--disk-tb", "-1"], "--disk-tb"),
        (["--disk-tb", "inf"], "--disk-tb"),
        (["--event-bytes", "1.5"], "--event-bytes"),
        (["--retention-days", "0"], "--retention-days"),
        (["--events-per-second", "0"], "--events-per-second"),
        (["--accepted", "--results", "x"], "not allowed with"),
    ],
)
def test_a_wrong_value_is_named(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*ASKED, *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", '{"sections": {}}', '{"machine": {}, "sections": 1}'])
def test_a_file_that_is_no_results_file_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    for given, said in (
        (file, "is not what python -m bench writes"),
        (tmp_path / "no", "not there"),
    ):
        assert main([*ASKED, "--results", str(given)]) == 1
        told = capsys.readouterr().err
        assert said in told
        assert len(told.splitlines()) == 1
