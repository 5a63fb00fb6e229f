"""SQL, format strings and the like in every parameter and field: data as any other, or 4xx."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.events import differences, event, new_id

INJECTIONS = (
    "'; DROP TABLE runs; --",
    "' OR '1'='1",
    '" OR ""="',
    "1; DELETE FROM events",
    "x' UNION SELECT sha256 FROM api_keys --",
    "$$; TRUNCATE runs $$",
    "\\'; DROP TABLE agents; --",
    ":'agent_name'",
    "%(agent_name)s %s %%",
    "{0} {agent_name} ${jndi:ldap://x}",
    "\\! touch /tmp/x",
    "*/ DROP SCHEMA public CASCADE; /*",
)
COUNTS = """
SELECT (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM events) AS events,
       (SELECT count(*) FROM agents) AS agents, (SELECT count(*) FROM api_keys) AS keys,
       (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS relations
"""
METHODS = ("get", "patch", "delete")
TEXTS = ("agent_name", "event_type", "run_name", "environment")

Parameter = dict[str, Any]


def parameters(document: dict[str, Any]) -> Iterator[tuple[str, str, Parameter, list[Parameter]]]:
    """Each parameter of the description: method, path, itself, and those beside it."""
    known = document["components"]["parameters"]
    for path, item in document["paths"].items():
        for method in METHODS:
            refs = [*item.get("parameters", []), *item.get(method, {}).get("parameters", [])]
            found = [
                known[ref["$ref"].rpartition("/")[2]] if "$ref" in ref else ref for ref in refs
            ]
            for one in found if method in item else []:
                yield method.upper(), path, one, found


def ask(
    client: Client, method: str, path: str, beside: list[Parameter], sent: dict[str, str]
) -> tuple[int, str]:
    """Send a request with these values; those that are needed beside them are harmless."""
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    for one in beside:
        name, place = one["name"], one["in"]
        value = sent.get(name)
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(value or "nothing", safe=""))
        elif value is not None or (one.get("required") and place == "query"):
            (query if place == "query" else headers)[name] = value or "cost"
    body = {"description": "x", "new_run_name": "x"} if method == "PATCH" else None
    if path == "/events/stream":  # has no end
        method = "HEAD"
    prefix = "" if path == "/" else "/api"
    result = client.simulate_request(
        method, prefix + path, params=query, params_csv=False, headers=headers, json=body
    )
    return result.status_code, result.text


@pytest.mark.parametrize("injection", INJECTIONS)
def test_in_every_parameter(client: Client, conn: Connection, injection: str) -> None:
    client.send(event(new_id()), event(new_id(), agent_name="other"))
    before = conn.execute(COUNTS).fetchone()
    asked = 0
    for method, path, one, beside in parameters(client.ok("/api/openapi.json")):
        status, text = ask(client, method, path, beside, {one["name"]: injection})
        assert status < 500, (method, path, one["name"], text)
        # What leads to a row leads to none; what narrows an answer down may leave it empty.
        assert status >= 400 or one["in"] != "path" or method == "GET", (method, path, text)
        asked += 1
    assert asked > 60
    assert conn.execute(COUNTS).fetchone() == before


@pytest.mark.parametrize("injection", INJECTIONS)
def test_in_every_field(client: Client, conn: Connection, injection: str) -> None:
    run_id = new_id()
    good = event(run_id, data={injection: injection, "model": injection}, metadata={"a": injection})
    texts = dict.fromkeys(TEXTS, injection)
    sent = [
        {**good, "event_id": new_id(), **texts},
        *({**good, field: injection} for field in ("event_id", "run_id", "timestamp")),
        {**good, "event_id": new_id(), **texts, "parent_event_id": injection},
    ]
    answer = client.ok("/api/events", "POST", json={"events": sent})
    named = {error["index"] for error in answer["errors"]}
    assert {1, 2, 3} <= named
    assert answer["warnings"][-1]["field"] == "parent_event_id"
    [stored] = client.ok(f"/api/runs/{run_id}/timeline")["events"][:1]
    assert stored["data"] == good["data"]
    run = client.run(run_id)
    assert (run["agent_name"], run["run_name"]) == (injection, injection)
    path = f"/api/runs/{quote(injection, safe='')}/{quote(injection, safe='')}"
    assert client.ok(path)["run_id"] == run_id
    renamed = f"{injection} anew"
    client.ok(path, "PATCH", json={"new_run_name": renamed})
    assert client.run(run_id)["run_name"] == renamed
    assert differences(conn) == []
    agent = f"/api/agents/{quote(injection, safe='')}"
    assert client.ok(agent, "PATCH", json={"description": injection})["description"] == injection
    assert client.simulate_delete(agent).status_code == 200
    counts = conn.execute(COUNTS).fetchone()
    assert counts is not None
    assert (counts["runs"], counts["events"]) == (0, 0)
