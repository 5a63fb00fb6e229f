"""Exports in constant memory, with far more stored than a worker may take."""

import secrets
from pathlib import Path

import pytest
import requests

from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import peak_mb
from tests.service import serving

pytestmark = [pytest.mark.any_postgres, pytest.mark.slow]

RUNS = 80
TEXT_BYTES = 900_000  # of each run's metadata, which is in its event's data as well
RUNS_PER_BATCH = 10
MOST_MORE_MB = 40  # half of what is stored

PLAIN = {"Accept-Encoding": "identity"}
# Digits with an e between them might be numbers too large for jsonb: looking closer takes a minute.
LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")


def test_an_export_is_never_held_as_a_whole(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path, WORKERS=1) as service:
        for _ in range(RUNS // RUNS_PER_BATCH):
            sent = [
                event(
                    new_id(),
                    "agent_start",
                    data={"metadata": {"text": letters(TEXT_BYTES)}},
                )
                for _ in range(RUNS_PER_BATCH)
            ]
            assert service.post(batch(*sent)).status_code == 200
    with serving(database_url, tmp_path, WORKERS=1) as service:
        assert service.ok("/api/agents")
        [worker] = service.workers
        before = peak_mb(worker)
        for name in ("events.ndjson", "events.csv", "runs.csv"):
            url = f"{service.url}/api/export/{name}"
            with requests.get(url, headers=PLAIN, stream=True, timeout=60) as answer:
                size = sum(len(part) for part in answer.iter_content(1 << 20))
            assert size > RUNS * TEXT_BYTES
        assert service.workers == {worker}
        assert peak_mb(worker) - before < MOST_MORE_MB


def test_the_spans_of_a_run_are_never_held_as_a_whole(database_url: str, tmp_path: Path) -> None:
    run = new_id()
    with serving(database_url, tmp_path, WORKERS=1) as service:
        for _ in range(RUNS // RUNS_PER_BATCH):
            sent = [
                event(run, "llm_call", data={"input": letters(TEXT_BYTES)})
                for _ in range(RUNS_PER_BATCH)
            ]
            assert service.post(batch(*sent)).status_code == 200
    with serving(database_url, tmp_path, WORKERS=1) as service:
        assert service.ok(f"/api/runs/{run}")
        [worker] = service.workers
        before = peak_mb(worker)
        url = f"{service.url}/api/export/otlp.jsonl?run_id={run}"
        with requests.get(url, headers=PLAIN, stream=True, timeout=60) as answer:
            size = sum(len(part) for part in answer.iter_content(1 << 20))
        assert size > RUNS * TEXT_BYTES
        assert service.workers == {worker}
        assert peak_mb(worker) - before < MOST_MORE_MB


def letters(count: int) -> str:
    """So many, at random."""
    return secrets.token_hex(count // 2).translate(LETTERS)
