"""Searches know the capitals and accents of every script, whatever the database's locale."""

import pytest

from tests.client import Client
from tests.events import event, new_id

DECOMPOSED = "cafe\u0301 noir"


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Größe überschritten", "ÜBERSCHRITTEN"),
        ("ÜBERSCHRITTEN", "Übers"),
        ("Σίσυφος", "ΊΣΥΦΟΣ"),
        ("ПРИВЕТ, мир", "привет, МИР"),
        (DECOMPOSED, "Café"),
        ("CAFÉ noir", DECOMPOSED.title()),
        ("한국어", "\u1112\u1161\u11ab국"),
        ("日本 (東京)", "日本 (東"),
        ("\uf900 alone", "\uf900"),
        ('Straße "7" [a-z]*', 'ẞE "7" [A-z]*'),
        ("É\\d", "é\\"),
    ],
)
def test_a_text_is_found_in_any_case_and_composition(
    client: Client, stored: str, asked: str
) -> None:
    run = new_id()
    assert client.send(event(run, run_name=stored, data={"t": stored})).json["failed"] == 0
    found = client.ok("/api/events", params={"q": asked})["events"]
    assert [each["run_id"] for each in found] == [run]
    found = client.ok("/api/runs", params={"name": asked})["runs"]
    assert [each["run_id"] for each in found] == [run]


@pytest.mark.parametrize("asked", ["übers.hritten", "ü|x", "[ü]", "^ü", "ü$", "(ü)", "***:ü", "u"])
def test_every_character_stands_for_itself(client: Client, asked: str) -> None:
    assert client.send(event(new_id(), run_name="ü", data={"t": "ü"})).json["failed"] == 0
    assert client.ok("/api/events", params={"q": asked})["events"] == []
    assert client.ok("/api/runs", params={"name": asked})["runs"] == []
