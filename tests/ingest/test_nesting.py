"""Depth and containers by the bytes of a JSON text are those of its value."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.ingest.nesting import depth, steps_of

TEXTS = st.text(alphabet='[]{}",\\:a \n\u00e9')
VALUES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def walked(value: Any) -> tuple[int, int]:
    """How deep a value is, and how many lists and objects it has."""
    if not isinstance(value, (dict, list)):
        return 0, 0
    inner = [walked(child) for child in (value.values() if isinstance(value, dict) else value)]
    return 1 + max((levels for levels, _ in inner), default=0), 1 + sum(n for _, n in inner)


@given(VALUES)
def test_bytes_tell_depth_and_containers(value: Any) -> None:
    steps = steps_of(json.dumps(value, ensure_ascii=False).encode())
    assert (depth(steps), len(steps) // 2) == walked(value)
