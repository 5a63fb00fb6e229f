"""The type and the text of an error, in each way in which clients send it."""

from typing import Any

import pytest

from service.ingest.error_text import MAX_TEXT, MAX_TYPE, error_text, sentence

TRACEBACK = """Traceback (most recent call last):
  File "/app/agent.py", line 12, in ask
    raise TimeoutError(message)
TimeoutError: no answer after 30 s
"""


def said(**data: Any) -> str:
    """The sentence of an event's data."""
    output = data.get("output", {}).get("error")
    return sentence(data.get("error"), output, data.get("error_type"), data.get("error_message"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"error": {"type": "ValueError", "message": "no price"}}, "ValueError: no price"),
        ({"output": {"error": {"type": "KeyError", "message": "'id'"}}}, "KeyError: 'id'"),
        ({"error_type": "APIError", "error_message": "busy"}, "APIError: busy"),
        ({"error": "openai.RateLimitError: slow down"}, "openai.RateLimitError: slow down"),
        ({"error": "ValueError: no", "error_type": "ValueError"}, "ValueError: no"),
        ({"error": "None", "output": {"error": "it failed"}}, "it failed"),
        ({"error": True, "error_message": "it failed"}, "it failed"),
        ({"error": {"code": "ENOENT", "detail": "gone"}}, "ENOENT: gone"),
        ({"error": {"code": 404, "detail": "gone"}}, "gone"),
        ({"error": [{"msg": "field required", "type": "missing"}]}, "missing: field required"),
        ({"error": 500}, "500"),
        ({"error": TRACEBACK}, "TimeoutError: no answer after 30 s"),
        ({"error": {"type": "TimeoutError", "message": ""}}, "TimeoutError"),
        ({"error": {"unknown": "key"}}, ""),
        ({"error": [[["deep"]]]}, ""),
        ({}, ""),
    ],
)
def test_each_way_of_sending_an_error_is_read(data: dict[str, Any], expected: str) -> None:
    assert said(**data) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ValueError: no price: EUR", ("ValueError", "no price: EUR")),
        ("openai.RateLimitError: slow down", ("openai.RateLimitError", "slow down")),
        ("TimeoutError", ("TimeoutError", "")),
        ("could not connect: refused", ("", "could not connect: refused")),
        ("it failed", ("", "it failed")),
        ("", ("", "")),
    ],
)
def test_the_type_is_what_stands_in_front(text: str, expected: tuple[str, str]) -> None:
    assert error_text(text) == expected


def test_a_long_type_and_a_long_text_are_cut() -> None:
    found = said(error={"type": "T" * 1_000_000, "message": "m" * 1_000_000})
    assert found == "T" * MAX_TYPE + ": " + "m" * MAX_TEXT
    assert error_text(found) == ("T" * MAX_TYPE, "m" * MAX_TEXT)
