"""Schemathesis: every path, by good data and bad, and by links from one answer to the next.

Everything comes from /openapi.json: no answer may be 5xx, or have a status, header or field that is
not described. `make fuzz` draws for a while, `make test` always the same few hundred requests.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leaks import TRACEBACK
from tests.openapi import close
from tests.processes.harness import REPOSITORY, environment, until
from tests.sdk.test_replay import replay
from tests.service import Service

pytestmark = pytest.mark.slow

SCHEMATHESIS = [
    str(Path(sys.executable).with_name("schemathesis")),
    "--config-file",
    str(Path(__file__).with_name("schemathesis.toml")),
    "run",
    "--no-color",
    "--continue-on-failure",
]
FUZZ_SECONDS = os.environ.get("FUZZ_SECONDS")
SHARE = 5  # of FUZZ_SECONDS, as against those of the bodies


def test_every_path_answers_as_it_is_described(service: Service, tmp_path: Path) -> None:
    until(lambda: service.ok("/health")["metrics"]["leader"], "nobody leads")
    replay(service)
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(close(service.ok("/openapi.json"))))
    ran = subprocess.run(
        [*SCHEMATHESIS, str(description), "--url", service.url, *amount()],
        cwd=tmp_path,
        env=environment(PYTHONPATH=REPOSITORY),
        stdout=None if FUZZ_SECONDS else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, readable(ran.stdout or "")
    assert service.workers, "none is left"
    assert not TRACEBACK.search(service.output)


def amount() -> list[str]:
    """How much is asked: always the same, or anything for a share of FUZZ_SECONDS."""
    if FUZZ_SECONDS:
        return ["--max-time", str(max(1, int(FUZZ_SECONDS) // SHARE))]
    return ["--generation-deterministic", "--max-examples", "10"]


def readable(output: str) -> str:
    """The output; a batch of 10,000 events is cut short."""
    return "\n".join(line[:1000] for line in output.splitlines())
