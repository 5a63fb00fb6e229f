"""The type and the text of an error, in each way in which clients send it."""

from decimal import Decimal
from typing import Any

import pytest

from service.ingest.error_text import MAX_TEXT, MAX_TYPE, ErrorText, error_text

TRACEBACK = """Traceback (most recent call last):
  File "/app/agent.py", line 12, in ask
    raise TimeoutError(message)
TimeoutError: no answer after 30 s
"""


def said(**data: Any) -> ErrorText:
    """What the error of an event's data says."""
    output = data.get("output", {}).get("error")
    return error_text(data.get("error"), output, data.get("error_type"), data.get("error_message"))


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        ({"error": {"type": "ValueError", "message": "no price"}}, "ValueError", "no price"),
        ({"output": {"error": {"type": "KeyError", "message": "'id'"}}}, "KeyError", "'id'"),
        ({"error_type": "APIError", "error_message": "busy"}, "APIError", "busy"),
        ({"error": "openai.RateLimitError: slow"}, "openai.RateLimitError", "slow"),
        ({"error": "ValueError: no", "error_type": "ValueError"}, "ValueError", "no"),
        ({"error": "no price: EUR", "error_type": "ValueError"}, "ValueError", "no price: EUR"),
        ({"error": "None", "output": {"error": "it failed"}}, "", "it failed"),
        ({"error": True, "error_message": "it failed"}, "", "it failed"),
        ({"error": {"code": "ENOENT", "detail": "gone"}}, "ENOENT", "gone"),
        ({"error": {"code": "rate_limit", "message": "slow: 3 s"}}, "rate_limit", "slow: 3 s"),
        ({"error": {"code": 404, "detail": "gone"}}, "", "gone"),
        ({"error": [{"msg": "required", "type": "missing"}]}, "missing", "required"),
        ({"error": 500}, "", "500"),
        ({"error": Decimal("-0.0"), "error_type": "E"}, "E", "0.0"),
        ({"error": Decimal("1E+3")}, "", "1000"),
        ({"error": TRACEBACK}, "TimeoutError", "no answer after 30 s"),
        ({"error": {"type": "TimeoutError", "message": ""}}, "TimeoutError", ""),
        ({"error": {"type": "TimeoutError", "message": "TimeoutError"}}, "TimeoutError", ""),
        ({"error": "TimeoutError"}, "TimeoutError", ""),
        ({"error": "ValueError: no price: EUR"}, "ValueError", "no price: EUR"),
        ({"error": "could not connect: refused"}, "", "could not connect: refused"),
        ({"error": {"unknown": "key"}}, "", ""),
        ({"error": [[["deep"]]]}, "", ""),
        ({}, "", ""),
    ],
)
def test_each_way_of_sending_an_error_is_read(data: dict[str, Any], kind: str, text: str) -> None:
    found = said(**data)
    assert (found.type, found.text) == (kind, text)
    assert found.sentence == ": ".join(part for part in (kind, text) if part)


@pytest.mark.parametrize(
    ("kind", "text", "shown", "sentence"),
    [
        (
            "ValueError",
            "ValueError: ValueError: no",
            "ValueError: no",
            "ValueError: ValueError: no",
        ),
        ("Value", "ValueError: no", "ValueError: no", "ValueError: no"),
        ("TimeoutError", "TimeoutError(3)", "TimeoutError(3)", "TimeoutError(3)"),
    ],
)
def test_fingerprints_are_of_what_was_sent(kind: str, text: str, shown: str, sentence: str) -> None:
    assert said(error=text, error_type=kind) == (kind, shown, sentence)


def test_a_long_type_and_a_long_text_are_cut() -> None:
    found = said(error={"type": "T" * 1_000_000, "message": "m" * 1_000_000})
    assert (found.type, found.text) == ("T" * MAX_TYPE, "m" * MAX_TEXT)
    assert found.sentence == f"{found.type}: {found.text}"
    text = "A" * (MAX_TYPE + 1) + ": no name of a class is that long"
    assert said(error=text) == ("", text, text)
