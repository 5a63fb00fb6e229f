"""Data that is too large or too deep -> data that fits, with marks of what was cut.

Cut first is what is worth least: pictures in base64, then the middle of long histories of messages,
then the longest texts, and at last whole values, the largest first.
"""

import re
from typing import Any

from service.ingest.json import numbers

Data = dict[str, Any]

LONG_BASE64 = 1_000
is_base64 = re.compile(r"(?:data:[^,\s]{1,100},)?[A-Za-z0-9+/_=\r\n-]{1000,}").fullmatch
KEPT_OF_BASE64 = 64  # characters: the kind of a picture can be told from them
KEPT_MESSAGES = 4  # at the end of a history; the first stays too, as it has the instructions
LIMITS = tuple(2**power for power in range(18, 5, -1))  # of texts, in characters, one after another
SMALL_VALUE = 200  # bytes of a value that is never cut whole
# Keys of `data` that are read, and kept whatever else is cut.
FIGURES = (
    "model",
    "tokens_in",
    "tokens_out",
    "cache_read_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
    "latency_ms",
    "duration_ms",
    "parent_run_id",
    "status",
    "environment",
    "name",
    "session_id",
    "user_id",
    "tags",
    "version",
    "error_type",
)


def cut_text(text: str, kept: int, what: str = "characters") -> str:
    """The start of a text, and how much of it was cut."""
    return f"{text[:kept]}… [{len(text) - kept} {what} cut]"


def within_depth(data: Data, levels: int) -> Data:
    """The data without what is nested deeper; without recursion, as it may be very deep."""
    root: list[Any] = [data]
    holders: list[Any] = [root]
    for _ in range(levels):
        following = []
        for holder in holders:
            for key, child in containers_in(holder):
                holder[key] = child.copy()
                following.append(holder[key])
        holders = following
    for holder in holders:
        for key, _ in containers_in(holder):
            holder[key] = f"… [nested deeper than {levels} levels, cut]"
    found: Data = root[0]
    return found


def containers_in(holder: Any) -> list[tuple[Any, Any]]:
    """The lists and objects in one, with their keys or positions."""
    items = holder.items() if isinstance(holder, dict) else enumerate(holder)
    return [(key, child) for key, child in items if isinstance(child, (dict, list))]


def within_bytes(data: Data, limit: int) -> bytes:
    """The data as JSON of at most so many bytes."""
    for change in (without_base64, without_histories):
        data = change(data)
        encoded = numbers.dumps(data)
        if len(encoded) <= limit:
            return encoded
    lengths: list[int] = []
    changed(data, lambda text: lengths.append(len(text)), same)
    too_many = len(encoded) - limit
    for characters in LIMITS:
        if sum(length - characters for length in lengths if length > characters) < too_many:
            continue
        encoded = numbers.dumps(with_texts_of(data, characters))
        if len(encoded) <= limit:
            return encoded
    return numbers.dumps(without_large_values(with_texts_of(data, LIMITS[-1]), limit))


def changed(value: Any, text: Any, items: Any) -> Any:
    """The value with each text and each list changed by a function."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {key: changed(child, text, items) for key, child in value.items()}
    if isinstance(value, list):
        return [changed(child, text, items) for child in items(value)]
    return value


def same(value: Any) -> Any:
    """The value itself."""
    return value


def without_base64(data: Any) -> Any:
    """The data with the start of each long text in base64 alone."""

    def cut(text: str) -> str:
        if len(text) < LONG_BASE64 or not is_base64(text):
            return text
        return cut_text(text, KEPT_OF_BASE64, "characters of base64")

    return changed(data, cut, same)


def without_histories(data: Any) -> Any:
    """The data with the first and the last messages of each history alone."""

    def cut(items: list[Any]) -> list[Any]:
        many = len(items) - KEPT_MESSAGES - 1
        if many <= 1 or not all(isinstance(item, dict) and "role" in item for item in items):
            return items
        return [items[0], f"… [{many} messages cut]", *items[-KEPT_MESSAGES:]]

    return changed(data, same, cut)


def with_texts_of(data: Any, characters: int) -> Any:
    """The data with the start of each longer text alone."""

    def cut(text: str) -> str:
        return text if len(text) <= characters + 40 else cut_text(text, characters)

    return changed(data, cut, same)


def without_large_values(data: Data, limit: int) -> Data:
    """The data without its largest values, but with all that are small, such as figures."""
    sizes = {key: len(numbers.dumps({key: value})) for key, value in data.items()}
    left = limit // 2
    kept: Data = {}
    for key in sorted(sizes, key=lambda key: (key not in FIGURES, sizes[key])):
        if sizes[key] > SMALL_VALUE and sizes[key] > left:
            kept[key[:SMALL_VALUE]] = f"… [{sizes[key]} bytes cut]"
        elif left > 0:
            kept[key] = data[key]
            left -= sizes[key]
    return kept
