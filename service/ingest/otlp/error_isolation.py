"""Parse OTLP/JSON in which something cannot be parsed, so that it costs its own span alone.

Half of a surrogate pair, NaN, a number without end and a value nested 2,000 deep are all read into
something that the span then is refused for. What is no JSON stays none.
"""

import json
import math
import re
from typing import Any

# A level of data takes at most four of JSON (kvlistValue, values, its element, value), and ten go
# before: what is left is deeper than the 128 that MAX_EVENT_DEPTH may be, so it is refused for it.
# json.loads comes as far as 1,000, with the stack that it stands on.
KEPT_LEVELS = 600
LONGEST_NUMBER = 20  # the digits of 2^64
MAX_TOKENS = 4_000_000  # 2 s; 10,000 spans of 20 attributes have 2.4 million
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]|"', re.DOTALL)
OPENING, CLOSING, QUOTE = (b"{", b"["), (b"}", b"]"), b'"'


def parse_leniently(body: bytes) -> Any:
    """Parse a body; raises ValueError when it is no JSON."""
    try:
        return json.loads(body.decode(), parse_int=whole_number)
    except RecursionError:
        return json.loads(without_depth(body).decode(), parse_int=whole_number)


def whole_number(digits: str) -> float:
    """A whole number; of thousands of digits, which int() refuses, one that is none."""
    return int(digits) if len(digits) <= LONGEST_NUMBER + len("-") else math.inf


def without_depth(body: bytes) -> bytes:
    """The body without what stands in objects and lists that are nested deeper than KEPT_LEVELS."""
    parts, depth, kept_from = [], 0, 0
    for number, match in enumerate(TOKEN.finditer(body)):
        token = match[0]
        if number == MAX_TOKENS:
            raise ValueError("too many objects, lists and texts beside a value that is too deep")
        if token in OPENING:
            depth += 1
            if depth == KEPT_LEVELS + 1:
                parts.append(body[kept_from : match.end()])
        elif token in CLOSING:
            if depth == KEPT_LEVELS + 1:
                kept_from = match.start()
            depth -= 1
        elif token == QUOTE:  # a text that never ends: its end would be looked for from each quote
            break
    if depth:
        raise ValueError("brackets that do not match")
    return b"".join([*parts, body[kept_from:]])
