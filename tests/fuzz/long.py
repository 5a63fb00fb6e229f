"""What `make fuzz` runs beside test_schemathesis.py: FUZZ_SECONDS of bodies by coverage.

The corpus stays in .fuzz/corpus and is gone on with; a finding is a file in .fuzz/findings.
"""

import os
import subprocess
import sys

from service.db.queries import Connection
from tests.events import differences
from tests.fuzz.seeds import seeds
from tests.processes.harness import REPOSITORY, environment

CORPUS = REPOSITORY / ".fuzz" / "corpus"
FINDINGS = REPOSITORY / ".fuzz" / "findings"


def test_bodies(database_url: str, conn: Connection) -> None:
    for directory in (CORPUS, FINDINGS):
        directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (CORPUS / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={os.environ['FUZZ_SECONDS']}",
        f"-artifact_prefix={FINDINGS}/",
        "-timeout=60",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.target", *options, str(CORPUS)],
        cwd=REPOSITORY,
        env=environment(DATABASE_URL=database_url),
        check=False,
    )
    assert ran.returncode == 0, f"see above, and the body in {FINDINGS}"
    assert differences(conn) == []
    assert conn.execute("SELECT count(*) AS n FROM events").fetchone() == {"n": 0}
