"""The systemd unit: systemd takes it, and its command and settings are the service's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.config import SETTINGS
from tests.deploy.proxy import REPOSITORY

PAGE = REPOSITORY / "docs" / "operations" / "systemd.md"
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
    # A copy of .env.example as its EnvironmentFile would win over any setting here.
    assert "\nEnvironment=" not in text
    directory = re.search(r"^WorkingDirectory=(.*)$", text, re.MULTILINE)
    state = re.search(r"^StateDirectory=(.*)$", text, re.MULTILINE)
    assert directory
    assert state
    assert directory[1] == f"/var/lib/{state[1]}"  # what ProtectSystem lets it write to
    data = next(setting.default for setting in SETTINGS if setting.name == "DATA_DIR")
    assert f"{directory[1]}/{data}" in PAGE.read_text()
    # Longer than gunicorn's graceful timeout, so that what is in flight is answered.
    graceful = re.search(
        r"^graceful_timeout = (\d+)", (REPOSITORY / "gunicorn.conf.py").read_text(), re.MULTILINE
    )
    stop = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert graceful
    assert stop
    assert int(stop[1]) > int(graceful[1])
