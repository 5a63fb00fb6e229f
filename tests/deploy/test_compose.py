"""docker-compose.yml: valid by the compose specification, and safe as shipped."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from ruamel.yaml import YAML

from tests.deploy.proxy import LIMITS, REPOSITORY

COMPOSE = REPOSITORY / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE)
    return document["services"]


def check(file: Path) -> subprocess.CompletedProcess[str]:
    """Check a file against the compose specification's own schema."""
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_compose_specification() -> None:
    done = check(COMPOSE)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("depends_on:", "depend_on:"), ("condition: service_healthy", "condition: healthy")],
)
def test_the_check_finds_mistakes(tmp_path: Path, right: str, wrong: str) -> None:
    text = COMPOSE.read_text()
    assert right in text
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(text.replace(right, wrong))
    assert check(broken).returncode == 1


def test_it_has_the_four_services_and_publishes_their_ports_on_loopback_only(
    services: dict[str, Any],
) -> None:
    assert {name: service.get("ports", []) for name, service in services.items()} == {
        "postgres": ["127.0.0.1:5432:5432"],
        "backend": [],
        "nginx": ["127.0.0.1:8000:8000"],
        "dashboard": ["127.0.0.1:3000:3000"],
    }


def test_every_service_restarts_and_gains_no_privileges(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_no_log_fills_the_disk(services: dict[str, Any]) -> None:
    for name, service in services.items():
        options = service["logging"]["options"]
        megabytes = int(options["max-size"].removesuffix("m")) * int(options["max-file"])
        assert megabytes <= 100, name


def test_every_service_is_bounded_in_memory_and_processes(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert 0 < service["pids_limit"] <= 512, name


def test_no_password_stands_in_the_file_and_the_backend_reads_the_one_that_was_made(
    services: dict[str, Any],
) -> None:
    backend, postgres = services["backend"], services["postgres"]
    default = re.fullmatch(
        r"\$\{POSTGRES_PASSWORD:-(.*)\}", postgres["environment"]["POSTGRES_PASSWORD"]
    )
    assert default
    assert default[1] == ""
    assert "PGPASSWORD" not in backend["environment"]
    parts = conninfo_to_dict(backend["environment"]["DATABASE_URL"])
    assert (parts["passfile"], "password" in parts) == ("/password/pgpass", False)
    directory = postgres["environment"]["PASSWORD_DIRECTORY"]
    assert f"database_password:{directory}" in postgres["volumes"]
    assert f"database_password:{directory}:ro" in backend["volumes"]


def test_the_backend_can_write_to_nothing_but_its_volumes_and_memory(
    services: dict[str, Any],
) -> None:
    backend = services["backend"]
    assert backend["read_only"] is True
    assert backend["tmpfs"] == ["/tmp"]
    assert backend["cap_drop"] == ["ALL"]
    assert "cap_add" not in backend
    assert {volume.partition(":")[2] for volume in backend["volumes"]} == {
        "/data",
        "/keys",
        "/password:ro",
    }


def test_the_dashboard_can_write_to_memory_alone(services: dict[str, Any]) -> None:
    dashboard = services["dashboard"]
    assert dashboard["read_only"] is True
    mounts = [mount.partition(":")[0] for mount in dashboard["tmpfs"]]
    assert mounts == ["/tmp", "/etc/nginx/conf.d"]
    assert all(volume.endswith(":ro") for volume in dashboard["volumes"])
    template = (REPOSITORY / "deploy/dashboard/templates/dashboard.conf.template").read_text()
    assert "proxy_max_temp_file_size 0;" in template


def test_every_file_it_names_is_there(services: dict[str, Any]) -> None:
    mounts = [
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
    ]
    builds = [service["build"] for service in services.values() if "build" in service]
    files = [REPOSITORY / path for path in mounts if path.startswith("./")]
    files += [REPOSITORY / build / "Dockerfile" for build in builds]
    assert len(files) == 6
    assert [file for file in files if not file.exists()] == []


def test_the_nginx_image_would_run_the_script_that_sets_the_limit() -> None:
    script = REPOSITORY / "deploy" / "nginx" / "10-limits.envsh"
    assert script.stat().st_mode & 0o111, "the image ignores it unless it is executable"


def test_the_templates_ask_only_for_what_the_services_set(services: dict[str, Any]) -> None:
    template = (REPOSITORY / "deploy/nginx/templates/backend.conf.template").read_text()
    given = set(services["nginx"]["environment"]) | set(LIMITS)
    assert set(re.findall(r"\$\{(\w+)\}", template)) == given - {"MAX_BODY_MB", "WORKER_CLASS"}
    dashboard = (REPOSITORY / "deploy/dashboard/templates/dashboard.conf.template").read_text()
    assert set(re.findall(r"\$\{(\w+)\}", dashboard)) == {
        "LISTEN",
        "DASHBOARD_ROOT",
        "KEY_DIRECTORY",
        *services["dashboard"]["environment"],
    }
