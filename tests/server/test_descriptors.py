"""Connections fit into the descriptors that a process may have."""

import subprocess
import sys

import pytest

SHOW = (
    "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); "
    "from service.server.descriptors import connections; "
    "print(connections(2000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
)


@pytest.mark.parametrize(
    ("soft", "hard", "shown"),
    [(1024, 4096, "2000 2200"), (1024, 1024, "824 1024"), (4096, 4096, "2000 4096")],
)
def test_the_limit_is_raised_as_far_as_it_may_be(soft: int, hard: int, shown: str) -> None:
    command = [sys.executable, "-c", SHOW.format(soft=soft, hard=hard)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == shown
