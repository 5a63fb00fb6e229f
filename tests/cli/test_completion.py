"""What the Tab key offers, in a bash of its own."""

import shutil
import subprocess

import pytest

from service.cli.completion import script
from tests.processes.harness import command, environment

OFFERED = [
    (["ke"], ["keys"]),
    (["keys", ""], ["create", "list", "revoke"]),
    (["keys", "create", "laptop", "--s"], ["--scope"]),
    (["dump", "--"], ["--help", "--yes"]),
    (["help", "dum"], ["dump"]),
    (["retention", "--dry"], ["--dry-run"]),
    (["nonsense", "--"], []),
]


@pytest.mark.parametrize(("words", "offered"), OFFERED)
def test_tab_offers_what_may_follow(words: list[str], offered: list[str]) -> None:
    asked = """
COMP_WORDS=(gati-backend "$@"); COMP_CWORD=$#
_gati_backend
printf '%s\\n' "${COMPREPLY[@]}"
"""
    bash = shutil.which("bash")
    assert bash is not None
    found = subprocess.run(
        [bash, "-c", script() + asked, "bash", *words], capture_output=True, text=True, check=True
    )
    assert (found.stdout.split(), found.stderr) == (offered, "")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_command_prints_it(shell: str) -> None:
    printed = subprocess.run(
        command("completion", shell),
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert printed.endswith(script())
    assert ("bashcompinit" in printed) == (shell == "zsh")
