"""Text for terminals: nothing in it is invisible, and nothing turns the direction."""

import json
import logging

import pytest

from service.core.visible import visible
from service.telemetry.logging import JsonFormatter

HIDDEN = {
    "right-to-left override": "\u202e",
    "isolate": "\u2067",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "byte order mark": "\ufeff",
    "escape": "\x1b",
    "line separator": "\u2028",
    "no-break space": "\xa0",
    "tag": "\U000e0041",
    "half a surrogate": "\ud800",
}


@pytest.mark.parametrize("char", HIDDEN.values(), ids=HIDDEN)
def test_what_is_hidden_is_escaped_as_in_json(char: str) -> None:
    shown = visible(f"a{char}b")
    assert shown.isascii()
    assert json.loads(f'"{shown}"') == f"a{char}b"


def test_what_is_visible_stays() -> None:
    text = "Ünïcode 名前 🤖 \\u202e 'quoted'"
    assert visible(text) == text


def test_a_line_of_the_log_hides_nothing_and_is_the_same_json() -> None:
    message = "GET /api/agents/\u202egpj.exe\u200b"
    record = logging.LogRecord("x", logging.INFO, "", 0, message, None, None)
    line = JsonFormatter().format(record)
    assert line.isprintable()
    assert json.loads(line)["message"] == message
