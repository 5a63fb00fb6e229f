"""The view error_texts says of stored errors what ingest said of them: in hostile texts, too."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.queries import Connection
from tests.client import Client
from tests.events import event, new_id

DIFFERENT = "SELECT * FROM error_texts WHERE error_fingerprint IS DISTINCT FROM counted_fingerprint"
# Pieces in which the two kinds of regular expressions could differ.
PIECES = [
    *("a", "Z", "7", "٣", "３", "é", "İ", "😀", "\u200b", "\u00ad", "\u2028", "\u00a0", "\ufffd"),
    *(" ", "  ", "\n", "\t", "\x01", "\x7f", "'", '"', "`", "…", "\\", "/", "://", ":", ": ", "."),
    *("(", ")", "[", "]", "{", "}", "<", ">", ",", ", ", ";", "=", "|", "-", "_", "^", "$", "%"),
    *("Error", "ValueError: ", "a.b.C: ", "null", "None", "Traceback (most recent call last)"),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(
        lambda found: "".join(found) * 300
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
)
SCALARS = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
)
KEYS = ("type", "name", "code", "message", "msg", "detail", "error", "text", "reason", "other")
OBJECTS = st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=4)
ERRORS = st.one_of(SCALARS, OBJECTS, st.lists(st.one_of(SCALARS, OBJECTS), max_size=2))
DATA = st.fixed_dictionaries(
    {"status": st.just("error")},
    optional={
        "error": ERRORS,
        "output": st.one_of(st.fixed_dictionaries({"error": ERRORS}), SCALARS),
        "error_type": SCALARS,
        "error_message": SCALARS,
    },
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(found=st.lists(DATA, min_size=30, max_size=60))
def test_postgresql_finds_the_fingerprints_of_ingest(
    client: Client, conn: Connection, found: list[dict[str, Any]]
) -> None:
    run = new_id()
    client.send(*(event(run, data=data) for data in found))
    stored = conn.execute("SELECT count(*) AS count FROM error_texts WHERE run_id = %s", [run])
    assert stored.fetchall()[0]["count"] == len(found)
    assert conn.execute(f"{DIFFERENT} AND run_id = %s", [run]).fetchall() == []


def test_numbers_that_are_stored_as_text_are_read_as_such(client: Client, conn: Connection) -> None:
    data = {"error": {"type": 1e300, "message": "x"}, "many": [1e300] * 4000}
    answer = client.send(event(new_id(), data=data))
    assert answer.json["warnings"][0]["code"] == "numbers_as_text"
    assert conn.execute("SELECT said FROM error_texts").fetchall() == [{"said": "1e+300: x"}]
    assert conn.execute(DIFFERENT).fetchall() == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"error": {"type": "ValueError", "message": "no price"}}, "ValueError: no price"),
        ({"error": "Traceback (most recent call last)\n  a\nKeyError: 1\n"}, "KeyError: 1"),
        ({"error_type": "APIError", "error_message": "busy", "status": "error"}, "APIError: busy"),
        ({"error": [{"msg": "missing"}]}, "missing"),
        ({"status": "failed"}, ""),
    ],
)
def test_it_says_what_the_error_says(
    client: Client, conn: Connection, data: dict[str, Any], said: str
) -> None:
    client.send(event(new_id(), data=data))
    assert conn.execute("SELECT said FROM error_texts").fetchall() == [{"said": said}]
    assert conn.execute(DIFFERENT).fetchall() == []
