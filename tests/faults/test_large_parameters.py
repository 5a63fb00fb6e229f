"""Parameters that no socket buffer holds: they are sent while an answer is awaited."""

import subprocess
import sys

import pytest

from tests.faults.test_silence import GREEN
from tests.processes.harness import REPOSITORY, environment

PROGRAM = """
import sys
from service.db.connections import connect
from service.db.session_settings import WRITE
large = ["x" * 1000] * 8_000
with connect(sys.argv[1], WRITE | {"statement_timeout": "5s"}, "test") as conn, conn.pipeline():
    counts = [
        conn.execute("SELECT count(*) AS n FROM unnest(%s::text[]) AS x", [large])
        for _ in range(3)
    ]
    print(*[count.fetchone()["n"] for count in counts])
"""


@pytest.mark.parametrize("preamble", ["", GREEN], ids=["threads", "greenlets"])
def test_a_pipeline_sends_what_its_answers_depend_on(server_url: str, preamble: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", preamble + PROGRAM, server_url],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "8000 8000 8000\n", done.stderr
