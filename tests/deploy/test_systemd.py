"""The systemd unit: systemd takes it, and its command and settings are the service's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.config import SETTINGS
from tests.deploy.proxy import REPOSITORY

UNIT = REPOSITORY / "deploy" / "systemd" / "gati-backend.service"


def verify(unit: Path) -> str:
    """What systemd says about a unit whose program is here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def installed(directory: Path, text: str) -> Path:
    """The unit, with a program that is there."""
    unit = directory / UNIT.name
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    return unit


def test_systemd_takes_it(tmp_path: Path) -> None:
    assert verify(installed(tmp_path, UNIT.read_text())) == ""


def test_the_check_finds_mistakes(tmp_path: Path) -> None:
    text = UNIT.read_text().replace("Restart=always", "Restart=ever")
    assert "restart" in verify(installed(tmp_path, text))


def test_its_command_and_its_settings_are_the_services() -> None:
    text = UNIT.read_text()
    assert re.search(r"^ExecStart=\S+/bin/gati-backend serve$", text, re.MULTILINE)
    assert set(re.findall(r"^Environment=(\w+)=", text, re.MULTILINE)) <= {
        setting.name for setting in SETTINGS
    }
    # Longer than gunicorn's graceful timeout, so that what is in flight is answered.
    graceful = re.search(
        r"^graceful_timeout = (\d+)", (REPOSITORY / "gunicorn.conf.py").read_text(), re.MULTILINE
    )
    stop = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert graceful
    assert stop
    assert int(stop[1]) > int(graceful[1])
