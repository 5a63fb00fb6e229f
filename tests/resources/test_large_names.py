"""Names and statuses that are lists or objects: small ones are shown cut, large ones are not."""

from typing import Any

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.events import event, new_id

DAY = {"from": "2026-11-22", "to": "2026-11-23"}
LONG = "é" * 300
PAD = "x" * 20_000  # beside it the data is neither small nor uncompressed
LARGE_LIST, LARGE_OBJECT = [0] * 100_000, {str(n): n for n in range(10_000)}
SHOWN: list[tuple[Any, str | None]] = [
    (None, None),
    (LONG, LONG[:255]),
    ("x" * 100_000, "x" * 255),
    (1.5, "1.5"),
    (False, "false"),
    ([], "[]"),
    ({"a": [1]}, '{"a": [1]}'),
    (["x" * 300], '["' + "x" * 253),
    (LARGE_LIST, "…"),
    (LARGE_OBJECT, "…"),
]


def rows(client: Client, run: str) -> list[dict[str, Any]]:
    """The one event of the run, in each kind of trace."""
    path = f"/api/runs/{run}/trace"
    (full,) = client.ok(path)["events"]
    (summary,) = client.ok(f"{path}?fields=summary")["execution_tree"]
    tables = [client.ok(f"{path}?fields=flat{more}") for more in ("", "&limit=10")]
    flat = [dict(zip(table["columns"], table["rows"][0], strict=True)) for table in tables]
    return [full["data"], summary, *flat]


@pytest.mark.parametrize("pad", ["", PAD], ids=["alone", "padded"])
@pytest.mark.parametrize("field", ["name", "tool_name", "step_name", "node_name"])
def test_a_name_is_shown_cut_or_not_at_all(client: Client, field: str, pad: str) -> None:
    for value, shown in SHOWN:
        run = new_id()
        client.send(event(run, data={field: value, "pad": pad, "error": {"type": "A"}}))
        assert [row.get("name") for row in rows(client, run)] == [shown] * 4, str(value)[:50]
        (group,) = client.ok("/api/errors", params=DAY)["errors"]
        (error,) = client.ok(f"/api/errors/{group['fingerprint']}")["errors"]
        assert (group["name"], error["name"]) == (shown, shown), str(value)[:50]
        client.simulate_delete(f"/api/runs/{run}")


@pytest.mark.parametrize("pad", ["", PAD], ids=["alone", "padded"])
def test_a_status_is_shown_cut_or_not_at_all(client: Client, pad: str) -> None:
    for value, shown in SHOWN:
        run = new_id()
        client.send(event(run, data={"status": value, "pad": pad}))
        assert [row.get("status") for row in rows(client, run)] == [shown] * 4, str(value)[:50]


def test_what_tells_a_repeat_is_not_printed_where_it_is_a_list(
    client: Client, conn: Connection
) -> None:
    run = new_id()
    client.send(event(run, "llm_call", data={"counted": False, "repeats": LARGE_LIST}))
    stored = conn.execute("SELECT data ? 'counted' AS is_there FROM events").fetchall()
    assert stored == [{"is_there": True}]
    assert [row.get("repeats") for row in rows(client, run)] == [None] * 4
