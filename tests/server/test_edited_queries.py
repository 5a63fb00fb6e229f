"""Edited files of sql/ that nobody can check: their last texts stay in use, and the log says so."""

import signal

import pytest

from service.db.query_texts import DIRECTORY
from service.server import edited_queries

FILE = DIRECTORY / "agents" / "list.sql"
EDITED = {FILE: b"SELECT 1;"}


def test_nothing_is_taken_while_postgresql_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/away")
    said = "sql/agents/list.sql was not checked: OperationalError"
    assert edited_queries.check(EDITED) == {FILE: said}


def test_nothing_is_taken_from_a_check_that_comes_to_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signal, "alarm", lambda seconds: signal.raise_signal(signal.SIGKILL))
    said = "sql/agents/list.sql was not checked: no answer"
    assert edited_queries.check(EDITED) == {FILE: said}
