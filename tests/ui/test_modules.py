"""The modules of the page that need no browser, by Node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="needs Node.js")
def test_what_needs_no_browser() -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", Path(__file__).parent],
        env={"LANG": "en_US.UTF-8", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
