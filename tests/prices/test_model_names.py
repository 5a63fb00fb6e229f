"""The forms of a model's name, the fullest first."""

import pytest

from service.prices.model_names import forms

CASES = {
    "gpt-4o": [("", "gpt-4o")],
    " GPT-4o ": [("", "gpt-4o")],
    "gpt-4.1": [("", "gpt-4.1")],  # a dot is no vendor
    "gpt-4o-2024-08-06": [("", "gpt-4o-2024-08-06"), ("", "gpt-4o")],
    "gpt-4-0613": [("", "gpt-4-0613"), ("", "gpt-4")],
    "claude-3-5-sonnet@20240620": [("", "claude-3-5-sonnet@20240620"), ("", "claude-3-5-sonnet")],
    "llama3:latest": [("", "llama3:latest"), ("", "llama3")],
    "openai/gpt-4o": [("", "openai/gpt-4o"), ("openai", "gpt-4o")],
    "openrouter/openai/gpt-4o": [
        ("", "openrouter/openai/gpt-4o"),
        ("openrouter", "openai/gpt-4o"),
        ("openai", "gpt-4o"),
    ],
    "ft:gpt-4o-mini:org::id": [
        ("", "ft:gpt-4o-mini:org::id"),
        ("", "ft:gpt-4o-mini:org:"),
        ("", "gpt-4o-mini"),
    ],
    "us.anthropic.claude-x-20241022-v2:0": [
        ("", "us.anthropic.claude-x-20241022-v2:0"),
        ("", "us.anthropic.claude-x-20241022"),
        ("", "us.anthropic.claude-x"),
        ("aws", "anthropic.claude-x-20241022-v2:0"),
        ("aws", "anthropic.claude-x-20241022"),
        ("aws", "anthropic.claude-x"),
        ("aws", "claude-x-20241022-v2:0"),
        ("aws", "claude-x-20241022"),
        ("aws", "claude-x"),
    ],
    "": [("", "")],
    "/": [("", "/")],
    "a/": [("", "a/")],
}


@pytest.mark.parametrize("name", CASES)
def test_the_forms_of(name: str) -> None:
    assert list(map(tuple, forms(name))) == CASES[name]


def test_prefixes_are_few() -> None:
    found = [form.name for form in forms("us." * 80 + "x")]
    assert found == ["us." * (80 - n) + "x" for n in range(5)]
