"""The reference is complete: views."""

import re

import pytest

from service.db.queries import Connection
from tests.processes.harness import REPOSITORY

TOOLS = (REPOSITORY / "docs" / "operations" / "tools.md").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w+_live|latency_buckets)`", TOOLS))))
def test_the_view_has_a_comment(conn: Connection, name: str) -> None:
    comment = conn.execute("SELECT obj_description(%s::regclass) AS text", [name]).fetchone()
    assert (comment or {}).get("text")
