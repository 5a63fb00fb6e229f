"""The embedded PostgreSQL's own log: what went wrong and what was slow, and no event."""

from pathlib import Path

import requests

from tests import leaks
from tests.events import event, new_id
from tests.processes.harness import run, serving


def test_it_tells_no_event(made_dir: Path) -> None:
    data_dir = made_dir / "data"

    def psql(text: str) -> None:
        done = run(made_dir, "psql", "-c", text, DATA_DIR=data_dir)
        assert done.returncode == 0, done.stderr

    with serving(made_dir, data_dir) as service:
        service.ready()
        psql("ALTER TABLE events ADD CONSTRAINT never CHECK (event_type = '') NOT VALID")
        sent = event(new_id(), data={"input": leaks.EVENT, "model": leaks.EVENT})
        url = f"{service.url}/api/events"
        answer = requests.post(url, json={"events": [sent]}, timeout=30)
        assert answer.status_code == 500
        slow = f"SELECT pg_sleep(1.1), $1::text \\bind {leaks.EVENT} \\g\n"
        (made_dir / "slow.sql").write_text(slow)
        done = run(made_dir, "psql", "-f", str(made_dir / "slow.sql"), DATA_DIR=data_dir)
        assert leaks.EVENT in done.stdout
    log = (data_dir / "postgresql.log").read_text()
    assert "violates check constraint" in log
    assert "pg_sleep" in log
    leaks.look_through_log(log)
