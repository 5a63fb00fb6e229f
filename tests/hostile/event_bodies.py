"""Bodies of POST /events and /events/check, each a generator of its bytes.

So only the gzip is held. `size` is about that of the body, `run_id` the run of its good events.
"""

import json
from collections.abc import Iterator

from tests.events import event

BLOCK = 65_536
EVENT_BYTES = 1_000_000  # below MAX_EVENT_KB
LISTS = 49_000  # below MAX_CONTAINERS

Pieces = Iterator[bytes]


def repeated(unit: bytes, size: int) -> Pieces:
    """The unit as often as `size` bytes hold it."""
    times, per_block = size // len(unit), max(1, BLOCK // len(unit))
    block = unit * per_block
    for _ in range(times // per_block):
        yield block
    yield unit * (times % per_block)


def listed(unit: bytes, size: int) -> Pieces:
    """The unit as often as `size` bytes hold it, as the elements of a list without its brackets."""
    yield from repeated(unit + b",", size)
    yield unit


def good(run_id: str) -> bytes:
    """An event that is stored."""
    return json.dumps(event(run_id)).encode()


def one_of_nan(size: int, run_id: str) -> Pieces:
    """Millions of events, each with a NaN."""
    del run_id
    yield b'{"events":['
    yield from listed(b'{"a":NaN}', size)
    yield b"]}"


def nan_between_good(size: int, run_id: str) -> Pieces:
    """An event of NaN and many numbers, between two that are good."""
    yield b'{"events":[' + good(run_id) + b',{"a":NaN,"b":['
    yield from listed(b"0", size)
    yield b"]}," + good(run_id) + b"]}"


def short_strings(before: bytes, size: int, run_id: str) -> Pieces:
    """An event of many empty strings, which a split at quotes makes an object of each."""
    head, _, tail = good(run_id).partition(b'"data": {}')
    yield b'{"events":[' + head + b'"data":{"a":[' + before
    yield from listed(b'""', size)
    yield b"]}" + tail + b"]}"


def deep(size: int, run_id: str) -> Pieces:
    """Lists within one another, closed again."""
    del run_id
    yield b'{"events":['
    yield from repeated(b"[", size // 2)
    yield from repeated(b"]", size // 2)
    yield b"]}"


def deep_open(size: int, run_id: str) -> Pieces:
    """Lists within one another that nothing closes."""
    del run_id
    yield b'{"events":'
    yield from repeated(b"[", size)


def long_text_beside_nan(size: int, run_id: str) -> Pieces:
    """A field that is no event's, beside an event with NaN and one that is good."""
    yield b'{"events":[{"a":NaN},' + good(run_id) + b'],"x":"'
    yield from repeated(b"x", size)
    yield b'"}'


def nodes(unit: bytes, is_usual: bool, size: int, run_id: str) -> Pieces:
    """Events just below the limit of one, of nothing but small values; then one that is good.

    `is_usual` False: one field is not as the fast path needs it, so all are parsed at once.
    """
    yield b'{"events":['
    for _ in range(max(1, size // EVENT_BYTES)):
        fields = event(run_id)
        if not is_usual:
            fields["event_id"] = fields["event_id"].upper()
        head, tail = json.dumps({**fields, "data": {"a": []}}).split("[]")
        yield head.encode() + b"["
        yield from listed(unit, EVENT_BYTES)
        yield b"]" + tail.encode() + b","
    yield good(run_id) + b"]}"


def lists_as_error(size: int, run_id: str) -> Pieces:
    """Events whose error is a list of as many lists as one may hold; then one that is good."""
    yield b'{"events":['
    for _ in range(max(1, size // (3 * LISTS))):
        head, tail = json.dumps({**event(run_id), "data": {"error": 0}}).split("0}}")
        yield head.encode() + b"["
        yield from listed(b"[]", 3 * LISTS)
        yield b"]}}" + tail.encode() + b","
    yield good(run_id) + b"]}"


def many_keys(size: int, run_id: str) -> Pieces:
    """Events of objects whose keys all differ, so that none is kept once; then one that is good."""
    yield b'{"events":['
    for _ in range(max(1, size // EVENT_BYTES)):
        head, tail = json.dumps({**event(run_id), "data": {"a": 0}}).split('"a": 0')
        yield head.encode()
        yield b",".join(b'"%x":0' % number for number in range(EVENT_BYTES // 10))
        yield tail.encode() + b","
    yield good(run_id) + b"]}"


def empty_events(size: int, run_id: str) -> Pieces:
    """Millions of events that hold nothing."""
    del run_id
    yield b'{"events":['
    yield from listed(b"{}", size)
    yield b"]}"


def text_as_event(size: int, run_id: str) -> Pieces:
    """One event, a text."""
    del run_id
    yield b'{"events":["'
    yield from repeated(b"x", size)
    yield b'"]}'


def text_as_id(size: int, run_id: str) -> Pieces:
    """One event whose ids are long texts."""
    del run_id
    yield b'{"events":[{"run_id":"'
    yield from repeated(b"x", size // 2)
    yield b'","event_id":"'
    yield from repeated(b"x", size // 2)
    yield b'"}]}'


def not_utf8(before: bytes, after: bytes, size: int, run_id: str) -> Pieces:
    """A text of short runs of bytes that are not UTF-8, in what stands before and after it."""
    del run_id
    yield before
    yield from repeated(b"\xff" * 15 + b"a", size)
    yield after
