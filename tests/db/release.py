"""A small database with some of everything, and what it answers, kept for the upgrades to come.

python -m tests.db.release URL    fills an empty database; its dump and answers go to data/
"""

import gzip
import json
import sys
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from service import __version__
from service.auth import key_admin
from service.auth.scopes import Scope
from service.db import backup, migrate
from service.db.partitions import ensure_partitions
from service.metrics.leader import fold_once
from service.prices import load, price_file
from tests.client import Client
from tests.db.old import receive, retain, run_on
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, span
from tests.ingest.otlp.spans import send as send_spans
from tests.metrics.recount import mixed
from tests.processes.harness import REPOSITORY
from tests.resources.scores.made import score
from tests.resources.scores.made import send as send_scores

DATA = Path(__file__).with_name("data")
RETIRED_ON, RETIRED_AFTER = date(2026, 10, 28), 20
WINDOW = "from=2026-10-19&to=2026-11-24"
PATHS = [
    "/agents",
    "/agents/alpha/metrics",
    "/metrics/summary",
    "/metrics/agents-comparison",
    "/metrics/models",
    "/metrics/tools",
    "/metrics/latency",
    "/metrics/versions?agent=old",
    f"/metrics/versions?agent=alpha&{WINDOW}",
    f"/metrics/scores?{WINDOW}&group_by=agent,version",
    *[
        f"/metrics/timeseries?metric={metric}&group_by={group}&{WINDOW}"
        for metric in ("runs", "cost", "latency_p95")
        for group in ("agent", "version")
    ],
    f"/api/sessions?{WINDOW}",
    f"/api/users?{WINDOW}",
    f"/api/errors?{WINDOW}",
    f"/api/runs?{WINDOW}&limit=50",
    "/api/scores",
    "/api/prices?model=our-llama&at=2026-02-01&tokens_in=10",
]


def file_of(version: str) -> Path:
    """The dump of a version, with gzip."""
    return DATA / f"{version}.dump.gz"


def fill(url: str) -> None:
    """Runs of events and of spans, scores, sessions, prices, retired runs, a key; half folded."""
    load.load(url, "prices.csv", price_file.read_file(str(REPOSITORY / "docs/prices.example.csv")))
    receive(url, RETIRED_ON, *run_on(RETIRED_ON), *run_on(RETIRED_ON, agent="other"))
    retain(url, RETIRED_AFTER)
    ensure_partitions(url, date(2026, 11, 24))
    with Client.of(url, today=lambda: date(2026, 11, 24)) as client:
        sent = mixed(150)
        client.send(*sent)
        runs = sorted({one["run_id"] for one in sent})
        send_scores(client, *[score(run, n / 10, n) for n, run in enumerate(runs)])
        send_scores(client, score(runs[0], "good", name="verdict"), score(runs[1], True, name="ok"))
        fold_once(url)
        call = {"model": "our-llama", "tokens_in": 1000, "tokens_out": 500, "name": "call"}
        failed = {"status": "error", "error": {"type": "Timeout", "message": "after 30 s"}}
        client.send(
            event(run := new_id(), "agent_start", 1, agent_name="failing", run_name="named"),
            event(run, "llm_call", 2, agent_name="failing", data=call),
            event(run, "tool_call", 3, agent_name="failing", data={"tool_name": "web"} | failed),
            event(run, "agent_end", 4, agent_name="failing", data=failed),
        )
        trace, root = new_trace(), new_span_id()
        agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "traced"}
        usage = {"gen_ai.request.model": "our-llama", "gen_ai.usage.input_tokens": 40}
        send_spans(client, span(trace, span_id=root, seconds=3, attributes=agent))
        send_spans(client, span(trace, "chat", parent=root, at=1, attributes=usage))
        client.send(event(gone := new_id(), agent_name="failing", data=call))
        client.ok(f"/api/runs/{gone}", "DELETE")
    key_admin.create(url, "first", Scope.ADMIN, None)


def answers(url: str, paths: Iterable[str]) -> dict[str, Any]:
    """What the service answers, to a new key."""
    key = key_admin.create(url, f"reader {new_id()}", Scope.READ, None)
    with Client.of(url) as client:
        headers = {"Authorization": f"Bearer {key}"}
        return {path: client.ok(path, headers=headers) for path in paths}


def main(url: str) -> None:
    """Keep the dump and the answers of this version."""
    migrate.up(url)
    fill(url)
    with tempfile.TemporaryDirectory() as directory:
        dump = Path(directory) / "dump"
        backup.dump(url, str(dump))
        file_of(__version__).write_bytes(gzip.compress(dump.read_bytes(), mtime=0))
    lines = [
        f"{json.dumps(path)}: {json.dumps(said)}" for path, said in answers(url, PATHS).items()
    ]
    (DATA / f"{__version__}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
