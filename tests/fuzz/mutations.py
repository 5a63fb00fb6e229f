"""Bodies made of others: values of a JSON document replaced and repeated, or bytes put in."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

from tests.ingest.json.test_batch import SPLINTERS

RUN, OTHER = "8552f8ec-923d-432c-9bc4-802c92078534", "6738206f-76cb-447b-b55e-2647469279a0"
RAW = re.compile(r'"@@(.*?)@@"')  # a text that is written without its quotes
NUMBERS = [
    *("12345.678901", "0.0000123456789", "123456789.25", "30000001"),
    *("0", "-0", "-1", "1.50", "0.1", "1e2", "1E+2", "1e-7", "1e15", "1e16", "1e22", "5e-324"),
    *("1e-400", "1e400", "1e-16383", "1e-16384", "1e308", "NaN", "Infinity", "-Infinity", "01"),
    *("9007199254740993", "1099511627776", "1099511627777", "1000000000", "1000000000.01"),
    *("18446744073709551615", "18446744073709551616", "1" * 400, "1" * 4301, "0." + "1" * 400),
]
NAMES = [
    *("", "a", "error", "temp_x", "run 1", "a/b", "..", "%2F", "'; DROP TABLE runs; --", "\\", '"'),
    *("\\N", "\\.", "a\\tb", "a\tb", "\x00", "\\u0000", "\x1f", "\x7f", "\x85", "\ud800", "😀"),
    *("😀" * 255, "x" * 255, "x" * 256, "x" * 50, "x" * 51, "\u202eabc", "\u00ad", "\ufeff"),
]
IDS = [
    RUN,
    OTHER,
    RUN.upper(),
    f"{{{OTHER}}}",
    f"urn:uuid:{OTHER}",
    RUN.replace("-", ""),
    f"{RUN} ",
]
TIMES = [
    *("2026-11-22", "2026-11-22T10:30:00Z", "2026-11-22T10:30:00.1234567+14:00", "2026-W47-7"),
    *("1970-01-01T00:00:00+01:00", "2199-12-31T23:59:59.999999", "2200-01-01", "20261122T10"),
    *("infinity", "2026-02-30", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"),
]
TEXTS = [*NAMES, *IDS, *TIMES]
RAW_NUMBERS = [f"@@{number}@@" for number in NUMBERS]
SUITED = {
    **dict.fromkeys(("run_id", "event_id", "parent_event_id", "previous_event_id"), IDS),
    **dict.fromkeys(("agent_name", "event_type", "run_name"), NAMES),
    "timestamp": TIMES,
}
SUITED_DATA = {
    **dict.fromkeys(("tokens_in", "tokens_out", "cost", "latency_ms", "duration_ms"), RAW_NUMBERS),
    **dict.fromkeys(("model", "environment", "status", "any"), NAMES),
    "parent_run_id": IDS,
}
KEYS = [
    *("events", "run_id", "event_id", "agent_name", "event_type", "timestamp", "run_name", "data"),
    *("parent_event_id", "previous_event_id", "model", "tokens_in", "tokens_out", "cost"),
    *("latency_ms", "duration_ms", "status", "error", "output", "environment", "metadata"),
    *("parent_run_id", "graph_structure", "execution_flow", "agent_start", "name", "", "\x00"),
]
TYPES = ["agent_start", "agent_end", "llm_call", "error"]
DEPTHS = [1, 2, 60, 62, 63, 64, 65, 66, 300]


def mutate(body: bytes, rng: random.Random) -> bytes:
    """A body that differs in one to four places, most often still JSON."""
    if rng.random() < 0.25:
        return with_splinter(body, rng)
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        return with_splinter(body, rng)
    for _ in range(rng.choice([1, 1, 2, 4])):
        document = changed(document, rng) if rng.random() < 0.5 else suited(document, rng)
    return written(document, rng)


def written(document: Any, rng: random.Random) -> bytes:
    """The document as JSON, compact or not, with escapes or without."""
    separators = rng.choice([(",", ":"), (", ", ": "), (",\n", ":\t")])
    text = json.dumps(document, separators=separators, ensure_ascii=rng.random() < 0.5)
    return RAW.sub(r"\1", text).encode(errors="surrogatepass")


def with_splinter(body: bytes, rng: random.Random) -> bytes:
    """The body with something put in place of none or some of its bytes."""
    at = rng.randint(0, len(body))
    return body[:at] + rng.choice(SPLINTERS) + body[at + rng.choice([0, 0, 1, 5]) :]


def changed(document: Any, rng: random.Random) -> Any:
    """The document with another value somewhere; it is changed in place where it can be."""
    place = document
    while isinstance(place, (dict, list)) and place:
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if not place[key] or not isinstance(place[key], (dict, list)) or rng.random() < 0.2:
            change(place, key, rng)
            return document
        place = place[key]
    return any_value(rng)


def suited(document: Any, rng: random.Random) -> Any:
    """The document with a value that one field of one event is made for, or just not."""
    try:
        event = rng.choice(document["events"])
        place, values = rng.choice([(event, SUITED), (event["data"], SUITED_DATA)])
        field = rng.choice(list(values))
        place[field] = rng.choice(values[field])
    except (IndexError, KeyError, TypeError):
        return changed(document, rng)
    return document


def change(place: Any, key: Any, rng: random.Random) -> None:
    """Change one member of an object or an array."""
    kind = rng.randrange(6)
    if kind == 0:
        del place[key]
    elif kind == 1 and isinstance(place, list):
        place.insert(key, json.loads(json.dumps(rng.choice(place))))
    elif kind == 2 and isinstance(place, dict):
        place[rng.choice(KEYS)] = json.loads(json.dumps(place[key]))
    elif kind == 3 and isinstance(place, dict):
        place[rng.choice(KEYS)] = any_value(rng)
    elif kind == 4:
        place[key] = nested(place[key], rng)
    else:
        place[key] = any_value(rng)


def nested(value: Any, rng: random.Random) -> Any:
    """The value inside of arrays or objects."""
    is_list = rng.random() < 0.5
    for _ in range(rng.choice(DEPTHS)):
        value = [value] if is_list else {"a": value}
    return value


def any_value(rng: random.Random) -> Any:
    """A value that is at or over some limit, or quite usual."""
    return rng.choice(KINDS)(rng)


KINDS: list[Callable[[random.Random], Any]] = [
    lambda rng: rng.choice(RAW_NUMBERS),
    lambda rng: rng.choice(TEXTS),
    lambda rng: rng.choice(TYPES),
    lambda rng: rng.choice([None, True, False, [], {}, {"error": None}, {"error": 1}]),
    lambda rng: {rng.choice(KEYS): any_value(rng)},
    lambda rng: "x" * rng.choice([10, 1_000, 8_170, 8_192]),
]
