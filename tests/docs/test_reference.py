"""The reference is complete: paths, error codes, metrics, views."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.api.errors import CONSTRAINTS, NAMES
from service.config import Config
from service.core.client_share import share_of
from service.db.database_settings import (
    INGEST_CONNECTIONS,
    RESERVED_CONNECTIONS,
    DatabaseSettings,
)
from service.db.errors import Transient
from service.db.queries import Connection
from service.db.roles.logins import Logins
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY
from tests.service import Service

REFERENCE = REPOSITORY / "docs" / "reference"
API, ERRORS = ((REFERENCE / name).read_text() for name in ("api.md", "errors.md"))
TOOLS, MONITORING = (
    (REPOSITORY / "docs" / "operations" / name).read_text()
    for name in ("tools.md", "monitoring.md")
)
OPENAPI = json.loads((REPOSITORY / "service/resources/docs/openapi.json").read_text())
RAISES_CODE = {"ApiError": 1, "BadBatch": 0}  # which argument is the code
# Files of the pages, and two names of what is listed under another.
NOT_LISTED = {("GET", "/docs/{}"), ("GET", "/ui/{}"), ("GET", "/ui/assets/{}/{}")}


def codes_in(source: Path) -> Iterator[str]:
    """The codes of errors that a module raises."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = RAISES_CODE.get(node.func.id)
            if place is not None and len(node.args) > place:
                argument = node.args[place]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def raised_codes() -> set[str]:
    """The codes of all errors that the service raises."""
    found = {code for file in (REPOSITORY / "service").rglob("*.py") for code in codes_in(file)}
    assert len(found) > 30
    tables = {code for code, _ in [*NAMES.values(), *CONSTRAINTS.values()]}
    return found | tables | {str(kind) for kind in Transient}


def described(node: Any) -> Iterator[str]:
    """The codes that a part of the OpenAPI description lists."""
    if isinstance(node, dict):
        code = node.get("code")
        if isinstance(code, dict):
            yield from code.get("enum", [code["const"]] if "const" in code else [])
        for value in node.values():
            yield from described(value)


def table_of(page: str, title: str) -> set[str]:
    """The names in the first column of a section's table."""
    section = page.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_every_error_code_is_listed_with_what_to_do() -> None:
    described_codes = set(described(OPENAPI["components"]["responses"]))
    assert table_of(ERRORS, "Requests") == raised_codes() | described_codes


def test_every_code_of_an_event_is_listed() -> None:
    schemas = OPENAPI["components"]["schemas"]
    kinds = ("EventError", "EventWarning", "ScoreError")
    codes = {code for kind in kinds for code in described(schemas[kind]["properties"])}
    assert table_of(ERRORS, "Events, spans and scores") == codes


def test_every_request_is_listed() -> None:
    listed = {
        (method, re.sub(r"\{\w+\}", "{}", path.removeprefix("/api")))
        for method, path in re.findall(r"^\| `([A-Z]+) (/[^?` ]*)", API, re.MULTILINE)
    }
    there = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in OPENAPI["paths"].items()
        for method in methods
        if method in {"get", "post", "patch", "delete"}
    }
    assert listed == there - NOT_LISTED


def test_every_prometheus_metric_is_listed(service: Service) -> None:
    service.post(batch(event(new_id())))
    families = text_string_to_metric_families(service.get("/metrics").text)
    told = {family.name: family.type for family in families}
    listed = set(re.findall(r"`(gati_\w+)`", MONITORING))
    assert {full_name(name, kind) for name, kind in told.items()} <= listed
    names = "\n".join(file.read_text() for file in (REPOSITORY / "service").rglob("*.py"))
    for name in listed:
        assert name.removesuffix("_total").removesuffix("_info") in names, name


def test_the_connections_of_a_worker_are_those_that_it_has() -> None:
    text = (REFERENCE / "configuration.md").read_text()
    config = Config.from_environment({})
    settings = DatabaseSettings.from_config(config, "", Logins(""))
    reads = settings.read_connections
    assert f"each has at least {RESERVED_CONNECTIONS + 2} connections" in text
    assert f"({share_of(reads)} of {reads} with the defaults)" in text
    assert f"{share_of(INGEST_CONNECTIONS)} of {INGEST_CONNECTIONS} connections" in text


def full_name(name: str, kind: str) -> str:
    """The name of a family as its samples have it."""
    return name + ("_total" if kind == "counter" else "")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w+_live|latency_buckets)`", TOOLS))))
def test_the_view_has_a_comment(conn: Connection, name: str) -> None:
    comment = conn.execute("SELECT obj_description(%s::regclass) AS text", [name]).fetchone()
    assert (comment or {}).get("text")
