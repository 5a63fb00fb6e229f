"""examples/evaluation.py runs, twice, and finds the better version."""

import subprocess
import sys

from tests.processes.harness import REPOSITORY
from tests.service import Service


def test_the_evaluation_finds_the_better_version_and_may_run_again(service: Service) -> None:
    program = str(REPOSITORY / "examples" / "evaluation.py")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, program, service.url], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        first, second, better = done.stdout.splitlines()
        assert (first[:11], second[:11]) == ("version 1.0", "version 1.1")
        assert better == "better: 1.1"
    groups = service.ok("/api/metrics/scores?name=right&group_by=version")["groups"]
    assert [(one["version"], one["count"]) for one in groups] == [("1.0", 50), ("1.1", 50)]
    assert service.ok("/api/metrics/summary")["total_events"] == 300
