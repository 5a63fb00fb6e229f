"""The view error_texts says of stored errors what ingest said of them: in hostile texts, too."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.queries import Connection
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_trace, run_of, send, span

DIFFERENT = "SELECT * FROM error_texts WHERE error_fingerprint IS DISTINCT FROM counted_fingerprint"
DAY = {"from": "2026-11-22", "to": "2026-11-23"}
# A run with one error each: its group, its own field, and that in its trace are what the view says.
SAID = """
SELECT r.first_error, jsonb_build_object('type', t.type, 'text', t.text) AS said
  FROM runs AS r
  JOIN error_texts AS t USING (received_on, run_id)
 WHERE r.run_id = ANY (%s)
"""
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
    st.sampled_from([1e300, 5e-324, -0.0, 1.5e22, 0.1, 2.0]),
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
def test_postgresql_reads_of_errors_what_ingest_read(
    client: Client, conn: Connection, found: list[dict[str, Any]]
) -> None:
    runs = [new_id() for _ in found]
    client.send(*(event(run, data=data) for run, data in zip(runs, found, strict=True)))
    stored = conn.execute(SAID, [runs]).fetchall()
    assert len(stored) == len(found)
    assert [row for row in stored if row["first_error"] != row["said"]] == []
    assert conn.execute(f"{DIFFERENT} AND run_id = ANY (%s)", [runs]).fetchall() == []


def test_numbers_that_are_stored_as_text_are_read_as_such(client: Client, conn: Connection) -> None:
    data = {"error": {"type": 1e300, "message": "x"}, "many": [1e300] * 4000}
    answer = client.send(event(new_id(), data=data))
    assert answer.json["warnings"][0]["code"] == "numbers_as_text"
    assert conn.execute("SELECT said FROM error_texts").fetchall() == [{"said": "1e+300: x"}]
    run = conn.execute("SELECT first_error FROM runs").fetchall()
    assert run[0]["first_error"] == {"type": "1e+300", "text": "x"}
    assert conn.execute(DIFFERENT).fetchall() == []


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        ({"error": {"type": "ValueError", "message": "no price"}}, "ValueError", "no price"),
        ({"error": "Traceback (most recent call last)\n  a\nKeyError: 1\n"}, "KeyError", "1"),
        ({"error_type": "A", "error_message": "busy", "status": "error"}, "A", "busy"),
        ({"output": {"error": {"code": "ENOENT", "detail": "gone"}}}, "ENOENT", "gone"),
        ({"error": [{"type": "missing", "msg": "required"}]}, "missing", "required"),
        ({"error": 500}, None, "500"),
        ({"error": "vvv \v"}, None, "vvv"),  # to PostgreSQL 15, E'\v' is the letter
        ({"error": 1.5e22}, None, "15000000000000000000000"),
        ({"status": "failed"}, None, ""),
    ],
)
def test_a_run_its_trace_and_its_group_say_the_same(
    client: Client, conn: Connection, data: dict[str, Any], kind: str | None, text: str
) -> None:
    run, said = new_id(), {"type": kind, "text": text}
    client.send(event(run, data=data))
    assert client.run(run)["first_error"] == said
    assert client.ok(f"/api/runs/{run}/trace?fields=summary")["first_error"] == said
    (group,) = client.ok("/api/errors", params=DAY)["errors"]
    (error,) = client.ok(f"/api/errors/{group['fingerprint']}")["errors"]
    assert said.items() <= group.items()
    assert said.items() <= error.items()
    assert conn.execute(DIFFERENT).fetchall() == []


def test_an_exception_of_a_span_says_the_same(client: Client, conn: Connection) -> None:
    trace = new_trace()
    failed = span(trace, error="")
    raised = failed.events.add(name="exception")
    for key, value in (("exception.type", "app.NoPrice"), ("exception.message", "no price: EUR")):
        raised.attributes.add(key=key).value.string_value = value
    send(client, failed)
    said = {"type": "app.NoPrice", "text": "no price: EUR"}
    assert client.run(run_of(trace))["first_error"] == said
    assert conn.execute("SELECT type, text FROM error_texts").fetchall() == [said]
    assert conn.execute(DIFFERENT).fetchall() == []
